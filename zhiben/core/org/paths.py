"""The place of a region in the tree, as text: four base-36 digits a level, `0001000a` below `0001`.

Without separators, so that every collation of every database sorts a subtree into one run of the index.
"""

from django.db import models
from django.db.models import Q

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
WIDTH = 4


def step(ordinal: int) -> str:
    """The part of a path that belongs to the n-th child.

    >>> step(0), step(36), step(36**4 - 1)
    ('0000', '0010', 'zzzz')
    """
    if not 0 <= ordinal < 36**WIDTH:
        raise ValueError("同一区域的下级区域过多")
    digits = ""
    for _ in range(WIDTH):
        ordinal, digit = divmod(ordinal, 36)
        digits = DIGITS[digit] + digits
    return digits


def next_step(path: str) -> str:
    """The sibling that comes after `path`.

    >>> next_step("0001000z")
    '00010010'
    """
    return path[:-WIDTH] + step(int(path[-WIDTH:], 36) + 1)


def ancestors(path: str) -> list[str]:
    """The path of every region that contains this one, itself last.

    >>> ancestors("0001000a")
    ['0001', '0001000a']
    """
    return [path[:end] for end in range(WIDTH, len(path) + 1, WIDTH)]


def contains(outer: str, inner: str) -> bool:
    """Whether the region at `inner` lies in, or is, the region at `outer`."""
    return bool(outer) and inner.startswith(outer)


def within(path: str, field: str = "region_path") -> Q:
    """The region at `path` and all below it, as one index range.

    >>> within("00010002")
    <Q: (AND: ('region_path__gte', '00010002'), ('region_path__lt', '00010003'))>
    """
    return Q(**{f"{field}__gte": path, f"{field}__lt": next_step(path)})


class RegionPathField(models.CharField):
    """A column that repeats a region's path beside a record. Wherever one stands, `move_region` keeps it true."""

    def __init__(self, *args, **kwargs):
        kwargs.setdefault("max_length", 96)
        super().__init__(*args, **kwargs)
