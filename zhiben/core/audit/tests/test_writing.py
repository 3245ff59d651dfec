"""Writing the trail."""

import unicodedata
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from itertools import pairwise
from uuid import UUID

import pytest
from django.core.management import call_command
from django.db import DatabaseError, IntegrityError, connection, transaction

from zhiben.core.audit import guard
from zhiben.core.audit.canonical import clean, dump, plain, to_json, to_json_rows
from zhiben.core.audit.checks import digest_is_available
from zhiben.core.audit.line import canonical_sql, canonical_text
from zhiben.core.audit.models import AuditLine
from zhiben.core.audit.services import (
    NewLine,
    append,
    append_firsts,
    append_many,
    has_key,
    is_sealed,
    lines_of,
    seal_pending,
    sealed,
    verify,
)

from .conftest import DAY, MORNING, OFFICER, SYSTEM


def new_line(record_id: str, label: str = "接收", **given) -> NewLine:
    return NewLine(
        record_type="tasks.task", record_id=record_id, kind="step", verb="accept", label=label, by=SYSTEM, now=MORNING,
        **given,
    )  # fmt: skip


def test_a_line_tells_who_did_what_and_for_whom(write):
    line = AuditLine.objects.get(pk=write(from_state="pending", to_state="running", reason="情况属实").pk)
    assert (line.actor_id, line.actor_name, line.actor_post, line.behalf_name) == (
        7,
        "安全员甲",
        "云帆化工·安全员",
        "厂长乙",
    )
    assert (line.seq, line.from_state, line.to_state, line.reason) == (1, "pending", "running", "情况属实")
    assert line.data == {"进度": 30}


def test_the_system_signs_with_its_name_only(write):
    line = write(by=SYSTEM)
    assert (line.actor_id, line.actor_name, line.actor_post) == (None, "定时巡检", "")


def test_lines_of_a_record_are_numbered_and_chained(write):
    first, second = write(), write()
    other = write(record_id="2")
    assert (second.seq, second.previous) == (2, first.digest)
    assert (other.seq, other.previous) == (1, "")
    assert list(lines_of("tasks.task", "1")) == [first, second]


def test_many_lines_are_written_with_few_queries(write, django_assert_max_num_queries):
    write(record_id="1")
    with django_assert_max_num_queries(6):
        append_many([new_line(str(n % 40)) for n in range(80)])
    assert [line.seq for line in lines_of("tasks.task", "1")] == [1, 2, 3]
    assert [line.seq for line in lines_of("tasks.task", "2")] == [1, 2]
    assert verify().ok


@pytest.mark.parametrize("by", [OFFICER, SYSTEM])
def test_first_lines_of_many_are_those_that_would_be_written_one_by_one(write, by):
    given = {"kind": "step", "verb": "begin", "label": "建\0立", "by": by, "now": MORNING}
    states, said = ["given", "doing\x1f", "given"], [{"b": 1, "a": "“县”\\"}, {}, {"注": "e\u0301\x00"}]
    firsts = {
        "record_type": "all.at_once",
        "record_ids": list("123"),
        "to_states": states,
        "data": [*map(to_json, said)],
    }
    append_firsts(**firsts, **given)
    with pytest.raises(IntegrityError), transaction.atomic():
        append_firsts(**firsts, **given)
    for record_id, state, data in zip("123", states, said, strict=True):
        write(record_id=record_id, to_state=state, data=data, **given)
    assert verify().ok
    columns = [field.name for field in AuditLine._meta.fields if field.name not in ("id", "record_type", "digest")]
    at_once, one_by_one = (
        AuditLine.objects.filter(record_type=kind).values_list(*columns) for kind in ("all.at_once", "tasks.task")
    )
    assert list(at_once) == list(one_by_one)


@pytest.mark.django_db(transaction=True)
def test_a_line_is_written_only_in_the_transaction_of_its_change():
    with pytest.raises(RuntimeError):
        append_many([new_line("1")])
    with transaction.atomic():
        append_many([new_line("1")])


def test_two_writers_without_a_lock_collide_instead_of_forking_the_chain(write):
    line = write()
    twin = AuditLine.objects.get(pk=line.pk)
    twin.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        twin.save(force_insert=True)


