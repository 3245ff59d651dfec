"""E-mail over SMTP (RFC 5321): the letters of a batch over one connection, every step of it bounded in time."""

import html
import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, parseaddr
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from .channel import Letter, Line, NotSent, OutcomeUnknown, Send, TryLater, Undeliverable

CONNECT_SECONDS = 10.0
STEP_SECONDS = 30.0
"""For each answer of the server. It may think longest after the text (RFC 5321, 4.5.3.2.6 allows ten minutes), but a
server of an office that needs more than half a minute is ill."""

_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


@dataclass(frozen=True)
class Server:
    scheme: str
    host: str
    port: int
    username: str = ""
    password: str = ""

    @classmethod
    def from_url(cls, url: str) -> "Server":
        """`smtp+starttls://user:password@host:587`. Raises ValueError with a Chinese sentence."""
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname:
            raise ValueError("ZHIBEN_SMTP_URL 应写成 smtp+starttls://用户:口令@主机:587、smtps:// 或 smtp:// 的形式")
        if parts.username and parts.scheme == "smtp":
            raise ValueError("ZHIBEN_SMTP_URL 带了口令却没有加密，请改用 smtp+starttls:// 或 smtps://")
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        return cls(parts.scheme, parts.hostname, parts.port or _PORTS[parts.scheme], user, password)


class Mail:
    name = "mail"
    label = "邮件"

    @property
    def per_minute(self) -> int:
        return settings.ZHIBEN_MAIL_PER_MINUTE

    def is_configured(self) -> bool:
        return bool(settings.ZHIBEN_SMTP_URL and settings.ZHIBEN_MAIL_FROM)

    @contextmanager
    def conversation(self) -> Iterator[Send]:
        talk = _Conversation()
        try:
            yield talk.send
            talk.take_leave()
        finally:
            talk.close()


def compose(address: str, letter: Letter) -> EmailMessage:
    """Raises Undeliverable for an address that is none: a line break in it would begin another header."""
    try:
        validate_email(address)
    except ValidationError as wrong:
        raise Undeliverable("邮箱地址不对") from wrong
    if not address.isascii():
        raise Undeliverable("邮箱地址里有英文字母、数字和符号以外的字，邮件服务器收不了")
    message = EmailMessage(policy=SMTP)
    name, sender = parseaddr(settings.ZHIBEN_MAIL_FROM)
    message["From"] = Address(display_name=name, addr_spec=sender)
    message["To"] = Address(addr_spec=address)
    message["Subject"] = " ".join(letter.title.split())
    message["Date"] = formatdate()
    message["Message-ID"] = f"<{letter.key}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    if letter.settings_link:
        message["List-Unsubscribe"] = f"<{letter.settings_link}>"
    message.set_content(_text(letter), cte="base64")
    message.add_alternative(_html(letter), subtype="html", cte="base64")
    return message


class _Conversation:
    """A connection begun with the first letter and kept for the next.

    A server may end it at any time: it allows so many letters a connection, or so long a silence. What fails over a
    connection that has already carried a letter, before the text is handed over, is tried over a new one at once.
    """

    def __init__(self) -> None:
        self._smtp: smtplib.SMTP | None = None

    def send(self, address: str, letter: Letter) -> None:
        content = compose(address, letter).as_bytes()
        try:
            _hand_over(self._ready_for(address), content)
        except NotSent:
            self.close()  # the next letter begins anew: no remains of this one stand before it
            raise

    def take_leave(self) -> None:
        """Without waiting for the answer: a server that hangs would keep us."""
        if self._smtp is not None:
            with suppress(OSError, smtplib.SMTPException):
                self._smtp.putcmd("quit")

    def close(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
            self._smtp = None

    def _ready_for(self, address: str) -> smtplib.SMTP:
        sender = parseaddr(settings.ZHIBEN_MAIL_FROM)[1]
        if self._smtp is not None:
            try:
                _ask_to_take(self._smtp, sender, address)
            except TryLater as ended:
                if not ended.whole_lane:
                    raise
                self.close()
            else:
                return self._smtp
        self._begin()
        assert self._smtp is not None
        _ask_to_take(self._smtp, sender, address)
        return self._smtp

    def _begin(self) -> None:
        """As far as the login. Whatever fails until then concerns every letter."""
        try:
            server = Server.from_url(settings.ZHIBEN_SMTP_URL)
        except ValueError as wrong:
            raise TryLater(str(wrong), whole_lane=True) from wrong
        try:
            self._smtp = _connect(server)
        except smtplib.SMTPAuthenticationError as refused:
            raise TryLater(f"邮件服务器不接受用户名和口令（{refused.smtp_code}）", whole_lane=True) from refused
        except ssl.SSLCertVerificationError as failure:
            reason = "邮件服务器的证书不受信任或与主机名不符，内网机构签发的请把机构证书填到 ZHIBEN_SMTP_CA"
            raise TryLater(f"{reason}（{failure.verify_message}）", whole_lane=True) from failure
        except (OSError, smtplib.SMTPException) as failure:
            raise TryLater(f"连接不上邮件服务器（{_short(failure)}）", whole_lane=True) from failure


def _connect(server: Server) -> smtplib.SMTP:
    if server.scheme == "smtps":
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=CONNECT_SECONDS, context=_trust())
    else:
        smtp = smtplib.SMTP(server.host, server.port, timeout=CONNECT_SECONDS)
    try:
        assert smtp.sock is not None
        smtp.sock.settimeout(STEP_SECONDS)
        if server.scheme == "smtp+starttls":
            smtp.starttls(context=_trust())
        smtp.ehlo_or_helo_if_needed()
        if server.username:
            smtp.login(server.username, server.password)
    except BaseException:
        smtp.close()
        raise
    return smtp


