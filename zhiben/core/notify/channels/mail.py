"""E-mail over SMTP (RFC 5321), one conversation a letter, every step of it bounded in time."""

import html
import smtplib
import socket
import ssl
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, parseaddr
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from .channel import Letter, Line, OutcomeUnknown, TryLater, Undeliverable

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

    def send(self, address: str, letter: Letter) -> None:
        message = compose(address, letter)
        sender = parseaddr(settings.ZHIBEN_MAIL_FROM)[1]
        with _conversation() as smtp:
            _ask_to_take(smtp, sender, address)
            _hand_over(smtp, message.as_bytes())


def compose(address: str, letter: Letter) -> EmailMessage:
    """Raises Undeliverable for an address that is none: a line break in it would begin another header."""
    try:
        validate_email(address)
    except ValidationError as wrong:
        raise Undeliverable("邮箱地址不对") from wrong
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


class _conversation:
    """A connection that has come as far as the login. Whatever fails until then concerns every letter."""

    def __enter__(self) -> smtplib.SMTP:
        try:
            server = Server.from_url(settings.ZHIBEN_SMTP_URL)
        except ValueError as wrong:
            raise TryLater(str(wrong), whole_lane=True) from wrong
        self._smtp: smtplib.SMTP | None = None
        try:
            self._smtp = _connect(server)
            if server.username:
                self._smtp.login(server.username, server.password)
        except smtplib.SMTPAuthenticationError as refused:
            self._close()
            raise TryLater(f"邮件服务器不接受用户名和口令（{refused.smtp_code}）", whole_lane=True) from refused
        except ssl.SSLCertVerificationError as failure:
            self._close()
            reason = "邮件服务器的证书不受信任或与主机名不符，内网机构签发的请把机构证书填到 ZHIBEN_SMTP_CA"
            raise TryLater(f"{reason}（{failure.verify_message}）", whole_lane=True) from failure
        except (OSError, smtplib.SMTPException) as failure:
            self._close()
            raise TryLater(f"连接不上邮件服务器（{_short(failure)}）", whole_lane=True) from failure
        return self._smtp

    def __exit__(self, *failure: object) -> None:
        self._close()

    def _close(self) -> None:
        """Without a word of farewell: a server that hangs would keep us waiting for its answer."""
        if self._smtp is not None:
            self._smtp.close()


def _connect(server: Server) -> smtplib.SMTP:
    trust = ssl.create_default_context(cafile=settings.ZHIBEN_SMTP_CA or None)
    if server.scheme == "smtps":
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=CONNECT_SECONDS, context=trust)
    else:
        smtp = smtplib.SMTP(server.host, server.port, timeout=CONNECT_SECONDS)
    assert smtp.sock is not None
    smtp.sock.settimeout(STEP_SECONDS)
    if server.scheme == "smtp+starttls":
        smtp.starttls(context=trust)
    smtp.ehlo_or_helo_if_needed()
    return smtp


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
