"""One form with a service behind it: saved, or shown again with what was typed and what the service said."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from zhiben.core.refusal import Refused
from zhiben.core.web.refusing import put_beside


def ask(
    request: HttpRequest,
    form: BaseForm,
    save: Callable[[dict[str, Any]], Any],
    *,
    title: str,
    above: Any,
    note: str = "",
    said: Callable[[Any], str] = "已保存“{}”。".format,
    then: Callable[[Any], Any] | None = None,
) -> HttpResponse:
    """`save` gets what was typed. `above` is the record from which one comes, and to which one returns unless `then`
    names another place for what was saved; `said` is the sentence that tells it."""
    if request.method == "POST" and form.is_valid():
        try:
            saved = save(dict(form.cleaned_data))
        except Refused as refused:
            put_beside(form, refused)
        else:
            messages.success(request, said(saved))
            return redirect(then(saved) if then else above)
    context = {"form": form, "title": title, "above": above, "note": note}
    return render(request, "registry/form.html", context, status=422 if form.errors else 200)
