"""A list in pages: where the next one begins is said by a signed cursor, never by a number of rows to skip."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any
from uuid import uuid4

from django.core import signing
from django.db import connection
from django.db.models import Model, QuerySet, UUIDField

from zhiben.core.web.pages.keyset import Order, Place, keys_of

from .prepared import Prepared
from .problems import Problem

USUAL, MOST = 50, 200


def page(
    views: Sequence[QuerySet],
    order: Order,
    columns: tuple[Any, ...],
    tell: Callable[..., Any],
    *,
    cursor: str,
    limit: int,
    name: str,
) -> dict[str, Any]:
    """`{"items": […], "next": …}` of the rows of all views together. Two queries: the keys of the page in order, then
    its columns."""
    signer = signing.Signer(salt=f"api:{name}")
    place = _place_in(cursor, order, signer) if cursor else None
    keys = keys_of(views, order, count=limit + 1, place=place)
    chosen = keys[:limit]
    by_key = {row[0]: row for row in _rows_of(order.model, columns, [key for key, _ in chosen])}
    items = [tell(by_key[key][1:]) for key, _ in chosen if key in by_key]
    after = None
    if len(keys) > limit:
        last_key, last_value = chosen[-1]
        after = signer.sign(order.place_of(_Last(order, last_key, last_value)))  # type: ignore[arg-type]
    return {"items": items, "next": after}


def _rows_of(model: type[Model], columns: tuple[Any, ...], keys: list[Any]) -> list[tuple[Any, ...]]:
    """In no order, each with its key before the columns."""
    if not keys:
        return []
    prepare = model._meta.pk.get_db_prep_value
    return _asked_for(model, columns, len(keys))([prepare(key, connection) for key in keys])


@cache
def _asked_for(model: type[Model], columns: tuple[Any, ...], count: int) -> Prepared:
    places = [uuid4() if isinstance(model._meta.pk, UUIDField) else place for place in range(count)]
    return Prepared(lambda: model._base_manager.filter(pk__in=places).values_list("pk", *columns))


class _Last:
    """What `Order` reads of a record, without the record."""

    def __init__(self, order: Order, key: Any, value: Any) -> None:
        self.pk = key
        target: Any = self
        *path, last = order.field.split("__")
        for part in path:
            setattr(target, part, _Bare())
            target = getattr(target, part)
        setattr(target, last, value)


class _Bare:
    pass


def _place_in(cursor: str, order: Order, signer: signing.Signer) -> Place:
    try:
        place = order.read_place(signer.unsign(cursor))
    except signing.BadSignature:
        place = None
    if place is None:
        sentence = "游标不对，请原样使用上一页回答中的 next，筛选条件也要与上一页相同。"
        raise Problem(422, sentence, {"cursor": sentence})
    return place
