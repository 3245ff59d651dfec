"""The operator's commands as they are run: on two machines, killed in the middle, from an older version, to a newer."""

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection

from zhiben.config.backup.layout import finished, unfinished

from .machines import machines

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE = 600
"""Seconds; a machine with many tests at once takes a minute to start Django."""


def test_a_backup_made_at_work_is_proved_on_a_second_machine(tmp_path):
    """The system is written to all the while; the copy is of one moment, and whole."""
    root = str(tmp_path / "backups")
    with machines(tmp_path, 2) as (first, second):
        first.live(3)
        assert first.run("audit", "seal")[0] == 0
        with first.writing():
            code, said = first.run("backup", "make", "--to", root)
        assert code == 0, said
        backup = finished(Path(root))[0]
        lines = backup.manifest.trail["lines"]
        assert 8 <= lines < first.lines()

        path = str(backup.folder)
        code, said = second.run("restore", path, "--drill")
        assert code == 0, said
        assert f"留痕 {lines} 条、封存 1 次，核对通过" in said
        assert "演练：本机不向外发送" in said
        assert (second.folder / "drill").exists()
        named = {digest for (digest,) in second.query("SELECT digest FROM files_storedfile")}
        assert len(named) == lines
        assert second.files() == named
        assert second.query("SELECT label FROM audit_auditline ORDER BY id DESC LIMIT 1") == [("恢复演练",)]
        code, said = second.run("restore", path, "--drill")
        assert code == 2
        assert "已经有数据" in said
        assert second.run("audit", "verify")[0] == 0
        code, said = second.run("backup", "verify", path, "--deep")
        assert code == 0, said


def test_cut_by_a_kill_it_can_simply_be_run_again(tmp_path):
    root = tmp_path / "backups"
    with machines(tmp_path, 2) as (first, second):
        first.live(60)
        assert first.run("backup", "make", "--to", str(root))[0] == 0
        good = finished(root)[0]

        _kill_when(first.start("backup", "make", "--to", str(root)), lambda: unfinished(root))
        assert [backup.name for backup in finished(root)] == [good.name]
        code, said = first.run("backup", "make", "--to", str(root))
        assert code == 0, said
        assert unfinished(root) == []

        marker = second.folder / "restore-unfinished.json"
        _kill_when(second.start("restore", str(good.folder)), marker.exists)
        code, said = second.run("check")
        assert code != 0
        assert "恢复没有做完" in said
        code, said = second.run("restore", str(good.folder))
        assert code == 0, said
        assert second.run("audit", "verify")[0] == 0
        assert not marker.exists()
        assert not (second.folder / "drill").exists()
        assert len(second.files()) == 60


def test_what_is_there_is_replaced_only_by_its_name_and_put_aside(tmp_path):
    root = tmp_path / "backups"
    with machines(tmp_path, 1) as (house,):
        house.live(2)
        assert house.run("audit", "seal")[0] == 0
        assert house.run("backup", "make", "--to", str(root))[0] == 0
        lines = finished(root)[0].manifest.trail["lines"]
        house.live(3, first=2)
        later = house.lines()
        name = Path(house.name).name
        again = ("restore", str(finished(root)[0].folder), "--replace", "--yes-replace")
        assert house.run(*again, "another")[0] == 2
        assert house.lines() == later
        code, said = house.run(*again, name)
        assert code == 0, said
        assert house.lines() == lines + 1  # and one that tells of the restore
        assert house.run("audit", "verify")[0] == 0
        assert house.run("check")[0] == 0
        (aside,) = house.folder.glob("audit.before-restore-*")
        assert any(aside.glob("seals/*"))
        if connection.vendor == "sqlite":
            (before,) = house.folder.glob(f"{name}.before-restore-*")
            house.name = str(before)
            assert house.lines() == later


def test_an_older_backup_is_restored_and_brought_up_to_date(tmp_path):
    """And `upgrade`: told, tried on a copy that leaves the data alone, then done after a backup."""
    root = tmp_path / "backups"
    with machines(tmp_path, 2) as (first, second):
        first.live(2)
        assert first.run("migrate", "files", "0001", "--verbosity", "0")[0] == 0
        code, told = first.run("upgrade", "--dry-run")
        assert code == 0, told
        assert "个升级未执行" in told
        assert "files.0002" in told
        assert "试升级成功" in told
        assert "[ ] 0002" in first.run("showmigrations", "files")[1]
        code, done = first.run("upgrade", "--to", str(root))
        assert code == 0, done
        assert "升级完成" in done
        assert "已是最新" in first.run("upgrade")[1]

        before = finished(root)[0]
        code, said = second.run("restore", str(before.folder))
        assert code == 0, said
        assert "个数据库升级" in said
        assert not [name for name in before.manifest.migrations if name.startswith("files.0002")]
        applied = second.query("SELECT count(*) FROM django_migrations WHERE app = 'files' AND name LIKE '0002%'")
        assert applied == [(1,)]


def _kill_when(process: "subprocess.Popen[str]", happened: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    try:
        while not happened():
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < end
            time.sleep(0.005)
    finally:
        process.kill()
        process.communicate()
