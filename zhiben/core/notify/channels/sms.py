"""Text messages. Who carries them is the installation's choice: a gateway is named by its dotted path. No vendor's is
built in; the one here speaks plain HTTP with a body that the operator writes, which most gateways of offices take."""

import json
import re
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol

import httpx
from django.conf import settings
from django.utils.module_loading import import_string

from zhiben.core.outbound import NoAnswer, post
from zhiben.core.refusal import Refused

from .channel import Letter, OutcomeUnknown, Send, TryLater, Undeliverable

MOST_CHARACTERS = 70
"""One message of GSM with Chinese in it (UCS-2); more is charged as two and may arrive torn."""
_MOBILE = re.compile(r"^(?:\+?86)?1[3-9]\d{9}$")


class SmsGateway(Protocol):
    def send(self, mobile: str, text: str, key: str) -> None:
        """Return when the gateway has taken it. Raises what a Channel raises. `key` is the same for every attempt."""


class HttpSmsGateway:
    """
    POSTs `ZHIBEN_SMS_BODY`, a JSON object in whose texts {mobile}, {text} and {key} are filled in, to `ZHIBEN_SMS_URL`
    with the headers of `ZHIBEN_SMS_HEADERS`. Taken is what is answered with 2xx and, where `ZHIBEN_SMS_SUCCESS` is set
    (`code=0`), holds that field with that value.
    """

    def send(self, mobile: str, text: str, key: str) -> None:
        body = json.dumps(_filled(json.loads(settings.ZHIBEN_SMS_BODY), {"mobile": mobile, "text": text, "key": key}))
        headers = {"Content-Type": "application/json; charset=utf-8", **json.loads(settings.ZHIBEN_SMS_HEADERS or "{}")}
        try:
            answer = post(settings.ZHIBEN_SMS_URL, body=body.encode(), headers=headers)
        except Refused as refused:
            raise TryLater(refused.sentence, whole_lane=True) from refused
        except NoAnswer as silence:
            if isinstance(silence.__cause__, httpx.ConnectError | httpx.ConnectTimeout):
                raise TryLater(str(silence), whole_lane=True) from silence
            raise OutcomeUnknown(f"请求交出后没有等到短信网关的回答（{silence}）") from silence
        if answer.status == 429 or answer.status >= 500:
            raise TryLater(f"短信网关应答 {answer.status}", answer.retry_after, whole_lane=True)
        if answer.status in (401, 403):
            raise TryLater(f"短信网关不认可我们的身份（{answer.status}）", whole_lane=True)
        if not answer.is_ok or not _is_success(answer.body):
            raise Undeliverable(f"短信网关退回（{answer.status} {answer.body[:120].decode('utf-8', 'replace')}）")


class Sms:
    name = "sms"
    label = "短信"
    per_minute = 60

    def is_configured(self) -> bool:
        return bool(settings.ZHIBEN_SMS_GATEWAY)

    def conversation(self) -> AbstractContextManager[Send]:
        return nullcontext(self.send)

    def send(self, address: str, letter: Letter) -> None:
        if not _MOBILE.match(address):
            raise Undeliverable("手机号不是 11 位大陆手机号，请系统管理员在“人员”中更正")
        gateway: SmsGateway = import_string(settings.ZHIBEN_SMS_GATEWAY)()
        gateway.send(address.removeprefix("+86"), short_text(letter), letter.key)


def short_text(letter: Letter) -> str:
    """One sentence that says what it is about and where to go; at most 70 characters."""
    ending = "，请登录治本查看。"
    title = " ".join(letter.title.split()).rstrip("。")
    room = MOST_CHARACTERS - len(ending)
    return (title if len(title) <= room else title[: room - 1] + "…") + ending


def _filled(template: Any, words: dict[str, str]) -> Any:
    """Filled in after the template was parsed: no text can add a field or end a string."""
    if isinstance(template, dict):
        return {name: _filled(value, words) for name, value in template.items()}
    if isinstance(template, list):
        return [_filled(value, words) for value in template]
    if isinstance(template, str):
        return re.sub(r"\{(mobile|text|key)\}", lambda found: words[found[1]], template)
    return template


def _is_success(body: bytes) -> bool:
    wanted = settings.ZHIBEN_SMS_SUCCESS
    if not wanted:
        return True
    name, _, value = wanted.partition("=")
    try:
        said = json.loads(body)
    except ValueError:
        return False
    return isinstance(said, dict) and str(said.get(name)) == value
