"""What only a real server shows: two people at the same hazard in the same instant."""

from datetime import date

import pytest

from zhiben.conftest import assembled_cast
from zhiben.core.audit.services import lines_of
from zhiben.core.notify.models import Notification
from zhiben.core.workflow.engine import fire
from zhiben.core.workflow.models import OpenDeadline
from zhiben.core.workflow.sweep import sweep
from zhiben.core.workflow.tests.test_races import at_once
from zhiben.modules.hazards.models import Hazard
from zhiben.modules.hazards.models import HazardStatus as S
from zhiben.modules.hazards.reporting import Report, report_hazard

from .conftest import at

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.needs_service("postgresql")]


@pytest.fixture
def cast(transactional_db):
    return assembled_cast()


def test_of_two_officers_who_verify_at_once_one_does(cast, handed_in, now):
    hazard = handed_in()
    calls = [
        lambda who=who: fire(hazard, "verify_and_close", by=who, now=now, finding=f"{who.person}看过")
        for who in (cast.bureau_officer, cast.bureau_leader) * 2
    ]
    results = at_once(*calls)
    assert sum(isinstance(result, Hazard) for result in results) == 1
    assert [line.label for line in lines_of("hazards.hazard", hazard.pk)].count("复查销号") == 1


def test_the_same_report_from_two_phones_at_once_is_one_hazard_and_numbers_have_no_gap(cast, plant, now):
    same = Report(enterprise=plant, place="合成车间二层", description="护栏缺失约 3 米", found_on=date(2026, 3, 10),
                  origin_type="inspections.finding", origin_id="7")  # fmt: skip
    results = at_once(*[lambda: report_hazard(report=same, by=cast.bureau_officer, now=now)] * 4)
    assert len({result.pk for result in results}) == 1
    other = [
        lambda place=place: report_hazard(
            report=Report(enterprise=plant, place=place, description="护栏缺失约 3 米", found_on=date(2026, 3, 10)),
            by=cast.bureau_officer,
            now=now,
        )
        for place in ("二层", "三层", "四层", "五层")
    ]
    assert all(isinstance(result, Hazard) for result in at_once(*other))
    numbers = sorted(int(number[-6:]) for number in Hazard.objects.values_list("number", flat=True))
    assert len(set(numbers)) == 5


def test_a_day_moved_while_the_watchman_goes_round(cast, rectifying, now):
    """Whichever is first, both are done, nobody waits in a circle, and the deadline that runs is the new one."""
    hazards = [rectifying(description=f"{n} 号罐区围堰破损 2 处", place=f"{n} 号罐区") for n in range(6)]
    late = at("2026-03-21", 9)

    def move(hazard):
        return fire(
            hazard, "redate", by=cast.bureau_leader, now=late, rectify_by=date(2026, 4, 30), reason="连续暴雨停工"
        )

    moves = [lambda hazard=hazard: move(hazard) for hazard in hazards]
    results = at_once(*moves, lambda: sweep(late), lambda: sweep(late))
    assert sum(isinstance(result, Hazard) for result in results) == 6, results
    sweep(late)
    running = OpenDeadline.objects.filter(record_type="hazards.hazard", name="rectify")
    assert set(running.values_list("due_on", flat=True)) == {date(2026, 4, 30)}
    unread = Notification.objects.filter(person=cast.plant_head.person, title__contains="整改期限逾期").unread()
    assert not unread.exists(), "what was said of the old day asks for nothing any more"


def test_two_records_called_duplicates_of_each_other_at_once(cast, found, now):
    one, other = found(), found()
    calls = [
        lambda a=a, b=b: fire(
            a, "mark_duplicate", by=cast.bureau_officer, now=now, duplicate_number=b.number, reason="同一处"
        )
        for a, b in ((one, other), (other, one))
    ]
    results = at_once(*calls)
    assert sum(isinstance(result, Hazard) for result in results) <= 1
    assert Hazard.objects.filter(status=S.DUPLICATE).count() <= 1
