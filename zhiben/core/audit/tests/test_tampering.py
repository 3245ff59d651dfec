"""What a rogue administrator may try, and what verification says of it."""

import errno
import json
import os
import stat
from datetime import date

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from zhiben.core.audit import guard
from zhiben.core.audit.findings import Found
from zhiben.core.audit.keys import key_id, root, signing_key
from zhiben.core.audit.models import AuditLine, DailySeal
from zhiben.core.audit.seal_files import Seal, leaves_path, read_seal, seal_path, seals_folder, write_seal
from zhiben.core.audit.sealing import SealConflict, seal_day, seal_pending
from zhiben.core.audit.services import prove, verify

from .conftest import DAY, MORNING, a_rogue_administrator, rewrite


@pytest.fixture
def three_days(write) -> list[AuditLine]:
    """Two sealed days and a third that is not over: record 1 has a line on each, record 2 on the first two."""
    lines = []
    for n in range(3):
        lines.append(write(record_id="1", now=MORNING + n * DAY))
        if n < 2:
            lines.append(write(record_id="2", now=MORNING + n * DAY))
    seal_pending(MORNING + 2 * DAY)
    assert DailySeal.objects.count() == 2
    return lines


def assert_first(found: Found, record_id: str, seq: int) -> None:
    result = verify()
    assert result.first is not None
    assert (result.first.found, result.first.record_id, result.first.seq) == (found, record_id, seq), result.findings
    assert f"第 {seq} 条" in result.first.sentence


def test_an_untouched_trail_is_proved(three_days):
    result = verify()
    assert result.ok, result.findings
    assert (result.lines, result.records, result.days) == (5, 2, 2)
    assert verify(until=date(2026, 3, 10)).lines == 2
    assert verify(until=date(2026, 3, 9)).lines == 0


@pytest.mark.parametrize(
    "change", ["reason = '另一个理由'", "actor_name = '别人'", "data = '{}'", "at = '2026-03-10 03:00:00+00:00'"]
)
def test_an_edited_line_is_named(three_days, change):
    if connection.vendor == "sqlite":
        change = change.replace("+00:00", "")
    with a_rogue_administrator() as execute:
        execute(f"UPDATE audit_auditline SET {change} WHERE id = %s", [three_days[2].pk])
    assert_first(Found.CHANGED, "1", 2)


def test_a_line_given_to_another_record_is_named(three_days):
    with a_rogue_administrator() as execute:
        execute("UPDATE audit_auditline SET record_id = '9' WHERE id = %s", [three_days[2].pk])
    assert_first(Found.CHANGED, "1", 2)


def test_a_line_removed_from_the_middle_is_named(three_days):
    with a_rogue_administrator() as execute:
        execute("DELETE FROM audit_auditline WHERE id = %s", [three_days[2].pk])
    assert_first(Found.REMOVED, "1", 2)


def test_a_removed_tail_is_named(three_days):
    with a_rogue_administrator() as execute:
        execute("DELETE FROM audit_auditline WHERE id = %s", [three_days[3].pk])
    assert_first(Found.REMOVED, "2", 2)


def test_a_record_removed_as_a_whole_is_named(three_days):
    with a_rogue_administrator() as execute:
        execute("DELETE FROM audit_auditline WHERE record_id = '2'", [])
    assert_first(Found.REMOVED, "2", 1)


def test_everything_removed_is_noticed(three_days):
    with a_rogue_administrator() as execute:
        execute("DELETE FROM audit_auditline", [])
    assert_first(Found.REMOVED, "1", 1)


@pytest.mark.parametrize("line_id", [-1, 15])
def test_an_inserted_line_is_named(write, line_id):
    for record_id in ("1", "2", "4"):
        write(record_id=record_id)
    with a_rogue_administrator() as execute:
        execute("UPDATE audit_auditline SET id = -id")
        execute("UPDATE audit_auditline SET id = -id * 10")
    seal_pending(MORNING + DAY)
    forged = write(record_id="3", now=MORNING + DAY)
    with a_rogue_administrator() as execute:
        execute("UPDATE audit_auditline SET id = %s WHERE id = %s", [line_id, forged.pk])
    assert_first(Found.INSERTED, "3", 1)


