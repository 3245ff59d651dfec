import json
import shutil
import socket
from collections import namedtuple
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection

from zhiben.config import health
from zhiben.config.backup import state
from zhiben.config.certificates.services import make_certificates
from zhiben.config.doctor import machine, services
from zhiben.config.doctor.finding import Finding
from zhiben.config.management.commands import doctor
from zhiben.core import clock
from zhiben.core.access.acting import Machine
from zhiben.core.audit import guard

Usage = namedtuple("Usage", "total used free")
pytestmark = pytest.mark.django_db


def of(question, subject: str) -> Finding:
    return next(finding for finding in question() if finding.subject == subject)


def test_every_fault_says_what_to_do_and_the_exit_code_tells(settings, capsys) -> None:
    with pytest.raises(SystemExit) as end:  # the test's settings have no secret key
        call_command("doctor")
    assert end.value.code == 1
    shown = capsys.readouterr().out
    assert "✗ 设置：没有设置密钥" in shown
    assert "必须处理" in shown
    with pytest.raises(SystemExit):
        call_command("doctor", "--json")
    told = json.loads(capsys.readouterr().out)
    assert told["ok"] is False
    assert all(one["to_do"] for one in told["findings"] if one["state"] != "ok")
    assert {"数据库", "数据库升级", "留痕保护", "磁盘", "时间"} <= {one["subject"] for one in told["findings"]}


def test_a_sound_installation_ends_with_zero(settings, monkeypatch, capsys) -> None:
    monkeypatch.setattr(doctor, "QUESTIONS", (machine.python, machine.data_folder, services.database))
    call_command("doctor", "--json")
    assert json.loads(capsys.readouterr().out)["ok"] is True


def test_a_question_that_fails_hides_no_other(monkeypatch) -> None:
    def broken():
        raise ValueError("boom")
        yield

    monkeypatch.setattr(doctor, "QUESTIONS", (broken, machine.python))
    assert [finding.state for finding in doctor.examine()] == ["bad", "ok"]


def test_the_last_backup_is_missing_young_or_late(data_folder) -> None:
    assert of(services.backup, "备份").state == "warn"
    for hours, expected in ((5, "ok"), (60, "bad")):
        ended = clock.machine_now() - timedelta(hours=hours)
        state.remember(state.LastBackup("/backup/a", ended.isoformat(), bytes=1, encrypted=False, lost=0))
        assert of(services.backup, "备份").state == expected


def test_the_folder_the_disk_and_the_clock(settings, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: Usage(100, 100, 20 * 2**20))
    assert of(machine.data_folder, "磁盘").state == "bad"
    (tmp_path / "file").write_text("")
    settings.ZHIBEN_DATA = tmp_path / "file" / "var"
    assert "ZHIBEN_DATA" in of(machine.data_folder, "数据目录").to_do
    monkeypatch.setattr(clock, "machine_now", lambda: machine.EARLIEST.replace(year=1970))
    assert of(machine.time_of_day, "时间").state == "bad"


def test_missing_programs_and_fonts(monkeypatch) -> None:
    monkeypatch.setattr(machine.office, "soffice", lambda: None)
    assert "libreoffice" in of(machine.programs, "LibreOffice").to_do
    monkeypatch.setattr(machine.shutil, "which", lambda name: "/usr/bin/" + name)
    monkeypatch.setattr(machine, "_output", lambda command: "")
    assert of(machine.fonts, "中文字体").state == "bad"
    monkeypatch.setattr(machine, "_output", lambda command: "Noto Sans CJK SC")
    assert "仿宋" in of(machine.fonts, "公文字体").said


def test_a_database_that_does_not_answer_or_is_behind_or_unguarded(monkeypatch) -> None:
    monkeypatch.setattr(health, "unapplied_migrations", lambda: 2)
    assert "zhiben migrate" in of(services.database, "数据库升级").to_do
    monkeypatch.setattr(health, "unapplied_migrations", lambda: 0)
    monkeypatch.setattr(guard, "missing", lambda connection: ["audit_auditline_no_update"])
    assert of(services.database, "留痕保护").state == "bad"

    def refused() -> None:
        raise OperationalError("connection refused\nIs the server running?")

    monkeypatch.setattr(connection, "ensure_connection", refused)
    (finding,) = services.database()
    assert finding.said == "连不上：connection refused"


@pytest.mark.needs_service("postgresql")
def test_a_mighty_role_and_too_many_connections(monkeypatch) -> None:
    assert of(services.database, "数据库").state == "ok"
    assert "超级用户" in of(services.database, "数据库角色").said
    monkeypatch.setenv("ZHIBEN_WEB_PROCESSES", "400")
    assert "max_connections" in of(services.database, "数据库连接").to_do


def test_https_without_a_certificate_with_one_and_after_its_end(settings, monkeypatch) -> None:
    settings.ZHIBEN_HTTPS, settings.ZHIBEN_BEHIND_PROXY = True, False
    settings.ALLOWED_HOSTS = ["zhiben.example.gov.cn"]
    assert of(services.certificate, "HTTPS 证书").state == "bad"
    now = clock.machine_now()
    made = make_certificates(office="县安委办", hosts=settings.ALLOWED_HOSTS, by=Machine("测试"), now=now)
    assert of(services.certificate, "HTTPS 证书").state == "ok"
    settings.ALLOWED_HOSTS = ["10.1.2.3"]
    assert of(services.certificate, "HTTPS 证书").state == "warn"
    monkeypatch.setattr(clock, "machine_now", lambda: made.ends_at)
    assert of(services.certificate, "HTTPS 证书").state == "bad"


def test_a_mail_server_and_a_port(settings, monkeypatch) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        settings.ZHIBEN_SMTP_URL = f"smtp://127.0.0.1:{port}"
        settings.ZHIBEN_PORT = port
        assert of(services.mail, "邮件").state == "ok"
        assert of(services.ports, "端口").state == "bad"
    assert of(services.mail, "邮件").state == "bad"
    assert of(services.ports, "端口").state == "ok"
