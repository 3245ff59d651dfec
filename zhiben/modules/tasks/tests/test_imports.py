"""An office's own ledger of tasks, brought in once and every month again."""

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.workbooks import ledger_book
from zhiben.conftest import FOUNDER, Cast
from zhiben.core.access.permissions import NotPermitted
from zhiben.core.audit.services import lines_of
from zhiben.core.exchange import services
from zhiben.core.exchange.models import ImportRun, Stage
from zhiben.core.exchange.summary import counts_of
from zhiben.core.files.services import receive_upload
from zhiben.core.jobs.running import run_pending
from zhiben.core.org import services as org
from zhiben.core.org.models import RegionLevel, UnitKind
from zhiben.core.workflow.engine import fire
from zhiben.modules.tasks.imports import day_of
from zhiben.modules.tasks.models import Duty, Task, TaskStatus
from zhiben.modules.tasks.services import withdraw_tasks

pytestmark = pytest.mark.django_db

LEDGER = [
    ["1", "完成危化品企业风险评估", "逐企开展评估", "县应急管理局", "", "县住建局", datetime(2026, 11, 30), "年度要点"],
    ["2", "开展自建房排查", "逐栋排查", "", "县住建局、柳溪镇", "", "12月底前", "年度要点"],
    ["3", "柳溪镇消防站建设", "", "", "柳溪镇人民政府", "", "2026年底", ""],
]


@pytest.fixture(autouse=True)
def own_store(settings: Any, tmp_path: Path) -> None:
    settings.ZHIBEN_FILES_ROOT = tmp_path / "files"


@pytest.fixture
def brought(cast: Cast, now: datetime) -> Callable[..., ImportRun]:
    def brought(rows: list[list[Any]], who: str = "office") -> ImportRun:
        by = {"by": getattr(cast, who), "now": now}
        upload = receive_upload(ledger_book(rows), name="台账.xlsx", **by)
        run = services.begin_import(key="tasks.tasks", upload=upload, **by)
        return services.map_columns(run=run, mapping=run.columns, **by)

    return brought


@pytest.fixture
def dispatched(cast: Cast, now: datetime, brought: Callable[..., ImportRun]) -> Callable[..., ImportRun]:
    def dispatched(rows: list[list[Any]]) -> ImportRun:
        run = brought(rows)
        assert problems(run) == []
        services.confirm(run=run, all_or_nothing=True, version=run.version, by=cast.office, now=now)
        run_pending()
        run.refresh_from_db()
        assert run.stage == Stage.DONE
        return run

    return dispatched


def problems(run: ImportRun) -> list[str]:
    return [sentence for row in run.rows.order_by("number") for sentence in row.sentences]


def test_a_ledger_becomes_tasks_of_the_office(cast: Cast, dispatched: Any) -> None:
    dispatched(LEDGER)
    first = Task.objects.get(number="1", parent=None)
    assert (first.responsible_unit, first.duty) == (cast.bureau_officer.unit, Duty.LEAD)
    assert (first.supervising_unit, first.due_on) == (cast.office.unit, date(2026, 11, 30))
    assert (first.origin_label, first.content) == ("年度要点", "逐企开展评估")
    assert first.children.get().responsible_unit == cast.housing_officer.unit
    second = Task.objects.get(number="2", parent=None)
    assert (second.responsible_unit, second.duty) == (cast.office.unit, Duty.COORDINATOR)
    assert second.children.count() == 2
    third = Task.objects.get(number="3")
    assert (third.status, third.due_on) == (TaskStatus.PENDING, date(2026, 12, 31))
    assert [line.label for line in lines_of("tasks.task", third.pk)] == ["交办"]


