"""Rows by the thousand are the same rows as one by one, on either database."""

import gc
from datetime import UTC, date, datetime
from io import BytesIO

import pytest
from django.db import IntegrityError, connection, transaction

from zhiben.core.access.acting import Machine
from zhiben.core.accounts.models import User
from zhiben.core.audit.models import AuditLine, Kind
from zhiben.core.bulk import FEW, Maker, insert_rows, insert_values, reserve_keys, seldom_collecting, values_of
from zhiben.core.events.models import OutboxEvent
from zhiben.core.exchange.models import ImportChunk, ImportRun
from zhiben.core.files.models import StoredFile, Upload
from zhiben.core.files.services import store_file
from zhiben.core.ids import new_id
from zhiben.core.org.models import Person, Region, RegionLevel, Unit, UnitKind

NOW = datetime(2026, 3, 10, 2, 0, 0, 123456, tzinfo=UTC)
ODD = "制表\t换行\n反斜\\N 引号'\" 百分%s {} 甲"


def line(number: int, **more) -> AuditLine:
    return AuditLine(
        record_type="tasks.task",
        record_id=str(new_id()),
        seq=number,
        at=NOW,
        kind=Kind.STEP,
        verb="x",
        label=ODD,
        actor_name="",
        data={"数": [1, None, ODD]},
        algorithm="sm3",
        digest="0" * 64,
        **more,
    )


@pytest.mark.django_db
@pytest.mark.parametrize("many", [FEW - 1, FEW, 3 * FEW])
def test_rows_come_back_as_they_were(many):
    insert_rows(AuditLine, [line(number, key=None if number % 2 else f"k{number}") for number in range(many)])
    kept = list(AuditLine.objects.order_by("seq"))
    assert [each.seq for each in kept] == list(range(many))
    assert {(each.label, each.at, each.kind, each.data["数"][2], each.actor_id) for each in kept} == {
        (ODD, NOW, "step", ODD, None)
    }
    assert kept[1].key is None
    assert kept[2].key == "k2"


@pytest.mark.django_db
def test_lists_booleans_days_and_what_the_database_fills_in(cast):
    region = Region.objects.get(level=RegionLevel.CITY)
    insert_rows(
        Unit,
        [
            Unit(
                name=f"单位{number}",
                kind=UnitKind.DEPARTMENT,
                region=region,
                region_path=region.path,
                sectors=["gas", "*"],
                valid_from=date(2026, 1, 1),
            )
            for number in range(FEW)
        ],
    )
    unit = Unit.objects.get(name="单位7")
    assert (unit.kind, unit.sectors, unit.valid_from, unit.superior) == (
        "department",
        ["gas", "*"],
        date(2026, 1, 1),
        None,
    )
    insert_rows(
        OutboxEvent,
        [OutboxEvent(name="x", record_type="x", record_id=str(n), at=NOW, data={"甲": n}) for n in range(FEW)],
    )
    assert OutboxEvent.objects.get(record_id="3").data == {"甲": 3}


@pytest.mark.django_db
@pytest.mark.parametrize("many", [FEW - 1, FEW])
def test_values_without_objects_are_the_same_rows(many):
    names = ("run_id", "place", "outcomes", "written_at")
    run = ImportRun.objects.create(
        key="x", upload=Upload.objects.create(file=_file(), name="x", uploaded_by_id=0, uploaded_at=NOW),
        began_at=NOW, changed_at=NOW,
    )  # fmt: skip
    rows = [(run.pk, place, [[place, ODD]] if place % 2 else [], NOW) for place in range(many)]
    insert_values(ImportChunk, names, rows)
    kept = ImportChunk.objects.all()
    assert [(each.run_id, each.place, each.outcomes, each.written_at) for each in kept] == rows
    assert {(each.new, each.change, each.same) for each in kept} == {(0, 0, 0)}, "what is not named takes its default"
    insert_values(ImportChunk, names, [(run.pk, many + at, '[["甲"]]', NOW) for at in range(many)], ready={"outcomes"})
    assert ImportChunk.objects.get(place=many).outcomes == [["甲"]]
    insert_values(ImportChunk, names, [])


def test_what_is_made_by_the_thousand_is_what_the_model_makes():
    region = Region(pk=7, name="柳溪镇", level=RegionLevel.TOWN, path="/7/")
    values = {"id": 3, "name": "云帆化工", "kind": UnitKind.ENTERPRISE, "region": region, "superior": None}
    make = Maker(Unit)
    one, other, known = make(values), make(values), Unit(**values)
    assert {name: getattr(one, name) for name in _columns(Unit)} == {
        name: getattr(known, name) for name in _columns(Unit)
    }
    assert (one.region, one.superior, one.region_id) == (region, None, 7)
    assert one.sectors is not other.sectors, "a default that can be changed is each one's own"
    assert one._state.adding
    assert one == known
    user = User(pk=5)
    person = Maker(Person)({"name": "云安", "user": user})
    assert user.person is person, "whoever holds the other side finds it there"


def test_a_single_name_picks_a_tuple_too():
    assert values_of(("甲", "乙"))({"甲": 1, "乙": 2}) == (1, 2)
    assert values_of(("甲",))({"甲": 1, "乙": 2}) == (1,)


def test_python_looks_for_garbage_as_always_when_the_rows_are_made():
    usual = gc.get_threshold()
    with seldom_collecting():
        assert gc.isenabled()
        assert gc.get_threshold()[0] > usual[0]
    assert gc.get_threshold() == usual


@pytest.mark.django_db
def test_a_broken_rule_breaks_all(cast):
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_rows(AuditLine, [line(n, key="once") for n in range(FEW - 1)] + [line(0), line(0)] + _twice())
    assert not AuditLine.objects.filter(verb="x").exists()


@pytest.mark.django_db
@pytest.mark.parametrize("many", [1, FEW])
def test_keys_are_known_before_the_rows_are_written_and_never_given_twice(many):
    keys = reserve_keys(Person, many)
    assert keys == sorted(set(keys))
    between = Person.objects.create(name="插入的人")
    assert between.pk > max(keys)
    insert_rows(Person, [Person(pk=key, name=f"第{key}人") for key in keys])
    assert Person.objects.get(pk=keys[-1]).name == f"第{keys[-1]}人"
    assert min(reserve_keys(Person, 2)) > between.pk
    assert reserve_keys(ImportChunk, 1) == [1] or connection.vendor == "postgresql", "a table without any row yet"


def _columns(model) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields]


def _file() -> StoredFile:
    return store_file(content=BytesIO(b"x"), name="x.csv", by=Machine("试"), now=NOW, limit=100)


def _twice() -> list[AuditLine]:
    first, second = line(1), line(1)
    second.record_id = first.record_id
    return [first, second]
