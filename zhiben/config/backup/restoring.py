"""Putting a backup back. Nothing that is there is touched before the backup has been read through; and until the last step
a marker says that what lies here is unfinished: nothing starts on it, and the same command run again finishes it."""

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader

from zhiben.config.database import roles
from zhiben.config.health import unapplied_migrations
from zhiben.core.access.acting import Machine
from zhiben.core.audit import services as audit
from zhiben.core.audit.findings import Verification
from zhiben.core.audit.models import Kind
from zhiben.core.events.since import forget_transactions
from zhiben.core.refusal import Refused

from . import contents, database, state, surroundings
from .checking import decrypt, opened, problems_of
from .cipher import Cipher
from .layout import AUDIT, DATABASE, SECRETS, Backup, name_of
from .making import RECORD, disk_speaks, tables, trail_of

Say = Callable[[str], None]


@dataclass(frozen=True)
class Restored:
    verification: Verification
    differences: list[str]
    """Where the restored data is not what the backup's manifest says; empty when all agrees."""
    migrated: int
    without_keys: bool
    """A plain backup: the keys of the trail have to be brought by hand."""


def target_name() -> str:
    """What has to be typed to replace what is there."""
    return database.sqlite_file().name if connection.vendor == "sqlite" else str(connection.settings_dict["NAME"])


def refuse_unless_restorable(backup: Backup, *, replace: str | None, drill: bool) -> None:
    """Everything that can be known before anything is done. Raises Refused."""
    manifest = backup.manifest
    if manifest.database != connection.vendor:
        titles = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
        raise Refused(
            f"这是 {titles.get(manifest.database, manifest.database)} 的备份，而本机设置的是 {titles[connection.vendor]}，"
            "不能互相恢复。请把 DATABASE_URL 指向同一种数据库。"
        )
    if unknown := sorted(set(manifest.migrations) - known_migrations()):
        raise Refused(
            f"这份备份由更新的版本（{manifest.version}）制作，其中有 {len(unknown)} 个数据库升级本程序不认识，"
            f"例如 {unknown[-1]}。请先把程序升级到该版本或更高，再恢复。"
        )
    if is_empty() or _is_ours_unfinished():
        return
    if replace is None:
        raise Refused(
            f"数据库 {target_name()} 里已经有数据，没有恢复。请换一个空的数据库和数据目录；"
            f"确实要用备份替换现有数据时，请加 --replace --yes-replace {target_name()}。"
        )
    if replace != target_name():
        raise Refused(f"没有恢复：--yes-replace 后面写的是“{replace}”，而要被替换的数据库叫“{target_name()}”。")
    if drill and not state.is_drill():
        raise Refused("演练不能替换正在使用的系统。请换一台机器，或者换一个空的数据库和数据目录。")


def known_migrations() -> set[str]:
    return {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations or {}}


def is_empty() -> bool:
    """No tables, or tables in which nobody has ever worked."""
    if connection.vendor == "sqlite" and not database.sqlite_file().exists():
        return True
    present = set(connection.introspection.table_names())
    return not any(
        table in present and _ask(f"SELECT 1 FROM {table} LIMIT 1")  # noqa: S608 — one of two constants
        for table in ("accounts_user", "audit_auditline")
    )


def restore(backup: Backup, cipher: Cipher, *, drill: bool, migrate: bool, now: datetime, say: Say) -> Restored:
    """
    Make the database, the files and the audit folder those of the backup. Ask `refuse_unless_restorable` first.

    Raises Refused: the backup is damaged, the system is still running, the disk is full. After a refusal past the first
    step, or a kill, running it again does the whole.
    """
    data = Path(settings.ZHIBEN_DATA)
    with disk_speaks(data), nobody_at_work(data):
        say("核对备份……")
        if broken := next(problems_of_backup(backup, cipher), None):
            raise Refused(f"备份 {backup.name} 不完整，没有恢复：{broken}。请改用另一份备份。")
        say("恢复文件……")  # each is read against its name; they join what is there and replace nothing
        contents.bring_back(backup, cipher, told=lambda done: None)
        state.begin_restore({"backup": str(backup.folder), "database": target_name(), "since": now.isoformat()})
        if drill:
            state.mark_drill(backup.name, now)
        say("恢复审计目录……")
        _audit_folder(backup, cipher, now)
        say("恢复数据库……")
        _database(backup, cipher, now)
        say("核对恢复结果……")
        differences = differences_from(backup)
        _end_logins()
        migrated = _migrate() if migrate else 0
        forget_transactions()
        _grant(say)
        verification = audit.verify()
        if not drill and state.unmark_drill():
            say("本机原来是演练环境，现在转为正式使用。")
        if verification.ok and not differences:
            _tell(backup, drill, now)
            state.end_restore()
        return Restored(verification, differences, migrated, backup.manifest.part(SECRETS) is None)


