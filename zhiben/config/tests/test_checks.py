from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from zhiben.config import checks


def ids(messages: list) -> list[str]:
    return [message.id for message in messages]


@pytest.fixture
def real_use(settings):
    """An installation as it should be."""
    settings.ZHIBEN_DEMO = False
    settings.DEBUG = False
    settings.SECRET_KEY = "3vJkE0qYlC5p2mZrT8uWxA1sDfGhJkLzXcVbNmQwErTyUiOp"
    settings.ALLOWED_HOSTS = ["zhiben.example.gov.cn"]
    settings.ZHIBEN_HTTPS = True
    return settings


def test_a_sound_installation_is_let_start(real_use) -> None:
    checks.refuse_unsafe()
    assert checks.connection_is_encrypted(None) == []
    assert checks.demonstration_is_off(None) == []


def test_a_public_key_an_open_host_list_and_open_error_pages_are_all_named_at_once(real_use) -> None:
    real_use.SECRET_KEY = checks.NO_SECRET_KEY
    real_use.ALLOWED_HOSTS = ["*"]
    real_use.DEBUG = True
    with pytest.raises(ImproperlyConfigured) as refusal:
        checks.refuse_unsafe()
    assert all(known in str(refusal.value) for known in ("zhiben.E001", "zhiben.E002", "zhiben.E003"))


def test_a_demonstration_starts_without_a_key_of_its_own(real_use) -> None:
    real_use.ZHIBEN_DEMO = True
    real_use.SECRET_KEY = checks.NO_SECRET_KEY
    checks.refuse_unsafe()
    assert ids(checks.demonstration_is_off(None)) == ["zhiben.W001"]


def test_real_use_without_https_is_warned_about(real_use) -> None:
    real_use.ZHIBEN_HTTPS = False
    assert ids(checks.connection_is_encrypted(None)) == ["zhiben.W002"]


@pytest.mark.parametrize(
    ("engine", "known", "fits"),
    [
        ("django.db.backends.postgresql", [], []),
        ("django.db.backends.sqlite3", [], ["zhiben.W003"]),
        ("django.db.backends.mysql", ["zhiben.E004"], []),
    ],
)
def test_which_databases_suit_real_use(real_use, monkeypatch, engine: str, known: list[str], fits: list[str]) -> None:
    monkeypatch.setitem(real_use.DATABASES["default"], "ENGINE", engine)
    assert ids(checks.database_is_known(None)) == known
    assert ids(checks.sqlite_serves_one_office(None)) == fits


def test_a_data_folder_that_cannot_be_made_is_named(real_use, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    real_use.ZHIBEN_DATA = tmp_path / "file" / "var"
    (message,) = checks.data_folder_is_writable(None)
    assert message.id == "zhiben.E008"
    assert str(tmp_path / "file") in message.hint
    real_use.ZHIBEN_DATA = tmp_path / "new" / "var"
    assert checks.data_folder_is_writable(None) == []


@pytest.mark.needs_service("postgresql")
@pytest.mark.django_db
def test_our_postgresql_suits() -> None:
    assert checks.postgresql_suits(None, databases=["default"]) == []


@pytest.mark.needs_service("postgresql")
@pytest.mark.django_db
def test_an_old_server_and_a_wrong_encoding_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    class Cursor:
        def __enter__(self):
            return self

        def __exit__(self, *exception) -> None:
            pass

        def execute(self, query: str) -> None:
            pass

        def fetchone(self) -> tuple[int, str]:
            return 13, "SQL_ASCII"

    monkeypatch.setattr(connection, "cursor", Cursor)
    assert ids(checks.postgresql_suits(None, databases=["default"])) == ["zhiben.E006", "zhiben.E007"]


def test_every_problem_says_what_to_do(real_use, monkeypatch: pytest.MonkeyPatch) -> None:
    real_use.SECRET_KEY = checks.NO_SECRET_KEY
    real_use.ALLOWED_HOSTS = []
    real_use.DEBUG = True
    real_use.ZHIBEN_HTTPS = False
    monkeypatch.setitem(real_use.DATABASES["default"], "ENGINE", checks.SQLITE)
    asked = (
        checks.secret_key_is_secret,
        checks.hosts_are_named,
        checks.debugging_is_off,
        checks.connection_is_encrypted,
        checks.sqlite_serves_one_office,
    )
    messages = [message for check in asked for message in check(None)]
    assert len(messages) == len(asked)
    assert all("请" in message.hint for message in messages)
