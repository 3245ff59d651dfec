"""The exported trail before the auditor's own tool, which shares no code with us: both must say the same."""

import ast
import gzip
import hashlib
import importlib.util
import json
import sys
from datetime import date
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.management import CommandError, call_command

from zhiben.core.audit.digest import inclusion_paths, merkle_root
from zhiben.core.audit.export import OfDays, OfRecord, Whole, export
from zhiben.core.audit.keys import key_id, root, signing_key
from zhiben.core.audit.models import AuditLine
from zhiben.core.audit.seal_files import leaves_path, seal_path
from zhiben.core.audit.sealing import seal_pending
from zhiben.core.audit.services import verify

from .conftest import DAY, MORNING, a_rogue_administrator, rewrite

TOOL = Path(__file__).parents[4] / "tools" / "verify_trail.py"


def _load():
    spec = importlib.util.spec_from_file_location("verify_trail", TOOL)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


tool = _load()


@pytest.fixture
def trail(write) -> list[AuditLine]:
    """Three sealed days of two records, and a morning that is not over."""
    lines = []
    for n in range(4):
        for record_id in ("1", "2"):
            lines.append(write(record_id=record_id, now=MORNING + n * DAY, reason="含\t制表符、“引号”和 emoji 🏭"))
    assert len(seal_pending(MORNING + 3 * DAY)) == 3
    return lines


def judged(tmp_path: Path, scope=Whole(), trusted: str = ""):  # noqa: B008
    path = tmp_path / f"{len(list(tmp_path.iterdir()))}.jsonl"
    export(path, scope, MORNING + 3 * DAY)
    return tool.verify(str(path), trusted)


# --- the standards -------------------------------------------------------------------------------------------------


def test_sm3_gives_the_examples_of_the_standard():
    """GB/T 32905-2016, annex A."""
    assert tool.sm3(b"abc").hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert tool.sm3(b"abcd" * 16).hex() == "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"
    if "sm3" in hashlib.algorithms_available:
        for length in (0, 1, 55, 56, 63, 64, 65, 119, 120, 1000):
            assert tool.sm3(b"\xa7" * length) == hashlib.new("sm3", b"\xa7" * length).digest()


@pytest.mark.parametrize(
    ("public", "message", "signature"),
    [
        (
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        ),
        (
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        ),
        (
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
        ),
    ],
)
def test_signatures_of_rfc_8032_are_accepted_and_no_other(public, message, signature):
    """§7.1, tests 1 to 3."""
    given = [bytes.fromhex(value) for value in (public, message, signature)]
    assert tool.is_signed(*given)
    for place in range(3):
        changed = [bytearray(value) for value in given]
        changed[place] = changed[place] + b"!" if place == 1 else bytearray([given[place][0] ^ 1]) + given[place][1:]
        assert not tool.is_signed(*map(bytes, changed))
    malleable = given[2][:32] + (int.from_bytes(given[2][32:], "little") + tool._L).to_bytes(32, "little")
    assert not tool.is_signed(given[0], given[1], malleable)
    assert not tool.is_signed(b"\xff" * 32, given[1], given[2])


def test_our_own_signatures_and_trees_are_understood():
    key = Ed25519PrivateKey.generate()
    assert tool.is_signed(key.public_key().public_bytes_raw(), b"seal", key.sign(b"seal"))
    for count in range(18):
        leaves = [bytes([n]) for n in range(count)]
        assert tool.root_over("sm3", leaves) == merkle_root("sm3", leaves)
        for leaf, path in inclusion_paths("sha256", leaves, leaves).items():
            assert tool.root_from("sha256", leaf, path) == merkle_root("sha256", leaves)


def test_the_tool_stands_alone_and_runs_on_an_old_python():
    tree = ast.parse(TOOL.read_text("utf-8"), feature_version=(3, 8))
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names])
    }
    assert imported <= {"__future__", "argparse", "gzip", "hashlib", "json", "sys", "dataclasses"}


# --- what is exported ----------------------------------------------------------------------------------------------


def test_an_untouched_trail_passes_whole_by_record_and_by_day(trail, tmp_path):
    whole = judged(tmp_path)
    assert not whole.findings, whole.findings
    assert (whole.lines, len(whole.records), whole.seals, whole.unsealed) == (8, 2, 3, 2)
    assert whole.is_signed
    one = judged(tmp_path, OfRecord("tasks.task", "2"))
    assert (one.findings, one.lines, one.unsealed) == ([], 4, 1)
    days = judged(tmp_path, OfDays(date(2026, 3, 11), date(2026, 3, 12)))
    assert (days.findings, days.lines) == ([], 4)
    latest = judged(tmp_path, OfDays(date(2026, 3, 12), date(2026, 3, 13)))
    assert (latest.findings, latest.lines, latest.unsealed) == ([], 4, 2)
    assert judged(tmp_path, OfDays(date(2025, 1, 1), date(2025, 1, 2))).lines == 0