def problems_of_backup(backup: Backup, cipher: Cipher) -> Iterator[str]:
    """What is worth knowing before anything is replaced. What was lost when it was made is no reason not to restore."""
    if backup.manifest.recipients and not cipher.identities:
        raise Refused("这份备份是加密的，请用 --identity 密钥文件 或 --passphrase-file 口令文件 打开。")
    for problem in problems_of(backup, cipher, with_files=False):
        if not problem.startswith("制作时"):
            yield problem


def differences_from(backup: Backup) -> list[str]:
    """Counted anew in the restored database, before anything is written to it."""
    manifest = backup.manifest
    found = []
    for table in tables():
        stated = manifest.counts.get(table)
        count = _ask(f'SELECT count(*) FROM "{table}"')[0]  # noqa: S608 — a name from the models
        if stated is not None and stated != count:
            found.append(f"表 {table} 应有 {stated} 行，恢复出来是 {count} 行")
    if trail_of(_ask) != manifest.trail:
        found.append("留痕的最后一条或最后一次封存与备份清单不一致")
    return found


@contextmanager
def nobody_at_work(data: Path) -> Iterator[None]:
    """Raises Refused while the system runs on what is to be replaced."""
    data.mkdir(parents=True, exist_ok=True)
    with (data / "run.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refused("本系统正在运行，请先停止它（systemctl stop，或在原来的窗口按 Ctrl-C），再恢复。") from None
        if others := database.other_connections():
            raise Refused(f"还有 {others} 个程序连接着数据库，请先停止各台机器上的 web、worker、sweeper，再恢复。")
        yield


def _database(backup: Backup, cipher: Cipher, now: datetime) -> None:
    if connection.vendor == "postgresql":
        with opened(backup, cipher, DATABASE) as dump:
            database.empty_postgresql()
            database.put_postgresql(dump)
        return
    place = database.sqlite_file()
    place.parent.mkdir(parents=True, exist_ok=True)
    part = backup.manifest.part(DATABASE)
    assert part is not None
    arriving = place.with_name(f".{place.name}.restoring")
    decrypt(cipher, backup.path(part), arriving)
    if place.exists() and not is_empty():
        database.copy_sqlite(place, place.with_name(f"{place.name}.before-restore-{name_of(now)}"))
    database.put_sqlite(arriving)


def _audit_folder(backup: Backup, cipher: Cipher, now: datetime) -> None:
    """The folder that was there is put aside, never thrown away: it may be the only copy of younger seals."""
    root = Path(settings.ZHIBEN_AUDIT_ROOT)
    arriving = root.with_name(f".{root.name}.restoring")
    shutil.rmtree(arriving, ignore_errors=True)
    with opened(backup, cipher, AUDIT) as tar:
        surroundings.unpack_audit(tar, arriving)
    if backup.manifest.part(SECRETS):
        with opened(backup, cipher, SECRETS) as tar:
            surroundings.unpack_secrets(tar, audit=arriving, data=Path(settings.ZHIBEN_DATA))
    (arriving / "keys").mkdir(parents=True, exist_ok=True)
    for key in root.glob("keys/*"):  # brought by hand, or made here; a key is never lost by a restore
        target = arriving / "keys" / key.name
        if not target.exists():
            shutil.copy2(key, target)
    (arriving / "keys").chmod(0o700)
    if root.exists():
        aside = root.with_name(f"{root.name}.before-restore-{name_of(now)}")
        root.rename(aside) if any(root.glob("seals/*")) else shutil.rmtree(root)
    arriving.rename(root)


def _end_logins() -> None:
    """Those of the time of the backup. Tokens of the API stay: other systems have no other way back in."""
    with transaction.atomic():
        apps.get_model("sessions", "Session").objects.all().delete()


def _migrate() -> int:
    count = unapplied_migrations()
    if count:
        call_command("migrate", verbosity=0, interactive=False)
    return count


def _grant(say: Say) -> None:
    """Rights are no part of a backup. The owner has an address of its own only where the application has a role."""
    if connection.vendor != "postgresql" or "ZHIBEN_MIGRATION_DATABASE_URL" not in os.environ:
        return
    try:
        with transaction.atomic():
            roles.apply(connection, roles.Roles())
    except Refused as refused:
        say(f"没有给应用的数据库角色授权：{refused.sentence}。请处理后运行 zhiben database roles --apply。")
    else:
        say("已给应用和只读的数据库角色授权。")


def _is_ours_unfinished() -> bool:
    begun = state.unfinished_restore()
    return begun is not None and begun.get("database") == target_name()


def _tell(backup: Backup, drill: bool, now: datetime) -> None:
    with transaction.atomic():
        audit.append(
            record_type=RECORD,
            record_id=backup.name,
            kind=Kind.SECURITY,
            verb="restore",
            label="恢复演练" if drill else "从备份恢复",
            by=Machine("恢复"),
            now=now,
            data={"made_at": backup.manifest.finished_at, "lines": backup.manifest.trail["lines"]},
        )


def _ask(sql: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()
