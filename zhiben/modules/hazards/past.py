"""What a hazard was where it was led before: what a ledger says of the five 定, who may bring in a major one as closed,
and whether it is looked at again."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from operator import attrgetter

from zhiben.core.access.acting import Acting, By
from zhiben.core.bulk import insert_rows, insert_values
from zhiben.core.calendar import full_day
from zhiben.core.clock import local_day
from zhiben.core.org.models import RegionLevel
from zhiben.core.workflow import engine

from .look_back import PLANNING, looking_back_on
from .models import Excuse, Hazard, HazardStatus, LookBack, LookBackStatus, RectificationPlan
from .policy import policies_of

TIME_TO_LOOK = timedelta(days=30)
"""At least, where the usual day has passed before the ledger came in."""


@dataclass(kw_only=True, slots=True)
class Five:
    """As much of the five 定 as a ledger says."""

    liable_person: str = ""
    liable_mobile: str = ""
    measures: str = ""
    funds: Decimal | None = None
    bodies: str = ""

    @property
    def says_something(self) -> bool:
        return bool(self.liable_person or self.liable_mobile or self.measures or self.bodies)


def keep_five(pairs: Iterable[tuple[Hazard, Five | None]], *, now: datetime) -> None:
    """As plans that nobody has filed: the enterprise's own filing begins with what stands in them. One statement."""
    said = ("liable_person", "liable_mobile", "measures", "funds", "bodies")
    five_said = attrgetter(*said)
    plans = [
        (hazard.pk, hazard.rectify_by, now, *five_said(five)) for hazard, five in pairs if five and five.says_something
    ]
    insert_values(RectificationPlan, ("hazard_id", "rectify_by", "filed_at", *said), plans)


def closed_above(region_paths: Iterable[str], by: By) -> dict[str, str]:
    """The regions in which `by` stands too low to close a major hazard, each with the level that may: 县级."""
    paths = set(region_paths)
    if not paths or not isinstance(by, Acting):
        return {}
    return {
        path: RegionLevel(policy.closing_level).label
        for path, policy in policies_of(paths).items()
        if by.unit.region.level > policy.closing_level
    }


def look_back_on_past(hazards: Sequence[Hazard], *, now: datetime) -> None:
    """For major ones that come in closed: looked at again as if they had been closed here, but with time to do so; what
    was closed so long ago that its coming back would be no recurrence is excused, and says why. In the caller's
    transaction; a constant number of queries."""
    closed = [hazard for hazard in hazards if hazard.is_major and hazard.status == HazardStatus.CLOSED]
    if not closed:
        return
    today, policies = local_day(now), policies_of({hazard.region_path for hazard in closed})
    due: list[LookBack] = []
    excused: list[LookBack] = []
    for hazard in closed:
        assert hazard.closed_at is not None
        policy, day = policies[hazard.region_path], local_day(hazard.closed_at)
        usual = day + timedelta(days=policy.look_back_days)
        if day >= today - timedelta(days=policy.recurrence_days):
            due.append(looking_back_on(hazard, due_on=max(usual, today + TIME_TO_LOOK), now=now))
        else:
            look = looking_back_on(hazard, due_on=usual, now=now)
            look.status, look.excuse = LookBackStatus.EXCUSED, Excuse.HISTORIC
            look.reason = f"台账带入：{full_day(day)}已销号，超过 {policy.recurrence_days} 天，再次出现按新的隐患办理"
            excused.append(look)
    insert_rows(LookBack, [*due, *excused])
    engine.begin_many(due, by=PLANNING, now=now, label="安排回头看", tells=False)
    engine.begin_many(excused, by=PLANNING, now=now, label="历史记录，不安排回头看", tells=False)
