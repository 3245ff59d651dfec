"""Who may take a step. One declaration answers three questions: may this person act (does one of their seats
belong to the step), whom to tell (who sits there), and what waits for me (the work items kept under my seats)."""

from dataclasses import dataclass
from typing import Any, Protocol

from zhiben.core.org.models import BodyMembership
from zhiben.core.org.roles import HANDLERS, HEADS, Role, same_function

from .acting import By, Machine
from .directory import Directory
from .seats import person_seat, unit_seat

SIDES = {"responsible_unit": "承办单位", "supervising_unit": "交办单位"}


class Actor(Protocol):
    @property
    def label(self) -> str:
        """Who this is, in Chinese: 承办单位安全经办."""

    def seats(self, record: Any, directory: Directory) -> tuple[str, ...]:
        """The seats at which this step of `record` waits today."""


def may_act(actor: Actor, record: Any, by: By, directory: Directory) -> bool:
    """Whether `by` is this actor for `record`."""
    if isinstance(by, Machine) or isinstance(actor, TheSystem):
        return isinstance(by, Machine) and _knows_the_system(actor)
    return not set(by.seats).isdisjoint(actor.seats(record, directory))


def _set(declaration: object, **values: object) -> None:
    for name, value in values.items():
        object.__setattr__(declaration, name, value)


@dataclass(frozen=True, init=False)
class Above:
    """Climbing. `Above()`: the nearest unit above that has the same role, or else the same function under another
    name. `Above(Role.GOVERNMENT_LEADER)`: that role wherever above it is held, before any other."""

    roles: tuple[Role, ...]

    def __init__(self, *roles: Role) -> None:
        _set(self, roles=roles)

    def climb(
        self, unit_id: int, roles: tuple[Role, ...], directory: Directory, apart_from: int | None
    ) -> tuple[str, ...]:
        way = list(directory.above(unit_id))
        like = _same_functions(self.roles or roles)
        if self.roles:
            tries = [(higher, self.roles) for higher in way] + [(higher, like) for higher in way]
        else:
            tries = [(higher, choice) for higher in way for choice in (roles, like)]
        found = (_occupied(higher, choice, directory, apart_from) for higher, choice in tries)
        return next(filter(None, found), ())


@dataclass(frozen=True, init=False)
class Holder:
    """Whoever holds one of `roles` in the unit that the record names in its field `unit` (dots lead further:
    `task.responsible_unit`).

    Where nobody holds them, work does not stop: it goes to whoever does the same function in the unit (in an
    enterprise the safety officer is its officer), an officer's step then to the unit's own head, and at last
    `fallback` climbs to the same function above. With `apart_from` (a field naming a person) a seat that only this
    person holds counts as empty, so that nobody verifies their own work and a town with a single officer still goes on.
    Where nobody at all can be found the step waits at the empty seat, for whoever is appointed to it.
    """

    roles: tuple[Role, ...]
    unit: str
    fallback: Above | None
    apart_from: str
    label: str

    def __init__(
        self,
        *roles: Role,
        unit: str = "responsible_unit",
        fallback: Above | None = Above(),
        apart_from: str = "",
        label: str = "",
    ) -> None:
        if not roles:
            raise ValueError("a Holder needs at least one role")
        _set(self, roles=roles, unit=unit, fallback=fallback, apart_from=apart_from)
        _set(self, label=label or SIDES.get(unit, "") + _names(roles))

    def seats(self, record: Any, directory: Directory) -> tuple[str, ...]:
        unit_id = _id(record, self.unit)
        if unit_id is None:
            return ()
        person = _id(record, self.apart_from) if self.apart_from else None
        if found := _occupied(unit_id, self.roles, directory, person):
            return found
        if self.fallback:
            for stand_in in (_same_functions(self.roles), _heads_of_handlers(self.roles)):
                if found := _occupied(unit_id, stand_in, directory, person):
                    return found
            if found := self.fallback.climb(unit_id, self.roles, directory, person):
                return found
        return tuple(unit_seat(unit_id, role) for role in self.roles)


