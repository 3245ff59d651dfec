"""An address is in use when its owner has proved it; codes run out, are few, and are of no use to others."""

import re
from datetime import timedelta

import pytest

from zhiben.core.notify import contacts
from zhiben.core.notify.models import Contact, Outgoing
from zhiben.core.notify.upkeep import work
from zhiben.core.refusal import Refused

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty")]

MINUTE = timedelta(minutes=1)


def ask(cast, now, address="li@example.gov.cn") -> None:
    contacts.ask_for_code(person=cast.office.person, address=address, now=now)


def confirm(cast, now, code) -> None:
    contacts.confirm_code(person=cast.office.person, code=code, by=cast.office, now=now)


def code_in(post_office) -> str:
    text = post_office.taken[-1].get_body(("plain",)).get_content()
    return re.search(r"\d{6}", text)[0]


def test_a_code_comes_and_proves_the_address(cast, now, post_office):
    ask(cast, now)
    work("mail", now)
    assert post_office.receivers == ["li@example.gov.cn"]
    code = code_in(post_office)
    assert Outgoing.objects.get().body == "", "a code that was sent is not kept"
    with pytest.raises(Refused, match="不对"):
        confirm(cast, now, "000000" if code != "000000" else "111111")
    confirm(cast, now, f"{code[:3]} {code[3:]}")
    contact = Contact.objects.get()
    assert (contact.address, contact.verified_at, contact.pending_address) == ("li@example.gov.cn", now, "")
    with pytest.raises(Refused):
        confirm(cast, now, code)


def test_the_proved_address_stays_until_the_next_is_proved(cast, now, post_office, has_mail):
    has_mail(cast.office, "old@example.gov.cn")
    ask(cast, now, "new@example.gov.cn")
    contact = Contact.objects.get()
    assert (contact.address, contact.pending_address) == ("old@example.gov.cn", "new@example.gov.cn")


def test_a_code_runs_out_and_cannot_be_guessed(cast, now, post_office):
    ask(cast, now)
    work("mail", now)
    code = code_in(post_office)
    with pytest.raises(Refused, match="过期"):
        confirm(cast, now + 16 * MINUTE, code)
    ask(cast, now + 20 * MINUTE)
    work("mail", now + 20 * MINUTE)
    code = code_in(post_office)
    wrong = "000000" if code != "000000" else "111111"
    for _ in range(contacts.TRIES):
        with pytest.raises(Refused, match="不对"):
            confirm(cast, now + 21 * MINUTE, wrong)
    with pytest.raises(Refused, match="作废"):
        confirm(cast, now + 21 * MINUTE, code)


def test_codes_are_few(cast, now, post_office):
    ask(cast, now)
    with pytest.raises(Refused, match="一分钟"):
        ask(cast, now + MINUTE / 2)
    for n in range(1, contacts.CODES_A_DAY):
        ask(cast, now + n * 2 * MINUTE)
    with pytest.raises(Refused, match="明天"):
        ask(cast, now + 30 * MINUTE)
    ask(cast, now + timedelta(days=1))


@pytest.mark.parametrize("address", ["li@example.gov.cn\r\nBcc: x@y.cn", "没有@", "a@" + "b" * 300 + ".cn"])
def test_what_is_no_address_is_refused(cast, now, post_office, address):
    with pytest.raises(Refused):
        ask(cast, now, address)
    assert not Outgoing.objects.exists()


def test_without_mail_nothing_is_promised(cast, now):
    with pytest.raises(Refused, match="没有开通邮件"):
        ask(cast, now)
