"""A list in pages: where the next one begins is said by a signed cursor, never by a number of rows to skip."""

from collections.abc import Callable
from typing import Any

from django.core import signing
from django.db.models import QuerySet

from zhiben.core.web.pages.keyset import Order

from .problems import Problem

USUAL, MOST = 50, 200


def page(
    rows: QuerySet,
    order: Order,
    columns: tuple[str, ...],
    tell: Callable[..., Any],
    *,
    cursor: str,
    limit: int,
    name: str,
) -> dict[str, Any]:
    """`{"items": […], "next": …}`. Two queries: the keys of the page in order, then its columns."""
    signer = signing.Signer(salt=f"api:{name}")
    ordered = order.apply(rows)
    if cursor:
        ordered = ordered.filter(order.beyond(_place_in(cursor, order, signer)))
    field = order.field
    keys = list(ordered.values_list("pk", field)[: limit + 1])  # narrow rows sort fast; the wide ones come after
    chosen = keys[:limit]
    by_key = {
        row[0]: row
        for row in order.model._base_manager.filter(pk__in=[key for key, _ in chosen]).values_list("pk", *columns)
    }
    items = [tell(by_key[key][1:]) for key, _ in chosen if key in by_key]
    after = None
    if len(keys) > limit:
        last_key, last_value = chosen[-1]
        after = signer.sign(order.place_of(_Place(order, last_key, last_value)))  # type: ignore[arg-type]
    return {"items": items, "next": after}


class _Place:
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


def _place_in(cursor: str, order: Order, signer: signing.Signer) -> tuple[Any, Any]:
    try:
        place = order.read_place(signer.unsign(cursor))
    except signing.BadSignature:
        place = None
    if place is None:
        sentence = "游标不对，请原样使用上一页回答中的 next，筛选条件也要与上一页相同。"
        raise Problem(422, sentence, {"cursor": sentence})
    return place
