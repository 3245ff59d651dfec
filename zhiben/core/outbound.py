"""Requests that we send to other systems: webhooks and chat robots. Every one of them is bounded in time and size.

An address is given by a person, and the server may reach what that person may not. So an address must be http(s), its
host must be one the installation allows, and no redirect is followed. On an intranet the receivers are on private
addresses, so these are not refused; the machine's own services are (loopback, link-local), unless a test allows them.
"""

import ipaddress
import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from threading import Timer
from typing import Any
from urllib.parse import urlsplit

import httpx
from django.conf import settings

from zhiben.core.refusal import Refused

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 10.0
WHOLE_SECONDS = 45.0
"""For the whole exchange: a receiver that says a byte every few seconds does not hold us for hours."""
MOST_ANSWER = 64 * 1024


class NoAnswer(Exception):
    """Nothing was heard, or nothing that is HTTP: worth another try. Carries the Chinese reason."""


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    """The first 64 KiB."""
    retry_after: float | None = None
    """Seconds, where the receiver named them."""

    @property
    def is_ok(self) -> bool:
        return 200 <= self.status < 300


def refuse_unless_allowed(address: str) -> None:
    """Raises Refused: not http(s), without host, with a password inside, or a host that must not be reached."""
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Refused("地址应以 http:// 或 https:// 开头，例如 https://data.example.gov.cn/receive。", "address")
    if parts.username or parts.password:
        raise Refused("地址中不要写用户名和密码。", "address")
    if sentence := _host_refusal(parts.hostname):
        raise Refused(sentence, "address")


def post(address: str, *, body: bytes, headers: Mapping[str, str], seconds: float = ANSWER_SECONDS) -> Answer:
    """
    POST and wait for the answer, at most `seconds` for each part of the exchange and WHOLE_SECONDS for all of it.

    Raises Refused for an address that must not be reached (looked at anew each time: names move), NoAnswer else.
    """
    refuse_unless_allowed(address)
    if settings.ZHIBEN_DRILL:
        raise NoAnswer("这里是恢复演练，不向外发送")
    limits = httpx.Timeout(seconds, connect=min(CONNECT_SECONDS, seconds))
    hook = _Hook(WHOLE_SECONDS)
    try:
        with (
            hook,
            httpx.Client(timeout=limits, follow_redirects=False, trust_env=False, verify=_trust()) as client,
            client.stream(
                "POST", address, content=body, headers=dict(headers), extensions={"trace": hook.see}
            ) as response,
        ):
            heard = b""
            for piece in response.iter_raw():
                heard += piece
                if len(heard) >= MOST_ANSWER:
                    break
            return Answer(response.status_code, heard[:MOST_ANSWER], _seconds(response.headers.get("retry-after")))
    except httpx.TimeoutException as late:
        raise NoAnswer(f"对方在 {seconds:g} 秒内没有应答") from late
    except (httpx.HTTPError, OSError) as failure:
        if hook.has_hung_up:
            raise NoAnswer(f"对方应答太慢，{WHOLE_SECONDS:g} 秒还没有说完") from failure
        if "CERTIFICATE_VERIFY_FAILED" in str(failure):
            reason = "对方的证书不受信任或与主机名不符，内网机构签发的请把机构证书装到本系统服务器的受信任证书中"
            raise NoAnswer(reason) from failure
        raise NoAnswer(f"连接不上对方服务器（{type(failure).__name__}）") from failure


class _Hook:
    """Hangs up on a connection that takes too long as a whole: time limits of sockets begin anew with every byte."""

    def __init__(self, seconds: float) -> None:
        self.has_hung_up = False
        self._socket: socket.socket | None = None
        self._timer = Timer(seconds, self._hang_up)
        self._timer.daemon = True

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *failure: object) -> None:
        self._timer.cancel()

    def see(self, event: str, known: dict[str, Any]) -> None:
        """Told by httpcore of every step of the connection."""
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self._socket = known["return_value"].get_extra_info("socket")

    def _hang_up(self) -> None:
        self.has_hung_up = True
        if self._socket is not None:
            with suppress(OSError):
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


@cache
def _trust() -> ssl.SSLContext:
    """Whom this machine trusts (the office's own authority may be among them) and the public authorities. Read once:
    that takes longer than a request."""
    trust = httpx.create_ssl_context(trust_env=False)
    trust.load_default_certs()
    return trust


def _host_refusal(host: str) -> str | None:
    allowed = settings.ZHIBEN_OUTBOUND_HOSTS
    if host in allowed:
        return None
    if allowed:
        return f"“{host}”不在允许访问的主机名单中，请系统管理员把它加入 ZHIBEN_OUTBOUND_HOSTS。"
    try:
        found = {entry[4][0] for entry in socket.getaddrinfo(host, None)}
    except (OSError, UnicodeError):
        return None  # not known now: the request itself will say so, and try again
    for text in found:
        where = ipaddress.ip_address(str(text).split("%")[0])
        if where.is_loopback or where.is_link_local or where.is_unspecified or where.is_multicast:
            return f"“{host}”指向本机或保留地址，不能作为接收地址。"
    return None


def _seconds(header: str | None) -> float | None:
    return float(header) if header and header.isascii() and header.isdecimal() else None
