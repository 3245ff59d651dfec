#!/usr/bin/env python3
"""核验治本导出的留痕（zhiben audit export）。只有这一个文件，只用 Python 3.8 以上的标准库，不需要联网和安装。

用法：python3 verify_trail.py 导出文件 [--key 公钥编号]

退出码：0 核验通过；1 发现留痕被改动、删除或插入；2 文件不能核验。

This is a second opinion: it shares no line with the program whose records it judges. It was written from the documents
of the format (docs/operations.md, “The exported trail”), GB/T 32905-2016 (SM3), FIPS 180-4 (SHA-256, by the library),
RFC 8032 (Ed25519) and RFC 6962 §2.1 (the Merkle tree).
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import sys
from dataclasses import dataclass, field

FORMAT = "zhiben-trail/1"
FIELDS = (
    "previous", "algorithm", "record_type", "record_id", "seq", "at", "kind", "verb", "label", "actor_id", "actor_name",
    "actor_post", "behalf_name", "from_state", "to_state", "reason", "key", "data",
)  # fmt: skip
SEAL_FIELDS = (
    "number", "day", "after_id", "last_id", "lines", "algorithm", "root", "previous_root", "sealed_at", "key_id",
)  # fmt: skip
LISTED = 100


# --- digests: SM3 by GB/T 32905-2016, where the computer has none of its own -------------------------------------

_IV = (0x7380166F, 0x4914B2B9, 0x172442D7, 0xDA8A0600, 0xA96F30BC, 0x163138AA, 0xE38DEE4D, 0xB0FB0E4E)
_M32 = 0xFFFFFFFF


def _rotated(word, bits):
    return ((word << bits) | (word >> (32 - bits))) & _M32


_T = tuple(_rotated(0x79CC4519 if j < 16 else 0x7A879D8A, j % 32) for j in range(64))


def sm3(message: bytes) -> bytes:
    length = len(message) * 8
    message += b"\x80" + b"\x00" * ((55 - len(message)) % 64) + length.to_bytes(8, "big")
    state = _IV
    for start in range(0, len(message), 64):
        state = _sm3_block(state, message[start : start + 64])
    return b"".join(word.to_bytes(4, "big") for word in state)


def _sm3_block(state, block):
    w = [int.from_bytes(block[i : i + 4], "big") for i in range(0, 64, 4)]
    for j in range(16, 68):
        x = w[j - 16] ^ w[j - 9] ^ _rotated(w[j - 3], 15)
        w.append(x ^ _rotated(x, 15) ^ _rotated(x, 23) ^ _rotated(w[j - 13], 7) ^ w[j - 6])
    a, b, c, d, e, f, g, h = state
    for j in range(64):
        a12 = _rotated(a, 12)
        ss1 = _rotated((a12 + e + _T[j]) & _M32, 7)
        if j < 16:
            ff, gg = a ^ b ^ c, e ^ f ^ g
        else:
            ff, gg = (a & b) | (a & c) | (b & c), (e & f) | (~e & g)
        tt1 = (ff + d + (ss1 ^ a12) + (w[j] ^ w[j + 4])) & _M32
        tt2 = (gg + h + ss1 + w[j]) & _M32
        a, b, c, d = tt1, a, _rotated(b, 9), c
        e, f, g, h = tt2 ^ _rotated(tt2, 9) ^ _rotated(tt2, 17), e, _rotated(f, 19), g
    return tuple(old ^ new for old, new in zip(state, (a, b, c, d, e, f, g, h)))  # noqa: B905 — Python 3.8


def _has_sm3() -> bool:
    try:
        return hashlib.new("sm3", b"abc").digest() == sm3(b"abc")
    except ValueError:
        return False


_FAST_SM3 = _has_sm3()


def digest(algorithm: str, message: bytes) -> bytes:
    """Raises ValueError for another algorithm."""
    if algorithm == "sm3":
        return hashlib.new("sm3", message).digest() if _FAST_SM3 else sm3(message)
    if algorithm == "sha256":
        return hashlib.sha256(message).digest()
    raise ValueError(algorithm)


# --- Ed25519 verification by RFC 8032 §5.1.7 ----------------------------------------------------------------------

_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, _P - 2, _P) % _P
_ROOT_OF_MINUS_1 = pow(2, (_P - 1) // 4, _P)


def _added(p, q):
    a = (p[1] - p[0]) * (q[1] - q[0]) % _P
    b = (p[1] + p[0]) * (q[1] + q[0]) % _P
    c = 2 * p[3] * q[3] * _D % _P
    d = 2 * p[2] * q[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % _P, g * h % _P, f * g % _P, e * h % _P)


def _times(scalar, point):
    result = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            result = _added(result, point)
        point = _added(point, point)
        scalar >>= 1
    return result


def _point(encoded: bytes):
    y = int.from_bytes(encoded, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    if y >= _P:
        return None
    x2 = (y * y - 1) * pow(_D * y * y + 1, _P - 2, _P) % _P
    x = pow(x2, (_P + 3) // 8, _P)
    if (x * x - x2) % _P:
        x = x * _ROOT_OF_MINUS_1 % _P
    if (x * x - x2) % _P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = _P - x
    return (x, y, 1, x * y % _P)


_BASE = _point((4 * pow(5, _P - 2, _P) % _P).to_bytes(32, "little"))


def is_signed(public: bytes, message: bytes, signature: bytes) -> bool:
    if len(public) != 32 or len(signature) != 64:
        return False
    a, r, s = _point(public), _point(signature[:32]), int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= _L:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % _L
    left, right = _times(s, _BASE), _added(r, _times(k, a))
    return not ((left[0] * right[2] - right[0] * left[2]) % _P or (left[1] * right[2] - right[1] * left[2]) % _P)


# --- the Merkle tree of RFC 6962 §2.1 -----------------------------------------------------------------------------


def root_over(algorithm: str, leaves: list[bytes]) -> str:
    if not leaves:
        return digest(algorithm, b"").hex()
    level = [digest(algorithm, b"\x00" + leaf) for leaf in leaves]
    while len(level) > 1:  # pairing from the left and lifting the odd one up gives the same tree as the recursion
        paired = [digest(algorithm, b"\x01" + level[i] + level[i + 1]) for i in range(0, len(level) - 1, 2)]
        level = paired + level[len(paired) * 2 :]
    return level[0].hex()


def root_from(algorithm: str, leaf: bytes, path) -> str:
    node = digest(algorithm, b"\x00" + leaf)
    for side, other in path:
        sibling = bytes.fromhex(other)
        node = digest(algorithm, b"\x01" + (sibling + node if side == "left" else node + sibling))
    return node.hex()


# --- the export ---------------------------------------------------------------------------------------------------


class Unreadable(Exception):
    pass


@dataclass
class Finding:
    sentence: str
    line_id: int = 0
    record_id: str = ""
    seq: int = 0


@dataclass
class Verdict:
    lines: int = 0
    records: set = field(default_factory=set)
    seals: int = 0
    unsealed: int = 0
    is_signed: bool = False
    keys: dict = field(default_factory=dict)
    findings: list = field(default_factory=list)

    def add(self, sentence: str, line: dict | None = None, seq: int | None = None) -> None:
        line = line or {}
        self.findings.append(
            Finding(sentence, line.get("id", 0), line.get("record_id", ""), line.get("seq", 0) if seq is None else seq)
        )

    @property
    def first(self) -> Finding | None:
        about_lines = [finding for finding in self.findings if finding.line_id]
        return min(about_lines, key=lambda finding: finding.line_id, default=next(iter(self.findings), None))


def canonical(value) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def verify(path: str, trusted: str = "") -> Verdict:
    """Raises Unreadable when the file is no export, and OSError."""
    verdict = Verdict()
    check = _Check(verdict, trusted)
    with gzip.open(path, "rb") if path.endswith(".gz") else open(path, "rb") as lines:
        whole = hashlib.sha256()
        for number, raw in enumerate(lines, 1):
            try:
                entry = json.loads(raw)
                kind = entry["entry"]
            except (ValueError, KeyError, TypeError):
                raise Unreadable(f"第 {number} 行不是导出的留痕") from None
            if number == 1 and (kind != "header" or entry.get("format") != FORMAT):
                raise Unreadable("这不是本工具能够核验的导出文件（格式应为 " + FORMAT + "）")
            if kind == "end":
                check.end(entry, whole.hexdigest())
            elif check.ended:
                verdict.add(f"导出文件在结尾之后又被加上了内容（第 {number} 行）")
            else:
                try:
                    check.take(kind, entry)
                except (KeyError, TypeError, ValueError, AttributeError):
                    verdict.add(f"导出文件第 {number} 行已损坏")
            whole.update(raw)
    check.finish()
    return verdict


class _Check:
    """What has been read so far. Lines come in order of id; before the lines of a sealed day come its leaves."""

    def __init__(self, verdict: Verdict, trusted: str) -> None:
        self.verdict, self.trusted = verdict, trusted
        self.scope: dict = {}
        self.seals: dict[str, dict] = {}
        self.last_seal: dict | None = None
        self.leaves: dict[str, list[bytes]] = {}
        self.expected: dict[int, tuple[str, str]] = {}  # id -> (day, leaf) that no line has matched yet
        self.chains: dict[tuple[str, str], tuple[int, str, int]] = {}
        self.last_id = 0
        self.ended = False

    def take(self, kind: str, entry: dict) -> None:
        getattr(self, f"_{kind}")(entry)

    def _header(self, entry: dict) -> None:
        self.scope = entry["scope"]

    def _public_key(self, entry: dict) -> None:
        public = bytes.fromhex(entry["public"])
        name = hashlib.sha256(public).hexdigest()[:16]
        if name != entry["key_id"]:
            self.verdict.add(f"公钥 {entry['key_id']} 与它的编号不符")
        self.verdict.keys[name] = public

    def _seal(self, seal: dict) -> None:
        day, before = seal["day"], self.last_seal
        if self.trusted and seal["key_id"] != self.trusted:
            self.verdict.add(f"{day} 的封存由另一把密钥 {seal['key_id']} 签名，不是所信任的 {self.trusted}")
            return
        public = self.verdict.keys.get(seal["key_id"], b"")
        message = canonical({name: seal[name] for name in SEAL_FIELDS})
        if not is_signed(public, message, bytes.fromhex(seal["signature"])):
            self.verdict.add(f"{day} 的封存签名不对")
            return
        if before is None and seal["number"] != 1:
            self.verdict.add(f"{day} 的封存是第 {seal['number']} 号，它之前的封存缺失")
        elif before is not None and seal["number"] != before["number"] + 1:
            self.verdict.add(f"{before['day']} 与 {day} 之间的封存缺失")
        elif before is not None and (seal["previous_root"], seal["after_id"]) != (before["root"], before["last_id"]):
            self.verdict.add(f"{day} 的封存没有接在 {before['day']} 的封存之后")
        self.seals[day] = self.last_seal = seal
        self.verdict.seals += 1

    def _leaf(self, entry: dict) -> None:
        leaf = entry["leaf"]
        self.leaves.setdefault(entry["day"], []).append(leaf.encode())
        self.expected[int(leaf.split("\t")[0])] = (entry["day"], leaf)

    def _line(self, line: dict) -> None:
        verdict = self.verdict
        verdict.lines += 1
        record = (line["record_type"], line["record_id"])
        verdict.records.add(record)
        name = f"{record[0]} {record[1]} 的第 {line['seq']} 条留痕"
        if line["id"] <= self.last_id:
            verdict.add(f"{name}的次序不对，是后来放进导出文件的", line)
        self.last_id = max(self.last_id, line["id"])
        text = "\x1f".join(str(line[name]) for name in FIELDS)
        intact = digest(line["algorithm"], text.encode()).hex() == line["digest"]
        if not intact:
            verdict.add(f"{name}被改动，内容与写入时的摘要不符", line)
        self._follows(line, record, name, intact)
        leaf = f"{line['id']}\t{record[0]}\t{record[1]}\t{line['seq']}\t{line['digest']}"
        if "path" in line:
            self._on_path(line, name, leaf)
        else:
            self._among_leaves(line, name, leaf, intact)

    def _follows(self, line: dict, record, name: str, intact: bool) -> None:
        seq, previous, before_id = self.chains.get(record, (0, "", 0))
        self.chains[record] = (line["seq"], line["digest"], line["id"])
        whole = self.scope["of"] != "days" or before_id
        if not whole and line["seq"] > 1:
            return  # what came before lies outside the days that were exported
        if line["seq"] != seq + 1:
            missing = f"{record[0]} {record[1]} 的第 {seq + 1} 条留痕"
            self.verdict.add(f"{missing}被删除，后一条失去衔接", line, seq + 1)
        elif line["previous"] != previous:
            if seq == 0:
                self.verdict.add(f"{name}被改动：它是第一条，却记有前一条的摘要", line)
            else:
                before = {"id": before_id, "record_id": record[1], "seq": seq}
                self.verdict.add(f"{record[0]} {record[1]} 的第 {seq} 条留痕被改写，与后一条记下的摘要不符", before)

    def _among_leaves(self, line: dict, name: str, leaf: str, intact: bool) -> None:
        day, sealed = self.expected.pop(line["id"], ("", ""))
        if sealed:
            if sealed != leaf and intact:
                self.verdict.add(f"{name}被改写，摘要也重算过，与 {day} 的封存不符", line)
        elif self.last_seal is not None and line["id"] <= self.last_seal["last_id"]:
            self.verdict.add(f"{name}是后来插入的，封存时没有", line)
        else:
            self.verdict.unsealed += 1

    def _on_path(self, line: dict, name: str, leaf: str) -> None:
        seal = self.seals.get(line["sealed_on"])
        if seal is None:
            self.verdict.add(f"{name}所属的 {line['sealed_on']} 的封存缺失或不可信", line)
        elif not seal["after_id"] < line["id"] <= seal["last_id"]:
            self.verdict.add(f"{name}不属于 {line['sealed_on']} 的封存", line)
        elif root_from(seal["algorithm"], leaf.encode(), line["path"]) != seal["root"]:
            self.verdict.add(f"{name}与 {line['sealed_on']} 签名的根不符", line)

    def end(self, entry: dict, whole: str) -> None:
        self.ended = True
        stated = {name: value for name, value in entry.items() if name != "signature"}
        if entry.get("sha256") != whole or entry.get("lines") != self.verdict.lines:
            self.verdict.add("导出文件本身在导出之后被改动过")
        if "signature" in entry:
            public = self.verdict.keys.get(entry.get("key_id"), b"")
            if self.trusted and entry.get("key_id") != self.trusted:
                self.verdict.add(f"导出文件由另一把密钥 {entry.get('key_id')} 签名，不是所信任的 {self.trusted}")
            elif not is_signed(public, canonical(stated), bytes.fromhex(entry["signature"])):
                self.verdict.add("导出文件末尾的签名不对，在导出之后被改动过")
            self.verdict.is_signed = True

    def finish(self) -> None:
        verdict = self.verdict
        if not self.ended:
            verdict.add("导出文件不完整，末尾缺失：请重新导出或重新复制")
        for line_id, (day, leaf) in sorted(self.expected.items()):
            parts = leaf.split("\t")
            gone = {"id": line_id, "record_id": parts[2], "seq": int(parts[3])}
            verdict.add(f"{parts[1]} {parts[2]} 的第 {parts[3]} 条留痕被删除（{day} 封存时还在）", gone)
        exported = self.scope.get("days") or []
        for day, seal in self.seals.items():
            leaves = self.leaves.get(day)
            if leaves is None:
                if self.scope.get("of") == "all" or day in exported:
                    verdict.add(f"{day} 的封存有 {seal['lines']} 条留痕，导出文件里没有当日的留痕目录")
            elif len(leaves) != seal["lines"] or root_over(seal["algorithm"], leaves) != seal["root"]:
                verdict.add(f"{day} 的留痕目录与签名的根不符，当日的留痕不可信")
        for day in self.leaves.keys() - self.seals.keys():
            verdict.add(f"{day} 的封存缺失或不可信，当日的留痕没有签名可以核对")


def main(words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="核验治本导出的留痕是否被改动、删除或插入")
    parser.add_argument("file", help="zhiben audit export 导出的文件（.jsonl 或 .jsonl.gz）")
    parser.add_argument("--key", default="", help="只信任这把密钥（公钥编号，16 位，应由另外的人保管）")
    given = parser.parse_args(words)
    try:
        verdict = verify(given.file, given.key)
    except (OSError, EOFError, Unreadable) as failure:
        sys.stdout.write(f"不能核验：{failure}\n")
        return 2
    for finding in verdict.findings[:LISTED]:
        sys.stdout.write(f"✗ {finding.sentence}\n")
    if len(verdict.findings) > LISTED:
        sys.stdout.write(f"……另有 {len(verdict.findings) - LISTED} 处未列出\n")
    counts = f"{len(verdict.records)} 条记录的 {verdict.lines} 条留痕，{verdict.seals} 次封存"
    if verdict.first:
        sys.stdout.write(f"核验未通过（{counts}）。最早的问题：{verdict.first.sentence}\n")
        return 1
    sys.stdout.write(f"核验通过：{counts}，均未被改动\n")
    if verdict.unsealed:
        sys.stdout.write(f"· 其中最近的 {verdict.unsealed} 条还没有封存，只由前后衔接保证\n")
    if not verdict.is_signed:
        sys.stdout.write("· 导出文件没有签名（不是在负责封存的服务器上导出的），还没有封存的部分可能不全\n")
    if not given.key:
        named = "、".join(verdict.keys) or "（没有）"
        sys.stdout.write(f"· 公钥编号 {named} 取自导出文件本身，请与审计管理员另行保管的编号核对，或用 --key 指定\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
