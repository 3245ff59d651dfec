"""Log in, log out, choose a password, see and end one's own logins."""

from django.contrib import messages
from django.contrib.auth import login, logout, update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from zhiben.core import clock

from . import services
from .devices import device_name
from .forms import LoginForm, PasswordForm
from .lockout import note_failure


@method_decorator([login_not_required, never_cache, sensitive_post_parameters("password")], name="dispatch")
class Login(View):
    def get(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            return redirect(next_address(request))
        return self._show(request, LoginForm(request))

    def post(self, request: HttpRequest) -> HttpResponse:
        form = LoginForm(request, request.POST)
        if not form.is_valid() or form.user is None:
            is_locked = getattr(request, "axes_locked_out", False)
            note_failure(request.POST.get("username", "")[:64], address_of(request), is_locked=is_locked)
            return self._show(request, form)
        login(request, form.user)
        services.begin_session(
            user=form.user,
            session_key=here(request),
            address=address_of(request),
            device=device_name(request.headers.get("User-Agent", "")),
            now=clock.now(),
        )
        return redirect(next_address(request))

    def _show(self, request: HttpRequest, form: LoginForm) -> HttpResponse:
        return render(request, "accounts/login.html", {"form": form, "next": next_address(request)})


@require_POST
def log_out(request: HttpRequest) -> HttpResponse:
    session = request.user.sessions.filter(session_key=request.session.session_key).first()
    if session:
        services.end_session(session=session, by=services.Owner(request.user.username), now=clock.now())
    logout(request)
    messages.success(request, "您已退出登录。")
    return redirect("accounts:login")


@never_cache
@sensitive_post_parameters("old", "new", "again")
def change_password(request: HttpRequest) -> HttpResponse:
    form = PasswordForm(request.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        by, now = services.Owner(request.user.username), clock.now()
        old_key = here(request)
        services.change_password(
            user=request.user, password=form.cleaned_data["new"], keep_session=old_key, by=by, now=now
        )
        update_session_auth_hash(request, request.user)
        request.user.sessions.filter(session_key=old_key).update(session_key=here(request))
        messages.success(request, "密码已修改。其他地方的登录已全部退出。")
        return redirect("/")
    return render(request, "accounts/password.html", {"form": form, "is_first": request.user.must_change_password})


@never_cache
def list_sessions(request: HttpRequest) -> HttpResponse:
    context = {"sessions": request.user.sessions.all(), "here": here(request)}
    return render(request, "accounts/sessions.html", context)


@require_POST
def end_session(request: HttpRequest, pk: int) -> HttpResponse:
    session = get_object_or_404(request.user.sessions, pk=pk)
    services.end_session(session=session, by=services.Owner(request.user.username), now=clock.now())
    messages.success(request, "已退出那一处登录。")
    return redirect("accounts:sessions")


@require_POST
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    by = services.Owner(request.user.username)
    count = services.end_all_sessions(user=request.user, except_for=here(request), by=by, now=clock.now())
    messages.success(request, f"已退出其他 {count} 处登录。" if count else "没有其他登录。")
    return redirect("accounts:sessions")


def next_address(request: HttpRequest) -> str:
    """Where to go after logging in: the page that was asked for, if it lies on this very site."""
    wanted = request.POST.get("next") or request.GET.get("next", "")
    if url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure()):
        return wanted
    return resolve_url("/")


def here(request: HttpRequest) -> str:
    """The key of the session of this request."""
    return request.session.session_key or ""


def address_of(request: HttpRequest) -> str | None:
    return request.META.get("REMOTE_ADDR") or None
