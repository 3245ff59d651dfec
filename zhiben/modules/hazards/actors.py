"""Who takes the steps of a hazard's life: those who handle hazards at a unit, or its heads."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from itertools import chain
from typing import Any

from zhiben.core.access.directory import Directory
from zhiben.core.access.seats import unit_seat
from zhiben.core.org.roles import HANDLERS, HEADS, Role

from .apart import ORDERED, VERIFIED, kept_apart

OFFICERS = tuple(sorted(HANDLERS))
LEADERS = tuple(sorted(HEADS))


@dataclass(frozen=True, eq=False)
class Desk:
    """Those of `roles` in the unit that the record names in `unit` (dots lead further). Regulators to whom the sector was given by name go
    before the other regulators of their unit.

    An enterprise without accounts, a town whose only officer did the work: where nobody is left it climbs to the unit
    above, to an officer there rather than to the chief's desk. With `apart`, whoever may not look over it does not count
    (`apart.kept_apart`): those who had a hand in it, and of a major hazard whoever did the `part` before.
    """

    unit: str
    label: str
    roles: tuple[Role, ...] = (*OFFICERS, *LEADERS)
    apart: bool = False
    part: str = ""

    def seats(self, record: Any, directory: Directory) -> tuple[str, ...]:
        first = getattr(reduce(getattr, self._way, record), self._key, None)
        if first is None:
            return ()
        others = kept_apart(record, self.part) if self.apart else frozenset()
        sector = record.sector
        return directory.remembered(
            (self, first, sector, others), lambda: self._seats(first, sector, others, directory)
        )

    @cached_property
    def _way(self) -> tuple[str, ...]:
        return tuple(self.unit.split(".")[:-1])

    @cached_property
    def _key(self) -> str:
        return f"{self.unit.rpartition('.')[2]}_id"

    def _seats(self, first: int, sector: str, others: frozenset[int], directory: Directory) -> tuple[str, ...]:
        here = (self.roles, LEADERS) if self._handles else (self.roles,)
        if found := _first_occupied((first,), here, sector, others, directory):
            return found
        if (higher := directory.superior(first)) is not None:  # the same for all that answer to it
            asked = (self._above, higher, sector, others)
            if found := directory.remembered(asked, lambda: self._climb(higher, sector, others, directory)):
                return found
        return tuple(unit_seat(first, role) for role in self.roles)

    def _climb(self, unit_id: int, sector: str, others: frozenset[int], directory: Directory) -> tuple[str, ...]:
        way = chain((unit_id,), directory.above(unit_id))
        return _first_occupied(way, self._above, sector, others, directory)

    @cached_property
    def _handles(self) -> bool:
        return any(role in HANDLERS for role in self.roles)

    @cached_property
    def _above(self) -> tuple[tuple[Role, ...], ...]:
        return (OFFICERS, LEADERS) if self._handles else (LEADERS,)


def _first_occupied(
    units: Iterable[int],
    choices: Sequence[tuple[Role, ...]],
    sector: str,
    others: frozenset[int],
    directory: Directory,
) -> tuple[str, ...]:
    """Of the nearest unit where there is somebody, those who go first."""
    tries = (tuple(_occupied(unit_id, roles, sector, others, directory)) for unit_id in units for roles in choices)
    return next(filter(None, tries), ())


def _occupied(
    unit_id: int, roles: tuple[Role, ...], sector: str, others: frozenset[int], directory: Directory
) -> Iterator[str]:
    held = directory.roles(unit_id)
    for role in roles if held else ():
        if role not in held:
            continue
        seats = [unit_seat(unit_id, role)]
        if role == Role.REGULATOR and sector:
            seats.insert(0, unit_seat(unit_id, role, sector))
        for seat in seats:
            if any(person.pk not in others for person in directory.holders(seat)):
                yield seat
                break


OWNER = Desk("responsible_unit", "整改单位经办人或负责人")
OWNER_HEAD = Desk("responsible_unit", "整改单位负责人", LEADERS)
SUPERVISOR = Desk("supervising_unit", "监管单位经办人或负责人")
SUPERVISOR_CHIEF = Desk("supervising_unit", "监管单位负责人", LEADERS)
CHECKER = Desk("supervising_unit", "监管单位（参与整改的人以外）", apart=True)
VERIFIER = Desk("supervising_unit", "监管单位（参与整改的人以外，重大的还须是交办人以外）", apart=True, part=ORDERED)
CLOSER = Desk("closing_unit", "销号单位（参与整改的人以外，重大的还须是复查人以外）", apart=True, part=VERIFIED)
CLOSER_CHIEF = Desk("closing_unit", "销号单位负责人", LEADERS, apart=True)
REGULATOR = Desk("enterprise.supervising_unit", "企业的监管单位经办人或负责人")
RECEIVER = Desk("transfer_to", "移交接收单位经办人或负责人")