def test_a_trail_rewritten_with_all_its_digests_is_named(three_days):
    rewrite("UPDATE audit_auditline SET reason = '另一个理由' WHERE id = %s", [three_days[2].pk])
    assert_first(Found.CHANGED, "1", 2)
    assert "摘要也重算过" in verify().first.sentence


def test_before_it_is_sealed_a_line_is_held_by_its_chain(write):
    lines = [write(), write(), write()]
    with a_rogue_administrator() as execute:
        execute("DELETE FROM audit_auditline WHERE id = %s", [lines[1].pk])
    assert_first(Found.REMOVED, "1", 2)


def test_one_digest_computed_anew_breaks_the_chain(write):
    first, _ = write(), write()
    with a_rogue_administrator() as execute:
        execute("UPDATE audit_auditline SET digest = %s WHERE id = %s", ["0" * 64, first.pk])
    assert_first(Found.CHANGED, "1", 1)


def test_a_missing_seal_file_is_said(three_days):
    seal_path("2026-03-10").unlink()
    result = verify()
    assert [finding.found for finding in result.findings] == [Found.SEAL_MISSING]
    assert "2026-03-10" in result.first.sentence


def test_seals_removed_from_the_database_are_said(three_days):
    with a_rogue_administrator() as execute:
        execute("DELETE FROM audit_dailyseal", [])
    assert {finding.found for finding in verify().findings} == {Found.SEAL_MISSING}


def test_a_seal_removed_from_both_is_missed_by_the_next(three_days):
    seal_path("2026-03-10").unlink()
    with a_rogue_administrator() as execute:
        execute("DELETE FROM audit_dailyseal WHERE number = 1", [])
    assert [finding.found for finding in verify().findings] == [Found.SEAL_MISSING]


def test_missing_leaves_are_said_and_the_root_still_speaks(three_days):
    leaves_path("2026-03-10").unlink()
    assert "与签名的根相符" in verify().first.sentence
    rewrite("UPDATE audit_auditline SET reason = '改' WHERE id = %s", [three_days[0].pk])
    assert any("也与签名的根不符" in finding.sentence for finding in verify().findings)


def test_altered_leaves_do_not_accuse_the_lines(three_days):
    path = leaves_path("2026-03-10")
    path.write_bytes(path.read_bytes().splitlines(keepends=True)[0] + b"garbage\n")
    result = verify()
    assert [finding.found for finding in result.findings] == [Found.SEAL_FORGED]
    assert "当日留痕与签名的根相符" in result.first.sentence


def test_leaves_altered_together_with_the_lines_are_noticed(three_days):
    rewrite("UPDATE audit_auditline SET reason = '改' WHERE id = %s", [three_days[0].pk])
    old, new = three_days[0].digest, AuditLine.objects.get(pk=three_days[0].pk).digest
    path = leaves_path("2026-03-10")
    path.write_text(path.read_text().replace(old, new))
    assert Found.SEAL_FORGED in {finding.found for finding in verify().findings}


def test_a_forged_seal_is_noticed(three_days):
    seal = read_seal(seal_path("2026-03-10"))
    write_seal(Seal(**{**vars(seal), "root": "0" * 64}))
    result = verify()
    assert result.first.found == Found.SEAL_FORGED
    seal_path("2026-03-10").write_text("{")
    assert "已损坏" in verify().first.sentence


def test_seals_signed_by_another_key_are_refused_by_whoever_kept_the_right_one(three_days):
    mine = key_id(signing_key().public_key())
    assert verify(key_id=mine).ok
    assert verify(key_id="0" * 16).first.found == Found.SEAL_FORGED


def test_missing_guards_are_said(three_days):
    guard.remove(connection)
    assert verify().first.found == Found.UNGUARDED


def test_a_clock_set_back_is_a_notice_and_no_failure(write):
    write(now=MORNING)
    write(now=MORNING - DAY)
    result = verify()
    assert result.ok
    assert "时钟" in result.notices[0].sentence


def test_lines_written_late_belong_to_the_next_seal(three_days, write):
    late = write(record_id="5", now=MORNING)
    seals = seal_pending(MORNING + 3 * DAY)
    assert [seal.day for seal in seals] == [date(2026, 3, 12)]
    assert seals[0].last_id == late.pk
    assert verify().ok