def test_a_request_sent_twice_is_written_once(write):
    write(key="request-1")
    assert has_key("tasks.task", "1", "request-1")
    assert not has_key("tasks.task", "2", "request-1")
    write(key=None)
    write(key=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        write(key="request-1")


def test_the_database_spells_a_line_as_python_does(write):
    write(
        reason="第一行\n第二行\t\x1f\x00 é 𠮷",
        data={"b": [1.5, None, True], "a": "“引号”\\"},
        now=MORNING.replace(microsecond=7),
    )
    write(by=SYSTEM, key="k")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id, {canonical_sql(connection.vendor)} FROM audit_auditline")
        for line_id, text in cursor.fetchall():
            assert bytes(text).decode() == canonical_text(AuditLine.objects.get(pk=line_id))


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit_auditline SET reason = '改'", "DELETE FROM audit_auditline", "UPDATE audit_dailyseal SET lines = 0"],
)
def test_the_database_refuses_to_change_the_trail(write, statement, request):
    write()
    if "dailyseal" in statement and connection.vendor == "sqlite":
        pytest.skip("SQLite 的触发器按行生效，空表上没有可拒绝的行")
    with pytest.raises(DatabaseError, match="留痕只能追加"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.needs_service("postgresql")
def test_the_database_refuses_to_empty_the_trail(write):
    with pytest.raises(DatabaseError, match="留痕只能追加"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("TRUNCATE audit_auditline")


@pytest.mark.needs_service("postgresql")
def test_the_role_of_the_application_may_only_read_and_append(write, capsys):
    write()
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE zhiben_app_of_test")
        call_command("audit", "protect", "--role", "zhiben_app_of_test")
        guard.remove(connection)  # so that it is the missing right which refuses
        cursor.execute("SET LOCAL ROLE zhiben_app_of_test")
        cursor.execute("SELECT count(*) FROM audit_auditline")
        for statement in ("UPDATE audit_auditline SET reason = ''", "DELETE FROM audit_auditline"):
            with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
                cursor.execute(statement)
        with transaction.atomic():
            append(record_type="t", record_id="1", kind="step", verb="v", label="l", by=OFFICER, now=MORNING, data={})
        assert [seal.lines for seal in seal_pending(MORNING + DAY)] == [2]
        cursor.execute("RESET ROLE")


def test_the_guards_come_back_with_every_migration(db):
    guard.remove(connection)
    assert len(guard.missing(connection)) >= 4
    call_command("migrate", verbosity=0)
    assert guard.missing(connection) == []


class Level(Enum):
    MAJOR = "major"


def test_a_value_has_one_text():
    decomposed = unicodedata.normalize("NFD", "é")
    value = {
        "z": Decimal("1.50"), "a": date(2026, 3, 1), "m": datetime(2026, 3, 1, 8, tzinfo=UTC), "l": Level.MAJOR,
        "u": UUID(int=1), "s": {"b", "a"}, "n": decomposed, "t": (1, 2.5), 3: None,
    }  # fmt: skip
    assert to_json(value) == (
        '{"3":null,"a":"2026-03-01","l":"major","m":"2026-03-01T08:00:00+00:00","n":"é","s":["a","b"],'
        '"t":[1,2.5],"u":"00000000-0000-0000-0000-000000000001","z":"1.50"}'
    )
    assert clean("a\x1fb\ud800") == "a b?"


@pytest.mark.parametrize(
    "value",
    [
        {"a": "消防通道", "b": {"c": [date(2026, 3, 1), None, True]}},
        {"a": '二\n三\t"四" \\u00 五\r'},
        {"a": "u\u0308", "b": "\u0301", "c": "全　角", "d": "\x1f\ud800"},
        {"a": [{None: 1, True: 2}, {3: "x"}], "b": ({"k": Level.MAJOR},)},
        {"u": UUID(int=3), "f": 1.0, "s": {"b", "a"}},
        ["x", {1.5: "y"}],
        "甲",
    ],
)
def test_the_text_is_that_of_the_plain_value(value):
    assert to_json(value) == dump(plain(value))


@pytest.mark.parametrize("value", [float("nan"), Decimal("Infinity"), datetime(2026, 3, 1), object()])
def test_a_value_without_one_text_is_refused(value):
    with pytest.raises((TypeError, ValueError)):
        plain(value)


TEXTS = [
    "县", "", '"', "\\", "%s", "\u00e9", "e\u0301", "\u0301", "\u1100", "\u1161", "𠮷", "\ud800", "a\nb\t", "\x1f\x00\x7f",
    "\u2028", "\u200d", "</script>",
]  # fmt: skip
VALUES = [
    *TEXTS, None, True, False, 0, 1, 1.0, -0.0, 1e16, 1e-7, 2**70, Decimal("1E+3"), Decimal("0.50"), date(2026, 3, 1),
    MORNING, MORNING.astimezone(timezone(timedelta(hours=8))), MORNING.replace(microsecond=7), UUID(int=5), Level.MAJOR,
    {"b": [1.5, None], "a": "e\u0301"}, {2: "二", 10: "十"}, ["“", '"'], (), frozenset({"乙", "甲"}),
]  # fmt: skip


@pytest.mark.parametrize("column", [TEXTS, VALUES, *pairwise(TEXTS), [1, None, 1], [date.max] * 2])
def test_rows_spelled_by_columns_read_as_those_spelled_one_by_one(column):
    columns = {"值": column, "a%d": column[::-1], "B": [7] * len(column)}
    one_by_one = [to_json(dict(zip(columns, row, strict=True))) for row in zip(*columns.values(), strict=True)]
    assert to_json_rows(columns, len(column)) == one_by_one
    assert to_json_rows({}, 2) == [to_json({})] * 2


def test_a_sealed_value_can_be_recognised_but_not_read():
    digest = sealed("13800000000")
    assert "13800000000" not in digest
    assert is_sealed("13800000000", digest)
    assert not is_sealed("13800000001", digest)


def test_lines_written_under_another_digest_stay_verifiable(write, settings):
    settings.ZHIBEN_DIGEST = "sm3"
    write()
    settings.ZHIBEN_DIGEST = "sha256"
    line = write()
    assert line.algorithm == "sha256"
    assert verify().ok


def test_a_digest_that_is_not_there_is_said_at_start(settings, monkeypatch):
    assert digest_is_available(None) == []
    settings.ZHIBEN_DIGEST = "md5"
    assert [error.id for error in digest_is_available(None)] == ["audit.E001"]
    settings.ZHIBEN_DIGEST = "sm3"
    monkeypatch.setattr("hashlib.algorithms_available", {"sha256"})
    assert [error.id for error in digest_is_available(None)] == ["audit.E002"]
