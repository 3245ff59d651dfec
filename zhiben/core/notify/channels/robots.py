"""Robots in chat groups: one HTTP request a letter, the verdict in the JSON of the answer (HTTP says 200 even to a
refusal). Payloads, signatures, limits and codes after the vendors' public documents, as of 2026:

- 企业微信: developer.work.weixin.qq.com/document/path/91770 — markdown 4096 bytes, text 2048; 20 a minute; 45009 too many
- 钉钉: open.dingtalk.com/document/robots/custom-robot-access — sign = HMAC-SHA256(secret, "timestamp\\nsecret"), in the
  query, milliseconds; 20 a minute, else silence for ten minutes; 130101 / 90030 too many, 310000 sign, word or address
- 飞书: open.feishu.cn/document/client-docs/bot-v3/add-custom-bot — key of the HMAC is "timestamp\\nsecret", its message
  empty, seconds, in the body; 20 KB; 100 a minute, 5 a second; 11232 too many, 19021 sign, 19022 address, 19024 word

A vendor's private edition has the same doors on the office's own host; so the host is not fixed here.
"""

import base64
import hashlib
import hmac
import json
from contextlib import AbstractContextManager, nullcontext
from typing import Any, ClassVar
from urllib.parse import urlencode

import httpx

from zhiben.core import clock
from zhiben.core.outbound import Answer, NoAnswer, post
from zhiben.core.refusal import Refused

from .channel import Letter, Line, OutcomeUnknown, Send, TryLater, Undeliverable

SEPARATOR = "\n"
_NEVER_REACHED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol)


class RobotChannel:
    """Address and secret travel together as `address SPACE secret`; an address has no space."""

    name: ClassVar[str]
    label: ClassVar[str]
    per_minute: int
    too_many: ClassVar[frozenset[int]]
    rests: ClassVar[float]
    """Seconds to wait after "too many"."""
    most_bytes: ClassVar[int]

    def is_configured(self) -> bool:
        return True  # each robot brings its own address

    def conversation(self) -> AbstractContextManager[Send]:
        return nullcontext(self.send)

    def send(self, address: str, letter: Letter) -> None:
        address, _, secret = address.partition(" ")
        at = clock.machine_now().timestamp()  # the vendor compares it with its own clock
        try:
            answer = post(
                self.signed_address(address, secret, at),
                body=json.dumps(self.payload(letter, secret, at), ensure_ascii=False).encode(),
                headers={"Content-Type": "application/json; charset=utf-8"},
            )
        except Refused as refused:
            raise Undeliverable(refused.sentence) from refused
        except NoAnswer as silence:
            if isinstance(silence.__cause__, _NEVER_REACHED):
                raise TryLater(str(silence), whole_lane=True) from silence
            raise OutcomeUnknown(f"请求交出后没有等到回答（{silence}）") from silence
        self._judge(answer)

    def signed_address(self, address: str, secret: str, at: float) -> str:
        return address

    def payload(self, letter: Letter, secret: str, at: float) -> dict[str, Any]:
        raise NotImplementedError

    def _judge(self, answer: Answer) -> None:
        if answer.status == 429 or answer.status >= 500:
            raise TryLater(f"{self.label}应答 {answer.status}", answer.retry_after, whole_lane=True)
        if not answer.is_ok:
            raise Undeliverable(f"{self.label}应答 {answer.status}，请核对机器人地址")
        code, said = _verdict(answer.body)
        if code == 0:
            return
        if code is None:
            raise Undeliverable("对方的应答不是机器人接口的格式，请核对机器人地址")
        if code in self.too_many:
            raise TryLater(f"{self.label}限制了发送频率（{code}）", self.rests, whole_lane=True)
        if code == -1:
            raise TryLater(f"{self.label}系统繁忙（{code}）", whole_lane=True)
        raise Undeliverable(f"{self.label}退回（{code} {said}）")


