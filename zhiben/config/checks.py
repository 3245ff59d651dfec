"""What may be wrong with this installation, each with an id and what to do about it.

Checks marked `deploy` hold for real use only: `zhiben check --deploy` shows them, and the web server refuses to start
while one of them is an error (`refuse_unsafe`).
"""

import os
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, connections

from zhiben.config.backup.state import unfinished_restore
from zhiben.config.certificates import folder
from zhiben.config.logs import STYLES
from zhiben.config.settings import NO_SECRET_KEY

LEAST_POSTGRESQL = 15
SQLITE = "django.db.backends.sqlite3"
POSTGRESQL = "django.db.backends.postgresql"
SQLITE_SERVES = 50
"""People at work at once: a fifth of what `tests/bench/people.py` measured (docs/adr/0004-two-databases.md)."""


@register(Tags.security, deploy=True)
def secret_key_is_secret(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if settings.ZHIBEN_DEMO or settings.SECRET_KEY != NO_SECRET_KEY:
        return []
    return [
        Error(
            "没有设置密钥 ZHIBEN_SECRET_KEY",
            hint="请生成一个只给本系统用的密钥，例如 openssl rand -base64 48，写入服务的环境变量，不要放进代码库。",
            id="zhiben.E001",
        )
    ]


@register(Tags.security, deploy=True)
def hosts_are_named(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if settings.ZHIBEN_DEMO or (settings.ALLOWED_HOSTS and "*" not in settings.ALLOWED_HOSTS):
        return []
    return [
        Error(
            "ZHIBEN_HOSTS 没有列出本系统的域名，或者写了 *",
            hint="请写明用户访问的域名或 IP，多个用逗号隔开，例如 ZHIBEN_HOSTS=zhiben.example.gov.cn,10.1.2.3",
            id="zhiben.E002",
        )
    ]


@register(Tags.security, deploy=True)
def debugging_is_off(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if not settings.DEBUG:
        return []
    return [Error("ZHIBEN_DEBUG 已打开，出错页会泄露内部数据", hint="请删除环境变量 ZHIBEN_DEBUG。", id="zhiben.E003")]


@register(Tags.security, deploy=True)
def demonstration_is_off(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if not settings.ZHIBEN_DEMO:
        return []
    return [
        Warning(
            "现在是演示环境：有公开的账号和口令，时间可以拨动",
            hint="正式使用请删除环境变量 ZHIBEN_DEMO，并换一个新的数据目录 ZHIBEN_DATA。",
            id="zhiben.W001",
        )
    ]


@register(Tags.security, deploy=True)
def connection_is_encrypted(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if settings.ZHIBEN_HTTPS or settings.ZHIBEN_DEMO:
        return []
    return [
        Warning(
            "没有启用 HTTPS，口令和会话会明文经过网络",
            hint=(
                "请运行 zhiben certificate make（内网）或 zhiben certificate use（已有证书），再设 ZHIBEN_HTTPS=1；"
                "由前端代理提供 HTTPS 时，再设 ZHIBEN_BEHIND_PROXY=1。"
            ),
            id="zhiben.W002",
        )
    ]


@register(Tags.security, deploy=True)
def somebody_holds_the_certificate(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if not settings.ZHIBEN_HTTPS or settings.ZHIBEN_BEHIND_PROXY or folder.has_server():
        return []
    return [
        Warning(
            "设了 ZHIBEN_HTTPS=1，但本系统没有证书，也没有说明前面有代理，网页会不停地跳转",
            hint="请运行 zhiben certificate make --host 主机名；由前端代理提供 HTTPS 时，设 ZHIBEN_BEHIND_PROXY=1。",
            id="zhiben.W005",
        )
    ]


@register(Tags.compatibility)
def database_is_known(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    engine = settings.DATABASES["default"]["ENGINE"]
    if engine in (SQLITE, POSTGRESQL):
        return []
    return [
        Error(
            f"不支持数据库 {engine}",
            hint="请设 DATABASE_URL=postgresql://用户@主机/库名（15 或更高版本），或不设而使用 SQLite。",
            id="zhiben.E004",
        )
    ]


@register(Tags.compatibility, deploy=True)
def sqlite_serves_one_office(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if settings.ZHIBEN_DEMO or settings.DATABASES["default"]["ENGINE"] != SQLITE:
        return []
    return [
        Warning(
            f"正式环境使用 SQLite：适合一个办公室，约 {SQLITE_SERVES} 人同时办理；不能多台服务器共用",
            hint="人更多或要多台服务器时，请安装 PostgreSQL 15 或更高版本并设置 DATABASE_URL。",
            id="zhiben.W003",
        )
    ]


@register(Tags.database)
def postgresql_suits(app_configs: Any, databases: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Asked only where a database may be spoken to (`migrate`, `check --database default`)."""
    found: list[CheckMessage] = []
    for alias in databases or []:
        connection = connections[alias]
        if connection.vendor != "postgresql":
            continue
        try:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT current_setting('server_version_num')::int / 10000, current_setting('server_encoding')"
                )
                version, encoding = cursor.fetchone()
        except OperationalError:
            return [
                Error(
                    "连不上 PostgreSQL",
                    hint="请检查 DATABASE_URL 里的主机、端口、用户、口令和库名，以及数据库是否已启动。",
                    id="zhiben.E005",
                )
            ]
        if version < LEAST_POSTGRESQL:
            found.append(
                Error(
                    f"PostgreSQL 版本是 {version}，需要 {LEAST_POSTGRESQL} 或更高",
                    hint="请升级数据库，或把 DATABASE_URL 指向新版本的实例。",
                    id="zhiben.E006",
                )
            )
        if encoding != "UTF8":
            found.append(
                Error(
                    f"PostgreSQL 库的编码是 {encoding}，中文会丢失",
                    hint="请重建数据库：createdb --encoding=UTF8 --locale=C.UTF-8 --template=template0 zhiben",
                    id="zhiben.E007",
                )
            )
    return found


@register(Tags.files)
def data_folder_is_writable(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    folder = settings.ZHIBEN_DATA
    nearest = next(place for place in (folder, *folder.parents) if place.exists())
    if nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK):
        return []
    return [
        Error(
            f"数据目录 {folder} 不能写入",
            hint=f"请把它交给运行本系统的用户（chown），或用 ZHIBEN_DATA 指向别处。现在不能写的是 {nearest}。",
            id="zhiben.E008",
        )
    ]


@register()
def restore_is_finished(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    begun = unfinished_restore()
    if begun is None:
        return []
    return [
        Error(
            f"一次恢复没有做完（备份 {begun.get('backup', '不详')}），这里的数据不完整，不能使用",
            hint="请再运行一次同样的 zhiben restore 命令，它会从头做完。",
            id="zhiben.E020",
        )
    ]


@register()
def logs_have_a_known_style(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    style = os.environ.get("ZHIBEN_LOG_STYLE", "json")
    if style in STYLES:
        return []
    return [Warning(f"ZHIBEN_LOG_STYLE 不能是 {style!r}", hint=f"请改为 {' 或 '.join(STYLES)}。", id="zhiben.W004")]


def refuse_unsafe() -> None:
    """Stops a server that would run with a public key, an open host list or open error pages.

    Raises ImproperlyConfigured with every sentence, so that all can be mended at once."""
    asked = (secret_key_is_secret, hosts_are_named, debugging_is_off)
    problems = [message for check in asked for message in check(None)]
    if problems:
        raise ImproperlyConfigured("\n".join(f"{problem.msg}（{problem.id}）。{problem.hint}" for problem in problems))
