"""Offices' own ledgers of hazards, brought in: the past with its days, what is under way with a deadline, nothing twice."""

from datetime import date, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command

from zhiben.core import clock
from zhiben.core.audit.services import lines_of
from zhiben.core.exchange import services
from zhiben.core.exchange.models import ImportChunk, Stage
from zhiben.core.exchange.tests.conftest import book_of
from zhiben.core.files.services import receive_upload
from zhiben.core.jobs.running import run_pending
from zhiben.core.notify.models import Notification
from zhiben.core.workflow.models import OpenDeadline
from zhiben.modules.hazards import imports
from zhiben.modules.hazards.models import Channel, Hazard, HazardLevel, HazardLink, HazardStatus, LookBack
from zhiben.modules.hazards.workflow import HAZARD_LIFE
from zhiben.modules.registry.models import Enterprise
from zhiben.modules.registry.testing import credit_code

HEADS = [
    "序号", "被检查单位", "信用代码", "所属乡镇", "检查日期", "隐患部位", "存在问题", "隐患级别", "检查类型", "检查人", "判定依据",
    "整改期限", "责任人", "整改措施", "资金（万元）", "是否整改", "整改完成时间", "复查人", "复查时间",
]  # fmt: skip
LANE = "消防车通道堆放托盘和废料，长约 30 米，消防车无法通过"


@pytest.fixture(autouse=True)
def own_store(settings, tmp_path):
    settings.ZHIBEN_FILES_ROOT = tmp_path / "files"


@pytest.fixture
def brought(cast, now):
    def brought(*rows, who="bureau_officer", heads=HEADS):
        by = {"by": getattr(cast, who), "now": now}
        cells = [[datetime.fromisoformat(c) if _is_day(c) else c for c in row] for row in rows]
        upload = receive_upload(book_of([heads, *cells]), name="三月台账.xlsx", **by)
        run = services.begin_import(key="hazards.hazards", upload=upload, **by)
        return services.map_columns(run=run, mapping=run.columns, **by)

    return brought


def _is_day(cell):
    return isinstance(cell, str) and len(cell) == 10 and cell[4] == "-" == cell[7]


@pytest.fixture
def confirmed(cast, now):
    def confirmed(run, everything=True, who="bureau_officer"):
        services.confirm(run=run, all_or_nothing=everything, by=getattr(cast, who), now=now)
        run_pending()
        run.refresh_from_db()
        assert run.stage == Stage.DONE, run.error
        return run

    return confirmed


def row(**said):
    names = (
        "number", "name", "code", "town", "found", "place", "what", "level", "source", "finder", "criterion",
        "until", "liable", "measures", "funds", "state", "done", "checker", "checked",
    )  # fmt: skip
    usual = {"name": "云帆化工有限公司", "found": "2026-03-02", "place": "一号厂房北侧", "what": LANE, "level": "一般"}
    return [(usual | said).get(name, "") for name in names]


def sentences(run):
    return {each.number: "".join(each.sentences) for each in run.rows.filter(is_bad=True)}


def test_a_ledger_brings_in_the_past_and_what_is_under_way(brought, confirmed, plant, cast, now):
    run = brought(
        row(state="已整改", done="2026-03-05", checker="石宏", checked="2026-03-06", liable="云安", funds=0.8, source="专项检查"),
        row(place="配电室", what="配电箱门缺失，3 处裸露接线端子", state="整改中", until="2026-03-20", source="企业自查"),
        row(place="罐区", what="可燃气体探测器 2 台失效", level="重大", found="2026-03-03", state="限期整改",
            criterion="应急管理部令第10号 第3条第（一）项"),
        row(place="办公楼", what="灭火器过期 4 具", found="2026-03-04"),
        row(place="仓库", what="货架超高 1 米", found="2026-03-04", state="已整改，待复查", done="2026-03-06"),
    )  # fmt: skip
    assert sentences(run) == {}
    confirmed(run)
    closed, ordered, major, reported, waiting = Hazard.objects.order_by("number")
    assert (closed.status, closed.closed_at.date(), closed.spent) == (HazardStatus.CLOSED, date(2026, 3, 6), 8000)
    five = closed.plans.get()
    assert (five.liable_person, five.measures, five.funds, five.filed_by) == ("云安", "", 8000, None)
    assert closed.summary == ""
    assert "石宏" in closed.finding
    assert closed.inspection_kind == 3
    assert (ordered.status, ordered.rectify_by) == (HazardStatus.ORDERED, date(2026, 3, 20))
    assert (ordered.channel, ordered.supervising_unit) == (Channel.SELF_INSPECTION, cast.bureau_officer.unit)
    assert (major.level, major.status) == (HazardLevel.MAJOR, HazardStatus.ORDERED)
    assert major.criterion.key == "应急管理部令第10号|第3条|(一)"
    assert major.rectify_by > date(2026, 3, 10)
    assert (reported.status, waiting.status) == (HazardStatus.REPORTED, HazardStatus.RECTIFIED)
    assert set(OpenDeadline.objects.filter(record_id=ordered.pk).values_list("name", flat=True)) == {"plan", "rectify"}
    line = lines_of("hazards.hazard", closed.pk).get()
    assert (line.label, line.to_state) == ("按台账登记", "closed")
    assert line.data["origin_label"] == "台账《三月台账.xlsx》第 2 行"
    told = Notification.objects.filter(person=cast.plant_officer.person, key__startswith="import:")
    assert [each.title for each in told] == ["台账导入后有 2 条隐患待您办理"]  # once, not a message a row


