"""Whose hazard a row of a ledger is: the enterprises that it may mean, by code, by name, by name and address. What is
likely and not certain is put before a person; what nobody knows may be opened, where the ledger says enough of it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import QuerySet

from zhiben.core.access.acting import Acting, By
from zhiben.core.access.permissions import Permission, may
from zhiben.core.clock import local_day
from zhiben.core.exchange.declaration import Context, Question, Row
from zhiben.core.exchange.naming import FoundRegion, RegionNames
from zhiben.core.exchange.organisation.words import sector_called
from zhiben.core.org.credit_code import credit_code_refusal
from zhiben.core.org.paths import contains, within
from zhiben.core.org.resolve import tidy
from zhiben.core.search.matching import matching
from zhiben.modules.registry.models import Enterprise
from zhiben.modules.registry.models.enterprises import EnterpriseQuerySet
from zhiben.modules.registry.naming import address_key, name_key
from zhiben.modules.registry.services import NewEnterprise, places_of, register_enterprises

WHOSE = "whose"
OPEN = "open"
OFFERED = 4
SHORTEST = 3
"""Characters of a short name by which enterprises are looked for."""
_AROUND = ("unit__region", "unit__superior", "supervising_unit__region")
"""What many enterprises share: read once, not joined to each."""
MOST_LOOKED_INTO = 50
"""Unknown names of a chunk for which that is done."""


@dataclass
class Whose:
    """What was found of one row; `new` where the person chose to open the file of an enterprise that nobody knows."""

    enterprise: Enterprise | None = None
    new: NewEnterprise | None = None
    question: Question | None = None
    problem: tuple[str, str] | None = None
    """(field, sentence)"""
    note: str = ""

    @property
    def region_path(self) -> str:
        """Empty where it is not known yet."""
        if self.enterprise:
            return self.enterprise.region_path
        return self.new.region.path if self.new else ""


Said = tuple[str, str, str, str]
"""(name, code, region, address) as the row has them."""


@dataclass
class Enterprises:
    """Of one run: what was asked once is remembered, and an answer given for one row holds for all that say the same."""

    by: By
    _found: dict[Said, tuple[list[Enterprise], str]] = field(default_factory=dict)
    """→ (those it may mean, how: "is", "may", "gone")"""
    _answers: dict[tuple[str, str], str] = field(default_factory=dict)
    _regions: dict[str, FoundRegion] = field(default_factory=dict)
    _around: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Region as written → the names of all that contains it."""
    _certain: dict[Said, Whose] = field(default_factory=dict)
    """Whose it is without a question: the same for all rows that say so."""
    _opened: dict[str, Enterprise] = field(default_factory=dict)
    """Code → the enterprise that this very list opened."""

    def of(self, rows: Sequence[Row], at: Context) -> list[Whose]:
        said = [_said(row) for row in rows]
        self._look_up({each for each in said if each not in self._found}, at)
        return [self._certain.get(each) or self._of_row(row, each) for row, each in zip(rows, said, strict=True)]

    def open(self, wanted: Iterable[NewEnterprise], at: Context) -> Mapping[str, Enterprise]:
        """Open the files that were chosen to be opened; code → enterprise. Raises Refused."""
        new = {each.credit_code: each for each in wanted if each.credit_code not in self._opened}
        made = register_enterprises(enterprises=list(new.values()), by=at.by, now=at.now) if new else []
        self._opened |= {each.credit_code: each for each in made}
        return self._opened

    def _look_up(self, said: set[Said], at: Context) -> None:
        if not said:
            return
        reach = self.by.unit.region_path if isinstance(self.by, Acting) else ""
        rows = Enterprise.objects.select_related("unit").prefetch_related(*_AROUND)
        codes = {code for _, code, _, _ in said if code}
        by_code = {each.credit_code: each for each in rows.filter(credit_code__in=codes)}
        self._find_regions({region for _, _, region, _ in said if region} - self._regions.keys(), at)
        asked_by_name = [each for each in said if each[1] not in by_code]
        by_name = self._called({form for name, *_ in asked_by_name for form in (name, tidy(name))}, rows, reach)
        keys = {
            key
            for name, _, region, _ in asked_by_name
            if len(by_name.get(tidy(name), ())) != 1
            for key in (name_key(name), name_key(name, self._places(region)))
        }
        by_key: dict[str, list[Enterprise]] = defaultdict(list)
        for each in rows.existing().filter(name_key__in=keys) if keys else ():
            if not reach or contains(reach, each.region_path):
                by_key[each.name_key].append(each)
        for asked in said:
            name, code, region, address = asked
            if code and (bearer := by_code.get(code)):
                inside = not reach or contains(reach, bearer.region_path)
                self._found[asked] = ([bearer], "is") if inside else ([], "gone")
            else:
                same = by_name.get(tidy(name), [])
                alike = [each for key in (name_key(name), name_key(name, self._places(region))) for each in by_key[key]]
                self._found[asked] = self._by_name(same, alike if by_key else (), code, region, address)
        unknown = [asked for asked in said if self._found[asked] == ([], "may")]
        for asked in unknown[:MOST_LOOKED_INTO]:
            self._found[asked] = self._called_shortly(asked[0], reach), "may"

    def _called(self, names: set[str], rows: EnterpriseQuerySet, reach: str) -> dict[str, list[Enterprise]]:
        """Those that bear one of these names, by name."""
        found: dict[str, list[Enterprise]] = defaultdict(list)
        for each in rows.existing().filter(name__in=names) if names else ():
            if not reach or contains(reach, each.region_path):
                found[tidy(each.name)].append(each)
        return found

    def _called_shortly(self, name: str, reach: str) -> list[Enterprise]:
        """Those whose name has this one in it: 云帆化工 for 云帆化工有限公司."""
        if len(tidy(name)) < SHORTEST:
            return []
        every: QuerySet = Enterprise.objects.select_related("unit__region").existing()
        rows = matching(every, ("name",), tidy(name)).order_by("name", "id")
        return list((rows.filter(within(reach)) if reach else rows)[:OFFERED])

    def _by_name(
        self, same: list[Enterprise], alike: Iterable[Enterprise], code: str, region: str, address: str
    ) -> tuple[list[Enterprise], str]:
        """One that bears the very name is meant; of several, the one at the address or in the region."""
        same = [each for each in same if not (code and each.credit_code)]
        places = self._places(region)
        near = address_key(address, places)
        for narrowed in (
            same,
            [each for each in same if near and address_key(each.address, places) == near],
            [each for each in same if region and each.region == self._regions[region].region],
        ):
            if len(narrowed) == 1:
                return narrowed, "is"
        other = [each for each in alike if not (code and each.credit_code)]
        return sorted({*same, *other}, key=lambda each: (each.name, str(each.pk)))[:OFFERED], "may"

    def _of_row(self, row: Row, said: Said) -> Whose:
        found, how = self._found[said]
        name, code, _, _ = said
        if code in self._opened:
            return Whose(self._opened[code])
        if how == "gone":
            return Whose(
                problem=("credit_code", "这个代码登记在辖区外的企业名下，请核对代码，或请上级单位导入这一行。")
            )
        if how == "is":
            note = "" if tidy(found[0].name) == tidy(name) else f"按统一社会信用代码对应到“{found[0].name}”。"
            certain = self._certain[said] = Whose(_heir(found[0]), note=note if code else "")
            return certain
        return self._asked(row, said, found)

    def _asked(self, row: Row, said: Said, found: list[Enterprise]) -> Whose:
        name, code, _, _ = said
        new = self._openable(row, said)
        options = [(str(each.pk), f"是“{each.name}”（{each.address or each.region}）") for each in found]
        options += [(OPEN, f"为“{name}”建立企业档案，再登记隐患")] if new else []
        if not options:
            return Whose(problem=("enterprise", self._unknown(name, code)))
        sentence = "是系统里的哪一家企业？" if found else "系统里没有这家企业。"
        question = Question(WHOSE, f"“{name}”{sentence}", tuple(options))
        known = {value for value, _ in options}
        answer = row.answers.get(WHOSE, "")
        if answer in known:
            self._answers.setdefault((name, code), answer)
        else:
            answer = self._answers.get((name, code), "")
        if answer not in known:
            return Whose(question=question)
        chosen = next((each for each in found if str(each.pk) == answer), None)
        asked = question if row.answers.get(WHOSE) in known else None
        return Whose(
            chosen, new if chosen is None else None, asked, note=f"“{name}”在这次导入中建档。" if chosen is None else ""
        )

    def _openable(self, row: Row, said: Said) -> NewEnterprise | None:
        """Where code, name and region are known, and whoever brings the list may open files."""
        name, code, region, address = said
        found = self._regions.get(region)
        if not code or credit_code_refusal(code) or found is None or found.region is None:
            return None
        if not may(self.by, Permission.MANAGE_ENTERPRISES):
            return None
        sector = sector_called(row["sector"]) if row["sector"] else None
        known = str(sector) if sector and sector != "*" else ""
        return NewEnterprise(name=name, region=found.region, credit_code=code, sector=known, address=address)

    def _unknown(self, name: str, code: str) -> str:
        more = "" if code else "；或在表中补上统一社会信用代码和所在乡镇（街道），由系统代为建档"
        return f"系统里没有“{name}”这家企业，请核对名称，或先在“企业”中建档{more}。"

    def _find_regions(self, texts: set[str], at: Context) -> None:
        if texts:
            self._regions |= RegionNames(self.by, local_day(at.now)).find(texts)
            regions = {text: found.region for text in texts if (found := self._regions[text]).region}
            places = places_of(region for region in regions.values() if region)
            self._around |= {text: places[region.path] for text, region in regions.items() if region}

    def _places(self, region: str) -> tuple[str, ...]:
        return self._around.get(region, ())


def _heir(enterprise: Enterprise) -> Enterprise:
    """What was merged is known by the one that it was merged into."""
    while enterprise.merged_into is not None:
        enterprise = enterprise.merged_into
    return enterprise


def _said(row: Row) -> Said:
    values = row.values
    code = "".join(values["credit_code"].split()).upper()
    return values["enterprise"], code if len(code) == 18 else "", values["region"], values["address"]
