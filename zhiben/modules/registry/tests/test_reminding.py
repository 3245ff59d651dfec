"""What ends soon is told once to whose it is, and once, all together, to who supervises it."""

from datetime import timedelta

import pytest

from zhiben.core.clock import local_day
from zhiben.core.jobs.running import run_pending
from zhiben.core.notify.models import Notification
from zhiben.core.notify.services import inbox
from zhiben.core.workflow.engine import fire
from zhiben.core.workflow.sweep import periodic
from zhiben.modules.registry.models import Equipment, Licence, Staff
from zhiben.modules.registry.reminding import remind
from zhiben.modules.registry.services import add_part, change_part, record_inspection, turn_equipment


@pytest.fixture
def day(now):
    return local_day(now)


def told(acting) -> list[str]:
    return [each.title for each in inbox(acting.person).filter(kind="reminder", obsolete_at=None).order_by("pk")]


def test_each_thing_once_to_the_safety_officer_and_all_together_to_the_supervisor(plant, cast, now, day, to):
    soon = day + timedelta(days=30)
    tank = add_part(enterprise=plant, of=Equipment, name="储罐", number="V-1", inspect_by=soon, **to)
    add_part(enterprise=plant, of=Staff, name="李焊", certificate_until=day + timedelta(days=3), **to)
    add_part(enterprise=plant, of=Licence, name="许可证", valid_to=soon, **to)
    add_part(enterprise=plant, of=Licence, name="远期证", valid_to=day + timedelta(days=31), **to)
    add_part(enterprise=plant, of=Licence, name="作废证", valid_to=soon, is_void=True, **to)
    add_part(enterprise=plant, of=Licence, name="旧证", valid_to=day - timedelta(days=90), **to)
    assert remind(now) == 3
    assert told(cast.plant_officer) == [
        "设备检验将于2026年4月9日到期：储罐（V-1）",
        "人员证书将于2026年3月13日到期：李焊",
        "证照将于2026年4月9日到期：许可证",
    ]
    assert told(cast.plant_head) == []
    assert told(cast.bureau_officer) == ["监管的企业有 2 项将于2026年4月9日到期"]
    said = inbox(cast.bureau_officer.person).get(kind="reminder").body
    assert "云帆化工有限公司（设备检验：储罐（V-1））" in said
    assert told(cast.outsider) == told(cast.housing_officer) == []
    remind(now)
    assert Notification.objects.filter(kind="reminder").count() == 4
    record_inspection(equipment=tank, inspected_on=day, inspect_by=day + timedelta(days=20), **to)
    assert "储罐" not in "".join(told(cast.plant_officer))
    remind(now)
    assert "设备检验将于2026年3月30日到期：储罐（V-1）" in told(cast.plant_officer)


def test_what_waits_for_nothing_is_not_told(plant, cast, now, day, to):
    soon = day + timedelta(days=9)
    tank = add_part(enterprise=plant, of=Equipment, name="储罐", inspect_by=soon, **to)
    person = add_part(enterprise=plant, of=Staff, name="李焊", certificate_until=soon, **to)
    remind(now)
    assert len(told(cast.plant_officer)) == 2
    turn_equipment(equipment=tank, verb="stop", **to)
    change_part(part=person, is_gone=True, **to)
    assert told(cast.plant_officer) == []
    turn_equipment(equipment=tank, verb="use", **to)
    fire(plant, "close", by=cast.town, now=now, reason="已注销")
    assert remind(now) == 0


def test_a_plant_with_a_head_alone_and_a_machine_that_stood_still(plant, cast, now, day, to):
    cast.plant_officer.post.valid_to = day - timedelta(days=1)
    cast.plant_officer.post.save()
    add_part(enterprise=plant, of=Licence, name="许可证", valid_to=day + timedelta(days=27), **to)
    remind(now)  # three days late
    assert told(cast.plant_head) == ["证照将于2026年4月6日到期：许可证"]
    assert told(cast.bureau_officer) == ["监管的企业有 1 项将于2026年4月6日到期"]


def test_the_watchman_asks_for_one_round_a_day(plant, cast, now, day, to):
    add_part(enterprise=plant, of=Licence, name="许可证", valid_to=day + timedelta(days=5), **to)
    for _ in range(3):
        periodic()["registry.remind_today"](now)
    assert run_pending() == 1


def test_more_things_ask_no_more_queries(plant, now, day, to, django_assert_max_num_queries):
    for number in range(12):
        add_part(enterprise=plant, of=Licence, name=f"{number}号证", valid_to=day + timedelta(days=number), **to)
    with django_assert_max_num_queries(90):
        remind(now)
