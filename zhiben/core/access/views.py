"""Which hat am I wearing: the switcher between one's posts and those one stands in for."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from .middleware import SESSION_KEY


@require_POST
def switch_post(request: HttpRequest) -> HttpResponse:
    """Wear the hat `post`."""
    wanted = request.POST.get("post", "")
    hat = next((hat for hat in request.hats if str(hat.post.pk) == wanted), None)
    if hat is None:
        messages.error(request, "这个岗位已失效，或不是您的岗位，请重新选择。")
    else:
        request.session[SESSION_KEY] = hat.post.pk
        who = f"代{hat.on_behalf_of}" if hat.on_behalf_of else "以您本人"
        messages.success(request, f"已切换：{who}行使“{hat.post}”。")
    back = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    return redirect(back if is_ours else "/")
