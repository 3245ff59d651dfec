"""Which enterprise that we know does a row of a list mean: by its code; else by name and address, where a likeness that
is no certainty is put before a person. Whole chunks with two queries."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from uuid import UUID

from zhiben.core.access.acting import Acting, By
from zhiben.core.org.paths import contains

from .models.enterprises import Enterprise
from .naming import address_key

OFFERED = 4
"""Enterprises that a question names."""
SAME_AS = "same_as"
ANOTHER = "new"


@dataclass(frozen=True)
class Wanted:
    """What a row says of an enterprise. `key` and `address` are written as `naming` writes them."""

    name: str
    code: str
    key: str
    address: str
    region_path: str
    places: tuple[str, ...]


@dataclass(frozen=True)
class Match:
    """One of: the enterprise; a problem, with its field; those it may be; none of them: it is a new one."""

    enterprise: Enterprise | None = None
    problem: str = ""
    field: str = ""
    perhaps: tuple[Enterprise, ...] = ()


@dataclass
class Known:
    """The enterprises that the rows of a chunk may mean."""

    reach: str
    by_code: dict[str, Enterprise] = field(default_factory=dict)
    by_key: dict[str, list[Enterprise]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def of(cls, wanted: Iterable[Wanted], by: By, but: Collection[UUID] = ()) -> "Known":
        """`but`: those that this very list has just made, and which its own rows therefore do not mean."""
        wanted = list(wanted)
        known = cls(by.unit.region_path if isinstance(by, Acting) else "")
        rows = Enterprise.objects.select_related("unit__region", "supervising_unit")
        codes, keys = {each.code for each in wanted if each.code}, {each.key for each in wanted}
        known.by_code = {each.credit_code: each for each in rows.filter(credit_code__in=codes)}
        for each in rows.existing().filter(name_key__in=keys).order_by("pk"):
            if each.pk not in but and (not known.reach or contains(known.reach, each.region_path)):
                known.by_key[each.name_key].append(each)
        return known

    def match(self, wanted: Wanted) -> Match:
        if wanted.code and (bearer := self.by_code.get(wanted.code)):
            return self._by_code(bearer)
        alike = [
            each
            for each in self.by_key.get(wanted.key, ())
            if not (wanted.code and each.credit_code)  # two codes are two enterprises, whatever they are called
        ]
        same_place = [each for each in alike if wanted.address and _address(each, wanted) == wanted.address]
        if len(same_place) == 1:
            return Match(same_place[0])
        return Match(perhaps=tuple((same_place or [each for each in alike if _may_be(each, wanted)])[:OFFERED]))

    def _by_code(self, bearer: Enterprise) -> Match:
        if self.reach and not contains(self.reach, bearer.region_path):
            sentence = f"这个代码登记在辖区外的“{bearer.name}”名下，请核对；企业已迁来的，请上级单位先改它的所在区域。"
            return Match(problem=sentence, field="credit_code")
        if not bearer.exists:
            sentence = f"“{bearer.name}”{bearer.get_status_display()}，不能改动。确已重新开业的，请先在它的档案里办理「恢复建档」。"
            return Match(problem=sentence, field="credit_code")
        return Match(bearer)


def _address(enterprise: Enterprise, wanted: Wanted) -> str:
    return address_key(enterprise.address, wanted.places)


def _may_be(enterprise: Enterprise, wanted: Wanted) -> bool:
    """The same name in the same region; elsewhere only the name of a company, which a registrar gives once, while every
    town has its 小李餐馆."""
    return enterprise.region_path == wanted.region_path or wanted.key.endswith("公司")
