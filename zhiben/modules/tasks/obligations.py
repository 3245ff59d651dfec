"""Duties that recur: each period becomes an occurrence of its own, opened ahead, done by records, or missed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from zhiben.core.access.acting import Acting, By, Machine
from zhiben.core.access.permissions import Permission, require
from zhiben.core.clock import local_day
from zhiben.core.org.models import Unit
from zhiben.core.workflow import engine

from . import programmes
from .cadence import Cadence, Period, due_within, period_of, periods
from .models import Obligation, ObligationOccurrence, ObligationStatus, OccurrenceRecord, OccurrenceStatus, Task
from .orders import Origin

OPENED_AHEAD = timedelta(days=7)
"""How long before a period begins its occurrence can be seen and prepared."""
CALENDAR = Machine("定期工作到期开启")
COUNTING = Machine("达到应完成次数")
LATENESS = Machine("期限已过")
BATCH = 500


@dataclass(frozen=True, kw_only=True)
class NewObligation:
    """A duty to be set up. `cadence` empty: due once, on `due_on`; otherwise see `Obligation.due_on`."""

    title: str
    responsible_unit: Unit
    supervising_unit: Unit
    starts_on: date
    ends_on: date | None = None
    cadence: str = ""
    min_count: int = 1
    due_on: date | None = None
    sector: str = ""
    confidentiality: int = 0
    origin: Origin = field(default_factory=Origin)
    task: Task | None = None


def establish_obligation(*, obligation: NewObligation, by: By, now: datetime) -> Obligation:
    return establish_obligations(obligations=[obligation], by=by, now=now)[0]


@transaction.atomic
def establish_obligations(*, obligations: Sequence[NewObligation], by: By, now: datetime) -> list[Obligation]:
    """Set up duties and open what is due now. What was due before today is nobody's omission: it is not opened."""
    if not obligations:
        return []
    require(by, Permission.MANAGE_OBLIGATIONS)
    today = local_day(now)
    rows = [
        Obligation(
            title=new.title[:300],
            cadence=new.cadence,
            min_count=new.min_count,
            due_on=new.due_on,
            starts_on=new.starts_on,
            ends_on=new.ends_on,
            next_opening=_first_opening(new, today),
            task=new.task,
            responsible_unit=new.responsible_unit,
            supervising_unit=new.supervising_unit,
            region_path=new.responsible_unit.region_path,
            sector=new.sector,
            confidentiality=new.confidentiality,
            made_at=now,
            **new.origin.columns(),
        )
        for new in obligations
    ]
    Obligation.objects.bulk_create(rows, batch_size=BATCH)
    for new in {new.origin.programme_id: new for new in obligations}.values():
        programmes.remember([new.origin], unit=new.supervising_unit, confidentiality=new.confidentiality)
    engine.begin_many(rows, by=by, now=now, label="设立")
    _open([row for row in rows if row.next_opening and row.next_opening <= today + OPENED_AHEAD], now)
    return rows


def open_due_occurrences(now: datetime) -> int:
    """Open the occurrences whose period begins within a week; returns how many. Run as often as you like: what has
    been opened is not opened again, and what was not opened while the system was down is opened now."""
    opened = 0
    horizon = local_day(now) + OPENED_AHEAD
    while True:
        with transaction.atomic():
            due = list(
                Obligation.objects.select_for_update()
                .filter(status=ObligationStatus.ACTIVE, next_opening__lte=horizon)
                .order_by("next_opening", "pk")[:BATCH]
            )
            if not due:
                return opened
            opened += _open(due, now)


def close_missed_occurrences(now: datetime) -> int:
    """Mark what is past its day as missed, and duties whose time is over as ended. Idempotent; returns how many."""
    today = local_day(now)
    missed = ObligationOccurrence.objects.filter(status=OccurrenceStatus.OPEN, due_on__lt=today)
    results = engine.fire_many(missed.order_by("due_on", "pk"), "miss", by=LATENESS, now=now)
    over = (
        Obligation.objects.filter(status=ObligationStatus.ACTIVE, next_opening=None)
        .exclude(occurrences__status=OccurrenceStatus.OPEN)
        .order_by("pk")
    )
    engine.fire_many(over, "expire", by=CALENDAR, now=now)
    return sum(result.refusal is None for result in results)


