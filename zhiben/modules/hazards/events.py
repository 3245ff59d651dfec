"""What happens to hazards, for whoever must know: credit, supervision, other systems."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Self

from zhiben.core.access.acting import By, Machine
from zhiben.core.events.event import Event


def _person_of(by: By) -> int | None:
    return None if isinstance(by, Machine) else by.person.pk


@dataclass(frozen=True, kw_only=True)
class HazardEvent(Event):
    """What every event of a hazard carries, so that a listener need not read the hazard."""

    number: str
    status: str
    level: str
    channel: str
    enterprise_id: str | None
    responsible_unit_id: int
    supervising_unit_id: int
    closing_unit_id: int
    found_on: date
    rectify_by: date | None = None
    reason: str = ""

    @classmethod
    def of_step(cls, hazard: Any, *, by: By, now: datetime, data: Mapping[str, Any]) -> Self:
        enterprise = hazard.enterprise_id
        return cls(
            record_type=hazard._meta.label_lower,
            record_id=str(hazard.pk),
            at=now,
            actor_id=_person_of(by),
            number=hazard.number,
            status=hazard.status,
            level=hazard.level,
            channel=hazard.channel,
            enterprise_id=str(enterprise) if enterprise else None,
            responsible_unit_id=hazard.responsible_unit_id,
            supervising_unit_id=hazard.supervising_unit_id,
            closing_unit_id=hazard.closing_unit_id,
            found_on=hazard.found_on,
            rectify_by=hazard.rectify_by,
            reason=str(data.get("reason", "")),
        )


class HazardChanged(HazardEvent):
    """Any other change: progress, a correction, what was returned, a new supervisor. Without it, whoever follows the
    changes of hazards from outside would miss some."""

    label = "隐患已更新"


class HazardReported(HazardEvent):
    label = "隐患已登记"


class HazardJudged(HazardEvent):
    """Also when its level was changed afterwards."""

    label = "隐患已判定"


class HazardOrdered(HazardEvent):
    label = "隐患已交办"


class HazardPlanFiled(HazardEvent):
    label = "隐患整改方案已报送"


class HazardPlanAccepted(HazardEvent):
    label = "隐患整改方案已通过"


class HazardRectified(HazardEvent):
    label = "隐患整改已报送复查"


class HazardVerified(HazardEvent):
    label = "隐患已复查通过"


class HazardClosed(HazardEvent):
    label = "隐患已销号"


class HazardOverdue(HazardEvent):
    """The morning after its day, once."""

    label = "隐患整改已逾期"


class HazardExtended(HazardEvent):
    label = "隐患整改期限已调整"


class HazardTransferred(HazardEvent):
    label = "隐患已移交"


class HazardWithdrawn(HazardEvent):
    label = "隐患已撤销"


class HazardMarkedDuplicate(HazardEvent):
    label = "隐患已标为重复"


class HazardRecurred(HazardEvent):
    """This hazard is an earlier one that came back; `hazard.recurs_from`."""

    label = "隐患复发"


@dataclass(frozen=True, kw_only=True)
class FollowingEvent(Event):
    """Of what follows a hazard: a look-back, a review."""

    hazard_id: str
    responsible_unit_id: int | None
    supervising_unit_id: int | None
    due_on: date

    @classmethod
    def of_step(cls, record: Any, *, by: By, now: datetime, data: Mapping[str, Any]) -> Self:
        return cls(
            record_type=record._meta.label_lower,
            record_id=str(record.pk),
            at=now,
            actor_id=_person_of(by),
            hazard_id=str(record.hazard_id),
            responsible_unit_id=record.responsible_unit_id,
            supervising_unit_id=record.supervising_unit_id,
            due_on=record.due_on,
        )


class LookBackDue(FollowingEvent):
    """The morning after its day, once, where nobody has looked."""

    label = "回头看已逾期"


class ReviewOpened(FollowingEvent):
    label = "五步复盘已启动"


class ReviewDone(FollowingEvent):
    label = "五步复盘已完成"
