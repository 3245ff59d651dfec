"""What stands at the other end in the tests: a real SMTP server (aiosmtpd) in its own thread, and DOUBLES of the three
chat services. The doubles were written from the vendors' public documents; they are not the vendors' programs."""

import asyncio
import base64
import hashlib
import hmac
import json
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

USER, PASSWORD = b"zhiben", b"p@ss:w/rd"


@dataclass
class PostOffice:
    """Takes letters; `mood` says how it answers. `port` is set when it stands."""

    mood: str = "kind"
    port: int = 0
    taken: list[EmailMessage] = field(default_factory=list)
    receivers: list[str] = field(default_factory=list)
    logins: list[bytes] = field(default_factory=list)
    calls: int = 0

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        session.letters = getattr(session, "letters", 0) + 1
        if self.mood == "two letters a call" and session.letters > 2:
            return "421 4.7.0 too many letters in one call"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if self.mood == "no such box":
            return "550 5.1.1 no such box"
        if self.mood == "greylisting" or (self.mood == "full box" and address.startswith("full")):
            return "451 4.7.1 try later"
        if self.mood == "leaving":
            return "421 4.3.2 shutting down"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.mood == "hangs after the text":
            await asyncio.sleep(30)
        if self.mood == "takes it too late":
            await asyncio.sleep(0.5)
        if self.mood == "spam":
            return "554 5.7.1 looks like spam"
        parsed = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        self.taken.append(parsed)
        self.receivers += envelope.rcpt_tos
        if self.mood == "drops after the text":
            server.transport.abort()
        if self.mood == "hangs up after each":
            asyncio.get_running_loop().call_later(0.01, server.transport.close)
        return "250 OK"

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        self.logins.append(data.login)
        return AuthResult(success=(data.login, data.password) == (USER, PASSWORD), handled=False)


@contextmanager
def standing(office: PostOffice, tls: ssl.SSLContext | None = None) -> Iterator[PostOffice]:
    """The post office on 127.0.0.1, on whatever port is free."""
    loop = asyncio.new_event_loop()
    more = {"authenticator": office.authenticate, "auth_required": True, "tls_context": tls, "require_starttls": True}

    def speak() -> SMTP:
        office.calls += 1
        return SMTP(office, loop=loop, hostname="post.example", **(more if tls else {}))

    server = loop.run_until_complete(loop.create_server(speak, "127.0.0.1", 0))
    office.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield office
    finally:
        loop.call_soon_threadsafe(server.close)
        asyncio.run_coroutine_threadsafe(_end_talks(), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _end_talks() -> None:
    talks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in talks:
        task.cancel()
    await asyncio.gather(*talks, return_exceptions=True)


def certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """For 127.0.0.1, signed by an authority of its own: what the server uses, and the file of the authority."""
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority_name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test authority")])
    now = datetime.now(UTC)

    def begin(subject: x509.Name, public_key: Any) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(authority_name)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
        )

    authority = (
        begin(authority_name, authority_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(authority_key.public_key()), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "post.example")])
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())
    own = (
        begin(name, key.public_key())
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(issuer, critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    chain, secret, trusted = folder / "chain.pem", folder / "key.pem", folder / "authority.pem"
    pem = serialization.Encoding.PEM
    chain.write_bytes(own.public_bytes(pem))
    secret.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )  # fmt: skip
    trusted.write_bytes(authority.public_bytes(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, secret)
    return context, trusted


@dataclass
class ChatServices:
    """DOUBLES of 企业微信, 钉钉 and 飞书 on one port, told apart by the path: `/wecom`, `/dingtalk`, `/feishu`."""

    secret: str = ""
    per_minute: int = 20
    mood: str = "kind"
    port: int = 0
    taken: list[dict[str, Any]] = field(default_factory=list)
    asked: int = 0

    def address(self, kind: str) -> str:
        return f"http://127.0.0.1:{self.port}/{kind}?key=abc"

    def answer(self, path: str, body: dict[str, Any], size: int) -> dict[str, Any]:
        """Always HTTP 200; the verdict is in the JSON."""
        self.asked += 1
        kind, query = urlsplit(path).path.strip("/"), parse_qs(urlsplit(path).query)
        if kind == "wecom":
            if len(body["text"]["content"].encode()) > 2048:
                return {"errcode": 40058, "errmsg": "content exceed max length"}
            return self._keep(body, {"errcode": 45009, "errmsg": "api freq out of limit"}, {"errcode": 0})
        if kind == "dingtalk":
            stamp = query.get("timestamp", ["0"])[0]
            if self.secret and not self._fresh(int(stamp) / 1000, query.get("sign", [""])[0], "dingtalk", stamp):
                return {"errcode": 310000, "errmsg": "sign not match"}
            return self._keep(body, {"errcode": 130101, "errmsg": "send too fast"}, {"errcode": 0, "errmsg": "ok"})
        stamp = body.get("timestamp", "0")
        if self.secret and not self._fresh(int(stamp), body.get("sign", ""), "feishu", stamp):
            return {"code": 19021, "msg": "sign match fail or timestamp is not within one hour from current time"}
        if size > 20_000:
            return {"code": 9499, "msg": "Bad Request"}
        return self._keep(body, {"code": 11232, "msg": "frequency limited"}, {"code": 0, "msg": "success", "data": {}})

    def _keep(self, body: dict[str, Any], too_many: dict[str, Any], thanks: dict[str, Any]) -> dict[str, Any]:
        if len(self.taken) >= self.per_minute:
            return too_many
        self.taken.append(body)
        return thanks

    def _fresh(self, seconds: float, sign: str, kind: str, stamp: str) -> bool:
        text = f"{stamp}\n{self.secret}".encode()
        key, said = (self.secret.encode(), text) if kind == "dingtalk" else (text, b"")
        right = base64.b64encode(hmac.new(key, said, hashlib.sha256).digest()).decode()
        return abs(time.time() - seconds) < 3600 and hmac.compare_digest(right, sign)


@contextmanager
def listening(services: ChatServices) -> Iterator[ChatServices]:
    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            if services.mood == "breaks off":
                services.asked += 1
                self.connection.close()
                return
            said = services.answer(self.path, json.loads(content), len(content))
            page = b"<html>gateway</html>" if services.mood == "a web page" else json.dumps(said).encode()
            self.send_response(502 if services.mood == "ill" else 200)
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *args: Any) -> None:
            """Silence."""

        def finish(self) -> None:
            if services.mood != "breaks off":
                super().finish()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    services.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield services
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
