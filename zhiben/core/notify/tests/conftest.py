from collections.abc import Callable, Iterator
from datetime import datetime

import pytest

from zhiben.core.notify.kinds import Medium
from zhiben.core.notify.models import Contact, Notification, Outgoing

from .servers import ChatServices, PostOffice, listening, standing


@pytest.fixture
def post_office(settings) -> Iterator[PostOffice]:
    """E-mail works, and the site knows its own address."""
    with standing(PostOffice()) as office:
        settings.ZHIBEN_SMTP_URL = f"smtp://127.0.0.1:{office.port}"
        settings.ZHIBEN_MAIL_FROM = "治本 <zhiben@example.gov.cn>"
        settings.ZHIBEN_PUBLIC_URL = "https://zhiben.example.gov.cn"
        yield office


@pytest.fixture
def chat(settings) -> Iterator[ChatServices]:
    """Doubles of the three chat services."""
    with listening(ChatServices()) as services:
        settings.ZHIBEN_OUTBOUND_HOSTS = ["127.0.0.1"]
        settings.ZHIBEN_PUBLIC_URL = "https://zhiben.example.gov.cn"
        yield services


@pytest.fixture
def has_mail(now: datetime) -> Callable:
    def prove(acting, address: str = "") -> Contact:
        address = address or f"p{acting.person.pk}@example.gov.cn"
        return Contact.objects.create(
            person=acting.person, medium=Medium.MAIL, address=address, verified_at=now
        )  # fmt: skip

    return prove


@pytest.fixture
def empty(cast) -> None:
    Notification.objects.all().delete()
    Outgoing.objects.all().delete()