class Wecom(RobotChannel):
    name, label = "wecom", "企业微信群机器人"
    per_minute = 20
    too_many = frozenset({45009, 45033})
    rests = 60.0
    most_bytes = 2048

    def payload(self, letter: Letter, secret: str, at: float) -> dict[str, Any]:
        """Text and not markdown: only text calls people by their number."""
        text: dict[str, Any] = {"content": plain_text(letter, self.most_bytes)}
        if letter.mobiles:
            text["mentioned_mobile_list"] = list(letter.mobiles)
        return {"msgtype": "text", "text": text}


class Dingtalk(RobotChannel):
    name, label = "dingtalk", "钉钉群机器人"
    per_minute = 20
    too_many = frozenset({130101, 90030, 90018, 410100})
    rests = 600.0
    most_bytes = 18_000

    def signed_address(self, address: str, secret: str, at: float) -> str:
        if not secret:
            return address
        stamp = str(int(at * 1000))
        sign = hmac.new(secret.encode(), f"{stamp}\n{secret}".encode(), hashlib.sha256).digest()
        joint = "&" if "?" in address else "?"
        return address + joint + urlencode({"timestamp": stamp, "sign": base64.b64encode(sign).decode()})

    def payload(self, letter: Letter, secret: str, at: float) -> dict[str, Any]:
        """A number that is called must also stand in the text."""
        called = "".join(f"\n@{mobile}" for mobile in letter.mobiles)
        content = plain_text(letter, self.most_bytes - len(called)) + called
        body: dict[str, Any] = {"msgtype": "text", "text": {"content": content}}
        if letter.mobiles:
            body["at"] = {"atMobiles": list(letter.mobiles), "isAtAll": False}
        return body


class Feishu(RobotChannel):
    name, label = "feishu", "飞书群机器人"
    per_minute = 100
    too_many = frozenset({11232})
    rests = 60.0
    most_bytes = 15_000

    def payload(self, letter: Letter, secret: str, at: float) -> dict[str, Any]:
        """This robot cannot call people by their number; it calls nobody."""
        text = plain_text(letter, self.most_bytes)
        body: dict[str, Any] = {"msg_type": "text", "content": {"text": text}}
        if secret:
            stamp = str(int(at))
            sign = hmac.new(f"{stamp}\n{secret}".encode(), b"", hashlib.sha256).digest()
            body |= {"timestamp": stamp, "sign": base64.b64encode(sign).decode()}
        return body


def plain_text(letter: Letter, most_bytes: int) -> str:
    """Title and link only: a group is wider than the receivers. What does not fit is counted, never cut in two."""
    several = len(letter.lines) > 1
    parts = [f"【治本】{letter.title}"]
    room = most_bytes - len(parts[0].encode()) - len(letter.footer.encode()) - 80
    left = len(letter.lines)
    for group in letter.groups:
        heading = f"\n■ {group.heading}" if group.heading else ""
        for number, line in enumerate(group.lines):
            said = (heading if number == 0 else "") + _said(line, several)
            if len(said.encode()) > room:
                return SEPARATOR.join([*parts, f"另有 {left} 条，请登录治本查看。"]).strip()
            room -= len(said.encode()) + 1
            left -= 1
            parts += [said] if said else []
    return SEPARATOR.join([*parts, letter.footer]).strip()


def _said(line: Line, several: bool) -> str:
    """In a letter of one line the title has been said already."""
    return "\n".join(filter(None, (f"· {line.title}" if several else "", line.link)))


def _verdict(body: bytes) -> tuple[int | None, str]:
    """`errcode`/`errmsg` of 企业微信 and 钉钉, `code`/`msg` of 飞书 (its older form: `StatusCode`)."""
    try:
        said = json.loads(body)
    except ValueError:
        return None, ""
    if not isinstance(said, dict):
        return None, ""
    code = next((said[name] for name in ("errcode", "code", "StatusCode") if name in said), None)
    words = said.get("errmsg") or said.get("msg") or said.get("StatusMessage") or ""
    return (code if isinstance(code, int) else None), " ".join(str(words).split())[:160]
