"""What we depend on and what we offer: settings, database, worker and sweeper, certificate, mail, ports."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import WARNING, run_checks
from django.db import DatabaseError, connection

from zhiben.config import health
from zhiben.config.backup import state
from zhiben.config.certificates import folder as certificates
from zhiben.config.certificates.services import concerns, serves_https
from zhiben.config.checks import LEAST_POSTGRESQL
from zhiben.config.database.roles import too_much
from zhiben.config.prometheus import folders
from zhiben.core import clock
from zhiben.core.audit import guard
from zhiben.core.refusal import Refused

from .finding import Finding, bad, ok, warn

SECONDS = 5


def configuration() -> Iterator[Finding]:
    """Our own checks, as `zhiben check --deploy` shows them."""
    found = [one for one in run_checks(include_deployment_checks=True) if (one.id or "").startswith("zhiben.")]
    for message in found:
        make = bad if message.level > WARNING else warn
        yield make("设置", f"{message.msg}（{message.id}）", str(message.hint or ""))
    if not found:
        yield ok("设置", "密钥、主机名、HTTPS 都已设置")


def database() -> Iterator[Finding]:
    try:
        connection.ensure_connection()
    except DatabaseError as problem:
        first = str(problem).splitlines()[0] if str(problem) else type(problem).__name__
        yield bad(
            "数据库", f"连不上：{first}", "请检查 DATABASE_URL 里的主机、端口、用户、口令和库名，以及数据库是否已启动"
        )
        return
    try:
        yield from _postgresql() if connection.vendor == "postgresql" else _sqlite()
        left = health.unapplied_migrations()
        if left:
            yield bad("数据库升级", f"有 {left} 步未执行", "请运行 zhiben migrate")
            return
        yield ok("数据库升级", "已是最新")
        lost = guard.missing(connection)
        if lost:
            yield bad(
                "留痕保护", f"数据库里少了 {'、'.join(lost)}", "请运行 zhiben migrate 恢复，再运行 zhiben audit verify"
            )
        else:
            yield ok("留痕保护", "数据库拒绝修改和删除留痕")
        for question, subject in (
            (health.jobs_are_taken, "后台作业"),
            (health.events_are_delivered, "事件投递"),
            (health.deadlines_are_watched, "期限巡查"),
        ):
            is_well, note = question()
            yield ok(subject, note) if is_well else bad(subject, note, note.rpartition("，")[2])
    except DatabaseError as problem:
        yield bad(
            "数据库",
            f"查询失败：{str(problem).splitlines()[0]}",
            "请检查数据库日志和角色的权限（zhiben database roles）",
        )


def _sqlite() -> Iterator[Finding]:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA quick_check(1)")
        whole = cursor.fetchone()[0]
    if whole == "ok":
        yield ok("数据库", "SQLite，文件完整")
    else:
        yield bad("数据库", f"SQLite 文件已损坏：{whole}", "请立即停止系统，从最近的备份恢复（zhiben restore）")


def _postgresql() -> Iterator[Finding]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('server_version_num')::int / 10000, current_setting('server_version'),"
            " current_setting('server_encoding'), datcollate, current_setting('max_connections')::int,"
            " extract(epoch FROM clock_timestamp())"
            " FROM pg_database WHERE datname = current_database()"
        )
        major, version, encoding, collation, most, seconds = cursor.fetchone()
    if major < LEAST_POSTGRESQL:
        yield bad("数据库", f"PostgreSQL {version}", f"需要 {LEAST_POSTGRESQL} 或更高版本，请升级")
    elif encoding != "UTF8":
        yield bad(
            "数据库",
            f"编码是 {encoding}，中文会丢失",
            "请重建：createdb --encoding=UTF8 --locale=C.UTF-8 --template=template0 zhiben",
        )
    else:
        yield ok("数据库", f"PostgreSQL {version}，{encoding}，{collation}")
    if collation in ("C", "POSIX"):
        yield warn(
            "排序规则", f"库的排序规则是 {collation}，两三个字的中文查找会很慢", "请重建数据库：--locale=C.UTF-8"
        )
    skew = abs(float(seconds) - clock.machine_now().timestamp())
    if skew > SECONDS:
        yield warn("数据库时间", f"与本机相差 {skew:.0f} 秒", "请让两台机器用同一个时间服务器")
    wanted = connections_wanted()
    if wanted > most - 5:
        yield warn(
            "数据库连接", f"本机最多会用 {wanted} 个，数据库只允许 {most} 个",
            "请调大 max_connections，或调小 ZHIBEN_DATABASE_CONNECTIONS、ZHIBEN_WEB_PROCESSES",
        )  # fmt: skip
    else:
        yield ok("数据库连接", f"本机最多 {wanted} 个，数据库允许 {most} 个")
    excess = too_much(connection)
    if excess:
        yield warn("数据库角色", "；".join(excess), "请按运维手册分设三个角色：zhiben database roles --apply")
    else:
        yield ok("数据库角色", "应用只能读写，不能改表，不能改留痕")


def connections_wanted() -> int:
    """The most this machine's processes hold together: each web process a pool, the worker another, the sweeper one,
    and one for a command at the terminal."""
    pool = settings.DATABASES["default"].get("OPTIONS", {}).get("pool", {}).get("max_size", 1)
    processes = int(os.environ.get("ZHIBEN_WEB_PROCESSES", "2"))
    return (processes + 1) * pool + 2


def backup() -> Iterator[Finding]:
    """None yet is a step of the installation still to come; a late one, or one with gaps, is a danger."""
    is_well, sentence = state.said(clock.machine_now())
    said, _, to_do = sentence.partition("，请")
    if is_well:
        yield ok("备份", said)
    else:
        make = bad if state.last_backup() else warn
        yield make("备份", said, f"请{to_do}")


def processes() -> Iterator[Finding]:
    """Those of this machine; another may have them instead, so their absence is a question and not a fault."""
    living = {folder.name.partition("-")[0] for folder in _folders() if folders.is_alive(folder)}
    for command, title in (("web", "网页服务"), ("worker", "后台作业"), ("sweeper", "定时处理")):
        if command in living:
            yield ok(f"{title}进程", "本机正在运行")
        else:
            yield warn(f"{title}进程", "本机没有运行", f"如果不在别的服务器上，请启动 zhiben {command}")


def certificate() -> Iterator[Finding]:
    if not settings.ZHIBEN_HTTPS:
        return
    if settings.ZHIBEN_BEHIND_PROXY:
        yield ok("HTTPS 证书", "由前端代理提供")
    elif not serves_https():
        yield bad(
            "HTTPS 证书", "设了 ZHIBEN_HTTPS=1，但没有证书，也没有前端代理",
            "请运行 zhiben certificate make --host 主机名；有代理时设 ZHIBEN_BEHIND_PROXY=1",
        )  # fmt: skip
    else:
        try:
            served = certificates.served()
        except Refused as refusal:
            yield bad("HTTPS 证书", refusal.sentence, "请从备份恢复 tls 目录，或重新运行 zhiben certificate")
            return
        now = clock.machine_now()
        found = concerns(now)
        make = warn if served.begins_at <= now < served.ends_at else bad
        for sentence in found:
            said, _, to_do = sentence.partition("。")
            yield make("HTTPS 证书", said, to_do.rstrip("。") or "请运行 zhiben certificate renew")
        if not found:
            yield ok("HTTPS 证书", f"{served.issuer}，还有 {served.days_left(now)} 天")


def mail() -> Iterator[Finding]:
    if not settings.ZHIBEN_SMTP_URL:
        yield warn("邮件", "没有设置邮件服务器，不发邮件", "需要时请设 ZHIBEN_SMTP_URL")
        return
    address = urlsplit(settings.ZHIBEN_SMTP_URL)
    port = address.port or (465 if address.scheme == "smtps" else 25)
    try:
        with socket.create_connection((address.hostname or "", port), timeout=SECONDS):
            yield ok("邮件", f"{address.hostname}:{port} 可以连接")
    except OSError as problem:
        yield bad(
            "邮件",
            f"连不上 {address.hostname}:{port}（{problem.strerror or problem}）",
            "请检查 ZHIBEN_SMTP_URL 和防火墙",
        )


def ports() -> Iterator[Finding]:
    """Busy is right while we run, and in the way before we do."""
    if any(folder.name.startswith("web-") and folders.is_alive(folder) for folder in _folders()):
        return
    host = os.environ.get("ZHIBEN_HOST", "127.0.0.1")
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, settings.ZHIBEN_PORT))
        except PermissionError:
            yield warn(
                "端口",
                f"{settings.ZHIBEN_PORT} 要有特权才能监听",
                "用 deploy/systemd 里的服务启动，或改用 1024 以上的端口",
            )
        except OSError as problem:
            yield bad(
                "端口",
                f"{host}:{settings.ZHIBEN_PORT} 不能监听：{problem.strerror}",
                "请停掉占用它的程序，或改 ZHIBEN_HOST、ZHIBEN_PORT",
            )
        else:
            yield ok("端口", f"{host}:{settings.ZHIBEN_PORT} 空闲")


def _folders() -> list[Path]:
    root = folders.root()
    return sorted(root.iterdir()) if root.exists() else []
