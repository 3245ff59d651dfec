"""Whose records a review counts: the condition of a perspective, asked of a record as it once stood."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Q

_ASKS = {
    "exact": lambda value, wanted: value == wanted,
    "gte": lambda value, wanted: value >= wanted,
    "lt": lambda value, wanted: value < wanted,
    "in": lambda value, wanted: value in wanted,
}


def holds(condition: Q, row: Mapping[str, Any]) -> bool:
    """Whether the condition is true of these values; the database can only be asked about today's.

    >>> holds(Q(region_path__gte="0001", region_path__lt="0002") & ~Q(sector="gas"), {"region_path": "00010003", "sector": ""})
    True
    """
    answers = (holds(each, row) if isinstance(each, Q) else _leaf(each, row) for each in condition.children)
    answer = any(answers) if condition.connector == Q.OR else all(answers)
    return not answer if condition.negated else answer


def _leaf(leaf: Any, row: Mapping[str, Any]) -> bool:
    name, wanted = leaf
    field, _, ask = name.partition("__")
    return bool(_ASKS[ask or "exact"](row[field], getattr(wanted, "pk", wanted)))
