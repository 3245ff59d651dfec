"""A seat is where work waits: a role in a unit, or one person. Its key is stored beside each waiting record,
so that somebody's worklist is one index range whatever the module."""

from zhiben.core.org.models import Person
from zhiben.core.org.roles import Role


def unit_seat(unit_id: int, role: Role | str) -> str:
    """
    >>> unit_seat(12, Role.UNIT_OFFICER)
    'u12:unit_officer'
    """
    return f"u{unit_id}:{Role(role).value}"


def person_seat(person: Person | int) -> str:
    return f"p{person if isinstance(person, int) else person.pk}"
