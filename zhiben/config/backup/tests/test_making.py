"""A backup made while the system works, and everything that may befall it on the disk."""

import errno
import fcntl
import json
import shutil
import sqlite3
import tarfile
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyrage
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from zhiben.config.backup import cipher as ciphers
from zhiben.config.backup import database, restoring, state, surroundings
from zhiben.config.backup.checking import opened, problems_of
from zhiben.config.backup.cipher import Cipher, decrypting, encrypting
from zhiben.config.backup.layout import MANIFEST, SECRETS, finished, read_backup, unfinished, write_manifest
from zhiben.config.backup.making import Made, make_backup, prune
from zhiben.config.certificates.services import make_certificates
from zhiben.core.access.acting import Machine
from zhiben.core.audit.models import AuditLine
from zhiben.core.audit.sealing import seal_pending
from zhiben.core.files import store
from zhiben.core.refusal import Refused

from .lives import SECRET, one_step

pytestmark = pytest.mark.django_db(transaction=True)

EVENING = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def house(tmp_path, monkeypatch, data_folder) -> list[str]:
    """Four files with a line each, sealed. The test's SQLite lives in memory: before a backup it is put into a file."""
    data_folder.mkdir(parents=True)
    digests = [one_step(number, EVENING - timedelta(days=1)) for number in range(4)]
    seal_pending(EVENING)
    if connection.vendor == "sqlite":
        monkeypatch.setattr(database, "sqlite_file", lambda: _on_disk(data_folder / "zhiben.sqlite3"))
    return digests


def _on_disk(path: Path) -> Path:
    with closing(sqlite3.connect(path)) as copy:
        connection.connection.backup(copy)
    return path


def made(root: Path, cipher: Cipher | None = None, hours: int = 0, keep: int | None = None) -> Made:
    return make_backup(root, cipher or Cipher(), keep=keep, now=EVENING + hours * HOUR)


def problems(folder: Path, cipher: Cipher | None = None) -> list[str]:
    return list(problems_of(read_backup(folder), cipher or Cipher()))


@pytest.fixture
def root(tmp_path) -> Path:
    return tmp_path / "backups"


@pytest.fixture
def passphrase(tmp_path) -> Path:
    path = tmp_path / "passphrase"
    path.write_text("山中相送罢，日暮掩柴扉——2026\n")
    return path


def test_a_backup_is_whole_and_the_next_copies_only_what_is_new(house, root):
    first = made(root)
    assert problems(first.backup.folder) == []
    assert (first.taken.count, first.taken.copied, first.taken.lost) == (4, 4, [])
    assert first.backup.manifest.trail["lines"] == 4
    assert first.backup.manifest.trail["last_seal"]["day"] == "2026-03-09"
    one_step(4, EVENING)
    second = made(root, hours=1)
    assert (second.taken.count, second.taken.copied) == (5, 1)
    assert problems(second.backup.folder) == []
    assert [backup.name for backup in finished(root)] == ["20260310T120000Z", "20260310T130000Z"]
    assert AuditLine.objects.filter(label="备份").count() == 2
    with pytest.raises(Refused, match="同一秒钟"):
        made(root, hours=1)


def test_a_plain_backup_holds_no_key_and_an_encrypted_one_shows_nothing(house, root, passphrase, monkeypatch):
    monkeypatch.setenv("ZHIBEN_SECRET_KEY", "very-secret-indeed")
    monkeypatch.setenv("DATABASE_URL", "postgresql://zhiben:geheim@db/zhiben")
    plain = made(root / "plain").backup
    everything = b"".join(path.read_bytes() for path in (root / "plain").rglob("*") if path.is_file())
    for secret in (b"very-secret-indeed", b"geheim", b"PRIVATE KEY"):
        assert secret not in everything
    assert SECRET.encode() in everything
    assert plain.manifest.part("secrets") is None

    sealed = made(root / "sealed", encrypting(_folder(root / "sealed"), passphrase_file=passphrase)).backup
    everything = b"".join(path.read_bytes() for path in (root / "sealed").rglob("*") if path.is_file())
    for secret in (b"very-secret-indeed", b"PRIVATE KEY", SECRET.encode(), "接收".encode(), b"SQLite format"):
        assert secret not in everything
    assert problems(sealed.folder, decrypting(root / "sealed", passphrase_file=passphrase)) == []
    assert problems(sealed.folder) == []  # without the key: that everything is there


