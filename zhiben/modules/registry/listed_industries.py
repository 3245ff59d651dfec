"""Industries on lists: prohibited and restricted ones, by the document that says so, and new ones (新兴行业领域) with the
unit that supervises them. Which enterprises fall under one follows from their GB/T 4754 code."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Count, Q, QuerySet

from zhiben.core.access.acting import By
from zhiben.core.org.models import Region, Unit, UnitKind
from zhiben.core.org.paths import ancestors, contains, within
from zhiben.core.refusal import Refused

from .industries import industry_name, read_industry
from .lists import keeping_list_refusal, leave_line
from .models.enterprises import EXISTING, Enterprise
from .models.lists import EnterpriseList, ListedIndustry, ListKind

COARSEST = 3
"""Characters: an enterprise of which only the letter is known could be anything."""


# ── the industries of a list ─────────────────────────────────────────────────────────────────────────────────────


@transaction.atomic
def list_industry(
    *, to: EnterpriseList, code: str, name: str = "", unit: Unit | None = None, note: str = "",
    industry: ListedIndustry | None = None, by: By, now: datetime,
) -> ListedIndustry:  # fmt: skip
    """Put an industry on a list, or put right one that is there. Raises Refused with the field."""
    to = EnterpriseList.objects.select_for_update(of=("self",)).get(pk=to.pk)
    if refusal := keeping_list_refusal(to, by):
        raise Refused(refusal)
    if not to.is_of_industries:
        raise Refused(f"“{to.get_kind_display()}”清单只列企业，行业请列入禁止类、限制类或新兴行业领域的清单。")
    known = read_industry(code) if code.strip() else ""
    if known is None:
        raise Refused(f"“{code}”不在《国民经济行业分类》中，请填写字母加数字，例如 C26、C2614。", "code")
    name = name.strip() or industry_name(known)
    if not known and to.kind != ListKind.EMERGING:
        raise Refused("请填写行业代码，系统据此找出属于这个行业的企业。", "code")
    if not name:
        raise Refused("请填写行业名称。", "name")
    if unit is not None and to.kind != ListKind.EMERGING:
        raise Refused("只有新兴行业领域要写监管单位；其他行业按监管分工确定。", "unit")
    if unit is not None and unit.kind == UnitKind.ENTERPRISE:
        raise Refused("请选择部门、乡镇或园区，企业不能承担监管职责。", "unit")
    if to.industries.filter(code=known, name=name).exclude(pk=industry.pk if industry else 0).exists():
        raise Refused(f"“{name}”已在清单上，请修改原来那一行。", "code" if known else "name")
    line = industry or ListedIndustry(list=to)
    line.code, line.name, line.unit, line.note = known, name[:100], unit, note.strip()[:300]
    line.save()
    label = "修改清单行业" if industry else "列入行业"
    leave_line(to, "list_industry", label, by, now, _told(line))
    return line


@transaction.atomic
def unlist_industry(*, industry: ListedIndustry, reason: str, by: By, now: datetime) -> None:
    """Take an industry off its list. The enterprises that are on it by name stay."""
    if refusal := keeping_list_refusal(industry.list, by):
        raise Refused(refusal)
    if not reason.strip():
        raise Refused("请写明为什么移出，例如文件已修订。", "reason")
    leave_line(industry.list, "unlist_industry", "移出行业", by, now, _told(industry), reason.strip()[:300])
    industry.delete()


def _told(industry: ListedIndustry) -> dict[str, str]:
    """For the trail of the list: named as paths from it, so that its page finds their labels."""
    said = {
        "industries__name": str(industry),
        "industries__unit": str(industry.unit or ""),
        "industries__note": industry.note,
    }
    return {name: text for name, text in said.items() if text}


# ── the enterprises that fall under them ─────────────────────────────────────────────────────────────────────────


def falls_under(code: str, industry: str) -> bool:
    """Whether an enterprise of this `industry` falls under a listed `code`.

    >>> falls_under("C26", "C2614"), falls_under("C2614", "C26"), falls_under("", "C26")
    (True, False, False)
    """
    return bool(code) and industry.startswith(code)


def may_fall_under(code: str, industry: str) -> bool:
    """Whether it may: its own code is kept more coarsely than the listed one.

    >>> may_fall_under("C2614", "C26"), may_fall_under("C2614", "C"), may_fall_under("C26", "C2614")
    (True, False, False)
    """
    return len(industry) >= COARSEST and industry != code and code.startswith(industry)


def enterprises_under(industry: ListedIndustry, enterprises: QuerySet[Enterprise]) -> QuerySet[Enterprise]:
    """Those of the enterprises in the list's region that fall under the industry, or may."""
    if not industry.code:
        return enterprises.none()
    coarser = [industry.code[:length] for length in range(COARSEST, len(industry.code))]
    code = Q(industry__startswith=industry.code) | Q(industry__in=coarser)
    return enterprises.filter(code, within(industry.list.region_path), status__in=EXISTING)


@dataclass(frozen=True)
class Under:
    """So many enterprises fall under an industry; so many more may; so many are supervised by another unit."""

    industry: ListedIndustry
    sure: int
    perhaps: int
    astray: int
    is_unsupervised: bool

    @property
    def word(self) -> str:
        if self.is_unsupervised:
            return "没有明确监管单位"
        return f"{self.astray} 家仍由其他单位监管" if self.astray else "已明确"


def counted_under(industries: Iterable[ListedIndustry], enterprises: QuerySet[Enterprise], day: date) -> list[Under]:
    """How many of the enterprises fall under each industry, in one query over their codes."""
    codes = list(
        enterprises.existing()  # type: ignore[attr-defined]
        .exclude(industry="")
        .order_by()
        .values_list("industry", "region_path", "supervising_unit")
        .annotate(count=Count("pk"))
    )
    return [_counted(each, codes, day) for each in industries]


def _counted(industry: ListedIndustry, codes: Sequence[tuple[str, str, int | None, int]], day: date) -> Under:
    here = [each for each in codes if contains(industry.list.region_path, each[1])]
    sure = [(unit, count) for code, _, unit, count in here if falls_under(industry.code, code)]
    unit = industry.unit if industry.unit is not None and industry.unit.holds_on(day) else None
    return Under(
        industry,
        sure=sum(count for _, count in sure),
        perhaps=sum(count for code, _, _, count in here if may_fall_under(industry.code, code)),
        astray=sum(count for by, count in sure if unit is not None and by != unit.pk),
        is_unsupervised=industry.list.kind == ListKind.EMERGING and unit is None,
    )


def emerging_blind_spots(region: Region, day: date) -> list[Under]:
    """New industries of the lists that hold in this region or inside it, which nobody supervises, or whose enterprises
    another unit still has. Those without a unit come first."""
    industries = ListedIndustry.objects.filter(
        Q(list__region_path__in=ancestors(region.path)) | within(region.path, "list__region_path"),
        list__kind=ListKind.EMERGING,
    ).select_related("list", "unit")
    enterprises = Enterprise.objects.filter(within(region.path))
    found = [each for each in counted_under(industries, enterprises, day) if each.is_unsupervised or each.astray]
    return sorted(found, key=lambda each: (not each.is_unsupervised, -each.sure, str(each.industry)))


def industries_of(enterprise: Enterprise) -> QuerySet[ListedIndustry]:
    """Listed industries under which this enterprise falls."""
    code = enterprise.industry
    codes = {code[:length] for length in range(1, len(code) + 1)}
    held = ListedIndustry.objects.filter(code__in=codes, list__region_path__in=ancestors(enterprise.region_path))
    return held.select_related("list", "unit").order_by("list__kind", "code")
