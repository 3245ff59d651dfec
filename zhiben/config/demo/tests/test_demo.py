"""The demonstration: made once, by the services, only where it is allowed."""

from datetime import date, datetime

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Count

from zhiben.config.demo import ledgers, parties, people, photos, year
from zhiben.config.demo.remedies import REMEDIES
from zhiben.core import clock
from zhiben.core.accounts.models import User
from zhiben.core.audit.services import lines_of
from zhiben.core.clock import CHINA
from zhiben.core.org.credit_code import credit_code_refusal
from zhiben.core.org.models import Person, Region, Unit
from zhiben.modules.hazards.models import Hazard
from zhiben.modules.hazards.vagueness import questions_about
from zhiben.modules.plans.models import PlanItem
from zhiben.modules.registry.gaps import gaps
from zhiben.modules.registry.models import Enterprise, Equipment
from zhiben.modules.registry.models.parties import Expert, PartyKind, Policy
from zhiben.modules.tasks.models import Task, TaskStatus

from .walking import refused_on_the_way

JANUARY = datetime(2026, 1, 16, 9, 30, tzinfo=CHINA)


def test_eight_weeks_of_the_year(db, settings):
    """Both plans are out and work is under way. Lived through once: it takes longer than all that is asked of it."""
    settings.ZHIBEN_DEMO = True
    year.live_through(lambda sentence: None, until=JANUARY)
    plans_are_read_published_and_accepted()
    everybody_has_a_name_and_what_is_needed_to_log_in()
    the_county_has_its_enterprises_and_what_is_found_in_them()
    every_page_opens_that_a_page_leads_to()
    call_command("demo")
    assert Unit.objects.count() <= 185, "a second call finds the data and leaves it"


def plans_are_read_published_and_accepted():
    assert clock.now().date() == JANUARY.date()
    assert PlanItem.objects.exclude(task=None).count() == 40
    assert Task.objects.filter(status=TaskStatus.RUNNING).count() > 100
    assert Task.objects.filter(feedbacks__isnull=False).exists()
    main = Task.objects.get(number="(四)14", parent=None)
    assert str(main.responsible_unit) == "县安委办", "three responsible units are coordinated by the office"
    child = main.children.get(responsible_unit__short_name="县商务局")
    labels = [line.label for line in lines_of("tasks.task", str(child.pk))]
    assert labels[:4] == ["交办", "退回", "坚持交办", "接收"]


def everybody_has_a_name_and_what_is_needed_to_log_in():
    assert 170 <= Unit.objects.count() <= 185
    assert Person.objects.values("name").distinct().count() == Person.objects.count(), "everybody has an own name"

    for username, short_name, role, *_ in people.ACCOUNTS:
        user = User.objects.get(username=username)
        assert user.check_password(people.PASSWORD)
        assert user.person.posts.filter(unit__short_name=short_name, role=role).exists()


def the_county_has_its_enterprises_and_what_is_found_in_them():
    assert Enterprise.objects.count() == len(ledgers.enterprises())
    assert not [each for each in Enterprise.objects.all() if credit_code_refusal(each.credit_code)]
    assert not Enterprise.objects.filter(latitude=None).exists()
    county = Region.objects.get(name="澜江县")
    assert {square.sector for square in gaps(county, JANUARY.date())} == {"post"}, "nobody was given express delivery"
    assert Equipment.objects.filter(inspect_by__lt=year.TODAY.date()).exists()
    hazards = Hazard.objects.all()
    assert hazards.count() > 40
    stages = dict(hazards.values_list("status").annotate(Count("pk")).order_by())
    assert sum(stages.values()) == hazards.count()
    assert stages["closed"] > stages.get("rectifying", 0) > 0
    for hazard in hazards.filter(status="closed"):
        assert hazard.closed_by_id
        assert hazard.fixed_on_spot or hazard.closed_by_id not in hazard.hands
    assert hazards.filter(fixed_on_spot=True).exclude(level="general").count() == 0
    assert hazards.filter(channel="ledger").count() > 15
    assert Policy.objects.exists()
    assert Expert.objects.filter(kind=PartyKind.EXPERT).count() == len(parties.EXPERTS)


def every_page_opens_that_a_page_leads_to():
    """With a record of every kind behind it that really lived: what tests make for themselves has fewer fields filled."""
    for username in ("demo1", "demo14", "demo15"):
        assert refused_on_the_way(username, most=120, of_a_kind=4) == []


def test_what_would_be_done_on_a_day_that_is_over_is_refused():
    lived = year.Year(lambda sentence: None)
    lived.now = JANUARY
    with pytest.raises(ValueError, match="2026-01-15 is over"):
        lived.on(date(2026, 1, 15), lambda now: None)
    for day in (
        date(2026, 1, 16),
        date(2026, 2, 16),
        date(2026, 2, 28),
    ):  # today; before the holiday; a working Saturday
        lived.on(day, lambda now: None)
    moments = [moment for moment, *_ in sorted(lived.agenda, key=lambda entry: entry[:2])]
    assert all(moment > JANUARY for moment in moments), "nothing is done before now"
    assert [moment.date() for moment in moments] == [date(2026, 1, 16), date(2026, 2, 24), date(2026, 2, 28)]


def test_what_is_found_is_said_in_many_words():
    sayings = [*ledgers.ordinary(), *ledgers.major()]
    assert len({each.description for each in sayings}) == len(sayings) > 250
    assert {each.picture for each in sayings} <= photos.SCENES.keys() & REMEDIES.keys()
    kinds = {trade.kind for trade in ledgers.enterprises()}
    assert {each.of for each in ledgers.ordinary()} == kinds
    assert {each.of for each in ledgers.major()} <= {trade.short_name for trade in ledgers.enterprises()}
    vague = [each.description for each in sayings if questions_about(each.description, each.place)]
    assert len(vague) < len(sayings) / 4, vague


def test_it_is_refused_where_real_work_is_done(db, settings):
    settings.ZHIBEN_DEMO = False
    with pytest.raises(CommandError):
        call_command("demo")