def test_the_certificates_come_back_with_an_encrypted_backup_closed_to_others(house, root, data_folder, tmp_path):
    make_certificates(office="澄溪县安委办", hosts=["zhiben.example.gov.cn"], by=Machine("测试"), now=EVENING)
    assert str(data_folder / "tls") in surroundings.kept_apart()
    cipher, elsewhere = _to_a_key(), tmp_path / "elsewhere"
    with opened(made(root, cipher).backup, cipher, SECRETS) as tar:
        surroundings.unpack_secrets(tar, audit=elsewhere / "audit", data=elsewhere)
    for name in ("authority.crt", "authority.key", "server.pem"):
        assert (elsewhere / "tls" / name).read_bytes() == (data_folder / "tls" / name).read_bytes()
        assert (elsewhere / "tls" / name).stat().st_mode & 0o077 == 0
    assert (elsewhere / "audit/keys/seal.key").exists()


@pytest.mark.parametrize("name", ["../outside", "/outside", "link"])
def test_a_tar_that_reaches_outside_its_folder_is_refused(tmp_path, name):
    member = tarfile.TarInfo(name)
    if name == "link":
        member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
    with tarfile.open(tmp_path / "audit.tar", "w") as packed:
        packed.addfile(member)
    with pytest.raises(Refused, match="不该有的内容"):
        surroundings.unpack_audit(tmp_path / "audit.tar", tmp_path / "audit")
    assert not (tmp_path / "outside").exists()


def test_only_the_right_passphrase_or_key_opens(house, root, passphrase, tmp_path):
    key = pyrage.x25519.Identity.generate()
    (tmp_path / "key.txt").write_text(f"# made for the test\n{key}\n")
    backup = made(root, encrypting(_folder(root), recipients=[str(key.to_public())])).backup
    assert problems(backup.folder, decrypting(root, identity=tmp_path / "key.txt")) == []
    (tmp_path / "other.txt").write_text(f"{pyrage.x25519.Identity.generate()}\n")
    with pytest.raises(Refused, match="解不开：密钥不对"):
        problems(backup.folder, decrypting(root, identity=tmp_path / "other.txt"))

    made(root, encrypting(root, passphrase_file=passphrase), hours=1)
    (tmp_path / "wrong").write_text("不是那个口令，但是也够长了")
    for opening in (encrypting, decrypting):
        with pytest.raises(Refused, match="口令不对"):
            opening(root, passphrase_file=tmp_path / "wrong")
    (tmp_path / "short").write_text("太短")
    with pytest.raises(Refused, match="至少 12 个字符"):
        encrypting(root, passphrase_file=tmp_path / "short")
    with pytest.raises(Refused, match="age1"):
        encrypting(root, recipients=["ssh-rsa AAAA"])
    with pytest.raises(Refused, match="AGE-SECRET-KEY"):
        decrypting(root, identity=tmp_path / "short")


