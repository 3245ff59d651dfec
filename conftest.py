"""What holds for every test: nothing leaves this machine, nothing is written outside a temporary folder, and a test
that needs a service says which. The cast of persons and units is in `zhiben/conftest.py`."""

import gc
import importlib.util
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import connection
from pytest_django import DjangoDbBlocker

IN_CI = os.environ.get("ZHIBEN_CI") == "1" or os.environ.get("CI", "").lower() in ("1", "true")
BUILT_FRONT_END = Path(__file__).parent / "zhiben/core/web/static/build"


def _on_postgresql() -> bool:
    return connection.vendor == "postgresql"


SERVICES: dict[str, tuple[Callable[[], bool], str]] = {
    "postgresql": (
        _on_postgresql,
        "需要 PostgreSQL 15+：请运行 sudo apt install postgresql（Debian/Ubuntu）后再运行 make test。",
    ),
    "chromium": (
        lambda: any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))),
        "需要 Chromium 浏览器：Debian/Ubuntu 可运行 sudo apt install chromium fonts-noto-cjk。",
    ),
    "libreoffice": (
        lambda: any(map(shutil.which, ("soffice", "libreoffice"))),
        "需要 LibreOffice:Debian/Ubuntu 可运行 sudo apt install libreoffice-writer-nogui。",
    ),
    "systemd": (
        lambda: shutil.which("systemd-analyze") is not None,
        "需要 systemd-analyze：Debian/Ubuntu 可运行 sudo apt install systemd。",
    ),
    "ocr": (
        lambda: importlib.util.find_spec("rapidocr") is not None,
        "需要扫描件识别组件：请运行 make setup OCR=1。",
    ),
    "frontend": (
        lambda: any(BUILT_FRONT_END.glob("**/*.js")),
        "需要构建好的前端：请安装 Node.js 20+ 后运行 make setup。",
    ),
}
"""`@pytest.mark.needs_service("postgresql")`: how to see that it is here, and how to get it."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--second-database",
        action="store_true",
        help="this pass repeats, on SQLite, what already ran on PostgreSQL: leave out what only PostgreSQL can show",
    )


def pytest_configure(config: pytest.Config) -> None:
    from django.conf import settings

    # A login in a test proves who somebody is, not how slow the hash is.
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.MD5PasswordHasher",
        "zhiben.core.accounts.passwords.OneTimeHasher",
    ]

    from tests import clean_start

    clean_start.use_instead_of_flush()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--second-database"):
        left_out = [item for item in items if "postgresql" in _services(item)]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in set(left_out)]


def pytest_collection_finish() -> None:
    """What was imported and collected stays to the end; the collector need not go through it again and again."""
    gc.collect()
    gc.freeze()


def pytest_runtest_setup(item: pytest.Item) -> None:
    for service in _services(item):
        is_here, how_to_get_it = SERVICES[service]
        if not is_here():
            pytest.skip(how_to_get_it)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Where checks decide, a service test that did not run is a failure, whoever skipped it and why."""
    report = yield
    if IN_CI and report.skipped and _services(item) and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid}: 依赖服务的测试被跳过，视为失败。{call.excinfo.value if call.excinfo else ''}"
    return report


def _services(item: pytest.Item) -> set[str]:
    return {name for mark in item.iter_markers("needs_service") for name in mark.args}


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_keepdb: bool, django_db_blocker: DjangoDbBlocker) -> None:
    """Tests that commit leave behind what is found here, right after `migrate`; a database used again has more."""
    from tests import clean_start

    if not django_db_keepdb:
        with django_db_blocker.unblock():
            clean_start.remember()


@pytest.fixture(autouse=True)
def data_folder(settings, tmp_path: Path) -> Path:
    """Uploads, the audit's outside copy and the like of one test."""
    settings.ZHIBEN_DATA = tmp_path / "var"
    settings.ZHIBEN_FILES_ROOT = settings.ZHIBEN_DATA / "files"
    settings.ZHIBEN_AUDIT_ROOT = settings.ZHIBEN_DATA / "audit"
    return settings.ZHIBEN_DATA
