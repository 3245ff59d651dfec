"""The demonstration: made once, by the services, only where it is allowed."""

from datetime import datetime

import pytest
from django.core.management import CommandError, call_command

from zhiben.config.demo import people, year
from zhiben.core import clock
from zhiben.core.accounts.models import User
from zhiben.core.audit.services import lines_of
from zhiben.core.clock import CHINA
from zhiben.core.org.models import Person, Unit
from zhiben.modules.plans.models import PlanItem
from zhiben.modules.tasks.models import Task, TaskStatus

JANUARY = datetime(2026, 1, 16, 9, 30, tzinfo=CHINA)


@pytest.fixture
def told(db, settings) -> list[str]:
    """Eight weeks of the year: both plans are out and work is under way."""
    settings.ZHIBEN_DEMO = True
    sentences: list[str] = []
    year.live_through(sentences.append, until=JANUARY)
    return sentences


def test_a_year_begins_with_plans_that_are_read_published_and_accepted(told, settings):
    assert clock.now().date() == JANUARY.date()
    assert PlanItem.objects.exclude(task=None).count() == 40
    assert Task.objects.filter(status=TaskStatus.RUNNING).count() > 100
    assert Task.objects.filter(feedbacks__isnull=False).exists()
    main = Task.objects.get(number="(四)14", parent=None)
    assert str(main.responsible_unit) == "县安委办", "three responsible units are coordinated by the office"
    child = main.children.get(responsible_unit__short_name="县商务局")
    labels = [line.label for line in lines_of("tasks.task", str(child.pk))]
    assert labels[:4] == ["交办", "退回", "坚持交办", "接收"]
    assert 60 <= Unit.objects.count() <= 75
    assert Person.objects.values("name").distinct().count() == Person.objects.count(), "everybody has an own name"

    for username, short_name, role, *_ in people.ACCOUNTS:
        user = User.objects.get(username=username)
        assert user.check_password(people.PASSWORD)
        assert user.person.posts.filter(unit__short_name=short_name, role=role).exists()
    call_command("demo")
    assert Unit.objects.count() <= 75, "a second call finds the data and leaves it"


def test_it_is_refused_where_real_work_is_done(db, settings):
    settings.ZHIBEN_DEMO = False
    with pytest.raises(CommandError):
        call_command("demo")
