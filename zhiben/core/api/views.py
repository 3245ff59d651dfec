"""接口令牌: what the security administrator gives out, watches and takes back."""

from django.contrib import messages
from django.db.models import QuerySet, Sum
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from zhiben.core import clock
from zhiben.core.access.permissions import Permission, may
from zhiben.core.clock import local_day
from zhiben.core.org.models import Post
from zhiben.core.org.paths import within
from zhiben.core.refusal import Refused
from zhiben.core.web.menu import MenuEntry
from zhiben.core.web.refusing import put_beside

from .models import ApiToken, ApiUse
from .scopes import label_of
from .token_forms import TokenForm
from .tokens import make_token, revoke_token

SHOWN = 200
MOST_FOUND = 12
menu = (MenuEntry("接口令牌", "api:tokens", icon="key", permission=Permission.MANAGE_SECURITY),)


def tokens(request: HttpRequest) -> HttpResponse:
    """Every token within the administrator's region, those that still open something first."""
    _require(request)
    rows = list(_within_reach(request).select_related("post__person", "post__unit")[:SHOWN])
    today = _used_today([token.prefix for token in rows])
    listed = [
        {
            "token": token,
            "scopes": [label_of(key) for key in token.scopes],
            "today": today.get(token.prefix, 0),
            "state": _state(token, request),
        }
        for token in rows
    ]
    listed.sort(key=lambda row: row["state"] != "valid")
    return render(request, "api/tokens.html", {"rows": listed, "shown": SHOWN})


@never_cache
def make(request: HttpRequest) -> HttpResponse:
    _require(request)
    form = TokenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = make_token(**form.cleaned_data, by=request.acting, now=request.now)
        except Refused as refused:
            put_beside(form, refused)
        else:
            return render(request, "api/made.html", {"token": made.token, "secret": made.secret})
    context = {"form": form, "title": "发放接口令牌", "back": reverse("api:tokens"), "does": "发放"}
    return render(request, "web/organisation/form.html", context, status=422 if form.errors else 200)


@require_POST
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    _require(request)
    token = get_object_or_404(_within_reach(request), pk=pk)
    revoke_token(token=token, reason=request.POST.get("reason", "").strip(), by=request.acting, now=request.now)
    messages.success(request, f"令牌“{token}”已吊销，立即失效。")
    return redirect("api:tokens")


def posts(request: HttpRequest) -> JsonResponse:
    """`?q=王` → the posts of today within reach whose holder is called so."""
    _require(request)
    text = request.GET.get("q", "").strip()
    rows = Post.objects.valid_on(local_day(request.now)).filter(
        within(request.acting.unit.region_path, "unit__region_path"), person__name__icontains=text
    )
    found = rows.select_related("person", "unit").order_by("person__name", "pk")[:MOST_FOUND] if text else ()
    return JsonResponse(
        {"found": [{"id": str(post.pk), "label": f"{post.person}·{post}", "detail": post.unit.name} for post in found]}
    )


def _require(request: HttpRequest) -> None:
    if not may(request.acting, Permission.MANAGE_SECURITY):
        raise Http404


def _within_reach(request: HttpRequest) -> QuerySet[ApiToken]:
    return ApiToken.objects.filter(within(request.acting.unit.region_path, "post__unit__region_path"))


def _state(token: ApiToken, request: HttpRequest) -> str:
    if token.revoked_at:
        return "revoked"
    if request.now >= token.valid_until:
        return "expired"
    return "valid" if token.post.holds_on(local_day(request.now)) else "left"


def _used_today(prefixes: list[str]) -> dict[str, int]:
    """Requests let through since midnight, to within the handful that a process has in hand."""
    midnight = clock.machine_now().astimezone(clock.CHINA).replace(hour=0, minute=0, second=0, microsecond=0)
    uses = ApiUse.objects.filter(
        key__in=[f"token:{prefix}" for prefix in prefixes], minute__gte=int(midnight.timestamp()) // 60
    )
    counted = uses.values_list("key").annotate(total=Sum("count"))
    return {key.removeprefix("token:"): total for key, total in counted}
