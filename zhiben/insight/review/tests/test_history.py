"""The ledger as it stood: what is done after the month leaves no trace in its review."""

from datetime import date

from django.db import connection
from django.test.utils import CaptureQueriesContext

from zhiben.core.events.models import OutboxEvent
from zhiben.core.workflow.engine import fire
from zhiben.insight.review import remembering
from zhiben.insight.review.ledgers import Ledgers
from zhiben.insight.review.measures import MEASURES
from zhiben.modules.tasks import dispatching
from zhiben.modules.tasks.models import ObligationOccurrence, Task
from zhiben.modules.tasks.obligations import close_missed_occurrences, open_due_occurrences
from zhiben.modules.tasks.services import revise_task

from .conftest import at

MARCH = "2026-03"


def test_march_as_it_stood_on_its_last_evening(spring):
    counts = spring.counts(MARCH, at(4, 5))
    assert {name: counts[name] for name in ("completed", "running", "overdue", "pending", "submitted", "returned")} == {
        "completed": 3, "running": 2, "overdue": 2, "pending": 1, "submitted": 1, "returned": 1,
    }  # fmt: skip
    assert (counts["total"], counts["main"], counts["share"]) == (10, 9, 1)
    assert (counts["fallen_due"], counts["on_time"], counts["late"], counts["due_submitted"]) == (5, 1, 1, 1)
    assert (counts["not_due"], counts["early"]) == (5, 1)
    assert (counts["new"], counts["completed_now"], counts["withdrawn"]) == (1, 2, 1)
    assert (counts["due_now"], counts["due_now_on_time"], counts["overdue_now"]) == (3, 1, 1)
    assert (counts["to_report"], counts["reported"], counts["silent"]) == (3, 1, 2)
    assert (counts["milestones"], counts["milestones_reached"], counts["milestones_missed"]) == (2, 1, 1)
    assert (counts["indicators"], counts["indicators_unknown"]) == (1, 1)
    assert counts["due_next"] == 1


def test_what_happens_in_april_does_not_leak_into_march(spring, cast):
    before = spring.counts(MARCH, at(4, 1))
    tasks, bureau, housing, town = spring.tasks, cast.bureau_leader, cast.housing_leader, cast.town
    spring.extend(tasks["overdue"], housing, date(2026, 10, 30), at(4, 2))
    spring.extend(tasks["overdue"], housing, date(2026, 11, 30), at(4, 3))
    spring.fire(
        tasks["never accepted"], "reassign", cast.office, at(4, 2), responsible_unit=bureau.unit, reason="职责调整"
    )
    spring.fire(tasks["returned"], "redispatch", cast.office, at(4, 2), responsible_unit=housing.unit)
    spring.fire(tasks["handed in"], "send_back", cast.chief, at(4, 2), reason="佐证不足")
    spring.submit(tasks["handed in"], town, at(4, 3))
    spring.complete(tasks["handed in"], at(4, 3))
    spring.fire(tasks["running"], "withdraw", cast.office, at(4, 4), reason="方案调整")
    revise_task(task=tasks["new"], by=cast.office, now=at(4, 4), reason="提前", due_on=date(2026, 4, 10))
    spring.give(town, date(2026, 4, 30), at(4, 4))
    assert spring.counts(MARCH, at(4, 5)) == before
    by_unit = spring.review(MARCH, at(4, 5)).figures.units
    assert by_unit[housing.unit.pk]["overdue"] == 2
    assert by_unit[town.unit.pk]["returned"] == 1
    april = spring.counts("2026-04", at(4, 5))
    assert (april["total"], april["overdue"], april["completed"], april["extended"]) == (9, 1, 4, 1)
    assert april["withdrawn"] == 2, "the share goes with its task"
    assert spring.review(MARCH, at(4, 5)).figures.whole["unsure"] == 0


def test_a_milestone_reached_in_april_was_missed_in_march(spring, cast):
    before = spring.counts(MARCH, at(4, 1))
    milestone = spring.tasks["running"].milestones.get(text="完成第一轮检查")
    spring.feed_back(spring.tasks["running"], cast.bureau_leader, at(4, 2), reached=[milestone])
    assert spring.counts(MARCH, at(4, 5)) == before
    indicator = spring.tasks["running"].indicators.get()
    indicator.values.create(as_of=date(2026, 3, 31), value=80, at=at(4, 3))
    assert spring.counts(MARCH, at(4, 5))["indicators_unknown"] == 1, "filled in after the month"
    assert spring.counts("2026-04", at(4, 5))["indicators_achieved"] == 1


def test_a_period_of_a_duty_not_done_by_its_day_is_missed_whenever_the_watchman_came(spring, cast):
    for month in (2, 3, 4):
        open_due_occurrences(at(month, 1))
    first, *_ = ObligationOccurrence.objects.order_by("due_on")
    fire(first, "record", by=cast.town, now=at(1, 20), happened_on=date(2026, 1, 20), text="检查 12 家")
    assert spring.counts("2026-01", at(2, 5))["turns_done"] == 1
    assert spring.counts(MARCH, at(4, 5))["turns_missed"] == 1, "still open: the watchman has not come by"
    close_missed_occurrences(at(4, 5))
    march = ObligationOccurrence.objects.get(due_on=date(2026, 3, 31))
    fire(march, "record", by=cast.town, now=at(4, 6), happened_on=date(2026, 4, 6), text="补做")
    counts = spring.counts(MARCH, at(4, 7))
    assert (counts["turns"], counts["turns_missed"], counts["turns_late"]) == (1, 1, 0)


