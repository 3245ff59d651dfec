"""整改信用: what an enterprise's hazards say about how it deals with them. Facts only, each with its definition; what
follows from them is decided elsewhere. One query for any number of enterprises."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from zhiben.core.clock import local_day

from .models import UNDER_RECTIFICATION, Channel, Hazard, HazardLevel, HazardStatus, LookBack, LookBackStatus

DEFINITIONS: dict[str, tuple[str, str]] = {
    "found": ("隐患总数", "按发现日期落在期内的隐患，不含已撤销和重复的"),
    "by_itself": ("自查发现", "其中来源为企业自查的"),
    "by_others": ("他查发现", "其中由监管检查、举报、专家、监测等企业以外的途径发现的"),
    "major": ("重大隐患", "其中判定（或拟定）为重大的"),
    "closed": ("已销号", "其中已销号的"),
    "in_time": ("按期整改", "有整改期限、且在期限当天或以前报送复查的"),
    "late": ("超期整改", "有整改期限、在期限以后才报送复查的"),
    "overdue": ("逾期未改", "现在仍在整改、已过整改期限的"),
    "late_days": ("超期天数合计", "超期整改的，从整改期限次日到报送复查；逾期未改的，到统计当天"),
    "extensions": ("延期次数合计", "经批准的延期次数之和"),
    "plan_returns": ("方案被退回次数", "整改方案被监管单位退回的次数之和"),
    "rejections": ("复查不通过次数", "复查不通过、退回重新整改的次数之和"),
    "recurred": ("复发隐患", "经认定是以前销号的隐患再次出现的"),
    "false_closings": ("整改不实", "回头看认定当初并没有整改到位的"),
}  # fmt: skip


@dataclass(frozen=True)
class RectificationCredit:
    """The figures of one enterprise, named as in DEFINITIONS, and the keys of the hazards behind each."""

    enterprise_id: UUID
    figures: dict[str, int]
    behind: dict[str, tuple[UUID, ...]]

    @property
    def in_time_share(self) -> float | None:
        """按期整改率: in time, of all that had a day and were handed in or are overdue; per cent."""
        return round(100 * self.figures["in_time"] / self.asked, 1) if self.asked else None

    @property
    def asked(self) -> int:
        """Those that had a day and were handed in or are overdue: below the line of the share."""
        return self.figures["in_time"] + self.figures["late"] + self.figures["overdue"]

    def rows(self, name: str) -> QuerySet[Hazard]:
        """The hazards behind a figure, for its list."""
        return Hazard.objects.filter(pk__in=self.behind[name])


def credit_of(
    enterprise_ids: Iterable[UUID], *, since: date, until: date, today: date
) -> dict[UUID, RectificationCredit]:
    """The facts of hazards found from `since` to `until`, both included; enterprises without any have zeros. One query."""
    keys = list(enterprise_ids)
    found: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    denied = LookBack.objects.filter(hazard=OuterRef("pk"), status=LookBackStatus.RECURRED, never_fixed=True)
    rows = Hazard.objects.counted().filter(enterprise__in=keys, found_on__gte=since, found_on__lte=until)
    for row in rows.order_by().annotate(is_false=Exists(denied)).values(*_READ, "is_false"):
        found[row["enterprise"]].append(row)
    return {key: _credit(key, found[key], today) for key in keys}


_READ = (
    *("pk", "enterprise", "channel", "level", "status", "rectify_by", "rectified_at", "recurs_from"),
    *("extensions", "plan_returns", "rejections"),
)


def _credit(enterprise_id: UUID, rows: list[dict[str, Any]], today: date) -> RectificationCredit:
    weights = {name: {row["pk"]: weigh(row, today) for row in rows} for name, weigh in _WEIGHTS.items()}
    return RectificationCredit(
        enterprise_id,
        {name: sum(weighed.values()) for name, weighed in weights.items()},
        {name: tuple(pk for pk, weight in weighed.items() if weight) for name, weighed in weights.items()},
    )


def _days_late(row: dict[str, Any], today: date) -> int:
    """Days after the day by which it was to be rectified; 0 in time, and where no day was set."""
    if row["rectify_by"] is None:
        return 0
    if row["status"] in UNDER_RECTIFICATION:
        return max((today - row["rectify_by"]).days, 0)
    return max((local_day(row["rectified_at"]) - row["rectify_by"]).days, 0) if row["rectified_at"] else 0


def _was_handed_in(row: dict[str, Any]) -> bool:
    return bool(row["rectify_by"] and row["rectified_at"] and row["status"] not in UNDER_RECTIFICATION)


_WEIGHTS: dict[str, Callable[[dict[str, Any], date], int]] = {
    "found": lambda row, today: 1,
    "by_itself": lambda row, today: row["channel"] == Channel.SELF_INSPECTION,
    "by_others": lambda row, today: row["channel"] != Channel.SELF_INSPECTION,
    "major": lambda row, today: row["level"] == HazardLevel.MAJOR,
    "closed": lambda row, today: row["status"] == HazardStatus.CLOSED,
    "in_time": lambda row, today: _was_handed_in(row) and not _days_late(row, today),
    "late": lambda row, today: _was_handed_in(row) and _days_late(row, today) > 0,
    "overdue": lambda row, today: row["status"] in UNDER_RECTIFICATION and _days_late(row, today) > 0,
    "late_days": _days_late,
    "extensions": lambda row, today: row["extensions"],
    "plan_returns": lambda row, today: row["plan_returns"],
    "rejections": lambda row, today: row["rejections"],
    "recurred": lambda row, today: row["recurs_from"] is not None,
    "false_closings": lambda row, today: row["is_false"],
}