def count_record(occurrence: ObligationOccurrence, data: Mapping[str, Any], by: By, now: datetime) -> None:
    """One more time done; with the last one the occurrence is done. Effect of the step `record`."""
    assert isinstance(by, Acting)
    OccurrenceRecord.objects.create(
        occurrence=occurrence,
        happened_on=data["happened_on"],
        text=data["text"],
        file_count=len(data.get("files", ())),
        by=by.person,
        at=now,
    )
    occurrence.count += 1
    if occurrence.count >= occurrence.min_count:
        occurrence.done_on = max(occurrence.records.values_list("happened_on", flat=True))
    occurrence.save(update_fields=["count", "done_on"])
    if occurrence.done_on:
        engine.fire(occurrence, "fulfil", by=COUNTING, now=now)
        occurrence.refresh_from_db(fields=["status"])


def reopen(obligation: Obligation, data: Mapping[str, Any], by: By, now: datetime) -> None:
    """After a pause it goes on with the present period; nothing is asked for the time of the pause."""
    today = local_day(now)
    opening = _first_opening(obligation, today)
    known = set(obligation.occurrences.values_list("period_start", flat=True))
    while opening is not None and opening in known:
        opening = _opening_after(obligation, opening)
    obligation.next_opening = opening
    obligation.save(update_fields=["next_opening"])


def let_lapse(obligation: Obligation, data: Mapping[str, Any], by: By, now: datetime) -> None:
    """With its duty, what is still open of it is over. Effect of ending."""
    still_open = obligation.occurrences.filter(status=OccurrenceStatus.OPEN)
    engine.fire_many(still_open, "lapse", by=CALENDAR, now=now, reason=data.get("reason") or "定期工作已结束")


def end_with_task(task: Task, *, reason: str, now: datetime) -> None:
    """A frequency ends when the task it belongs to is withdrawn."""
    running = task.obligations.exclude(status=ObligationStatus.ENDED)
    engine.fire_many(running, "end_with_task", by=CALENDAR, now=now, reason=reason)


def _open(obligations: Sequence[Obligation], now: datetime) -> int:
    """Every period up to the horizon, of locked or fresh obligations."""
    horizon = local_day(now) + OPENED_AHEAD
    rows: list[ObligationOccurrence] = []
    for obligation in obligations:
        for period in _periods(obligation, horizon):
            rows.append(_occurrence(obligation, period))
            obligation.next_opening = _opening_after(obligation, period.start)
    ObligationOccurrence.objects.bulk_create(rows, batch_size=BATCH)
    Obligation.objects.bulk_update(obligations, ["next_opening"], batch_size=BATCH)
    engine.begin_many(rows, by=CALENDAR, now=now, label="到期开启")
    return len(rows)


def _occurrence(obligation: Obligation, period: Period) -> ObligationOccurrence:
    single = not obligation.cadence
    return ObligationOccurrence(
        obligation=obligation,
        title=obligation.title,
        period_label=obligation.rhythm if single else period.label,
        period_start=period.start,
        period_end=period.end,
        due_on=_due(obligation, period),
        min_count=obligation.min_count,
        responsible_unit_id=obligation.responsible_unit_id,
        supervising_unit_id=obligation.supervising_unit_id,
        region_path=obligation.region_path,
        sector=obligation.sector,
        confidentiality=obligation.confidentiality,
    )


def _due(obligation: Obligation, period: Period) -> date:
    if not obligation.cadence:
        return period.end
    due = due_within(period, obligation.due_on)
    return min(due, obligation.ends_on) if obligation.ends_on else due


def _periods(obligation: Obligation, horizon: date) -> list[Period]:
    first, end = obligation.next_opening, obligation.ends_on
    if first is None or first > horizon:
        return []
    if not obligation.cadence:
        assert obligation.due_on is not None  # a constraint of the table
        return [Period(Cadence.DAY, min(obligation.starts_on, obligation.due_on), obligation.due_on)]
    return list(periods(Cadence(obligation.cadence), first, min(horizon, end) if end else horizon))


def _opening_after(obligation: Obligation, start: date) -> date | None:
    if not obligation.cadence:
        return None
    after = period_of(Cadence(obligation.cadence), start).end + timedelta(days=1)
    return None if obligation.ends_on and after > obligation.ends_on else after


def _first_opening(duty: "NewObligation | Obligation", today: date) -> date | None:
    """The beginning of the first period whose day is not past already; None when there is none."""
    if not duty.cadence:
        return duty.starts_on if duty.due_on and duty.due_on >= today else None
    period = period_of(Cadence(duty.cadence), max(duty.starts_on, today))
    if due_within(period, duty.due_on) < max(duty.starts_on, today):
        period = period_of(period.cadence, period.end + timedelta(days=1))
    return None if duty.ends_on and max(period.start, duty.starts_on) > duty.ends_on else period.start
