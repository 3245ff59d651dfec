"""Rows of a sheet packed small, so that they can wait in memory for whoever reads the same file next.

Ten thousand rows of a ledger take some 300 KB. They are packed and unpacked in this process only: nothing of it is
ever read from a disk or a wire.
"""

import pickle
import zlib
from collections.abc import Hashable, Iterable, Iterator
from datetime import date, datetime
from typing import Any

from zhiben.core.batches import in_batches

_ROWS_A_BLOCK = 500
_QUICK = 1
"""The level of compression."""
_MADE_ONE = frozenset((str, date, datetime))
MOST_BYTES = 8 * (1 << 20)


class Packed:
    """Rows that may be gone through more than once, a block unpacked at a time."""

    def __init__(self, blocks: list[bytes]) -> None:
        self._blocks = blocks

    def __iter__(self) -> Iterator[list[Any]]:
        for block in self._blocks:
            yield from pickle.loads(zlib.decompress(block))  # noqa: S301 — packed below, in this process


def packed(rows: Iterable[list[Any]], *, most: int = MOST_BYTES) -> Packed | None:
    """None where they would take more than `most` bytes."""
    blocks: list[bytes] = []
    room = most
    for batch in in_batches(rows, _ROWS_A_BLOCK):
        blocks.append(zlib.compress(pickle.dumps(_alike(batch), pickle.HIGHEST_PROTOCOL), _QUICK))
        room -= len(blocks[-1])
        if room < 0:
            return None
    return Packed(blocks)


def _alike(rows: list[list[Any]]) -> list[list[Any]]:
    """Texts and days that are equal become one: it is packed once, and hashed once by whoever looks it up. Numbers are
    left as they are: 1, 1.0 and True are equal, too."""
    one = dict[Any, Any]().setdefault
    return [[one(cell, cell) if type(cell) in _MADE_ONE else cell for cell in row] for row in rows]


class LastRead:
    """One thing and what it was read from; the next takes its place. Two threads that keep at once do no harm."""

    def __init__(self) -> None:
        self._kept: tuple[Hashable, Any] = (None, None)

    def of(self, source: Hashable) -> Any:
        """None where something else was read since."""
        known, thing = self._kept
        return thing if known == source else None

    def keep(self, source: Hashable, thing: Any) -> None:
        self._kept = (source, thing)