def test_pure_python_sm3_comes_to_the_same_verdict(trail, tmp_path, monkeypatch):
    monkeypatch.setattr(tool, "_FAST_SM3", False)
    assert not judged(tmp_path).findings


def test_only_the_key_that_was_named_is_trusted(trail, tmp_path):
    assert not judged(tmp_path, trusted=key_id(signing_key().public_key())).findings
    assert judged(tmp_path, trusted="0123456789abcdef").findings


# --- a rogue administrator of the database, then an export of what is left -------------------------------------------

SECOND = "2026-03-11"


def _edit(lines):
    with a_rogue_administrator() as execute:
        execute("UPDATE audit_auditline SET reason = '别的' WHERE id = %s", [lines[2].pk])


def _remove_middle(lines):
    with a_rogue_administrator() as execute:
        execute("DELETE FROM audit_auditline WHERE id = %s", [lines[2].pk])


def _remove_sealed_tail(lines):
    with a_rogue_administrator() as execute:
        execute("DELETE FROM audit_auditline WHERE id >= %s AND record_id = '1'", [lines[2].pk])


def _rewrite_all(lines):
    rewrite("UPDATE audit_auditline SET actor_name = '别人' WHERE id = %s", [lines[2].pk])


def _give_away(lines):
    with a_rogue_administrator() as execute:
        execute("UPDATE audit_auditline SET record_id = '9' WHERE id = %s", [lines[2].pk])


def _shorten_leaves(lines):
    path = leaves_path(SECOND)
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[1:]))


def _lose_leaves_and_edit(lines):
    leaves_path(SECOND).unlink()
    rewrite("UPDATE audit_auditline SET label = '别的' WHERE id = %s", [lines[2].pk])


def _forge_root(lines):
    path = seal_path(SECOND)
    seal = json.loads(path.read_bytes())
    path.write_text(json.dumps(seal | {"root": "0" * 64}))
    with a_rogue_administrator() as execute:
        execute("UPDATE audit_dailyseal SET root = %s WHERE day = %s", ["0" * 64, SECOND])


def _lose_seal(lines):
    seal_path(SECOND).unlink()
    with a_rogue_administrator() as execute:
        execute("DELETE FROM audit_dailyseal WHERE day = %s", [SECOND])


@pytest.mark.parametrize(
    ("deed", "seq"),
    [
        (_edit, 2), (_remove_middle, 2), (_remove_sealed_tail, 2), (_rewrite_all, 2), (_give_away, 2),
        (_shorten_leaves, None), (_lose_leaves_and_edit, None), (_forge_root, None), (_lose_seal, None),
    ],
)  # fmt: skip
def test_what_our_own_verification_finds_the_auditor_finds_too(trail, tmp_path, deed, seq):
    deed(trail)
    ours, theirs = verify(), judged(tmp_path)
    assert ours.first is not None
    assert theirs.first is not None
    if seq:
        assert (theirs.first.line_id, theirs.first.seq) == (ours.first.line_id, ours.first.seq) == (trail[2].pk, seq)
    assert judged(tmp_path, OfDays(date(2026, 3, 11), date(2026, 3, 11))).findings


def test_a_line_inserted_between_is_named(trail, tmp_path):
    with a_rogue_administrator() as execute:
        columns = ", ".join(field.column for field in AuditLine._meta.fields if field.column not in ("id", "record_id"))
        execute("UPDATE audit_auditline SET id = id + 1000 WHERE id > %s", [trail[5].pk])
        inserted = trail[5].pk + 1
        execute(
            f"INSERT INTO audit_auditline (id, record_id, {columns}) SELECT %s, '77', {columns}"
            " FROM audit_auditline WHERE id = %s",
            [inserted, trail[0].pk],
        )
    assert verify().first.line_id
    assert any(finding.line_id == inserted for finding in judged(tmp_path).findings)


def test_a_record_that_was_changed_is_named_in_its_own_export(trail, tmp_path):
    _rewrite_all(trail)
    verdict = judged(tmp_path, OfRecord("tasks.task", "1"))
    assert (verdict.first.record_id, verdict.first.seq) == ("1", 2)
    assert not judged(tmp_path, OfRecord("tasks.task", "2")).findings


