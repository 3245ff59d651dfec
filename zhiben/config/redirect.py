"""The plain door beside HTTPS: the page that helps to install the certificate, health, and the way to the secure door.

A WSGI application of its own, so that nothing else of the site can ever be reached unencrypted."""

import re
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.http.request import split_domain_port, validate_host

from zhiben.config.wsgi import application as whole_site

OPEN = re.compile(r"/(healthz|readyz|install/.*|static/.*)\Z")
"""What is answered here. The rest is sent to HTTPS."""

ASK_AGAIN = "请用 https:// 开头的网址打开本系统，再提交一次。刚才的内容没有被处理。"
UNKNOWN = "这个网址不是本系统的。请向系统管理员询问正确的网址。"

StartResponse = Callable[..., Any]


def application(asked: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
    path = asked.get("PATH_INFO", "/")
    if OPEN.match(path):
        return whole_site(asked, start_response)
    host, _ = split_domain_port(asked.get("HTTP_HOST", ""))
    if not host or not validate_host(host, settings.ALLOWED_HOSTS):
        return _sentence(start_response, "400 Bad Request", UNKNOWN)
    if asked["REQUEST_METHOD"] not in ("GET", "HEAD"):
        # What was sent has already crossed the network in the open; sending it on in silence would hide that.
        return _sentence(start_response, "403 Forbidden", ASK_AGAIN)
    port = "" if settings.ZHIBEN_PORT == 443 else f":{settings.ZHIBEN_PORT}"
    query = f"?{asked['QUERY_STRING']}" if asked.get("QUERY_STRING") else ""
    place = f"https://{host}{port}{quote(path.encode('latin-1'), safe='/:@!$&()*+,;=~-._')}{query}"
    # 307, not 301: browsers keep a permanent answer for ever, also after the operator has changed a port.
    start_response(
        "307 Temporary Redirect", [("Location", place), ("Content-Length", "0"), ("Cache-Control", "no-store")]
    )
    return [b""]


def _sentence(start_response: StartResponse, status: str, sentence: str) -> list[bytes]:
    body = sentence.encode()
    headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))]
    start_response(status, headers)
    return [body]
