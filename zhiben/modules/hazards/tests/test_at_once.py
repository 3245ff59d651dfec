"""What happens around a hazard in the very instant in which somebody works on it: its enterprise goes, its day is
moved, it is handed on, it is looked at twice."""

from collections.abc import Callable
from datetime import date, timedelta
from threading import Event
from typing import Any

import pytest
from django.db import transaction

from zhiben.conftest import assembled_cast
from zhiben.core.audit.services import lines_of
from zhiben.core.events.services import deliver_pending
from zhiben.core.ids import new_id
from zhiben.core.notify.models import Notification
from zhiben.core.org.sectors import Sector
from zhiben.core.refusal import Refused
from zhiben.core.workflow.deciding import decide
from zhiben.core.workflow.engine import StepRefused, fire
from zhiben.core.workflow.models import ApprovalRequest, OpenDeadline, WorkItem
from zhiben.core.workflow.sweep import sweep
from zhiben.core.workflow.tests.test_races import at_once
from zhiben.modules.hazards.models import Hazard, HazardLink, LookBack, Review
from zhiben.modules.hazards.models import HazardStatus as S
from zhiben.modules.hazards.reporting import Report, report_hazard
from zhiben.modules.hazards.services import set_closing_unit
from zhiben.modules.registry.models import Enterprise
from zhiben.modules.registry.services import NewEnterprise, register_enterprise

from .conftest import at

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.needs_service("postgresql")]


@pytest.fixture
def cast(transactional_db):
    return assembled_cast()


@pytest.fixture
def heir(cast, plant, now):
    new = NewEnterprise(name="云海化工有限公司", region=plant.unit.region, sector=Sector.CHEMICALS)
    return register_enterprise(enterprise=new, by=cast.bureau_officer, now=now)


def or_refusal(call: Callable[[], Any]) -> Callable[[], Any]:
    def called() -> Any:
        try:
            return call()
        except Refused as refused:
            return refused

    return called


def one_of(results, kind=Hazard):
    """Exactly one went through; the others were refused with a sentence."""
    assert all(isinstance(each, kind | Refused) for each in results), results
    return sum(isinstance(each, kind) for each in results) == 1


def test_an_extension_is_granted_while_the_watchman_goes_round(cast, rectifying, now):
    hazards = [rectifying(description=f"{n} 号罐区围堰破损 2 处", place=f"{n} 号罐区") for n in range(3)]
    late, until = at("2026-03-21", 9), date(2026, 4, 15)
    for hazard in hazards:
        fire(hazard, "extend_beyond", by=cast.plant_officer, now=now, extended_beyond=until, reason="设备没有到货")
    grants = [
        lambda request=request: decide(request, agrees=True, by=cast.bureau_leader, now=late)
        for request in ApprovalRequest.objects.all()
    ]
    results = at_once(*grants, lambda: sweep(late), lambda: sweep(late))
    assert not [each for each in results if isinstance(each, StepRefused)], results
    sweep(late)
    assert set(Hazard.objects.values_list("rectify_by", "extensions")) == {(until, 1)}
    running = OpenDeadline.objects.filter(record_type="hazards.hazard", name="rectify")
    assert set(running.values_list("due_on", flat=True)) == {until}
    overdue = Notification.objects.filter(person=cast.plant_head.person, title__contains="整改期限逾期")
    assert not overdue.unread().exists()


def test_an_enterprise_is_merged_while_it_hands_in_and_while_something_is_found_there(
    cast, plant, heir, rectifying, photo, now
):
    hazard, photos = rectifying(), [photo(cast.plant_officer)]
    stale = Enterprise.objects.select_related("unit__region", "supervising_unit").get(pk=plant.pk)

    def find(place):
        return report_hazard(
            report=Report(enterprise=stale, place=place, description="护栏缺失约 3 米", found_on=date(2026, 3, 10)),
            by=cast.bureau_officer,
            now=now,
        )

    done = {"summary": "已清空", "after_photos": photos}
    results = at_once(
        lambda: fire(plant, "merge", by=cast.bureau_officer, now=now, heir=heir.unit.pk, reason="整合重组"),
        or_refusal(lambda: fire(hazard, "submit", by=cast.plant_officer, now=now, **done)),
        or_refusal(lambda: find("二层")),
        or_refusal(lambda: find("三层")),
        lambda: deliver_pending(now=now),
    )
    at_once(lambda: deliver_pending(now=now), lambda: deliver_pending(now=now))
    assert isinstance(results[0], Enterprise)
    with pytest.raises(Refused, match="已并入云海化工"):
        find("四层")  # with what stood on the screen before
    assert {each.enterprise for each in Hazard.objects.open()} == {heir}
    assert not Hazard.objects.open().exclude(responsible_unit=heir.unit).exists()
    assert Hazard.objects.get(pk=hazard.pk).status == (S.RECTIFIED if isinstance(results[1], Hazard) else S.RECTIFYING)


