from datetime import date

import pytest

from zhiben.core.org import services as org
from zhiben.core.org.roles import Role
from zhiben.core.workflow import reseat
from zhiben.core.workflow.reseat import reseat_changed
from zhiben.core.workflow.worklist import worklist

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh_start():
    reseat._seen.clear()


def test_work_comes_down_to_whoever_is_newly_appointed(cast, give, now):
    """An errand for a unit without officers climbs; when one is appointed it comes to them."""
    post = cast.town.post
    post.valid_to = date(2026, 3, 1)
    post.save()
    give(cast.town)
    assert worklist(cast.town, now) == []
    newcomer = org.appoint(
        person=cast.town.person, unit=cast.town.unit, role=Role.UNIT_OFFICER, by=cast.system_administrator, now=now
    )
    assert reseat_changed(now) == 1
    acting = type(cast.town)(cast.town.person, newcomer)
    assert [row.item.title for row in worklist(acting, now)] == ["清理消防通道"]
    assert reseat_changed(now) == 0


def test_a_post_that_ends_by_its_date_leaves_nothing_behind(cast, give, now):
    give(cast.town)
    cast.town.post.valid_to = date(2026, 3, 9)
    cast.town.post.save()
    reseat_changed(now)
    assert worklist(cast.town, now) == []


def test_a_unit_that_answers_to_another_sends_its_work_there(cast, give, now):
    """Nobody is left in the town; its work climbs to the county, and after a reorganisation to the bureau."""
    cast.town.post.valid_to = date(2026, 3, 1)
    cast.town.post.save()
    give(cast.town)
    assert worklist(cast.bureau_leader, now) == []
    org.change_unit(unit=cast.town.unit, superior=cast.bureau_leader.unit, by=cast.system_administrator, now=now)
    assert reseat_changed(now) >= 1
    assert [row.item.title for row in worklist(cast.bureau_officer, now)] == ["清理消防通道"]
