"""What the fictional county keeps in ledgers: its enterprises, and what was found in them. All of it is invented."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Trade:
    """An enterprise as the ledger has it. `kind` chooses its workshops and machines, and what is found there."""

    short_name: str
    name: str
    kind: str
    town: str
    sector: str
    trades: tuple[str, ...]
    industry: str
    scale: str
    staff: int
    products: str


@dataclass(frozen=True)
class Saying:
    """A hazard in the words of whoever found it. `of`: the kind of enterprise, or for a major one the enterprise.
    `picture` is a key of `photos.SCENES` and of `remedies.REMEDIES`."""

    of: str
    place: str
    description: str
    category: str
    picture: str
    danger: str = ""


CATEGORIES = {"人": "person", "物": "thing", "环": "environment", "管": "management"}


@cache
def enterprises() -> tuple[Trade, ...]:
    return tuple(
        Trade(**{**row, "trades": tuple(row["trades"].split()), "staff": int(row["staff"])})  # type: ignore[arg-type]
        for row in _rows("enterprises.csv")
    )


@cache
def ordinary() -> tuple[Saying, ...]:
    return tuple(
        Saying(row["kinds"], row["place"], row["description"], CATEGORIES[row["category"]], row["picture"])
        for row in _rows("hazards.csv")
    )


@cache
def major() -> tuple[Saying, ...]:
    return tuple(
        Saying(
            row["enterprise"], row["place"], row["description"], CATEGORIES[row["category"]], row["picture"],
            row["danger"],
        )
        for row in _rows("majors.csv")
    )  # fmt: skip


def _rows(file: str) -> Iterator[dict[str, str]]:
    with (HERE / file).open(encoding="utf-8") as rows:
        yield from csv.DictReader(rows)
