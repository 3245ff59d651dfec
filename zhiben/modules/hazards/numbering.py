"""隐患编号: county, year, running number (990121-2026-000123). No number is given twice, and none is left out but by a
registration that failed."""

from collections.abc import Collection, Iterable, Sequence

from django.db import transaction

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
    counters = _hold(set(prefixes))
    following = {counter.prefix: counter.last for counter in counters}
    numbers = []
    for prefix in prefixes:
        following[prefix] += 1
        numbers.append(f"{prefix}-{following[prefix]:06d}")
    for counter in counters:
        counter.last = following[counter.prefix]
    HazardNumber.objects.bulk_update(counters, ["last"])
    return numbers


def wait_for_turn(region_paths: Iterable[str], year: int) -> None:
    """Until the caller's transaction ends nobody else records anything in the counties of these regions: what is read
    now is all that stands recorded there. Whoever asks whether something is recorded already, and records it if not,
    asks after this. Every registration passes here before it holds anything else, so that none waits in a circle."""
    _hold(set(_prefixes(list(region_paths), year)))


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
