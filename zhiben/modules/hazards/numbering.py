"""隐患编号: county, year, running number (990121-2026-000123). No number is given twice, and none is left out but by a
registration that failed."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import reduce
from operator import or_

from django.db import transaction
from django.db.models import Case, Q, When

from zhiben.core import set_down
from zhiben.core.org.models import Region, RegionCode, RegionLevel
from zhiben.core.org.paths import ancestors

from .models import HazardNumber

UNCODED = "000000"
"""A region outside the code table whose ancestors have no code either."""


@transaction.atomic
def take_numbers(region_paths: Sequence[str], year: int) -> list[str]:
    """The next numbers for records in these regions, in their order; four queries however many. The counters stay
    locked until the caller's transaction ends, so that a number stands for a record that exists."""
    prefixes = _prefixes(region_paths, year)
    last = _last(set(prefixes))
    taken = Counter(prefixes)
    set_down.do(_take, {prefix: (last[prefix], count) for prefix, count in taken.items()})
    numbers = []
    for prefix in prefixes:
        last[prefix] += 1
        numbers.append(f"{prefix}-{last[prefix]:06d}")
    return numbers


def wait_for_turn(region_paths: Iterable[str], year: int) -> None:
    """Until the caller's transaction ends nobody else records anything in the counties of these regions: what is read
    now is all that stands recorded there. Whoever asks whether something is recorded already, and records it if not,
    asks after this. Every registration passes here before it holds anything else, so that none waits in a circle.

    Whoever prepares for another waits for nobody: from here on they take it that nobody else records anything there,
    which the numbers prove once they are taken (`_take`)."""
    _last(set(_prefixes(list(region_paths), year)))


def _last(prefixes: Collection[str]) -> dict[str, int]:
    """The numbers given last; nobody gives the next ones but the caller."""
    ahead = set_down.ahead()
    if ahead is None:
        return {counter.prefix: counter.last for counter in _hold(prefixes)}
    expected: dict[str, int] = ahead.memory.setdefault("numbers", {})
    if unknown := set(prefixes) - expected.keys():
        found = dict(HazardNumber.objects.filter(prefix__in=unknown).values_list("prefix", "last"))
        expected |= {prefix: found.get(prefix, 0) for prefix in unknown}
    set_down.do(_hold, set(prefixes))
    return expected


def _take(taken: Mapping[str, tuple[int, int]]) -> None:
    """`taken`: for each prefix, after which number, and how many. Raises Outdated where somebody else has recorded
    something there since that number was looked up."""
    as_expected = reduce(or_, (Q(prefix=prefix, last=after) for prefix, (after, _) in taken.items()))
    following = Case(*(When(prefix=prefix, then=after + count) for prefix, (after, count) in taken.items()))
    if HazardNumber.objects.filter(as_expected).update(last=following) != len(taken):
        raise set_down.Outdated("numbers")


def _prefixes(region_paths: Sequence[str], year: int) -> list[str]:
    codes = _county_codes(set(region_paths))
    return [f"{codes[path]}-{year}" for path in region_paths]


def _hold(prefixes: Collection[str]) -> list[HazardNumber]:
    HazardNumber.objects.bulk_create(
        [HazardNumber(prefix=prefix) for prefix in sorted(prefixes)], ignore_conflicts=True
    )
    return list(HazardNumber.objects.select_for_update().filter(prefix__in=prefixes).order_by("prefix"))


def _county_codes(paths: set[str]) -> dict[str, str]:
    """Six digits of the county in which each region lies; of the nearest coded region above where there is none."""
    around = {above for path in paths for above in ancestors(path)}
    levels = dict(Region.objects.filter(path__in=around).values_list("path", "level"))
    codes = dict(RegionCode.objects.filter(region__path__in=around, valid_to=None).values_list("region__path", "code"))
    return {path: _code(path, levels, codes) for path in paths}


def _code(path: str, levels: dict[str, int], codes: dict[str, str]) -> str:
    within_county = (
        above for above in reversed(ancestors(path)) if levels.get(above, RegionLevel.GRID) <= RegionLevel.COUNTY
    )
    return next((codes[above][:6] for above in within_county if above in codes), UNCODED)
