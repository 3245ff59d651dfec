"""The proof for one record: shown on its page as 已验证未被改动, and handed out to whoever asks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .digest import Path, inclusion_paths, root_by_path
from .findings import record_name
from .keys import is_signed
from .models import AuditLine, DailySeal
from .seal_files import Seal, read_leaves, read_seal, seal_path
from .sealing import seal_of
from .verification import Row, is_intact, read_rows


@dataclass(frozen=True)
class LineProof:
    line_id: int
    seq: int
    digest: str
    is_intact: bool
    """Its content is what was digested, and it follows the line before."""
    sealed_on: str | None = None
    """The day whose signed root contains it; None while no day has been sealed since it was written."""
    path: Path = ()
    """From its leaf to that root."""
    is_sealed: bool = False
    """The path does lead to the root, and the root is signed."""

    @property
    def ok(self) -> bool:
        return self.is_intact and (self.sealed_on is None or self.is_sealed)


@dataclass(frozen=True)
class Proof:
    record_type: str
    record_id: str
    lines: tuple[LineProof, ...]

    @property
    def ok(self) -> bool:
        return bool(self.lines) and all(line.ok for line in self.lines)

    @property
    def sealed(self) -> int:
        return sum(line.is_sealed for line in self.lines)

    @property
    def sentence(self) -> str:
        name = record_name(self.record_type, self.record_id)
        if not self.lines:
            return f"{name} 没有留痕"
        bad = next((line for line in self.lines if not line.ok), None)
        if bad:
            return f"{name} 的第 {bad.seq} 条留痕与写入时不符，请立即联系审计管理员"
        waiting = len(self.lines) - self.sealed
        rest = f"，其余 {waiting} 条将在次日封存" if waiting else ""
        return f"已验证未被改动：共 {len(self.lines)} 条留痕，前后衔接，其中 {self.sealed} 条已由每日签名封存{rest}"


def prove(record_type: str, record_id: str) -> Proof:
    rows = list(read_rows("record_type = %s AND record_id = %s", [record_type, str(record_id)]))
    lines = list(
        AuditLine.objects.filter(record_type=record_type, record_id=str(record_id))
        .order_by("id")
        .values_list("seq", "previous", "digest")
    )
    linked = _linked(lines)
    places = _sealed_places(rows)
    return Proof(
        record_type,
        str(record_id),
        tuple(
            LineProof(row.id, seq, digest, is_intact(row) and follows, *places.get(row.id, (None, (), False)))
            for row, (seq, _, digest), follows in zip(rows, lines, linked, strict=True)
        ),
    )


def _linked(lines: Sequence[tuple[int, str, str]]) -> list[bool]:
    before = [(0, ""), *((seq, digest) for seq, _, digest in lines)]
    return [
        (seq, previous) == (last_seq + 1, last_digest)
        for (seq, previous, _), (last_seq, last_digest) in zip(lines, before, strict=False)
    ]


def _sealed_places(rows: Sequence[Row]) -> dict[int, tuple[str, Path, bool]]:
    """For each sealed line its day, its path, and whether the path leads to the signed root."""
    places: dict[int, tuple[str, Path, bool]] = {}
    for seal in _seals_over(rows):
        mine = {row.leaf: row for row in rows if seal.after_id < row.id <= seal.last_id}
        signed = is_signed(seal.message(), seal.signature, seal.key_id)
        paths = inclusion_paths(seal.algorithm, _leaves(seal), mine)
        for leaf, row in mine.items():
            path = paths.get(leaf, ())
            holds = leaf in paths and signed and root_by_path(seal.algorithm, leaf, path) == seal.root
            places[row.id] = (seal.day, path, holds)
    return places


def _seals_over(rows: Sequence[Row]) -> list[Seal]:
    """The seals, as kept outside the database where they are, under which some of these lines fall."""
    if not rows:
        return []
    seals = []
    for row in DailySeal.objects.filter(last_id__gte=rows[0].id, after_id__lt=rows[-1].id):
        if any(row.after_id < line.id <= row.last_id for line in rows):
            seals.append(_kept(row) or seal_of(row))
    return seals


def _kept(row: DailySeal) -> Seal | None:
    try:
        return read_seal(seal_path(row.day))
    except ValueError:
        return None


def _leaves(seal: Seal) -> Iterator[bytes]:
    try:
        return read_leaves(seal.day)
    except OSError:
        return iter(())