def test_the_same_ledger_again_doubles_nothing(cast: Cast, dispatched: Any, brought: Any, now: datetime) -> None:
    dispatched(LEDGER)
    count = Task.objects.count()
    assert counts_of(brought(LEDGER)).will_happen.startswith("将新增 0 项，更新 0 项")
    later = [list(row) for row in LEDGER]
    later[0][6] = "2026年12月20日"
    later[2][2] = "年内开工"
    later.append(["4", "新增任务", "", "县住建局", "", "", "2026年底", ""])
    dispatched(later)
    assert Task.objects.count() == count + 1
    first = Task.objects.get(number="1", parent=None)
    assert first.due_on == date(2026, 12, 20)
    revised = list(lines_of("tasks.task", first.pk))[-1]
    assert (revised.label, revised.reason) == ("修订", "台账更新")


def test_what_is_closed_or_extended_is_left_alone(cast: Cast, dispatched: Any, brought: Any, now: datetime) -> None:
    dispatched(LEDGER)
    third = Task.objects.get(number="3")
    withdraw_tasks(tasks=[third], reason="不再开展", by=cast.office, now=now)
    first = Task.objects.get(number="1", parent=None)
    fire(first, "accept", by=cast.bureau_officer, now=now)
    Task.objects.filter(pk=first.pk).update(extensions=1, due_on=date(2027, 1, 31))
    dispatched(LEDGER)
    assert Task.objects.filter(number="3").count() == 1
    assert Task.objects.get(pk=first.pk).due_on == date(2027, 1, 31)


def test_what_cannot_be_dispatched_is_said(cast: Cast, brought: Any, now: datetime) -> None:
    town = org.open_region(name="远山镇", level=RegionLevel.TOWN, parent=cast.other_county, by=FOUNDER, now=now)
    org.open_unit(name="远山镇人民政府", kind=UnitKind.TOWN, region=town, by=FOUNDER, now=now)
    rows = [
        ["1", "没有单位", "", "", "", "", "2026年底", ""],
        ["2", "没有期限", "", "县住建局", "", "", "长期", ""],
        ["3", "无名单位", "", "老干部活动中心", "", "", "2026年底", ""],
        ["4", "别县单位", "", "远山镇人民政府", "", "", "2026年底", ""],
        ["5", "年份写错", "", "县住建局", "", "", "2062年底", ""],
    ]
    told = problems(brought(rows))
    assert told[0] == "请填写牵头单位或责任单位，系统才知道交给谁办。"
    assert "办结期限“长期”看不出是哪一天" in told[1]
    assert "老干部活动中心" in told[2]
    assert told[3] == "“远山镇人民政府”不在您管理的澄溪县范围内，请核对单位名称。"
    assert "请核对年份" in told[4]


def test_a_collective_name_means_them_all(cast: Cast, dispatched: Any) -> None:
    dispatched([["1", "开展全覆盖排查", "", "县安委办", "各乡镇", "", "2026年底", ""]])
    main = Task.objects.get(parent=None)
    assert main.responsible_unit == cast.office.unit
    assert [child.responsible_unit for child in main.children.all()] == [cast.town.unit]


def test_whoever_may_not_dispatch_brings_no_ledger(cast: Cast, brought: Any) -> None:
    with pytest.raises(NotPermitted):
        brought(LEDGER, who="plant_officer")


def test_queries_do_not_grow_with_the_rows(cast: Cast, now: datetime, django_assert_max_num_queries: Any) -> None:
    from zhiben.core.exchange.tests.test_organisation import Sheet

    rows = [
        {"number": str(n), "title": f"任务{n}", "lead": ("县住建局",), "due": "2026年底", "content": "要求"}
        for n in range(200)
    ]
    with django_assert_max_num_queries(130):  # SQLite takes a thousand values in a statement
        assert not [each for each in Sheet("tasks.tasks", cast.office, now, rows).carry_out() if each.problems]
    assert Task.objects.count() == 200


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-12-31", date(2026, 12, 31)),
        ("2026.6.30", date(2026, 6, 30)),
        ("20260630", date(2026, 6, 30)),
        ("2026年6月底前完成", date(2026, 6, 30)),
        ("三季度", date(2026, 9, 30)),
        ("2025年1月至2026年6月", date(2026, 6, 30)),
        ("长期坚持", None),
    ],
)
def test_deadlines_as_ledgers_write_them(text: str, day: date | None) -> None:
    assert day_of(text, date(2026, 3, 10)) == day
