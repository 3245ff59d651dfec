"""Whether an indicator stands where it should: achieved, behind or unknown, with the sentence that says why.

The reading of the operators follows how plans are written:

    >=   达到、不少于、不低于           reached from the target upward
    <=   以内、不超过                   kept while the value does not exceed the target
    =    an exact quantity is work to be done, so more than it is achieved as well (完成 12 家, 做了 13 家);
         but a zero is to be kept (零死亡), so more than it is behind
    左右  within five per cent of the target, either side
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import models

ABOUT = Decimal("0.05")
"""How far 左右 reaches, as a share of the target."""


class Operator(models.TextChoices):
    AT_LEAST = ">=", "不低于"
    AT_MOST = "<=", "不超过"
    EXACTLY = "=", "达到"


class Standing(models.TextChoices):
    ACHIEVED = "achieved", "已达到"
    BEHIND = "behind", "未达到"
    UNKNOWN = "unknown", "未知"


@dataclass(frozen=True)
class Judgement:
    standing: Standing
    sentence: str


@dataclass(frozen=True)
class Target:
    """What must be reached by the end of `year`; without a year it holds from the beginning."""

    value: Decimal
    year: int | None = None

    @property
    def label(self) -> str:
        return f"{self.year}年目标" if self.year else "目标"


def target_on(targets: Mapping[int | None, Decimal], day: date) -> Target | None:
    """The target that counts on that day: the year's own, else the next year's that has one (it is being worked
    towards), else the last that there was, else the one without a year."""
    years = sorted(year for year in targets if year is not None)
    ahead = [year for year in years if year >= day.year]
    if chosen := ahead[:1] or years[-1:]:
        return Target(targets[chosen[0]], chosen[0])
    return Target(targets[None]) if None in targets else None


def judge(
    operator: str, target: Target | None, value: Decimal | None, *, unit: str = "", approximate: bool = False
) -> Judgement:
    """Where `value` stands against `target`; both in `unit`."""
    if target is None:
        return Judgement(Standing.UNKNOWN, "没有设定目标值")
    wish = f"{target.label}{Operator(operator).label} {plain(target.value)}{unit}{'左右' if approximate else ''}"
    if value is None:
        return Judgement(Standing.UNKNOWN, f"{wish}，尚未填报数据")
    reached = _reaches(operator, target.value, value, approximate)
    gap = abs(value - target.value)
    now = f"{wish}，现为 {plain(value)}{unit}"
    if not reached:
        return Judgement(Standing.BEHIND, f"{now}，{'超出' if value > target.value else '还差'} {plain(gap)}{unit}")
    return Judgement(Standing.ACHIEVED, now)


def plain(value: Decimal) -> str:
    """
    >>> plain(Decimal("12.50")), plain(Decimal("1200"))
    ('12.5', '1200')
    """
    return f"{value:f}".rstrip("0").rstrip(".") if "." in f"{value:f}" else f"{value:f}"


def _reaches(operator: str, target: Decimal, value: Decimal, approximate: bool) -> bool:
    leeway = abs(target) * ABOUT if approximate else Decimal()
    match operator:
        case Operator.AT_LEAST:
            return value >= target - leeway
        case Operator.AT_MOST:
            return value <= target + leeway
        case _ if target == 0:
            return value <= leeway
        case _:
            return value >= target - leeway
