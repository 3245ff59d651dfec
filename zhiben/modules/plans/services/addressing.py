"""Whom a printed name means here: what the directory is sure of is taken, the rest is offered with its reason."""

from collections.abc import Iterable
from datetime import date
from functools import cache
from typing import Any

from zhiben.core.org.models import Region
from zhiben.core.org.resolve import Names, Suggestion, preselected

from ..models import Resolution
from .layout import Address, Resolver

OFFERED = 4


def resolver_for(region: Region, day: date) -> Resolver:
    """A resolver for the documents of one region; each name is looked up once."""
    names = Names(region, day)
    return cache(lambda name: address_of(names.resolve(name)) if name else Address(Resolution.OPEN))


def address_of(suggestions: list[Suggestion]) -> Address:
    """What the directory may fill in unasked is taken (a group, such as 各乡镇, as a whole); the rest is offered."""
    offers = list(_offers(suggestions))
    if not offers:
        return Address(Resolution.OPEN, reason="单位名录里没有找到这个名称")
    best = offers[0]
    if preselected(suggestions) and best["units"]:
        rest = tuple(offers[1 : OFFERED + 1])
        return Address(Resolution.RESOLVED, tuple(best["units"]), best["body"], best["reason"], rest)
    return Address(Resolution.OPEN, suggestions=tuple(offers[:OFFERED]))


def _offers(suggestions: Iterable[Suggestion]) -> Iterable[dict[str, Any]]:
    """Suggestions as JSON; those of one group are one offer."""
    groups: dict[str, dict[str, Any]] = {}
    for each in suggestions:
        if each.group and each.group in groups:
            offer = groups[each.group]
            offer["units"].append(each.unit.pk)  # type: ignore[union-attr]
            offer["label"] = f"{offer['first']}等 {len(offer['units'])} 个单位"
            continue
        unit = each.unit or (each.body.office if each.body else None)
        offer = {
            "units": [unit.pk] if unit else [],
            "body": each.body.pk if each.body else None,
            "label": f"{each.body}({unit})" if each.body and unit else str(each.target),
            "first": str(each.target),
            "reason": each.because,
            "score": each.score,
        }
        if each.group:
            groups[each.group] = offer
        yield offer
