"""Rows whose text contains what somebody typed."""

from functools import reduce
from operator import or_

from django.db.models import Q, QuerySet

from .index import SEARCHABLE, among, found

FEW = 1000
"""Up to so many hits the index names the rows."""
MANY = 20_000
"""Up to so many it leads to them; above it a list finds a page full soon enough by comparing."""


def matching(rows: QuerySet, fields: tuple[str, ...], text: str) -> QuerySet:
    """The rows in which every word of `text` stands in one of `fields`."""
    words = text.split()
    if not words:
        return rows
    if not fields:
        return rows.none()
    if (declared := SEARCHABLE.get(rows.model)) and set(fields) <= set(declared.fields):
        keys = found(rows.model, text, most=FEW)
        if keys is not None:
            rows = rows.filter(pk__in=keys)
        elif (narrowed := among(rows, text, most=MANY)) is not None:
            rows = narrowed
    for word in words:
        rows = rows.filter(any_field_has(fields, word))
    return rows


def any_field_has(fields: tuple[str, ...], word: str) -> Q:
    has = "contains" if word.lower() == word.upper() else "icontains"  # 灭火 has no small letters to look for
    return reduce(or_, (Q(**{f"{field}__{has}": word}) for field in fields))