def test_the_last_day_is_over_at_midnight_in_beijing(county, cast):
    county.give(cast.town, date(2026, 3, 31), at(3, 2))
    late = county.give(cast.town, date(2026, 4, 1), at(3, 2))
    assert county.counts(MARCH, at(4, 5))["overdue"] == 1
    assert county.counts(MARCH, at(3, 31, 23))["overdue"] == 0, "the month still runs: due today is not overdue"
    county.fire(late, "withdraw", cast.office, at(4, 1, 8), reason="重复")  # midnight in London
    assert county.counts(MARCH, at(4, 5))["total"] == 2


def test_an_old_trail_that_did_not_say_what_was_ordered_is_helped_by_what_was_announced(county, cast, monkeypatch):
    monkeypatch.setattr(dispatching, "ORDERED", ())
    task = county.give(cast.housing_leader, date(2026, 3, 15), at(2, 2))
    county.accept(task, cast.housing_leader, at(2, 3))
    county.extend(task, cast.housing_leader, date(2026, 10, 30), at(4, 2))
    counts = county.counts(MARCH, at(4, 5))
    assert (counts["overdue"], counts["unsure"]) == (1, 0)
    OutboxEvent.objects.all().delete()
    remembering.forget()
    counts = county.counts(MARCH, at(4, 5))
    assert (counts["overdue"], counts["running"], counts["unsure"]) == (0, 1, 1), "nobody knows any more"


def test_a_task_that_changed_hands_is_seen_by_whose_it_was(spring, cast):
    """The other county's office saw none of it then, and sees none of it in the review of then."""
    assert spring.review(MARCH, at(4, 5), "outsider").months == []
    bureau = spring.review(MARCH, at(4, 5), "bureau_leader", perspective="responsible").figures.whole["total"]
    spring.fire(
        spring.tasks["running"],
        "reassign",
        cast.office,
        at(4, 2),
        responsible_unit=cast.housing_leader.unit,
        reason="调整",
    )
    assert spring.review(MARCH, at(4, 5), "bureau_leader", perspective="responsible").figures.whole["total"] == bureau
    april = spring.review("2026-04", at(4, 5), "bureau_leader", perspective="responsible").figures.whole["total"]
    assert april == bureau - 1


def test_what_is_counted_in_classes_is_what_is_counted_one_by_one(spring, cast, monkeypatch):
    """Every figure of every month, and the records behind it; the database groups what nothing has happened to."""
    spring.fire(
        spring.tasks["overdue"], "reassign", cast.office, at(4, 2), responsible_unit=cast.town.unit, reason="调"
    )

    def told(month: str, **asked: object) -> dict:
        review = spring.review(month, at(5, 20), **asked)
        found = {"groups": (review.figures.units, review.figures.programmes, review.figures.sectors)}
        for measure, of in ((each.name, each.of) for each in MEASURES.values()):
            count, records = review.records(measure)
            assert count == len(records) == review.figures.whole[measure]
            assert records[1:3] == review.records(measure, first=1, most=2)[1]
            found[measure] = [_as_counted(each) if of == "tasks" else each for each in records]
        return found | {"before": review.before and review.before.whole}

    months = [
        (f"2026-0{number}", asked) for number in range(1, 6) for asked in ({}, {"programme": "p1"}, {"main_only": True})
    ]
    grouped = [told(month, **asked) for month, asked in months]
    assert any(spring.review("2026-05", at(5, 20)).ledgers.alike.values())
    monkeypatch.setattr(Ledgers, "looked_at", property(lambda ledgers: set(Task.objects.values_list("pk", flat=True))))
    assert not spring.review("2026-05", at(5, 20)).ledgers.alike
    assert grouped == [told(month, **asked) for month, asked in months]


def test_a_month_that_is_over_is_reconstructed_once_until_the_trail_moves_on(spring, cast):
    first, again = spring.review(MARCH, at(4, 5)), spring.review(MARCH, at(4, 6))
    assert again.ledgers is first.ledgers
    assert spring.review(MARCH, at(4, 5), "bureau_leader").ledgers is not first.ledgers
    assert spring.review(MARCH, at(4, 5), programme="p1").ledgers is not first.ledgers
    overdue = first.figures.whole["overdue"]
    spring.accept(spring.tasks["new"], cast.town, at(3, 31, 20))
    late = spring.review(MARCH, at(4, 6))
    assert late.ledgers is not first.ledgers, "a line about the past that comes late"
    assert (late.figures.whole["running"], late.figures.whole["overdue"]) == (3, overdue)
    running = spring.review("2026-04", at(4, 6))
    assert running.ledgers is not spring.review("2026-04", at(4, 6)).ledgers, "the running month is always read"


def _as_counted(task) -> tuple:
    """Without the days that a class keeps only roughly."""
    return (task.key, task.status, task.due_on, task.unit, task.main, task.programme, task.sector, task.ran_before)


def test_more_tasks_ask_no_more_queries(spring, cast):
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            review = spring.review(MARCH, at(4, 5))
            _ = review.figures, review.before, review.lines
        return len(seen)

    few = queries()
    for acting in (cast.bureau_leader, cast.housing_leader, cast.town) * 4:
        spring.give(acting, date(2026, 3, 20), at(3, 3))
    assert queries() <= few
    assert Task.objects.count() > 20
