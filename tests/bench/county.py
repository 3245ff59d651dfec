"""A county of 100,000 enterprises and a million hazards, made once: rows of the tables and of the index of words, which
nobody recorded. Half of the hazards lie with one enterprise in a hundred, as in life. What is written out is one hazard in
twenty; the database copies the rest from these, because a million objects would take longer than all that is measured."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta

from django.db import connection, transaction

from zhiben.core import clock
from zhiben.core.batches import in_batches
from zhiben.core.bulk import insert_rows, reserve_keys
from zhiben.core.ids import new_id
from zhiben.core.org import services as org
from zhiben.core.org.models import Region, RegionLevel, Unit, UnitKind
from zhiben.core.org.roles import Role
from zhiben.core.search.index import SEARCHABLE, keep
from zhiben.core.text.grams import grams
from zhiben.modules.hazards.models import OPEN_STATUSES, Hazard, HazardStatus
from zhiben.modules.registry.models import Enterprise
from zhiben.modules.registry.naming import name_key

from . import data
from .figures import note, stopwatch
from .hazards import HOW, PLACES, THINGS

HAZARDS = int(os.environ.get("ZHIBEN_BENCH_HAZARDS", "1000000"))
COPIES = 20
WRITTEN = HAZARDS // COPIES
ENTERPRISES = HAZARDS // 10
BATCH = 10_000
TOWNS = 50
BUSY_TOWN, BUSY_FIRM = "bench-town-0", "bench-firm"
RARE = "磷化氢渗漏"
EVERY_SO_MANY = BATCH
"""Hazards, of which one says the rare words."""
NAMES = "鑫源", "宏达", "永兴", "福星", "瑞丰", "金桥", "恒通", "华盛", "顺发", "万和"
KINDS = "机械厂", "餐馆", "化工有限公司", "建材有限公司", "超市"
SECTORS = "industry", "commerce", "chemicals", "construction", "fire"


def make() -> None:
    now = clock.now()
    _, departments = data._organisation()
    towns = [_town(number) for number in range(TOWNS)]
    with stopwatch() as filling, transaction.atomic():
        enterprises = _enterprises(towns, departments, now)
    note(f"{ENTERPRISES:,} 家企业已写入，用了 {filling.seconds:.0f} 秒")
    data._staff(Unit.objects.get(pk=enterprises[0].unit_id), BUSY_FIRM, Role.SAFETY_OFFICER, Role.ENTERPRISE_HEAD)
    with stopwatch() as filling, _without_indexes():
        words = _write(enterprises, now)
        for number in range(1, COPIES):
            with transaction.atomic():
                _copy(number, words)
    note(f"{Hazard.objects.count():,} 条隐患已写入，用了 {filling.seconds:.0f} 秒")
    if connection.vendor == "postgresql":  # as its own watchman would; SQLite has none, and lives without figures
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")


def _town(number: int) -> Unit:
    to = {"by": data.FOUNDER, "now": data.MADE_AT}
    county = Region.objects.get(level=RegionLevel.COUNTY)
    region = org.open_region(name=f"第{number}镇", level=RegionLevel.TOWN, parent=county, **to)
    town: Unit = org.open_unit(name=f"第{number}镇人民政府", kind=UnitKind.TOWN, region=region, **to)
    data._staff(town, f"bench-town-{number}", Role.UNIT_OFFICER, Role.UNIT_LEADER)
    return town


def _enterprises(towns: list[Unit], departments: list[Unit], now: datetime) -> list[Enterprise]:
    """The town supervises most; one in five a department."""
    made = []
    for numbers in in_batches(range(ENTERPRISES), BATCH):
        units, enterprises = [], []
        for key, number in zip(reserve_keys(Unit, len(numbers)), numbers, strict=True):
            town = towns[number % TOWNS]
            name = f"{NAMES[number // 5 % 10]}{KINDS[number % 5]}{number}"
            sector = SECTORS[number % 5]
            units.append(
                Unit(
                    pk=key,
                    name=name,
                    kind=UnitKind.ENTERPRISE,
                    region_id=town.region_id,
                    region_path=town.region_path,
                    superior_id=town.pk,
                    sectors=[sector],
                )
            )
            enterprises.append(
                Enterprise(
                    unit_id=key,
                    responsible_unit_id=key,
                    supervising_unit_id=(departments[number % 40] if number % 5 == 2 else town).pk,
                    name=name,
                    name_key=name_key(name),
                    region_path=town.region_path,
                    sector=sector,
                    status_since=clock.local_day(now),
                    registered_at=now,
                )
            )
        insert_rows(Unit, units)
        insert_rows(Enterprise, enterprises)
        made += enterprises
    return made


def _hazards(enterprises: list[Enterprise], now: datetime) -> Iterator[Hazard]:
    """Four in five closed, one in fifty major, three in ten found by the enterprise itself."""
    today = clock.local_day(now)
    days: dict[int, date] = {ago: today - timedelta(days=ago) for ago in range(1500)}
    busy = enterprises[: ENTERPRISES // 100]
    for number in range(WRITTEN):
        some = enterprises if number % 2 else busy
        enterprise = some[number * 7919 % len(some)]
        place, thing = PLACES[number * 7 % 16], THINGS[(number * 5 + number // 16) % 16]
        found_on = days[number * 31 % 1500]
        closed, own = number % 5 != 0, number % 10 in (1, 4, 7)
        supervisor = enterprise.unit_id if own else enterprise.supervising_unit_id
        text = f"{place}{thing}，共 {number % 97 + 1} 处{HOW[number % 5]}"
        yield Hazard(
            id=new_id(),
            number=f"990000-2026-{number:08d}",
            status=HazardStatus.CLOSED if closed else OPEN_STATUSES[number // 5 % len(OPEN_STATUSES)],
            enterprise_id=enterprise.pk,
            responsible_unit_id=enterprise.unit_id,
            supervising_unit_id=supervisor,
            closing_unit_id=supervisor,
            found_by_unit_id=supervisor,
            region_path=enterprise.region_path,
            sector=enterprise.sector,
            place=f"{place}{number // 977 % 40 + 1}号位",
            description=text if number % EVERY_SO_MANY else f"冷库{RARE}，现场有异味",
            level="major" if number % 50 == 13 else "general",
            channel="self_inspection" if own else "inspection",
            found_on=found_on,
            reported_at=now,
            rectify_by=found_on + timedelta(days=30),
            closed_at=now - timedelta(days=number % 700) if closed else None,
            changed_at=now,
        )


def _write(enterprises: list[Enterprise], now: datetime) -> list[str]:
    """→ the words of each, in the order in which they are kept."""
    by_key = {each.pk: each for each in enterprises}
    words = []
    for batch in in_batches(_hazards(enterprises, now), BATCH):
        for hazard in batch:
            hazard.enterprise = by_key[hazard.enterprise_id]
        with transaction.atomic():
            insert_rows(Hazard, batch)
            keep(Hazard, batch)
        words += [" ".join(grams(SEARCHABLE[Hazard].text(hazard))) for hazard in batch]
    return words


@contextmanager
def _without_indexes() -> Iterator[None]:
    """They are made at the end, in one go."""
    by_grams = "CREATE INDEX search_by_grams ON search_searchentry USING gin (grams)"
    on_postgresql = connection.vendor == "postgresql"
    with connection.schema_editor() as editor:
        for index in Hazard._meta.indexes:
            editor.remove_index(Hazard, index)
        if on_postgresql:
            editor.execute("DROP INDEX search_by_grams")
    yield
    with connection.schema_editor() as editor:
        for index in Hazard._meta.indexes:
            editor.add_index(Hazard, index)
        if on_postgresql:
            editor.execute(by_grams)


def _copy(number: int, words: list[str]) -> None:
    """Every hazard that was written again, as one of another county: 990000-2026-… is then 990011-2026-…."""
    suffix = str(number + 10)  # also the first digits of the key, which are 01 where it was made
    on_sqlite = connection.vendor == "sqlite"
    key = "%s || substr(id, 3)" if on_sqlite else "(%s || substr(id::text, 3))::uuid"
    columns = [field.column for field in Hazard._meta.concrete_fields]
    values = [{"id": key, "number": "'9900' || %s || substr(number, 7)"}.get(column, column) for column in columns]
    more = grams(f"9900{suffix}-2026")
    entry = "SELECT {} FROM search_searchentry WHERE record_type = 'hazards.hazard' AND id <= %s"
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO hazards_hazard ({', '.join(columns)}) SELECT {', '.join(values)} FROM hazards_hazard"
            " WHERE number LIKE '990000-%%'",
            [suffix, suffix],
        )
        if on_sqlite:
            first = number * WRITTEN
            chosen = entry.format("id + %s, record_type, %s || substr(record_id, 3)")
            cursor.execute(
                f"INSERT INTO search_searchentry (id, record_type, record_id) {chosen}", [first, suffix, WRITTEN]
            )
            cursor.executemany(
                "INSERT INTO search_grams (rowid, grams) VALUES (%s, %s)",
                ((first + at, f"{text} {' '.join(more)}") for at, text in enumerate(words, 1)),
            )
        else:
            chosen = entry.format("record_type, %s || substr(record_id, 3), grams || array_to_tsvector(%s::text[])")
            cursor.execute(
                f"INSERT INTO search_searchentry (record_type, record_id, grams) {chosen}", [suffix, more, WRITTEN]
            )
