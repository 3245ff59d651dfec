"""Who sits where today, looked up once for a whole operation or batch."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db.models import F

from zhiben.core import clock
from zhiben.core.any_of import AnyOf
from zhiben.core.org.models import BodyMembership, Delegation, Person, Post, Unit
from zhiben.core.org.paths import ancestors
from zhiben.core.org.roles import Role
from zhiben.core.org.sectors import EVERY_SECTOR

from .seats import read_unit_seat, unit_seat


@dataclass(frozen=True)
class _Staff:
    """The posts of one unit that hold today, and who stands in for each."""

    posts: tuple[Post, ...]
    superior: int | None

    @cached_property
    def roles(self) -> frozenset[str]:
        return frozenset(post.role for post in self.posts)


_shared: ContextVar[dict[str, Any] | None] = ContextVar("what all directories know", default=None)


@contextmanager
def shared_directory() -> Iterator[None]:
    """Inside, all directories know what one of them has looked up: for a row of operations, of one day or of several,
    between which nobody comes, leaves or stands in for another."""
    token = _shared.set({})
    try:
        yield
    finally:
        _shared.reset(token)


class Directory:
    """Answers for the day of `now`. Keep one for an operation or a batch, never longer: it does not notice changes."""

    def __init__(self, now: datetime) -> None:
        self.day = clock.local_day(now)
        self._staff: dict[int, _Staff] = {}
        self._deputies: dict[int, list[Person]] = defaultdict(list)
        self._members: dict[int, list[BodyMembership]] = {}
        self._regulators: dict[tuple[str, str], tuple[str, ...]] = {}
        self._named: dict[int, tuple[Person, ...]] = {}
        self._remembered: dict[Any, tuple[str, ...]] = {}
        if (shared := _shared.get()) is not None:
            if not shared:
                shared.update((name, known) for name, known in vars(self).items() if name != "day")
            vars(self).update(shared)

    def prefetch(self, unit_ids: Iterable[int | None]) -> None:
        """Three queries for all these units together, however many there are."""
        wanted = {unit_id for unit_id in unit_ids if unit_id is not None} - self._staff.keys()
        if not wanted:
            return
        posts = defaultdict(list)
        held = Post.objects.valid_on(self.day).filter(AnyOf(F("unit"), wanted))
        for post in held.select_related("person").order_by("pk"):
            posts[post.unit_id].append(post)
        delegations = Delegation.objects.valid_on(self.day).filter(AnyOf(F("post__unit"), wanted))
        for delegation in delegations.select_related("deputy").order_by("pk"):
            self._deputies[delegation.post_id].append(delegation.deputy)
        superiors = dict(Unit.objects.filter(AnyOf(F("pk"), wanted)).order_by().values_list("pk", "superior"))
        for unit_id in wanted:
            self._staff[unit_id] = _Staff(tuple(posts[unit_id]), superiors.get(unit_id))

    def prefetch_seats(self, seats: Iterable[str]) -> None:
        """Make ready `people` for all these seats together, in a fixed number of queries."""
        places = [(read_unit_seat(seat), seat) for seat in set(seats)]
        self.prefetch(place[0] for place, _ in places if place)
        self._load_people({int(seat[1:]) for place, seat in places if place is None})

    def remembered(self, asked: Any, find: Callable[[], tuple[str, ...]]) -> tuple[str, ...]:
        """Seats that follow from who sits where and from what is `asked` alone: found once."""
        if (known := self._remembered.get(asked)) is None:
            known = self._remembered[asked] = find()
        return known

    def occupied(self, unit_id: int, role: Role, *, apart_from: int | None = None) -> bool:
        """Whether anybody holds that role in the unit today; `apart_from`: anybody but that person."""
        return any(post.role == role and post.person_id != apart_from for post in self._of(unit_id).posts)

    def roles(self, unit_id: int) -> frozenset[str]:
        """The roles that anybody holds in the unit today."""
        return self._of(unit_id).roles

    def superior(self, unit_id: int) -> int | None:
        return self._of(unit_id).superior

    def above(self, unit_id: int) -> Iterator[int]:
        """The units this one answers to, nearest first."""
        climbed = {unit_id}
        higher = self.superior(unit_id)
        while higher is not None and higher not in climbed:
            yield higher
            climbed.add(higher)
            higher = self.superior(higher)

    def holders(self, seat: str) -> tuple[Person, ...]:
        """Who sits there in their own right: `people` without those who stand in."""
        place = read_unit_seat(seat)
        if place is None:
            return self._person_and_deputies(int(seat[1:]))[:1]
        unit_id, role, sector = place
        posts = [p for p in self._of(unit_id).posts if p.role == role and (not sector or sector in p.sectors)]
        return tuple({post.person_id: post.person for post in posts}.values())

    def people(self, seat: str) -> tuple[Person, ...]:
        """Who sits there today: the holders and those who stand in for them, each once."""
        place = read_unit_seat(seat)
        if place is None:
            return self._person_and_deputies(int(seat[1:]))
        unit_id, role, sector = place
        found: dict[int, Person] = {}
        for post in self._of(unit_id).posts:
            if post.role == role and (not sector or sector in post.sectors):
                for person in (post.person, *self._deputies[post.pk]):
                    found.setdefault(person.pk, person)
        return tuple(found.values())

    def members(self, body_id: int, positions: Iterable[str] = ()) -> list[BodyMembership]:
        """The memberships of a body that hold today, in the order of rank."""
        if body_id not in self._members:
            rows = BodyMembership.objects.valid_on(self.day).filter(body=body_id).order_by("pk")
            rank = {value: place for place, value in enumerate(BodyMembership.Position.values)}
            self._members[body_id] = sorted(rows, key=lambda row: rank[row.position])
        wanted = set(positions)
        return [row for row in self._members[body_id] if not wanted or row.position in wanted]

    def regulators(self, sector: str, region_path: str) -> tuple[str, ...]:
        """The seats of whoever regulates that sector there: the nearest region that has such regulators; in it,
        those to whom the sector was given by name go before those who cover all of their unit's sectors."""
        key = (sector, region_path)
        if key not in self._regulators:
            self._regulators[key] = tuple(self._find_regulators(sector, region_path))
        return self._regulators[key]

    def _find_regulators(self, sector: str, region_path: str) -> list[str]:
        posts = (
            Post.objects.valid_on(self.day)
            .filter(role=Role.REGULATOR, unit__region_path__in=ancestors(region_path))
            .select_related("unit")
            .order_by("pk")
        )
        by_region = defaultdict(list)
        for post in posts:
            by_region[post.unit.region_path].append(post)
        for path in reversed(ancestors(region_path)):
            named = [unit_seat(post.unit_id, post.role, sector) for post in by_region[path] if sector in post.sectors]
            general = [
                unit_seat(post.unit_id, post.role)
                for post in by_region[path]
                if EVERY_SECTOR in post.sectors or (not post.sectors and _covers(post.unit, sector))
            ]
            if named or general:
                return list(dict.fromkeys(named or general))
        return []

    def _person_and_deputies(self, person_id: int) -> tuple[Person, ...]:
        self._load_people({person_id})
        return self._named[person_id]

    def _load_people(self, person_ids: set[int]) -> None:
        wanted = person_ids - self._named.keys()
        if not wanted:
            return
        found: dict[int, dict[int, Person]] = {person_id: {} for person_id in wanted}
        for person in Person.objects.filter(pk__in=wanted):
            found[person.pk][person.pk] = person
        lent = Delegation.objects.valid_on(self.day).filter(post__person__in=wanted).order_by("pk")
        for each in lent.select_related("deputy", "post"):
            if each.post.holds_on(self.day):
                found[each.post.person_id].setdefault(each.deputy_id, each.deputy)
        self._named |= {person_id: tuple(people.values()) for person_id, people in found.items()}

    def _of(self, unit_id: int) -> _Staff:
        if unit_id not in self._staff:
            self.prefetch((unit_id,))
        return self._staff[unit_id]


def _covers(unit: Unit, sector: str) -> bool:
    return sector in unit.sectors or EVERY_SECTOR in unit.sectors