def test_a_backup_cut_anywhere_is_recognised(house, root):
    folder = made(root).backup.folder
    whole = {path: path.read_bytes() for path in folder.iterdir()}
    for path, content in whole.items():
        for length in sorted({0, 1, len(content) // 3, len(content) // 2, len(content) - 2}):
            path.write_bytes(content[:length])
            if path.name == MANIFEST:
                with pytest.raises(Refused, match="备份清单"):
                    read_backup(folder)
                assert finished(root) == []
            else:
                assert problems(folder)[0].startswith(path.name)
        path.unlink()
        if path.name == MANIFEST:
            with pytest.raises(Refused, match="没有做完"):
                read_backup(folder)
            assert unfinished(root) == [folder]
        else:
            assert problems(folder)[0] == f"缺少 {path.name}"
        path.write_bytes(content)
    assert problems(folder) == []
    with pytest.raises(Refused, match="例如"):
        read_backup(root)
    with pytest.raises(Refused, match="没有找到"):
        read_backup(root / "20260101T000000Z")


@pytest.mark.parametrize("encrypted", [False, True])
def test_a_flipped_byte_is_named_wherever_it_is(house, root, encrypted):
    cipher = _to_a_key() if encrypted else Cipher()
    folder = made(root, cipher).backup.folder
    assert problems(folder, cipher) == []
    for path in [*folder.iterdir(), next((root / cipher.pool).glob("??/??/*"))]:
        content = path.read_bytes()
        middle = len(content) // 2
        path.write_bytes(content[:middle] + bytes([content[middle] ^ 4]) + content[middle + 1 :])
        try:
            found = problems(folder, cipher)
        except Refused as refused:
            found = [refused.sentence]
        assert len(found) == 1, path
        path.write_bytes(content)
    assert problems(folder, cipher) == []


def test_a_content_lost_from_the_server_is_told_and_the_rest_is_kept(house, root, capsys):
    store.place_of(house[0]).unlink()
    store.place_of(house[1]).write_bytes(b"rotten")
    with pytest.raises(SystemExit) as end:
        call_command("backup", "make", to=root)
    assert end.value.code == 1
    assert "2 个文件的内容在服务器上丢失或损坏" in capsys.readouterr().err
    backup = finished(root)[0]
    assert sorted(backup.manifest.files["lost"]) == sorted(house[:2])
    assert problems(backup.folder) == [next(iter(problems(backup.folder)))]
    assert not state.said(EVENING)[0]


def test_what_was_lost_since_the_last_backup_stays_in_the_next(house, root):
    made(root)
    store.place_of(house[0]).unlink()
    assert made(root, hours=1).taken.lost == []


def test_a_missing_content_of_the_pool_is_named_and_taken_again(house, root):
    first = made(root)
    (path,) = (root / "files").glob(f"??/??/{house[2]}")
    path.unlink()
    assert problems(first.backup.folder) == [f"缺少文件内容 {house[2]}"]
    assert made(root, hours=1).taken.copied == 1
    assert problems(first.backup.folder) == []


@pytest.mark.parametrize("encrypted", [False, True])
@pytest.mark.parametrize("room", [0, 3000, 20_000])
def test_a_full_disk_is_said_and_leaves_the_earlier_backup(house, root, monkeypatch, encrypted, room):
    cipher = _to_a_key() if encrypted else Cipher()
    earlier = made(root, cipher).backup
    one_step(9, EVENING)
    write, left = ciphers.Counted.write, [room]

    def until_full(self: ciphers.Counted, piece: bytes) -> int:
        left[0] -= len(piece)
        if left[0] < 0 and self._file is not None:
            self.failure = OSError(errno.ENOSPC, "No space left on device")
            raise self.failure
        return write(self, piece)

    monkeypatch.setattr(ciphers.Counted, "write", until_full)
    with pytest.raises(Refused, match="磁盘已满"):
        made(root, cipher, hours=1)
    monkeypatch.undo()
    assert [backup.name for backup in finished(root)] == [earlier.name]
    assert unfinished(root) == []
    assert problems(earlier.folder, cipher) == []


def test_old_backups_go_and_the_last_good_one_never(house, root):
    for hour in range(3):
        one_step(20 + hour, EVENING)
        made(root, hours=hour)
    (root / "20260310T230000Z").mkdir()  # cut in the middle: counts for nothing
    assert prune(root, 1) == ["20260310T120000Z", "20260310T130000Z"]
    assert [backup.name for backup in finished(root)] == ["20260310T140000Z"]
    assert problems(root / "20260310T140000Z") == []
    with pytest.raises(Refused, match="至少是 1"):
        prune(root, 0)
    (stray,) = [_content(root, "ab" * 32)]
    made(root, hours=4, keep=1)
    assert not stray.exists()
    assert unfinished(root) == []


def test_two_at_once_do_not_meet(house, root):
    _folder(root)
    with (root / ".lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(Refused, match="正在做另一份备份"):
            made(root)
    made(root)


def test_the_programs_of_postgresql_are_found_or_asked_for(monkeypatch):
    with pytest.raises(Refused, match="没有 pg_nothing"):
        database.program("pg_nothing", 15)
    monkeypatch.setattr(database, "_version", lambda place: 14)
    if shutil.which("pg_dump"):
        with pytest.raises(Refused, match="14 版，比数据库服务器的 16 版旧"):
            database.program("pg_dump", 16)


# --- what may be restored here ----------------------------------------------------------------------------------------


def test_a_backup_of_a_newer_version_or_another_database_is_refused(house, root):
    backup = made(root).backup
    told = {**vars(backup.manifest), "version": "9.9", "migrations": [*backup.manifest.migrations, "tasks.0999_later"]}
    write_manifest(backup.folder, type(backup.manifest)(**told))
    with pytest.raises(Refused, match=r"由更新的版本（9\.9）制作.*tasks\.0999_later"):
        restoring.refuse_unless_restorable(read_backup(backup.folder), replace=None, drill=True)
    other = "sqlite" if connection.vendor == "postgresql" else "postgresql"
    write_manifest(backup.folder, type(backup.manifest)(**{**vars(backup.manifest), "database": other}))
    with pytest.raises(Refused, match="不能互相恢复"):
        restoring.refuse_unless_restorable(read_backup(backup.folder), replace=None, drill=True)
    newer = json.loads((backup.folder / MANIFEST).read_text()) | {"format": 99}
    (backup.folder / MANIFEST).write_text(json.dumps(newer))
    with pytest.raises(Refused, match="请先把程序升级"):
        read_backup(backup.folder)


def test_data_that_is_there_is_not_replaced_by_mistake(house, root):
    backup = made(root).backup
    name = restoring.target_name()
    for replace, drill, sentence in (
        (None, False, "已经有数据"),
        ("", False, "没有恢复"),
        ("other", False, "没有恢复"),
        (name, True, "演练不能替换"),
    ):
        with pytest.raises(Refused, match=sentence):
            restoring.refuse_unless_restorable(backup, replace=replace, drill=drill)
    restoring.refuse_unless_restorable(backup, replace=name, drill=False)


def test_the_operator_hears_how_old_the_last_backup_is(house, root, capsys):
    assert state.said(EVENING) == (False, "本机还没有做过备份，请运行 zhiben backup make，并设定每天定时执行")
    call_command("backup", "make", to=root, keep=3)
    assert "没有加密，所以不含以下密钥" in capsys.readouterr().out
    finished_at = state.last_backup().moment
    assert state.said(finished_at + HOUR * 5) == (True, "最近一次成功备份在 5 小时前")
    assert "在 3 天前，请检查" in state.said(finished_at + timedelta(days=3))[1]
    call_command("backup", "list", root=root)
    assert "文件 4 个" in capsys.readouterr().out
    call_command("backup", "verify", finished(root)[0].folder)
    assert "完好" in capsys.readouterr().out
    with pytest.raises(CommandError, match="--keep 至少是 1"):
        call_command("backup", "make", to=root, keep=0)


def _to_a_key() -> Cipher:
    key = pyrage.x25519.Identity.generate()
    return Cipher((key.to_public(),), (key,))


def _folder(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    return path


def _content(root: Path, digest: str) -> Path:
    path = root / "files" / digest[:2] / digest[2:4] / digest
    path.parent.mkdir(parents=True)
    path.write_bytes(b"nobody's")
    return path
