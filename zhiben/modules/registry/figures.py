"""What a rule of classes may look at: declared facts of an enterprise, read for many enterprises at once.

A module above adds a figure of its own from `ready` of its app:

classing.register_figure("open_major", "未销号重大隐患", open_major_of)
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Any
from uuid import UUID

from django.db.models import Count, Q

from zhiben.core.org.sectors import Sector
from zhiben.core.refusal import Refused
from zhiben.core.web.keys import key_of

from .models.classing import Comparison, Score
from .models.enterprises import EXISTING, Enterprise, EnterpriseStatus, Scale
from .models.parts import Licence, Process
from .trades import known_trades

Value = int | str | frozenset[str] | None
Figure = Callable[[Sequence[UUID], date], Mapping[UUID, int]]
"""Of these enterprises, on that day: how many each has. Who has none may be left out."""
MOST = 1_000_000


class Kind(Enum):
    NUMBER = "数"
    CHOICE = "一项"
    SEVERAL = "若干项"


COMPARABLE = {
    Kind.NUMBER: (Comparison.AT_LEAST, Comparison.AT_MOST),
    Kind.CHOICE: (Comparison.IS, Comparison.IS_NOT),
    Kind.SEVERAL: (Comparison.IS, Comparison.IS_NOT),
}


@dataclass(frozen=True)
class Fact:
    """One thing that can be looked at. `says` puts its value into words; `options` are the values there can be, with
    what people call them. `figure` counts it where the registry itself does not keep it."""

    key: str
    label: str
    kind: Kind
    says: str = "{}"
    options: Callable[[], Mapping[str, str]] = dict
    figure: Figure | None = None


class Standardisation(Enum):
    """安全生产标准化, as the certificates in the file name it: the best that is valid counts."""

    FIRST = "一级"
    SECOND = "二级"
    THIRD = "三级"
    BASIC = "小微或未注明等级"
    NONE = "未达标"


def _own(*facts: Fact) -> dict[str, Fact]:
    return {fact.key: fact for fact in facts}


FACTS = _own(
    Fact("sector", "行业领域", Kind.CHOICE, "行业领域为{}", lambda: {each.value: str(each.label) for each in Sector}),
    Fact("trades", "安全行业", Kind.SEVERAL, "属于{}", lambda: {each: each for each in known_trades()}),
    Fact("scale", "规模", Kind.CHOICE, "规模为{}", lambda: {each.value: str(each.label) for each in Scale}),
    Fact("staff_count", "从业人数", Kind.NUMBER, "从业 {} 人"),
    Fact(
        "status", "经营状态", Kind.CHOICE, "{}",
        lambda: {each.value: str(each.label) for each in EnterpriseStatus if each in EXISTING},
    ),
    Fact("processes", "危险工艺、作业和物质项数", Kind.NUMBER, "危险工艺、作业和物质 {} 项"),
    Fact("expired_licences", "过期证照数", Kind.NUMBER, "过期证照 {} 个"),
    Fact(
        "standardisation", "标准化等级", Kind.CHOICE, "标准化{}",
        lambda: {each.value: each.value for each in Standardisation},
    ),
    Fact("score", "现场评分", Kind.NUMBER, "现场评分 {} 分"),
)  # fmt: skip


def register_figure(key: str, label: str, figure: Figure, *, unit: str = "项") -> None:
    """Let rules look at a figure that a module above keeps. `figure(enterprise keys, day)` is asked once a batch and
    must not ask enterprise by enterprise; registered again it is replaced."""
    FACTS[key] = Fact(key, label, Kind.NUMBER, f"{label} {{}} {unit}", figure=figure)


# ── a value as it is typed, kept and said ────────────────────────────────────────────────────────────────────────


def read_value(fact: Fact, comparison: str, typed: str) -> str:
    """The value of a condition as it is kept, from what a person typed. Raises Refused."""
    text = typed.strip()
    if comparison not in COMPARABLE[fact.kind]:
        allowed = "、".join(f"“{each.label}”" for each in COMPARABLE[fact.kind])
        raise Refused(f"“{fact.label}”只能用{allowed}比较，请重新选择。", "comparison")
    if fact.kind is Kind.NUMBER:
        number = key_of(text)
        if number is None or number > MOST:
            raise Refused(f"“{fact.label}”后面请填写整数，例如 100。", "value")
        return str(number)
    options = fact.options()
    known = {label: key for key, label in options.items()} | {key: key for key in options}
    if text not in known:
        raise Refused(f"“{fact.label}”没有“{text}”这一项，请填写：{'、'.join(options.values())}。", "value")
    return known[text]


def say_value(fact: Fact, value: object) -> str:
    """
    >>> say_value(FACTS["staff_count"], 320), say_value(FACTS["scale"], "large")
    ('从业 320 人', '规模为大型')
    """
    return fact.says.format(fact.options().get(str(value), value))


# ── the values of many enterprises ───────────────────────────────────────────────────────────────────────────────


def values_of(enterprises: Sequence[Enterprise], wanted: Collection[str], day: date) -> dict[UUID, dict[str, Value]]:
    """The wanted facts of each enterprise; at most one query for each fact. None: not filled in."""
    keys = [each.pk for each in enterprises]
    counted: dict[str, tuple[Mapping[UUID, Any], Value]] = {}
    for key in wanted:
        if (fact := FACTS.get(key)) and fact.figure is not None:
            counted[key] = fact.figure(keys, day), 0
    if "processes" in wanted:
        counted["processes"] = _counts(Process.objects.filter(enterprise__in=keys, is_ended=False)), 0
    if "expired_licences" in wanted:
        over = Licence.objects.filter(enterprise__in=keys, is_void=False, valid_to__lt=day)
        counted["expired_licences"] = _counts(over), 0
    if "standardisation" in wanted:
        counted["standardisation"] = _standardised(keys, day), Standardisation.NONE.value
    if "score" in wanted:
        scores = Score.objects.filter(enterprise__in=keys).values_list("enterprise", "points")
        counted["score"] = dict(scores), None
    return {
        each.pk: {
            "sector": each.sector or None,
            "trades": frozenset(each.trades),
            "scale": each.scale or None,
            "staff_count": each.staff_count,
            "status": each.status,
            **{key: found.get(each.pk, otherwise) for key, (found, otherwise) in counted.items()},
        }
        for each in enterprises
    }


def _counts(rows: Any) -> dict[UUID, int]:
    return dict(rows.order_by().values_list("enterprise").annotate(Count("pk")))


def _standardised(keys: Iterable[UUID], day: date) -> dict[UUID, str]:
    certificates = Licence.objects.filter(
        Q(valid_to=None) | Q(valid_to__gte=day), Q(valid_from=None) | Q(valid_from__lte=day),
        enterprise__in=keys, is_void=False, name__contains="标准化",
    )  # fmt: skip
    best: dict[UUID, str] = {}
    order = [each.value for each in Standardisation]
    for enterprise, name in certificates.order_by().values_list("enterprise", "name"):
        level = next((each for each in order[:3] if each in name), Standardisation.BASIC.value)
        best[enterprise] = min(best.get(enterprise, level), level, key=order.index)
    return best
