"""Proving that the trail is what was written, or naming the first record that is not.

Three things are compared, none of which an administrator can bring into agreement with a change: the content of a line
with its digest; each digest with the next line of its record; and every sealed line with the leaves and the signed root
kept outside the database. Only what is younger than the last seal rests on the chains alone: there a removed tail of a
record does not show. Memory is constant; the time is that of reading and hashing.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from datetime import date
from typing import Any, NamedTuple

from django.db import connection, transaction

from .digest import ALGORITHMS, MerkleTree, new_hash
from .findings import FINDINGS_LISTED, Finding, Found, Verification, about_leaf, record_name
from .guard import missing as missing_guards
from .line import canonical_sql, leaf_sql
from .models import AuditLine
from .seal_files import Seal, read_leaves
from .seal_register import read_register

_ROWS = 2000
_NOTICES = 20


class Row(NamedTuple):
    id: int
    algorithm: str
    digest: str
    leaf: bytes
    text: bytes


def verify(
    *, until: date | None = None, key_id: str | None = None, progress: Callable[[int], None] | None = None
) -> Verification:
    """
    Verify the whole trail, or what was sealed up to the day `until`. `key_id` is that of the only key whose seals are
    trusted, for whoever kept it elsewhere. `progress` is called with the number of lines done.
    """
    result = Verification()
    for name in missing_guards(connection):
        gone = f"数据库中防止改动留痕的触发器 {name} 不见了，请查明原因，并运行 zhiben migrate 恢复"
        result.add(Finding(Found.UNGUARDED, gone))
    seals = read_register(result, until, key_id)
    upto = seals[-1].last_id if until and seals else 0 if until else None
    result.days = len(seals)
    # A snapshot on PostgreSQL; on SQLite a transaction would hold up every writer.
    with transaction.atomic() if connection.vendor == "postgresql" else nullcontext():
        _check_lines(result, seals, upto, progress)
        _check_chains(result, upto)
        result.records = _count_records(upto)
    return result


def is_intact(row: Row) -> bool:
    """Whether the content of a line is that of which its digest was taken."""
    hasher = _HASHERS.get(row.algorithm)
    if hasher is None:
        return False
    hasher = hasher.copy()
    hasher.update(row.text)
    return hasher.hexdigest() == row.digest


def read_rows(where: str, parameters: list[Any]) -> Iterator[Row]:
    """Lines in order of id, with the text and the leaf as the database itself spells them."""
    columns = f"id, algorithm, digest, {leaf_sql(connection.vendor)}, {canonical_sql(connection.vendor)}"
    with connection.chunked_cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM audit_auditline line WHERE {where} ORDER BY id", parameters)  # noqa: S608
        while rows := cursor.fetchmany(_ROWS):
            yield from map(Row._make, rows)


_HASHERS: dict[str, "hashlib._Hash"] = {
    name: new_hash(name) for name in ALGORITHMS if name in hashlib.algorithms_available
}


def _check_lines(
    result: Verification, seals: list[Seal], upto: int | None, progress: Callable[[int], None] | None
) -> None:
    rows = _Ahead(_counted(read_rows(*_up_to(upto)), result, progress))
    for seal in seals:
        if seal.number > 1:  # nothing lies between two seals, unless one is missing
            _check_unsealed(result, rows.upto(seal.after_id))
        for finding in _check_sealed(rows.upto(seal.last_id), seal):
            result.add(finding)
    _check_unsealed(result, rows.upto(None))


def _check_unsealed(result: Verification, rows: Iterator[Row]) -> None:
    for row in rows:
        if not is_intact(row):
            result.add(_changed(row.leaf))


def _check_sealed(rows: Iterator[Row], seal: Seal) -> list[Finding]:
    """Compare the lines of one seal with its leaves, and the leaves with its signed root."""
    try:
        leaves = read_leaves(seal.day)
    except OSError:
        return _without_leaves(rows, seal)
    edited, unlike = [], []
    tree = MerkleTree(seal.algorithm)
    for row, leaf in _side_by_side(rows, leaves):
        if leaf is not None:
            tree.add(leaf)
        if row is None:
            if leaf is not None and _id_of(leaf) is not None:
                unlike.append(about_leaf(Found.REMOVED, leaf, f"被删除（{seal.day} 封存时还在）"))
        elif leaf is None:
            unlike.append(about_leaf(Found.INSERTED, row.leaf, f"是后来插入的（{seal.day} 封存时没有）"))
        elif not is_intact(row):
            edited.append(_changed(leaf))
        elif leaf != row.leaf:
            unlike.append(about_leaf(Found.CHANGED, leaf, f"被改写，摘要也重算过，与 {seal.day} 的封存不符"))
        del edited[FINDINGS_LISTED:], unlike[FINDINGS_LISTED:]
    return edited + (unlike if tree.root() == seal.root else _with_altered_leaves(unlike, seal))


def _without_leaves(rows: Iterator[Row], seal: Seal) -> list[Finding]:
    """The signed root still tells whether the lines are those that were sealed, only not which of them is not."""
    findings = []
    tree = MerkleTree(seal.algorithm)
    for row in rows:
        tree.add(row.leaf)
        if not is_intact(row):
            findings.append(_changed(row.leaf))
    lost = f"{seal.day} 的叶子文件不见了，请从备份恢复；{_against_root(tree, seal)}"
    return [*findings[:FINDINGS_LISTED], Finding(Found.SEAL_MISSING, lost)]


def _with_altered_leaves(unlike: list[Finding], seal: Seal) -> list[Finding]:
    """The leaves are not those that were sealed: what they say of lines counts only if the lines differ too."""
    tree = MerkleTree(seal.algorithm)
    for row in read_rows("line.id > %s AND line.id <= %s", [seal.after_id, seal.last_id]):
        tree.add(row.leaf)
    altered = Finding(Found.SEAL_FORGED, f"{seal.day} 的叶子文件被改动，与签名的根不符；{_against_root(tree, seal)}")
    return [altered] if tree.root() == seal.root else [*unlike, altered]


def _against_root(tree: MerkleTree, seal: Seal) -> str:
    if tree.root() == seal.root:
        return "当日留痕与签名的根相符"
    return "当日留痕也与签名的根不符，其中有被改动、删除或插入的"


def _id_of(leaf: bytes) -> int | None:
    """None for what is no leaf at all."""
    parts = leaf.split(b"\t")
    return int(parts[0]) if len(parts) == 5 and parts[0].isdigit() and parts[3].isdigit() else None


def _side_by_side(rows: Iterator[Row], leaves: Iterator[bytes]) -> Iterator[tuple[Row | None, bytes | None]]:
    """Both in order of id; where one of the two has no partner, None stands for it."""
    row, leaf = next(rows, None), next(leaves, None)
    while row is not None or leaf is not None:
        if row is not None and leaf is not None and (row.leaf == leaf or row.id == _id_of(leaf)):
            yield row, leaf
            row, leaf = next(rows, None), next(leaves, None)
        elif leaf is None or (row is not None and row.id < (_id_of(leaf) or 0)):
            yield row, None
            row = next(rows, None)
        else:
            yield None, leaf
            leaf = next(leaves, None)


def _check_chains(result: Verification, upto: int | None) -> None:
    """Every line follows the line before it in its record. The database compares; only what is wrong is read."""
    where, parameters = _up_to(upto)
    with connection.chunked_cursor() as cursor:
        cursor.execute(
            f"""
            SELECT line.id, line.record_type, line.record_id, line.seq, before.id,
                   line.previous <> COALESCE(before.digest, '')
            FROM audit_auditline line LEFT JOIN audit_auditline before
              ON before.record_type = line.record_type AND before.record_id = line.record_id
             AND before.seq = line.seq - 1
            WHERE {where} AND (line.previous <> COALESCE(before.digest, '') OR (before.id IS NULL AND line.seq <> 1)
                OR before.at > line.at)
            ORDER BY line.id
            """,  # noqa: S608 — one of two constant conditions
            parameters,
        )
        known = {(finding.record_type, finding.record_id, finding.seq) for finding in result.findings}
        while rows := cursor.fetchmany(_ROWS):
            for line_id, record_type, record_id, seq, before_id, unlinked in rows:
                name = record_name(record_type, record_id)
                if before_id is None:
                    found, at, what = Found.REMOVED, seq - 1, "被删除，后一条失去衔接"
                elif unlinked:
                    found, at, what = Found.CHANGED, seq - 1, "被改写，与后一条记下的摘要不符"
                else:
                    found, at, what = Found.CHANGED, seq, "的时间早于前一条，写入时服务器时钟可能被调回过"
                if before_id is None and seq == 1:
                    found, at, what = Found.CHANGED, 1, "被改动：它是第一条，却记有前一条的摘要"
                finding = Finding(
                    found, f"{name} 的第 {at} 条留痕{what}", record_type, record_id, at, before_id or line_id
                )
                if not unlinked and before_id is not None:
                    if len(result.notices) < _NOTICES:
                        result.notices.append(finding)
                elif (record_type, record_id, at) not in known:
                    result.add(finding)


def _changed(leaf: bytes) -> Finding:
    return about_leaf(Found.CHANGED, leaf, "被改动，内容与写入时的摘要不符")


def _count_records(upto: int | None) -> int:
    first_lines = AuditLine.objects.filter(seq=1)
    return (first_lines if upto is None else first_lines.filter(id__lte=upto)).count()


def _counted(rows: Iterator[Row], result: Verification, progress: Callable[[int], None] | None) -> Iterator[Row]:
    for row in rows:
        result.lines += 1
        if progress and result.lines % 10_000 == 0:
            progress(result.lines)
        yield row


def _up_to(last_id: int | None) -> tuple[str, list[Any]]:
    return ("TRUE", []) if last_id is None else ("line.id <= %s", [last_id])


class _Ahead:
    """Rows that are taken up to an id, leaving the rest."""

    def __init__(self, rows: Iterator[Row]) -> None:
        self._rows = rows
        self._next: Row | None = next(rows, None)

    def upto(self, last_id: int | None) -> Iterator[Row]:
        while self._next is not None and (last_id is None or self._next.id <= last_id):
            row, self._next = self._next, next(self._rows, None)
            yield row
