"""What this machine remembers of backups and restores, as small files in the data folder."""

import json
import os
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings

from .layout import flush_folder

LATE = timedelta(days=2)
"""A nightly backup that has been missed once may be repaired the next day; twice, somebody has to look."""


@dataclass(frozen=True)
class LastBackup:
    folder: str
    finished_at: str
    bytes: int
    encrypted: bool
    lost: int
    """Contents of files that could not be taken."""

    @property
    def moment(self) -> datetime:
        return datetime.fromisoformat(self.finished_at)


def last_backup() -> LastBackup | None:
    """The last that succeeded on this machine, wherever it was written; None when there is none to be known of."""
    try:
        return LastBackup(**_read(_last()))
    except (OSError, ValueError, TypeError):
        return None


def remember(backup: LastBackup) -> None:
    _write(_last(), asdict(backup))


def said(now: datetime) -> tuple[bool, str]:
    """For `zhiben doctor` and `/metrics`: whether the last backup is young enough, and a sentence."""
    last = last_backup()
    if last is None:
        return False, "本机还没有做过备份，请运行 zhiben backup make，并设定每天定时执行"
    age = now - last.moment
    hours = int(age / timedelta(hours=1))
    ago = f" {age.days} 天前" if age.days else f" {hours} 小时前" if hours else "一小时之内"
    if last.lost:
        return False, f"最近一次备份在{ago}，但有 {last.lost} 个文件的内容没有备份到，请运行 zhiben backup verify 查看"
    if age > LATE:
        return False, f"最近一次成功备份在{ago}，请检查定时备份为什么没有执行"
    return True, f"最近一次成功备份在{ago}"


# --- a restore under way ---------------------------------------------------------------------------------------


def unfinished_restore() -> dict[str, Any] | None:
    """What was being restored when it was cut; until it is done again the data is not whole."""
    try:
        return _read(_restoring())
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        return {}


def begin_restore(what: dict[str, Any]) -> None:
    _write(_restoring(), what)


def end_restore() -> None:
    _restoring().unlink(missing_ok=True)
    flush_folder(settings.ZHIBEN_DATA)


# --- a drill ---------------------------------------------------------------------------------------------------


def mark_drill(backup: str, now: datetime) -> None:
    """From now on nothing leaves this machine: no message, no webhook."""
    _write(_drill(), {"backup": backup, "since": now.isoformat()})


def unmark_drill() -> bool:
    """Whether it was one."""
    was = _drill().exists()
    _drill().unlink(missing_ok=True)
    return was


def is_drill() -> bool:
    return _drill().exists()


def _last() -> Path:
    return Path(settings.ZHIBEN_DATA) / "last-backup.json"


def _restoring() -> Path:
    return Path(settings.ZHIBEN_DATA) / "restore-unfinished.json"


def _drill() -> Path:
    return Path(settings.ZHIBEN_DATA) / "drill"


def _read(path: Path) -> dict[str, Any]:
    told = json.loads(path.read_bytes())
    if not isinstance(told, dict):
        raise ValueError(path)
    return told


def _write(path: Path, told: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with draft.open("w", encoding="utf-8") as file:
        json.dump(told, file, ensure_ascii=False, indent=1)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    flush_folder(path.parent)
