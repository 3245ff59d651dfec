"""At the edge: who acts in this request, and when."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from zhiben.core import clock

from .acting import Acting, hats

SESSION_KEY = "post"


class ActingMiddleware:
    """Sets `request.now`, `request.hats` (every post this account may act from, own ones first) and
    `request.acting`: the hat chosen in the session, else the first, else None."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.now = clock.now()
        request.hats = hats(request.user.pk, request.now) if request.user.is_authenticated else []
        request.acting = chosen(request.hats, request.session.get(SESSION_KEY))
        return self.get_response(request)


def chosen(offered: list[Acting], post_id: int | None) -> Acting | None:
    return next((hat for hat in offered if hat.post.pk == post_id), offered[0] if offered else None)
