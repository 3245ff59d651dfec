"""`zhiben run`: web, worker and sweeper together, after the database is brought up to date."""

import fcntl
import http.client
import json
import os
import secrets
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand, CommandError, CommandParser

from zhiben.config.certificates.services import serves_https
from zhiben.config.checks import refuse_unsafe
from zhiben.config.health import unapplied_migrations
from zhiben.config.settings import SECRET_KEY_FILE
from zhiben.config.supervisor import Child, Supervisor

TRIED_PORTS = 20
LARGEST_LOG = 20 * 2**20
PROCESSES = (("web", "网页服务"), ("worker", "后台作业"), ("sweeper", "定时处理"))
BESIDE_HTTPS = ("redirect", "HTTP 跳转")


class Command(BaseCommand):
    help = "启动整个系统：网页、后台作业、定时处理。按 Ctrl-C 停止"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default=os.environ.get("ZHIBEN_HOST", "127.0.0.1"), help="监听地址")
        parser.add_argument("--port", type=int, default=int(os.environ.get("ZHIBEN_PORT", "8000")), help="端口")

    def handle(self, *args: Any, host: str, port: int, **options: Any) -> None:
        try:
            refuse_unsafe()  # else the web server would refuse, and be started again for ever
        except ImproperlyConfigured as problems:
            raise CommandError(f"不能启动：\n{problems}") from None
        data = settings.ZHIBEN_DATA
        data.mkdir(parents=True, exist_ok=True)
        with only_one(data / "run.lock") as lock:
            if settings.ZHIBEN_DEMO:
                make_secret_key(SECRET_KEY_FILE)
            self.bring_database_up_to_date()
            port = self.free_port(host, port)
            secure = serves_https()
            address = f"{'https' if secure else 'http'}://{near(host)}:{port}"
            record(lock, address)
            processes = [*PROCESSES, BESIDE_HTTPS] if secure else PROCESSES
            children = [self.child(name, title, data, host, port) for name, title in processes]
            Supervisor(children, self.say).run(lambda: self.announce(address, host, port))
        self.say("已全部停止。数据保留在 " + str(data))

    def bring_database_up_to_date(self) -> None:
        if unapplied_migrations():
            self.say("正在建立（升级）数据库……")
            # a process of its own: it may connect as another role, the owner of the tables
            done = subprocess.run([sys.executable, "-m", "zhiben", "migrate", "--no-input", "-v0"], check=False)
            if done.returncode != 0:
                raise CommandError("数据库没有升级成功，原因见上。处理后重新启动；数据没有丢失。")
        if settings.ZHIBEN_DEMO and "demo" in get_commands():
            call_command("demo", stdout=self.stdout)

    def free_port(self, host: str, wanted: int) -> int:
        for port in range(wanted, wanted + TRIED_PORTS):
            if is_free(host, port):
                if port != wanted:
                    self.say(f"端口 {wanted} 已被其他程序占用，改用 {port}。要固定端口请设 ZHIBEN_PORT。")
                return port
        raise CommandError(f"端口 {wanted} 到 {wanted + TRIED_PORTS - 1} 都被占用，请用 ZHIBEN_PORT 指定一个空闲端口。")

    def child(self, name: str, title: str, data: Path, host: str, port: int) -> Child:
        command = [sys.executable, "-m", "zhiben", name]
        if name in ("web", "redirect"):
            command += ["--host", host]
        log = data / "log" / f"{name}.log" if settings.ZHIBEN_DEMO else None
        if log:
            keep_small(log)
        return Child(title, command, {"PYTHONUNBUFFERED": "1", "ZHIBEN_PORT": str(port)}, log)

    def announce(self, address: str, host: str, port: int) -> None:
        """Only once the page really answers, so that the first click works."""
        if not answers(host, port, seconds=60):
            where = f"，请看 {settings.ZHIBEN_DATA / 'log' / 'web.log'}" if settings.ZHIBEN_DEMO else ""
            self.say(f"网页服务 60 秒内没有应答{where}")
            return
        self.say(f"\n治本已启动：{address}\n按 Ctrl-C 停止。")
        if near(host) != host:
            scheme = address.partition(":")[0]
            for name in settings.VISITED_AS:
                self.say(f"同一网络的电脑和手机可以打开：{scheme}://{name}:{port}")

    def say(self, sentence: str) -> None:
        self.stdout.write(sentence)
        self.stdout.flush()


class only_one:
    """Holds the lock file; a second start on the same data says where the first one is."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> IO[str]:
        self.file = self.path.open("a+")
        try:
            fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.file.seek(0)
            running = json.loads(self.file.read() or "{}")
            self.file.close()
            raise CommandError(
                f"本系统已在运行：{running.get('address', '正在启动')}（进程 {running.get('pid', '未知')}）。"
                "直接打开这个网址；要重新启动，请先在原来的窗口按 Ctrl-C。"
            ) from None
        return self.file

    def __exit__(self, *exception: object) -> None:
        self.file.truncate(0)
        self.file.close()


def record(lock: IO[str], address: str) -> None:
    lock.truncate(0)
    lock.write(json.dumps({"address": address, "pid": os.getpid()}))
    lock.flush()


def make_secret_key(path: Path) -> None:
    """Once; readable by its owner alone."""
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))


def is_free(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def answers(host: str, port: int, seconds: float) -> bool:
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up:
        try:
            asked = connection_to(near(host), port)
            asked.request("GET", "/healthz", headers={"Host": "localhost"})
            asked.getresponse().close()
            return True
        except OSError:
            time.sleep(0.2)
    return False


def connection_to(host: str, port: int) -> http.client.HTTPConnection:
    """Whether it answers is asked here, not who it is: the certificate speaks of the names its visitors use."""
    if not serves_https():
        return http.client.HTTPConnection(host, port, timeout=5)
    anyone = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    anyone.check_hostname, anyone.verify_mode = False, ssl.CERT_NONE
    return http.client.HTTPSConnection(host, port, timeout=5, context=anyone)


def near(host: str) -> str:
    """How this machine itself calls the address on which we listen."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - looked up, not bound


def keep_small(log: Path) -> None:
    """One old log is kept beside the current one."""
    if log.exists() and log.stat().st_size > LARGEST_LOG:
        log.replace(log.with_suffix(".log.1"))
