"""From page to page, as somebody who clicks on everything."""

import re
from collections import Counter, deque

from django.test import Client

from zhiben.core.accounts.models import User

KEY = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d+")
ADDRESS = re.compile(r'(?:href|hx-get|src)="(/[^"#]*)"')
NOT_FOLLOWED = ("/static/", "/components/", "/logout/")


def refused_on_the_way(username: str, *, most: int, of_a_kind: int) -> list[str]:
    """Addresses that pages of this account lead to and that do not open, with what was answered. `most` addresses are
    tried, of each kind (but for keys and numbers the same) no more than `of_a_kind`."""
    client = Client(raise_request_exception=False)
    client.force_login(User.objects.get(username=username), backend="django.contrib.auth.backends.ModelBackend")
    ahead, seen, kinds, refused = deque(["/"]), {"/"}, Counter(), []
    for _ in range(most):
        if not ahead:
            break
        address = ahead.popleft()
        answer = client.get(address)
        if answer.streaming:
            b"".join(answer.streaming_content)
        if answer.status_code >= 400:
            refused.append(f"{username} {address}: {answer.status_code}")
        elif not answer.streaming and answer.headers.get("Content-Type", "").startswith("text/html"):
            for found in ADDRESS.findall(answer.content.decode()):
                onward = found.replace("&amp;", "&")
                kind = KEY.sub("*", onward.partition("?")[0])
                if onward in seen or onward.startswith(NOT_FOLLOWED) or kinds[kind] == of_a_kind:
                    continue
                kinds[kind] += 1
                seen.add(onward)
                ahead.append(onward)
    return refused