def test_what_a_ledger_says_of_the_five_is_where_the_enterprise_goes_on(brought, confirmed, plant, cast, now):
    """Neither lost in a text nor taken for a plan that somebody filed: the form of the five begins with it."""
    many = "安全科云安、仓储部云平、设备科云和、电气班云定、外协单位云海安装公司现场负责人"
    run = brought(
        row(state="整改中", until="2026-03-20", liable=many, measures="加装护栏", funds=0.8),
        row(place="配电室", what="配电箱门缺失 1 扇", liable="云平", measures="装门"),
        row(place="罐区", what="液位计不准 2 处", state="整改中", funds=-1),
    )
    assert list(sentences(run)) == [4]
    confirmed(run, everything=False)
    ordered, reported = Hazard.objects.order_by("number")
    assert (ordered.spent, ordered.summary, reported.status) == (None, "", HazardStatus.REPORTED)
    asked = {each.name: each.initial(ordered, cast.plant_officer, now) for each in HAZARD_LIFE.inputs if each.initial}
    assert (asked["liable_person"], asked["bodies"], asked["measures"], asked["funds"]) == (
        "安全科云安", many, "加装护栏", 8000,
    )  # fmt: skip
    assert reported.plans.get().measures == "装门"
    page = cast.client("plant_officer").get(ordered.get_absolute_url()).content.decode()
    assert "由台账带入，企业没有报送" in page


def test_a_major_one_that_comes_in_closed_was_closed_by_who_may_and_is_looked_at_again(
    brought, confirmed, plant, cast, now, monkeypatch
):
    """A town does not close by way of a ledger what the county closes; what is long over is historic, and says so."""
    monkeypatch.setattr(clock, "machine_now", lambda: now)
    major = {"level": "重大", "state": "已销号", "criterion": "消防车通道被堵死"}
    rows = (
        row(**major, found="2026-01-05", done="2026-02-01", checked="2026-02-10"),
        row(**major, place="罐区", what="可燃气体探测器 2 台失效", found="2023-01-05", done="2023-02-01"),
    )
    run = brought(*rows, who="town")
    assert "县级以上单位销号" in run.notes[0][1]
    confirmed(run, who="town")
    assert set(Hazard.objects.values_list("status", flat=True)) == {HazardStatus.RECTIFIED}
    assert not LookBack.objects.exists()
    Hazard.objects.all().delete()
    confirmed(brought(*rows))
    recent, old = Hazard.objects.order_by("-found_on")
    assert (recent.status, old.status) == (HazardStatus.CLOSED, HazardStatus.CLOSED)
    look = recent.look_backs.get()
    assert (look.status, look.due_on) == ("due", date(2026, 5, 11)), "ninety days after it was closed"
    past = old.look_backs.get()
    assert (past.status, past.excuse) == ("excused", "historic")
    assert "2023年2月1日" in past.reason
    page = cast.client("bureau_officer").get("/look_backs/").content.decode()
    assert "台账带入的历史记录" in page
    assert past.reason in cast.client("bureau_officer").get(old.get_absolute_url()).content.decode()


def test_the_same_file_again_and_the_same_row_twice(brought, confirmed, plant):
    once = row(state="整改中", until="2026-03-20")
    run = brought(once, once, row(place="配电室", what="配电箱门缺失"))
    assert "与第 2 行重复" in sentences(run)[3]
    confirmed(run, everything=False)
    assert Hazard.objects.count() == 2
    again = brought(once, row(place="配电室", what="配电箱门缺失"))
    assert again.found == {"same": 2}
    done = brought(row(state="已整改", done="2026-03-09"))
    assert done.found == {"same": 1}
    assert "请在系统里办理" in done.notes[0][1]
    confirmed(done)
    assert Hazard.objects.filter(status=HazardStatus.CLOSED).count() == 0


def test_a_short_name_is_asked_about(brought, plant):
    run = brought(row(name="云帆化工"))
    assert run.rows.get().open_questions[0][2] == [[str(plant.pk), "是“云帆化工有限公司”（柳溪镇工业路 8 号）"]]


