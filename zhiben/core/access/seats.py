"""A seat is where work waits: a role in a unit, or one person. Its key is stored beside each waiting record,
so that somebody's worklist is one index range whatever the module."""

from zhiben.core.org.models import Person
from zhiben.core.org.roles import Role


def unit_seat(unit_id: int, role: Role | str, sector: str = "") -> str:
    """The seat of a role in a unit; with a sector, of those whom the unit made answerable for that sector.

    >>> unit_seat(12, Role.UNIT_OFFICER), unit_seat(12, Role.REGULATOR, "gas")
    ('u12:unit_officer', 'u12:regulator/gas')
    """
    return f"u{unit_id}:{Role(role).value}" + (f"/{sector}" if sector else "")


def person_seat(person: Person | int) -> str:
    return f"p{person if isinstance(person, int) else person.pk}"


def read_unit_seat(seat: str) -> tuple[int, Role, str] | None:
    """The unit, role and sector of a unit's seat; None for a person's seat.

    >>> read_unit_seat("u12:regulator/gas")
    (12, Role.REGULATOR, 'gas')
    """
    if not seat.startswith("u"):
        return None
    unit_id, _, rest = seat[1:].partition(":")
    role, _, sector = rest.partition("/")
    return int(unit_id), Role(role), sector