def _trust() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=settings.ZHIBEN_SMTP_CA or None)


def _ask_to_take(smtp: smtplib.SMTP, sender: str, address: str) -> None:
    try:
        code, said = smtp.mail(sender)
        if code != 250:
            raise TryLater(f"邮件服务器不接受发件人 {sender}（{code} {_said(said)}）", whole_lane=True)
        code, said = smtp.rcpt(address)
    except (OSError, smtplib.SMTPException) as failure:
        raise TryLater(f"邮件服务器中途断开（{_short(failure)}）", whole_lane=True) from failure
    if code not in (250, 251):
        _refuse(code, said)


def _hand_over(smtp: smtplib.SMTP, content: bytes) -> None:
    try:
        code, said = smtp.data(content)
    except smtplib.SMTPDataError as refused:  # the server did not want to hear the text at all
        _refuse(refused.smtp_code, refused.smtp_error)
    except (OSError, smtplib.SMTPException) as failure:
        raise OutcomeUnknown(f"正文交出后没有等到邮件服务器的回答（{_short(failure)}）") from failure
    else:
        if code != 250:
            _refuse(code, said)


def _refuse(code: int, said: bytes | str) -> None:
    """4yz may be mended by waiting, 5yz not (RFC 5321, 4.2.1). 421: the whole server is going away."""
    if code < 500:
        raise TryLater(f"邮件服务器请我们稍后再发（{code} {_said(said)}）", whole_lane=code == 421)
    raise Undeliverable(f"邮件服务器退回（{code} {_said(said)}）")


def _said(words: bytes | str) -> str:
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return " ".join(text.split())[:160]


def _short(failure: Exception) -> str:
    """smtplib turns a time-out into a disconnection and keeps it in the words only."""
    if isinstance(failure, TimeoutError) or "timed out" in str(failure):
        return "等了很久没有应答"
    if isinstance(failure, smtplib.SMTPServerDisconnected | ConnectionResetError | BrokenPipeError):
        return "对方断开了连接"
    if isinstance(failure, socket.gaierror):
        return "找不到这个主机名"
    return "对方没有开这个端口" if isinstance(failure, ConnectionRefusedError) else type(failure).__name__


def _text(letter: Letter) -> str:
    parts = [letter.title, ""]
    for group in letter.groups:
        if group.heading:
            parts += [f"【{group.heading}】", ""]
        for line in group.lines:
            parts += [
                line.title,
                *filter(None, (line.body, f"收到原因：{line.reason}" if line.reason else "", line.link)),
            ]
            parts.append("")
    parts += filter(None, (letter.footer, f"修改消息设置：{letter.settings_link}" if letter.settings_link else ""))
    return "\n".join(parts) + "\n"


def _html(letter: Letter) -> str:
    """Plain enough for every mail program, and readable where styles are thrown away."""
    parts = [f"<h2>{html.escape(letter.title)}</h2>"]
    for group in letter.groups:
        if group.heading:
            parts.append(f"<h3>{html.escape(group.heading)}</h3>")
        parts.append("<ul>" + "".join(f"<li>{_html_line(line)}</li>" for line in group.lines) + "</ul>")
    if letter.footer:
        parts.append(f"<p>{html.escape(letter.footer)}</p>")
    if letter.settings_link:
        parts.append(f'<p><a href="{html.escape(letter.settings_link)}">修改消息设置</a></p>')
    return f'<!doctype html><html lang="zh-CN"><body>{"".join(parts)}</body></html>'


def _html_line(line: Line) -> str:
    title = html.escape(line.title)
    said = [f'<a href="{html.escape(line.link)}">{title}</a>' if line.link else f"<strong>{title}</strong>"]
    said += [html.escape(line.body)] if line.body else []
    said += [f"<small>收到原因：{html.escape(line.reason)}</small>"] if line.reason else []
    return "<br>".join(said)