# --- somebody changes the exported file ------------------------------------------------------------------------------


@pytest.fixture
def exported(trail, tmp_path) -> Path:
    path = tmp_path / "trail.jsonl"
    export(path, Whole(), MORNING + 3 * DAY)
    return path


def _closed_again(entries: list[dict], path: Path) -> None:
    """The forger computes the end anew; the key he does not have."""
    body = b"".join(json.dumps(entry, ensure_ascii=False).encode() + b"\n" for entry in entries[:-1])
    lines = sum(entry["entry"] == "line" for entry in entries)
    end = {"entry": "end", "lines": lines, "sha256": hashlib.sha256(body).hexdigest()}
    path.write_bytes(body + json.dumps(end).encode() + b"\n")


def test_every_line_of_the_file_is_needed(exported):
    entries = [json.loads(line) for line in exported.read_bytes().splitlines()]
    for place in range(1, len(entries) - 1):
        _closed_again(entries[:place] + entries[place + 1 :], exported)
        # What is not sealed yet is covered by the signature of the file alone, which the forger has dropped.
        is_youngest = entries[place]["entry"] == "line" and place >= len(entries) - 3
        verdict = tool.verify(str(exported))
        assert verdict.findings or (is_youngest and not verdict.is_signed), entries[place]


@pytest.mark.parametrize("kind", ["public_key", "seal", "leaf", "line"])
def test_nothing_in_the_file_may_be_changed(exported, kind):
    entries = [json.loads(line) for line in exported.read_bytes().splitlines()]
    place = next(place for place, entry in enumerate(entries) if entry["entry"] == kind)
    for name in entries[place].keys() - {"entry"}:
        value = entries[place][name]
        other = value + 1 if isinstance(value, int) else f"{value}0"
        _closed_again([*entries[:place], entries[place] | {name: other}, *entries[place + 1 :]], exported)
        assert tool.verify(str(exported)).findings, name


def test_a_cut_file_is_never_taken_for_whole(exported, capsys):
    content = exported.read_bytes()
    for length in [*range(0, len(content) - 1, 211), len(content) - 2]:
        exported.write_bytes(content[:length])
        assert tool.main([str(exported)]) in (1, 2)
    assert "✗" in capsys.readouterr().out


def test_lines_exchanged_or_added_are_noticed(exported):
    lines = exported.read_bytes().splitlines(keepends=True)
    exported.write_bytes(b"".join([*lines[:-3], lines[-2], lines[-3], lines[-1]]))
    assert tool.verify(str(exported)).findings
    exported.write_bytes(b"".join([*lines, lines[-2]]))
    assert tool.verify(str(exported)).findings


# --- the command -----------------------------------------------------------------------------------------------------


def test_an_operator_exports_and_an_auditor_reads(trail, tmp_path, capsys):
    path = tmp_path / "trail.jsonl.gz"
    call_command("audit", "export", out=path)
    assert "已导出 8 条留痕" in capsys.readouterr().out
    assert gzip.decompress(path.read_bytes()).startswith(b'{"entry":"header"')
    assert tool.main([str(path), "--key", key_id(signing_key().public_key())]) == 0
    told = capsys.readouterr().out
    assert "核验通过：2 条记录的 8 条留痕，3 次封存，均未被改动" in told
    assert "2 条还没有封存" in told
    assert AuditLine.objects.last().label == "导出留痕"
    with pytest.raises(CommandError, match="已经存在"):
        call_command("audit", "export", out=path)
    with pytest.raises(CommandError, match="不能晚于"):
        call_command("audit", "export", out=tmp_path / "x", first=date(2026, 3, 2), last=date(2026, 3, 1))


def test_a_machine_that_does_not_seal_exports_without_making_a_key(trail, tmp_path, capsys):
    (root() / "keys" / "seal.key").unlink()
    path = tmp_path / "trail.jsonl"
    export(path, Whole(), MORNING)
    assert not (root() / "keys" / "seal.key").exists()
    assert tool.main([str(path)]) == 0
    assert "没有签名" in capsys.readouterr().out


def test_what_is_no_export_is_said_to_be_none(tmp_path, capsys):
    (tmp_path / "a.txt").write_text("不是留痕\n")
    assert tool.main([str(tmp_path / "a.txt")]) == 2
    assert tool.main([str(tmp_path / "absent")]) == 2
    assert capsys.readouterr().out.count("不能核验：") == 2