@dataclass(frozen=True, init=False)
class OneLevelUp:
    """The same function, one level up: whoever does what `roles` do, in the nearest unit above that has them.
    At the very top: the head of the unit itself."""

    roles: tuple[Role, ...]
    unit: str
    label: str

    def __init__(self, *roles: Role, unit: str = "responsible_unit", label: str = "") -> None:
        if not roles:
            raise ValueError("OneLevelUp needs at least one role")
        _set(self, roles=roles, unit=unit, label=label or f"{SIDES.get(unit, '')}的上级{_names(roles)}")

    def seats(self, record: Any, directory: Directory) -> tuple[str, ...]:
        unit_id = _id(record, self.unit)
        if unit_id is None:
            return ()
        above = Above().climb(unit_id, self.roles, directory, None)
        return above or _occupied(unit_id, tuple(sorted(HEADS)), directory, None)


@dataclass(frozen=True)
class SectorRegulator:
    """Whoever regulates the record's sector in its region (管行业必须管安全); the nearest region that has one."""

    sector: str = "sector"
    region: str = "region_path"
    label: str = "行业监管人员"

    def seats(self, record: Any, directory: Directory) -> tuple[str, ...]:
        return directory.regulators(_value(record, self.sector), _value(record, self.region))


@dataclass(frozen=True)
class Members:
    """The members of the body that the record names (专委会, 工作专班): a person, or a unit through its head."""

    body: str = "body"
    positions: tuple[BodyMembership.Position, ...] = ()
    label: str = "成员"

    def seats(self, record: Any, directory: Directory) -> tuple[str, ...]:
        body_id = _id(record, self.body)
        if body_id is None:
            return ()
        found: list[str] = []
        for member in directory.members(body_id, self.positions):
            if member.person_id is not None:
                found.append(person_seat(member.person_id))
            elif member.unit_id is not None:
                found += _occupied(member.unit_id, tuple(sorted(HEADS)), directory, None)
        return tuple(dict.fromkeys(found))


@dataclass(frozen=True)
class Named:
    """The one person whom the record names in `field`."""

    field: str
    label: str = "指定人员"

    def seats(self, record: Any, directory: Directory) -> tuple[str, ...]:
        person_id = _id(record, self.field)
        return () if person_id is None else (person_seat(person_id),)


@dataclass(frozen=True, init=False)
class AnyOf:
    """Any of several actors."""

    actors: tuple[Actor, ...]

    def __init__(self, *actors: Actor) -> None:
        _set(self, actors=actors)

    @property
    def label(self) -> str:
        return "或".join(actor.label for actor in self.actors)

    def seats(self, record: Any, directory: Directory) -> tuple[str, ...]:
        return tuple(dict.fromkeys(seat for actor in self.actors for seat in actor.seats(record, directory)))


@dataclass(frozen=True)
class TheSystem:
    """Nobody: a step that follows from something else, taken only by a `Machine`."""

    label: str = "系统"

    def seats(self, record: Any, directory: Directory) -> tuple[str, ...]:
        return ()


def _knows_the_system(actor: Actor) -> bool:
    return isinstance(actor, TheSystem) or (isinstance(actor, AnyOf) and any(map(_knows_the_system, actor.actors)))


def _occupied(unit_id: int, roles: tuple[Role, ...], directory: Directory, apart_from: int | None) -> tuple[str, ...]:
    return tuple(unit_seat(unit_id, role) for role in roles if directory.occupied(unit_id, role, apart_from=apart_from))


def _same_functions(roles: tuple[Role, ...]) -> tuple[Role, ...]:
    return tuple(sorted({other for role in roles for other in same_function(role)}))


def _heads_of_handlers(roles: tuple[Role, ...]) -> tuple[Role, ...]:
    return tuple(sorted(HEADS)) if HANDLERS.issuperset(roles) else ()


def _names(roles: tuple[Role, ...]) -> str:
    return "、".join(str(role.label) for role in roles)


def _value(record: Any, path: str) -> Any:
    for part in path.split("."):
        record = getattr(record, part)
    return record


def _id(record: Any, path: str) -> int | None:
    """The key of what a foreign key points at, without fetching it."""
    *way, last = path.split(".")
    owner = _value(record, ".".join(way)) if way else record
    return getattr(owner, last if last.endswith("_id") else f"{last}_id")
