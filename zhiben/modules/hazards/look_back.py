"""回头看: whether what was rectified stays so. A major hazard is looked at again some days after it was closed; of the
ordinary ones a share is drawn at random each month in each county."""

from datetime import datetime, timedelta

from zhiben.core.access.acting import Machine
from zhiben.core.clock import local_day
from zhiben.core.workflow import engine

from .models import Hazard, LookBack
from .policy import policy_of
from .routing import regulator_of

PLANNING = Machine("按规则安排回头看")


def schedule(hazard: Hazard, *, now: datetime) -> LookBack | None:
    """For a major hazard that is being closed. In the caller's transaction."""
    if not hazard.is_major:
        return None
    due_on = local_day(now) + timedelta(days=policy_of(hazard.region_path).look_back_days)
    look = looking_back_on(hazard, due_on=due_on, now=now)
    look.save(force_insert=True)
    engine.begin(look, by=PLANNING, now=now, label="安排回头看")
    return look


def looking_back_on(hazard: Hazard, **more: object) -> LookBack:
    """Looked at from outside, also where the enterprise verified inside."""
    now = more.pop("now")
    assert isinstance(now, datetime)
    outside = regulator_of(hazard, local_day(now)) if hazard.is_internal else hazard.supervising_unit
    return LookBack(
        hazard=hazard,
        responsible_unit=hazard.responsible_unit,
        supervising_unit=outside,
        region_path=hazard.region_path,
        sector=hazard.sector,
        confidentiality=hazard.confidentiality,
        **more,
    )
