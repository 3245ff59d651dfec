"""E-mail addresses: taken into use only when a code sent there has come back. The mobile number is `Person.mobile`."""

import secrets
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import F
from django.utils.crypto import constant_time_compare, salted_hmac

from zhiben.core.access.acting import By
from zhiben.core.audit import services as audit
from zhiben.core.clock import local_day
from zhiben.core.ids import secret_id
from zhiben.core.org.models import Person
from zhiben.core.refusal import Refused

from .channels.known import CHANNELS
from .fanout import RANK_DIRECT
from .kinds import Kind, Medium
from .models import Contact, Outgoing, Stage

CODE_LIVES = timedelta(minutes=15)
BETWEEN_CODES = timedelta(minutes=1)
CODES_A_DAY = 5
TRIES = 5


@transaction.atomic
def ask_for_code(*, person: Person, address: str, now: datetime) -> Contact:
    """Send a code to an address that is to be proved. The address in use stays so until then."""
    address = address.strip()
    if not CHANNELS[Medium.MAIL].is_configured():
        raise Refused("本系统还没有开通邮件，请联系系统管理员。", "address")
    try:
        validate_email(address)
    except ValidationError as wrong:
        raise Refused("邮箱地址不对，请按 name@example.gov.cn 的形式填写。", "address") from wrong
    if not address.isascii():
        raise Refused("邮箱地址只能由英文字母、数字和符号组成，请核对。", "address")
    if len(address) > 254:
        raise Refused("邮箱地址太长，请核对。", "address")
    contact, _ = Contact.objects.select_for_update().get_or_create(person=person, medium=Medium.MAIL)
    today = contact.asked_at is not None and local_day(contact.asked_at) == local_day(now)
    if today and contact.asked_at and now < contact.asked_at + BETWEEN_CODES:
        raise Refused("验证码刚刚发过，请过一分钟再试。", "address")
    if today and contact.asked_times >= CODES_A_DAY:
        raise Refused(f"今天已发过 {CODES_A_DAY} 次验证码，请明天再试，或请系统管理员查看邮件通道。", "address")
    code = f"{secrets.randbelow(1_000_000):06}"
    contact.pending_address = address
    contact.code_digest, contact.code_until, contact.code_tries = _digest(contact, code), now + CODE_LIVES, 0
    contact.asked_times = contact.asked_times + 1 if today else 1
    contact.asked_at = now
    contact.save()
    _drop_earlier_codes(person, now)
    Outgoing.objects.create(
        lane=Medium.MAIL,
        person=person,
        cause=f"code:{secret_id()}",
        kind=Kind.SYSTEM,
        rank=RANK_DIRECT,
        address=address,
        title="治本：验证您的邮箱",
        body=f"验证码：{code}。请在 15 分钟内填到“消息设置”页。不是您本人操作的，请不必理会。",
        created_at=now,
        next_at=now,
    )
    return contact


def confirm_code(*, person: Person, code: str, by: By, now: datetime) -> Contact:
    """The address is in use from now on. A wrong try is counted even though it is refused."""
    contact = Contact.objects.filter(person=person, medium=Medium.MAIL).exclude(pending_address="").first()
    if contact is None or contact.code_until is None:
        raise Refused("请先填写邮箱并获取验证码。", "code")
    if now > contact.code_until:
        raise Refused("验证码已过期，请重新获取。", "code")
    ours = Contact.objects.filter(pk=contact.pk, code_digest=contact.code_digest, code_tries__lt=TRIES)
    if not ours.update(code_tries=F("code_tries") + 1):
        raise Refused("验证码错得太多，已作废，请重新获取。", "code")
    if not constant_time_compare(contact.code_digest, _digest(contact, "".join(code.split()))):
        raise Refused("验证码不对，请核对邮件中的 6 位数字。", "code")
    with transaction.atomic():
        contact.refresh_from_db()
        contact.address, contact.verified_at = contact.pending_address, now
        contact.pending_address, contact.code_digest, contact.code_until = "", "", None
        contact.save()
        _note(person, "prove_address", "验证邮箱", by, now)
    return contact


@transaction.atomic
def forget_address(*, person: Person, by: By, now: datetime) -> None:
    if Contact.objects.filter(person=person, medium=Medium.MAIL).delete()[0]:
        _note(person, "forget_address", "删除邮箱", by, now)


def _drop_earlier_codes(person: Person, now: datetime) -> None:
    earlier = Outgoing.objects.filter(person=person, lane=Medium.MAIL, stage=Stage.WAITING, cause__startswith="code:")
    earlier.update(stage=Stage.DROPPED, finished_at=now, note="又要了新的验证码", body="")


def _digest(contact: Contact, code: str) -> str:
    about = f"{contact.person_id}:{contact.pending_address}:{code}"
    return salted_hmac("notify.code", about, algorithm="sha256").hexdigest()


def _note(person: Person, verb: str, label: str, by: By, now: datetime) -> None:
    """The address itself is not written where nothing can be erased."""
    audit.append(
        record_type="org.person", record_id=str(person.pk), kind="edit", verb=verb, label=label, by=by, now=now, data={}
    )  # fmt: skip
