import json
import socket
import stat
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from zhiben.config.management.commands import run
from zhiben.config.settings import NO_SECRET_KEY


@pytest.fixture
def taken_port():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def test_the_secret_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "secret-key"
    run.make_secret_key(path)
    first = path.read_text()
    run.make_secret_key(path)
    assert path.read_text() == first
    assert len(first) >= 50
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_busy_port_gives_way_to_the_next_and_says_so(taken_port: int, capsys: pytest.CaptureFixture[str]) -> None:
    chosen = run.Command().free_port("127.0.0.1", taken_port)
    assert chosen > taken_port
    assert f"端口 {taken_port} 已被其他程序占用，改用 {chosen}" in capsys.readouterr().out


def test_when_all_ports_are_busy_the_sentence_names_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "is_free", lambda host, port: False)
    with pytest.raises(CommandError, match="ZHIBEN_PORT"):
        run.Command().free_port("127.0.0.1", 8000)


def test_a_second_start_on_the_same_data_says_where_the_first_one_is(tmp_path: Path) -> None:
    with run.only_one(tmp_path / "run.lock") as lock:
        run.record(lock, "http://127.0.0.1:8000")
        with pytest.raises(CommandError, match=r"http://127\.0\.0\.1:8000"), run.only_one(tmp_path / "run.lock"):
            pass
    with run.only_one(tmp_path / "run.lock"):
        pass


def test_a_lock_left_by_a_power_cut_holds_nobody_back(tmp_path: Path) -> None:
    (tmp_path / "run.lock").write_text(json.dumps({"address": "http://127.0.0.1:8000", "pid": 1}))
    with run.only_one(tmp_path / "run.lock"):
        pass


def test_a_log_that_grew_large_is_put_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "LARGEST_LOG", 10)
    log = tmp_path / "web.log"
    log.write_text("一行很长的日志")
    run.keep_small(log)
    assert not log.exists()
    assert (tmp_path / "web.log.1").read_text() == "一行很长的日志"


def test_without_a_key_nothing_is_started(settings, tmp_path: Path) -> None:
    settings.ZHIBEN_DEMO, settings.SECRET_KEY, settings.ZHIBEN_DATA = False, NO_SECRET_KEY, tmp_path / "data"
    with pytest.raises(CommandError, match="ZHIBEN_SECRET_KEY"):
        call_command("run")
    assert not settings.ZHIBEN_DATA.exists()