def test_what_is_found_while_the_merger_is_being_signed_goes_along(cast, plant, heir, meanwhile, now):
    """Recorded, not yet committed, when the enterprise is merged: the merger waits for it."""
    recorded, merged = Event(), Event()
    report = Report(enterprise=plant, place="二层", description="护栏缺失约 3 米", found_on=date(2026, 3, 10))

    def find():
        with transaction.atomic():
            report_hazard(report=report, by=cast.bureau_officer, now=now)
            recorded.set()
            merged.wait(1)

    finding = meanwhile(find)
    assert recorded.wait(10)
    fire(plant, "merge", by=cast.bureau_officer, now=now, heir=heir.unit.pk, reason="整合重组")
    deliver_pending(now=now)
    merged.set()
    finding.result(20)
    deliver_pending(now=now)
    assert Hazard.objects.get().enterprise == heir


def test_handed_on_and_verified_at_once(cast, handed_in, now):
    hazards = [handed_in(place=f"{n} 号门") for n in range(4)]
    for hazard in hazards:
        fire(hazard, "offer_transfer", by=cast.bureau_officer, now=now, transfer_to=cast.housing_officer.unit, reason="燃气")  # fmt: skip
    for hazard in hazards:
        results = at_once(
            or_refusal(lambda hazard=hazard: fire(hazard, "accept_transfer", by=cast.housing_officer, now=now)),
            or_refusal(
                lambda hazard=hazard: fire(hazard, "verify_and_close", by=cast.bureau_officer, now=now, finding="好")
            ),
        )
        assert one_of(results)
        hazard.refresh_from_db()
        assert hazard.transfer_to is None
        taken = isinstance(results[0], Hazard)
        stands = (S.RECTIFIED, cast.housing_officer.unit) if taken else (S.CLOSED, cast.bureau_officer.unit)
        assert (hazard.status, hazard.supervising_unit) == stands
        assert WorkItem.objects.filter(record_id=str(hazard.pk)).exists() == taken


def test_listed_by_the_county_and_closed_by_the_town_at_once(cast, handed_in, now):
    hazard, county = handed_in(by=cast.bureau_officer), cast.office.unit
    listed = {"hazard": hazard, "unit": county, "reason": "县级挂牌督办", "by": cast.bureau_leader, "now": now}
    results = at_once(
        or_refusal(lambda: set_closing_unit(**listed)),
        or_refusal(lambda: fire(hazard, "verify_and_close", by=cast.bureau_officer, now=now, finding="好")),
    )
    assert one_of(results)
    hazard.refresh_from_db()
    assert (hazard.status == S.CLOSED) != hazard.closing_lifted


def test_two_look_back_at_once(cast, handed_in, photo, now):
    seen = {"finding": "已清空", "on_site": True, "site_photos": [photo(cast.bureau_leader, 12)]}
    hazard = fire(handed_in(level="major"), "verify", by=cast.bureau_leader, now=now, **seen)
    look = fire(hazard, "close", by=cast.bureau_officer, now=now).look_backs.get()
    june = {"now": at("2026-06-09"), "looked_on": date(2026, 6, 9), "finding": "看过"}
    photos = [photo(cast.bureau_officer, 40)], [photo(cast.bureau_leader, 41)]
    calls = [
        lambda: fire(look, "recur", by=cast.bureau_officer, again_photos=photos[0], **june),
        lambda: fire(look, "hold", by=cast.bureau_leader, again_photos=photos[1], **june),
        lambda: fire(look, "recur", by=cast.bureau_leader, again_photos=photos[1], **june),
    ]
    results = at_once(*map(or_refusal, calls))
    assert one_of(results, LookBack)
    look.refresh_from_db()
    came_back = look.status == "recurred"
    assert (Hazard.objects.count(), Review.objects.count()) == ((2, 1) if came_back else (1, 0))


def test_one_phone_sends_twice_at_once_and_somebody_else_brings_the_same_words(cast, plant, now):
    said = {"enterprise": plant, "place": "二层", "description": "护栏缺失约 3 米", "found_on": date(2026, 3, 10)}
    mine = Report(id=new_id(), **said)
    results = at_once(
        *[lambda: report_hazard(report=mine, by=cast.bureau_officer, now=now)] * 3,
        lambda: report_hazard(report=Report(**said), by=cast.town, now=now),
    )
    assert len({each.pk for each in results}) == 2
    report_hazard(report=Report(**said), by=cast.bureau_leader, now=now + timedelta(minutes=5))
    assert HazardLink.objects.count() >= 2, "what is said twice is put before a person"
    assert len(lines_of("hazards.hazard", str(mine.id))) == 1
