"""The copy of the seals outside the database: `ZHIBEN_AUDIT_ROOT/seals/2026-11-21.json` and `2026-11-21.leaves`.

A `.leaves` file has one leaf a line, in order of id: id, record_type, record_id, seq, digest, divided by tabs. It is
what lets verification name the record that is missing. Copy the folder to where no administrator of the database has
a key.
"""

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import BinaryIO

from .canonical import to_json
from .keys import root


@dataclass(frozen=True)
class Seal:
    """What is signed. Everything in it is text or a number, so that it reads the same in file and database."""

    number: int
    day: str
    after_id: int
    last_id: int
    lines: int
    algorithm: str
    root: str
    previous_root: str
    sealed_at: str
    key_id: str
    signature: str = ""

    def message(self) -> bytes:
        return to_json({name: value for name, value in asdict(self).items() if name != "signature"}).encode()


def seals_folder() -> Path:
    return root() / "seals"


def seal_path(day: date | str) -> Path:
    return seals_folder() / f"{day}.json"


def leaves_path(day: date | str) -> Path:
    return seals_folder() / f"{day}.leaves"


def write_seal(seal: Seal) -> None:
    with _written_whole(seal_path(seal.day)) as file:
        file.write(json.dumps(asdict(seal), ensure_ascii=False, indent=1).encode() + b"\n")


def write_leaves(day: date | str, leaves: Iterable[bytes]) -> int:
    """Returns how many."""
    count = 0
    with _written_whole(leaves_path(day)) as file:
        for leaf in leaves:
            file.write(leaf + b"\n")
            count += 1
    return count


def read_seal(path: Path) -> Seal | None:
    """None if there is no such file. Raises ValueError when it is not a seal."""
    try:
        return Seal(**json.loads(path.read_bytes()))
    except FileNotFoundError:
        return None
    except TypeError as error:
        raise ValueError(str(error)) from error


def read_leaves(day: date | str) -> Iterator[bytes]:
    """Raises FileNotFoundError at once, not at the first leaf."""
    return _lines(leaves_path(day).open("rb"))


def _lines(file: BinaryIO) -> Iterator[bytes]:
    with file:
        for line in file:
            yield line.rstrip(b"\n")


@contextmanager
def _written_whole(path: Path) -> Iterator[BinaryIO]:
    """After a loss of power the file is there whole, or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with draft.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