def test_a_line_from_the_future_is_sealed_with_its_neighbours(write):
    write(now=MORNING)
    write(now=MORNING + 4000 * DAY)
    write(now=MORNING)
    assert [seal.lines for seal in seal_pending(MORNING + DAY)] == [3]
    assert seal_pending(MORNING + 9 * DAY) == []
    assert verify().ok


def test_a_day_is_sealed_once_and_only_when_over(three_days):
    assert seal_pending(MORNING + 2 * DAY) == []
    with pytest.raises(ValueError, match="还没有结束"):
        seal_day(date(2026, 3, 12), MORNING + 2 * DAY)
    with pytest.raises(ValueError, match="已经封存"):
        seal_day(date(2026, 3, 11), MORNING + 9 * DAY)
    assert seal_day(date(2026, 3, 15), MORNING + 9 * DAY).lines == 1
    with pytest.raises(ValueError, match="没有需要封存"):
        seal_day(date(2026, 3, 16), MORNING + 9 * DAY)


def test_another_machine_seals_only_when_told_to(three_days, settings, tmp_path):
    settings.ZHIBEN_AUDIT_ROOT = tmp_path / "another machine"
    assert seal_pending(MORNING + 9 * DAY) == []
    assert len(seal_pending(MORNING + 9 * DAY, take_over=True)) == 1
    assert any("公钥不在本机" in finding.sentence for finding in verify().findings)


def test_power_lost_between_file_and_database(three_days):
    with a_rogue_administrator() as execute:
        execute("DELETE FROM audit_dailyseal WHERE number = 2", [])
    assert [seal.number for seal in seal_pending(MORNING + 2 * DAY)] == [2]
    assert verify().ok


def test_a_disk_that_is_full_leaves_the_day_to_the_next_attempt(write, monkeypatch):
    write()
    signing_key()
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full_disk)
        with pytest.raises(OSError, match="No space"):
            seal_pending(MORNING + DAY)
    assert list(seals_folder().iterdir()) == []
    assert len(seal_pending(MORNING + DAY)) == 1
    assert verify().ok


def full_disk(descriptor: int) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_seal_file_that_says_something_else_is_never_overwritten(three_days):
    with a_rogue_administrator() as execute:
        execute("DELETE FROM audit_dailyseal WHERE number = 2", [])
        execute("DELETE FROM audit_auditline WHERE id = %s", [three_days[3].pk])
    before = seal_path("2026-03-11").read_bytes()
    with pytest.raises(SealConflict, match="不一致"):
        seal_pending(MORNING + 2 * DAY)
    assert seal_path("2026-03-11").read_bytes() == before


def test_the_key_is_readable_by_its_owner_only(three_days):
    assert stat.S_IMODE(os.stat(root() / "keys" / "seal.key").st_mode) == 0o600


def test_one_record_is_proved(three_days):
    proof = prove("tasks.task", "1")
    assert proof.ok
    assert (len(proof.lines), proof.sealed) == (3, 2)
    assert "已验证未被改动" in proof.sentence
    assert "1 条将在次日封存" in proof.sentence
    assert prove("tasks.task", "2").lines[0].sealed_on == "2026-03-10"
    assert prove("tasks.task", "404").sentence.endswith("没有留痕")


def test_a_changed_record_is_not_proved(three_days):
    rewrite("UPDATE audit_auditline SET reason = '改' WHERE id = %s", [three_days[2].pk])
    proof = prove("tasks.task", "1")
    assert not proof.ok
    assert "第 2 条" in proof.sentence
    assert prove("tasks.task", "2").ok


def test_the_operator_sees_it_by_exit_code(three_days, capsys):
    call_command("audit", "verify")
    assert "验证通过" in capsys.readouterr().out
    call_command("audit", "seal")
    call_command("audit", "prove", "tasks.task", "1")
    assert json.loads(capsys.readouterr().out.split("\n", 1)[1])["lines"][0]["is_sealed"]
    rewrite("UPDATE audit_auditline SET reason = '改' WHERE id = %s", [three_days[2].pk])
    for command in (["verify"], ["verify", "--json"], ["prove", "tasks.task", "1"]):
        with pytest.raises(SystemExit) as stopped:
            call_command("audit", *command)
        assert stopped.value.code == 1
    with pytest.raises(CommandError, match="还没有结束"):
        call_command("audit", "seal", "--day", "2999-01-01")