def test_what_is_only_alike_is_put_before_a_person(brought, confirmed, plant, found, cast, now):
    first = found(description=LANE, found_on=date(2026, 3, 2))
    run = brought(
        row(what=LANE + "！已通知", place="一号厂房北消防车通道"), row(what=LANE, place="一号厂房北侧消防车通道")
    )
    (asked,) = run.rows.filter(is_bad=True)
    (name, _, options) = asked.open_questions[0]
    assert [value for value, _ in options] == [str(first.pk), "new"]
    services.mend_rows(run=run, changes={asked.number: {f"?{name}": "new"}}, by=cast.bureau_officer, now=now)
    run.refresh_from_db()
    confirmed(run)
    second = Hazard.objects.exclude(pk=first.pk).get()
    assert HazardLink.objects.filter(
        hazard=second, earlier=first
    ).exists()  # and is proposed as a likeness all the same


def test_each_row_says_why_and_what_to_do(brought, plant):
    run = brought(
        row(name="没有的厂"),
        row(found="2026-04-02", place="二"),
        row(done="2026-03-01", place="三"),
        row(until="2026-03-01", place="四"),
        row(level="待定", place="五"),
        row(what="存在安全隐患", place="六"),
    )
    said = sentences(run)
    assert "没有“没有的厂”" in said[2]
    assert "还没有到" in said[3]
    assert "早于发现日期" in said[4]
    assert "早于发现日期" in said[5]
    assert "看不出是一般还是重大" in said[6]
    assert 7 not in said
    assert any(number == 7 for number, _ in run.notes)


def test_an_unknown_enterprise_can_be_opened_from_the_row(brought, confirmed, plant, cast, now):
    code = credit_code("91990121MA00NEW01")
    rows = [row(name="宏达石料厂", code=code, town="柳溪镇", place=place) for place in ("破碎机", "皮带机")]
    run = brought(*rows)
    first = run.rows.filter(is_bad=True)[0]
    assert first.open_questions[0][2] == [["open", "为“宏达石料厂”建立企业档案，再登记隐患"]]
    services.mend_rows(run=run, changes={first.number: {"?whose": "open"}}, by=cast.bureau_officer, now=now)
    run.refresh_from_db()
    assert sentences(run) == {}  # one answer holds for every row that names it
    confirmed(run)
    assert Enterprise.objects.get(credit_code=code).hazards.count() == 2


def test_what_is_alike_and_out_of_sight_is_asked_about_without_its_words(brought, plant, found):
    first = found(description=LANE, found_on=date(2026, 3, 2))
    Hazard.objects.filter(pk=first.pk).update(confidentiality=1)
    asked = [
        brought(row(what=LANE + "！已通知", place="一号厂房北消防车通道"), who=who)
        for who in ("bureau_officer", "town")
    ]
    known, unknown = (dict(run.rows.get().open_questions[0][2])[str(first.pk)] for run in asked)
    assert first.number in known
    assert unknown == "是同一条：另一条记录，您无权查看"


def test_an_enterprise_brings_only_its_own_and_closes_no_major_one(brought, plant, cast):
    run = brought(
        row(level="重大", state="已整改", done="2026-03-05"),
        row(level="重大", state="整改中", place="罐区"),
        row(name="另一家", place="罐区"),
        who="plant_officer",
    )
    said = sentences(run)
    assert "请由监管单位导入" in said[2]
    assert 3 not in said
    assert "没有“另一家”" in said[4]


def test_killed_between_two_chunks_it_goes_on_at_the_next(brought, plant, cast, now, monkeypatch):
    monkeypatch.setattr("zhiben.core.exchange.carrying.CHUNK", 3)
    run = brought(*(row(place=f"第 {place} 号生产车间") for place in range(1, 9)))
    calls, real = [], imports.report_hazards

    def killed_at_the_second(**given):
        calls.append(len(given["reports"]))
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(**given)

    monkeypatch.setattr(imports, "report_hazards", killed_at_the_second)
    services.confirm(run=run, all_or_nothing=False, by=cast.bureau_officer, now=now)
    from zhiben.core.exchange.carrying import carry_out
    from zhiben.core.exchange.rows import rows_of

    run.refresh_from_db()
    to = {"by": cast.bureau_officer, "clock": lambda: now + timedelta(minutes=1), "progress": lambda *_: None}
    with rows_of(run) as rows, pytest.raises(KeyboardInterrupt):
        carry_out(run, rows, **to)
    assert (Hazard.objects.count(), ImportChunk.objects.count()) == (3, 1)
    with rows_of(run) as rows:
        carry_out(run, rows, **to)
    assert calls == [3, 3, 3, 2]
    assert Hazard.objects.count() == 8
    assert HazardLink.objects.exists()  # like one another, and not asked about


def test_the_command_is_the_same_import(plant, tmp_path, capsys):
    path = tmp_path / "台账.xlsx"
    path.write_bytes(book_of([HEADS, row(found=datetime(2026, 3, 2))]))
    call_command("hazards", "import", str(path), "--check")
    assert Hazard.objects.count() == 0
    call_command("hazards", "import", str(path))
    assert Hazard.objects.count() == 1
    assert "1" in capsys.readouterr().out
    with pytest.raises(CommandError, match="找不到文件"):
        call_command("hazards", "import", str(tmp_path / "没有.xlsx"))
