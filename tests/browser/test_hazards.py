"""The story of the blocked lane, clicked through: the town and the plant on a phone, the offices at a desk."""

import re
from datetime import date, datetime
from pathlib import Path

import pytest
from docx import Document
from playwright.sync_api import Locator, Page, expect
from pypdfium2.raw import FPDF_PAGEOBJ_IMAGE

from tests.browser.conftest import DESKTOP, PHONE, Desk
from tests.browser.scenes import lane, receipt
from zhiben.conftest import _appoint_newcomer
from zhiben.core.exchange.tests.conftest import book_of
from zhiben.core.files.pdfium import opened_pdf
from zhiben.core.jobs.running import run_pending
from zhiben.core.org.roles import Role
from zhiben.core.workflow.sweep import sweep
from zhiben.modules.criteria.services import keep
from zhiben.modules.hazards.models import DualReport, Hazard, HazardStatus, LookBack, Review
from zhiben.modules.hazards.testing import BLOCKED_LANE, a_hazard
from zhiben.modules.registry.models import Enterprise
from zhiben.modules.registry.testing import credit_code, enrol_plant

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.needs_service("chromium"),
    pytest.mark.needs_service("frontend"),
]
PLACE = "一号厂房北侧消防车通道"
S = HazardStatus


@pytest.fixture(autouse=True)
def own_store(settings, tmp_path):
    settings.ZHIBEN_FILES_ROOT = tmp_path / "files"


@pytest.fixture
def plant(cast, story):
    """With its file, supervised by the county's bureau, in which a second person may go and look."""
    keep(by=cast.system_administrator, now=story.now)
    cast.people["second"] = _appoint_newcomer(
        "second", "应平", cast.bureau_officer.unit, Role.UNIT_OFFICER, "危化科副科长", (), story.now
    )
    cast.bureau_officer.person.mobile = "13800000009"
    cast.bureau_officer.person.save()
    return enrol_plant(cast, story.now)


@pytest.fixture
def phone(desks):
    """`phone("town")`: that member with a phone in the hand."""

    def phone(name: str) -> Desk:
        desk = desks(name)
        desk.page.set_viewport_size(PHONE)
        return desk

    return phone


# ── hands ────────────────────────────────────────────────────────────────────────────────────────────────────────


def box_of(page: Page) -> Locator:
    return page.locator("#dialog-body")


def begin(page: Page, step: str) -> Locator:
    """Open the dialog of a step on the page of a record; what is seldom wanted stands folded."""
    button = page.locator(".record-steps .offer a").filter(has_text=re.compile(f"^{step}$"))
    expect(button).to_be_attached()
    if not button.is_visible():
        page.locator(".further summary", has_text=step).click()
    button.click()
    return opened(page, step)


def take(page: Page, words: str, step: str) -> Locator:
    """Open the dialog of the next step of a row of the worklist."""
    page.locator("li[data-row]", has_text=words).first.get_by_role("link", name=step, exact=True).click()
    return opened(page, step)


def opened(page: Page, step: str) -> Locator:
    box = box_of(page)
    expect(box.get_by_role("heading", name=re.compile(f"^{step}："))).to_be_visible()
    return box


def confirm(page: Page, step: str) -> None:
    box_of(page).get_by_role("button", name=step, exact=True).click()
    expect(box_of(page)).not_to_be_visible()


def write(box: Locator | Page, **said: str) -> None:
    for name, text in said.items():
        box.locator(f"input[name={name}], textarea[name={name}]").first.fill(text)


def bring(box: Locator | Page, name: str, *files) -> None:
    """Choose files one after the other, and see each arrive."""
    place = box.locator(f".field:has(input[type=file][name={name}])").last
    expect(place.locator("ul.uploads").last).to_be_attached()
    for number, file in enumerate(files, 1):
        place.locator(f"input[type=file][name={name}]").last.set_input_files(file)
        expect(place.locator(f"input[type=hidden][name=kept_{name}]")).to_have_count(number, timeout=20_000)


def choose(page: Page, label: str, words: str) -> None:
    page.get_by_role("combobox", name=label).fill(words)
    page.locator("[data-picker-list]:visible li", has_text=words).first.click()


def shown(desk: Desk, name: str, *, full: bool = False) -> None:
    """A picture at both sizes; whoever holds a phone goes on holding it."""
    size = desk.page.viewport_size or DESKTOP
    desk.picture(name, full=full)
    desk.page.set_viewport_size(size)


def downloaded(page: Page, button: str) -> Path:
    """The dossier, as the background has made it."""
    page.get_by_role("link", name=button, exact=True).click()
    page.wait_for_url("**/jobs/**")
    run_pending()
    page.reload()
    with page.expect_download() as download:
        page.locator("#job a.btn-primary").click()
    page.go_back()
    return download.value.path()


# ── the story ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.needs_service("libreoffice")
def test_the_story_of_the_blocked_lane(desks, phone, story, cast, plant, tmp_path):
    def photo(name: str, **more):
        return lane(tmp_path / name, taken=story.now, **more)

    # A town officer finds it. He is asked back, offered criteria with reasons, and marks it major.
    town = phone("town")
    page = town.page
    town.go("/")
    page.get_by_role("link", name="上报").click()
    choose(page, "企业", "云帆")
    expect(page.locator("#chosen-enterprise")).to_contain_text("柳溪镇工业路 8 号")
    write(page, description="存在安全隐患")
    expect(page.locator("#questions")).to_contain_text("看不出要改什么")
    expect(page.locator("#questions")).to_contain_text("在什么位置")
    shown(town, "hazard-asks-back")
    page.locator("#questions").evaluate("each => each.scrollIntoView({ block: 'center' })")
    town.illustrate("hazard-asks-back", phone=True)
    write(page, place=PLACE, description=BLOCKED_LANE)
    expect(page.locator("#questions")).to_contain_text("写得清楚")
    first = page.locator("#candidates .candidate").first
    expect(first.locator(".candidate-reason").first).to_be_visible()
    page.locator(".big-choices label", has_text="物").click()
    first.get_by_role("radio").check()
    expect(page.get_by_role("radio", name="重大")).to_be_checked()
    write(page, criterion_reason="整条通道堆满托盘，消防车进不来")
    page.locator("#candidates").scroll_into_view_if_needed()
    town.illustrate("hazard-candidates", phone=True)
    bring(page, "before_photos", photo("托盘1.jpg", pallets=5), photo("托盘2.jpg", pallets=4, seed=2))
    expect(page.locator("#photo-place")).to_contain_text("24.345678")
    page.get_by_role("button", name="用照片的位置").click()
    expect(page.locator("[data-place-said]")).to_contain_text("24.345678")
    shown(town, "hazard-report", full=True)
    page.get_by_role("button", name="提交").click()
    expect(page.locator("#notices")).to_contain_text("已登记，编号")
    hazard = Hazard.objects.get()
    assert (hazard.level, hazard.status, hazard.found_by) == ("major", S.REPORTED, cast.town.person)
    assert round(hazard.latitude, 3) == round(plant.latitude, 3)

    # The county's regulator sees the candidates, decides, orders by a day.
    story.on("2026-03-11")
    officer = desks("bureau_officer")
    desk = officer.page
    officer.go("/")
    box = take(desk, PLACE, "判定")
    expect(box.locator(".tag", has_text="登记时选的")).to_be_visible()
    box.locator("select[name=judged_level]").select_option("major")
    write(box, criterion_reason="通道被堵死，火灾时无法扑救")
    shown(officer, "hazard-judge")
    officer.illustrate("hazard-judge")
    confirm(desk, "判定")
    box = take(desk, PLACE, "交办")
    write(box, rectify_by="2026-03-31")
    confirm(desk, "交办")

    # The plant's head has it at once; the plant files its five 定, with what a major one needs besides.
    head = phone("plant_head")
    head.go("/")
    expect(head.page.locator("li[data-row]", has_text=PLACE)).to_contain_text("报送五定")
    shown(head, "hazard-plant-worklist")
    head.go("/hazards/mine/")
    expect(head.page.locator(".due-card")).to_contain_text(PLACE)
    expect(head.page.locator(".call").first).to_contain_text("13800000009")
    shown(head, "hazard-mine", full=True)
    head.illustrate("hazard-mine", phone=True)
    story.on("2026-03-13")
    works = phone("plant_officer")
    works.go("/hazards/mine/")
    works.page.locator(".due-card", has_text=PLACE).get_by_role("link", name="报送五定").click()
    box = opened(works.page, "报送五定")
    write(
        box,
        liable_person="云安",
        liable_mobile="13800000002",
        measures="拆除违建棚，清走托盘，划线并装摄像头",
        funds="36000",
        plan_rectify_by="2026-03-31",
        contingency_plan="清理期间安排专人值守，备好移动消防炮",
    )
    box.get_by_role("button", name="报送五定").click()
    expect(box).to_contain_text("重大事故隐患的治理方案须写明「治理目标和任务」")
    expect(box.locator("textarea[name=measures]")).to_have_value(re.compile("^拆除违建棚"))
    works.illustrate("hazard-plan", phone=True)
    write(
        box,
        goals="通道常年畅通，净宽不小于 4 米",
        bodies="总经理牵头，安全科和仓储部负责",
        safety_measures="清理期间停止该侧装卸作业",
    )
    shown(works, "hazard-plan")
    confirm(works.page, "报送五定")
    officer.go("/")
    box = take(desk, PLACE, "通过方案")
    expect(box).to_contain_text("净宽不小于 4 米")
    shown(officer, "hazard-accept")
    confirm(desk, "通过方案")

    # Halfway an extension is asked for, and refused.
    story.on("2026-03-20")
    works.go(hazard.get_absolute_url())
    expect(works.page.locator(".states [aria-current=step]")).to_have_text(re.compile("整改中"))
    expect(works.page.locator(".states [aria-current=step]")).to_be_in_viewport(ratio=0.9)
    box = begin(works.page, "延期")
    write(box, extended_to="2026-04-20", reason="仓库周转不开")
    confirm(works.page, "提交申请")
    officer.go(hazard.get_absolute_url())
    desk.get_by_label("意见").fill("危险仍在，按期整改")
    shown(officer, "hazard-extension")
    desk.get_by_role("button", name="不同意").click()
    expect(desk.locator("#content")).to_contain_text("危险仍在，按期整改")
    works.go("/inbox/")
    expect(works.page.locator("#content")).to_contain_text("延期申请未获同意")

    # The day passes: the plant's leader is told, a week later the regulator's.
    leader = desks("bureau_leader")
    sweep(story.on("2026-04-01", 9))
    head.go("/inbox/")
    expect(head.page.locator("#content")).to_contain_text("整改期限逾期")
    leader.go("/inbox/")
    expect(leader.page.locator("#content")).not_to_contain_text("整改期限逾期")
    sweep(story.on("2026-04-08", 9))
    leader.go("/inbox/")
    expect(leader.page.locator("#content")).to_contain_text("整改期限逾期")
    head.go("/hazards/mine/")
    expect(head.page.locator(".due-card")).to_contain_text("逾期 8 天")

    # Both reports with proof, then the photos, from the phone. One of them was taken before it was ordered.
    story.on("2026-04-09")
    works.go(hazard.get_absolute_url())
    for seed, to in enumerate(DualReport.To.values, 1):
        box = begin(works.page, "登记双报告")
        box.locator("select[name=report_to]").select_option(to)
        bring(box, "report_proof", receipt(tmp_path / f"回执{seed}.jpg", taken=story.now, seed=seed))
        confirm(works.page, "登记双报告")
    box = begin(works.page, "报送复查")
    write(box, summary="通道已清空，净宽 4.5 米", spent="35200")
    old = lane(tmp_path / "旧照片.jpg", pallets=0, taken=story.now.replace(month=1, day=5), seed=4)
    bring(box, "after_photos", photo("清空.jpg", pallets=0, seed=3), old)
    works.illustrate("hazard-after", phone=True)
    shown(works, "hazard-submit")
    confirm(works.page, "报送复查")

    # Another regulator verifies on site, and sees what is doubtful; the right level closes.
    second = desks("second")
    second.go("/")
    box = take(second.page, PLACE, "复查通过")
    expect(box.locator(".alert", has_text="照片存疑")).to_contain_text("早于交办")
    write(box, finding="现场量宽 4.5 米，通道畅通")
    box.get_by_role("button", name="复查通过").click()
    # the help of the step says the same words: only the refusal itself shows that the form has been answered
    expect(box.locator(".field-error").filter(has_text="须到现场复查").first).to_be_visible()
    box.get_by_label("已到现场复查").check()
    bring(box, "site_photos", photo("现场复查.jpg", pallets=0, seed=6))
    box.locator(".alert", has_text="照片存疑").first.evaluate("each => each.scrollIntoView({ block: 'start' })")
    second.illustrate("hazard-verify")
    shown(second, "hazard-verify")
    confirm(second.page, "复查通过")
    town.go(hazard.get_absolute_url())
    expect(page.locator(".record-steps").get_by_role("link", name="销号", exact=True)).to_have_count(0)
    leader.go("/")
    box = take(leader.page, PLACE, "销号")
    write(box, closing_opinion="同意销号")
    confirm(leader.page, "销号")
    hazard.refresh_from_db()
    assert (hazard.status, hazard.verified_by, hazard.closed_by) == (
        S.CLOSED, cast.second.person, cast.bureau_leader.person,
    )  # fmt: skip

    # Ninety days later somebody goes back. It is blocked again: recorded in two taps with a photo.
    sweep(story.on("2026-07-09", 9))
    look = phone("bureau_officer")
    look.go("/look_backs/")
    expect(desk.locator("#content")).to_contain_text(PLACE)
    shown(look, "hazard-look-backs", full=True)
    look.go(LookBack.objects.get().get_absolute_url())
    box = begin(desk, "隐患复发")
    write(box, finding="又堆满托盘，消防车进不来")
    bring(box, "again_photos", photo("又堵了.jpg", pallets=5, seed=8))
    look.illustrate("hazard-again", phone=True)
    shown(look, "hazard-again")
    confirm(desk, "隐患复发")
    new = Hazard.objects.exclude(pk=hazard.pk).get()
    assert (new.recurs_from, new.level) == (hazard, "major")
    desk.set_viewport_size(DESKTOP)
    officer.go(new.get_absolute_url())
    expect(desk.locator(".relations")).to_contain_text(hazard.number)
    expect(desk.locator(".relations")).to_contain_text("复发")

    # The review has opened; the plant's head writes the first card.
    review = Review.objects.get(hazard=new)
    head.go(review.get_absolute_url())
    box = begin(head.page, "述情")
    write(box, facts="四月清空，六月旺季又占用")
    confirm(head.page, "述情")
    expect(head.page.locator(".five li").first).to_contain_text("六月旺季又占用")
    expect(head.page.locator(".five li[aria-current=step]")).to_contain_text("析因")
    shown(head, "hazard-review", full=True)
    head.illustrate("hazard-review", of=head.page.locator(".five"))

    # The whole dossier, in Word and as PDF: so many photos are put together in the background.
    officer.go(hazard.get_absolute_url())
    shown(officer, "hazard-closed", full=True)
    officer.illustrate("hazard-closed")
    officer.go("/hazards/clearing/")
    expect(desk.locator("#content table")).to_contain_text("县应急管理局")
    officer.illustrate("hazard-clearing")
    officer.go(hazard.get_absolute_url())
    paper = Document(downloaded(desk, "Word"))
    said = "\n".join(cell.text for table in paper.tables for row in table.rows for cell in row.cells)
    assert "危险仍在，按期整改" in said
    with opened_pdf(downloaded(desk, "打印档案（PDF）")) as pdf:
        text = re.sub(r"\s", "", "".join(leaf.get_textpage().get_text_bounded() for leaf in pdf))
        pictures = sum(each.type == FPDF_PAGEOBJ_IMAGE for leaf in pdf for each in leaf.get_objects())
    for words in ("不同意", "危险仍在，按期整改", "通道已清空", hazard.number):
        assert words in text
    assert pictures >= 5, "two of before, two of after, one taken on site"

    outsider = desks("outsider")
    assert outsider.page.goto(outsider.root + hazard.get_absolute_url()).status == 404


# ── the rest of a week ───────────────────────────────────────────────────────────────────────────────────────────


def test_a_small_thing_is_put_right_in_the_same_visit(phone, story, cast, plant, tmp_path):
    desk = phone("bureau_officer")
    page = desk.page
    desk.go(f"/hazards/new/?enterprise={plant.pk}")
    expect(page.locator(".picker-chosen").first).to_contain_text("云帆化工")
    write(page, place="原料仓库二号门", description="疏散指示灯 1 盏不亮，灯箱里没有灯泡")
    page.get_by_label("即查即改").check()
    page.get_by_role("button", name="提交").click()
    expect(page.locator("#content")).to_contain_text("请写一句怎么改的")
    bring(page, "before_photos", lane(tmp_path / "不亮.jpg", pallets=1, taken=story.now, seed=11))
    bring(page, "after_photos", lane(tmp_path / "亮了.jpg", pallets=0, taken=story.now, seed=12))
    write(page, summary="当场换上灯泡，试亮正常")
    shown(desk, "hazard-on-spot", full=True)
    _lose_the_network_and_the_page(desk)
    expect(page.locator(".picker-chosen").first).to_contain_text("云帆化工")
    expect(page.locator("#id_place")).to_have_value("原料仓库二号门")
    expect(page.get_by_label("即查即改")).to_be_checked()
    for photos in ("before_photos", "after_photos"):
        expect(page.locator(f"input[type=hidden][name=kept_{photos}]")).to_have_count(1)
    another = phone("town")
    another.go("/hazards/new/")
    expect(another.page.locator("#id_place")).to_have_value("")
    page.get_by_role("button", name="提交").click()
    expect(page.locator("#notices")).to_contain_text("已登记并即查即改")
    hazard = Hazard.objects.get()
    assert (hazard.status, hazard.fixed_on_spot) == (S.CLOSED, True)
    shown(desk, "hazard-on-spot-closed", full=True)


def _lose_the_network_and_the_page(desk: Desk) -> None:
    page = desk.page
    page.context.set_offline(True)
    page.get_by_role("button", name="提交").click()
    expect(page.locator("[data-offline]")).to_be_visible()
    shown(desk, "hazard-without-network")
    page.context.set_offline(False)
    desk.go("/hazards/new/")
    expect(page.locator(".unsent")).to_contain_text("没有提交的登记")
    shown(desk, "hazard-restored", full=True)


def test_a_ledger_of_thirty_rows_comes_in(desks, story, cast, plant, tmp_path):
    """One row stands in it twice, one is perhaps what is recorded already: a person says."""
    a_hazard(cast, plant, story.now, before_photos=[], found_on=date(2026, 3, 2))
    heads = [
        "序号",
        "被检查单位",
        "检查日期",
        "隐患部位",
        "存在问题",
        "隐患级别",
        "整改期限",
        "是否整改",
        "整改完成时间",
    ]
    first, until, again = (
        datetime(2026, 3, 2),
        datetime(2026, 3, 20),
        "一号厂房北侧消防车通道堆放托盘、废料，长约 30 米，消防车无法通过！",
    )
    rows = [
        [number, plant.name, first, f"{number} 号配电箱", f"{number} 号配电箱门缺失，接线端子裸露 {number} 处", "一般",
         until if number % 2 else None, "整改中" if number % 2 else "已整改", None if number % 2 else first]
        for number in range(1, 29)
    ]  # fmt: skip
    rows.append([29, *rows[4][1:]])
    rows.append([30, plant.name, first, PLACE, again, "一般", until, "整改中", None])
    ledger = tmp_path / "三月隐患排查台账.xlsx"
    ledger.write_bytes(book_of([heads, *rows]))
    officer = desks("bureau_officer")
    page = officer.page
    officer.go("/import/hazards.hazards/")
    page.set_input_files("input[type=file]", ledger)
    page.get_by_role("button", name="上传").click()
    page.get_by_role("button", name="检查全部行").click()
    expect(page.locator("ul.import-bad > li")).to_have_count(2)
    twice, perhaps = page.locator("ul.import-bad > li").all()
    expect(twice).to_contain_text("与第 6 行重复")
    expect(perhaps).to_contain_text("是同一条吗")
    shown(officer, "hazard-import", full=True)
    perhaps.evaluate("each => each.scrollIntoView({ block: 'center' })")
    officer.illustrate("hazard-import")
    perhaps.get_by_role("radio", name="是同一条").check()
    page.get_by_role("button", name="保存并重新检查").click()
    expect(page.locator("ul.import-bad > li")).to_have_count(1)
    page.get_by_role("button", name=re.compile(r"导入 \d+ 行")).click()
    expect(page.locator("#progress")).to_be_visible()
    run_pending()
    expect(page.locator(".alert[role=status]")).to_contain_text("已新增 28 条")
    assert Hazard.objects.count() == 29
    officer.go("/hazards/?status=closed")
    expect(page.locator(".rows tbody tr")).to_have_count(14)
    officer.go("/hazards/")
    expect(page.get_by_label("安全行业", exact=True)).to_be_hidden()
    page.get_by_text("更多条件").click()
    page.get_by_label("安全行业", exact=True).select_option(index=1)
    expect(page).to_have_url(re.compile("trade="))
    expect(page.get_by_label("安全行业", exact=True)).to_be_visible()
    officer.go("/hazards/")
    shown(officer, "hazard-list")
    officer.go("/hazards/clearing/")
    shown(officer, "hazard-clearing", full=True)
    officer.go("/hazards/four-lists/")
    shown(officer, "hazard-four-lists", full=True)


def test_an_enterprise_is_registered_and_who_supervises_it_is_seen(desks, story, cast, plant):
    officer = desks("bureau_officer")
    page = officer.page
    officer.go("/enterprises/")
    page.locator("#content").get_by_role("link", name=re.compile("新建|登记|新增")).first.click()
    page.get_by_label("企业名称").fill("晨曦涂料有限公司")
    page.get_by_label("统一社会信用代码").fill("91990121MA00CHEN00")
    choose(page, "所在区域", "柳溪镇")
    page.get_by_label("行业领域").select_option("chemicals")
    page.get_by_role("button", name="保存").click()
    expect(page.locator("#content")).to_contain_text("校验")
    page.get_by_label("统一社会信用代码").fill(credit_code("91990121MA00CHEN0"))
    shown(officer, "enterprise-form", full=True)
    page.get_by_role("button", name="保存").click()
    expect(page.locator("h1")).to_contain_text("晨曦涂料有限公司")
    firm = Enterprise.objects.get(name="晨曦涂料有限公司")
    assert firm.supervising_unit == cast.bureau_officer.unit
    officer.go(plant.get_absolute_url())
    shown(officer, "enterprise", full=True)
    officer.illustrate("enterprise")
    office = desks("office")
    office.go("/registry/matrix/")
    expect(office.page.locator("table.matrix")).to_contain_text("县应急管理局")
    shown(office, "matrix")
    office.illustrate("matrix")
    office.page.locator("table.matrix a", has_text="县应急管理局").first.click()
    expect(office.page.locator("h1")).to_contain_text("由谁监管")
    shown(office, "matrix-cell", full=True)


def test_a_description_is_tried_against_the_criteria(desks, story, cast, plant):
    officer = desks("bureau_officer")
    page = officer.page
    officer.go("/criteria/")
    shown(officer, "criteria")
    page.get_by_role("link", name="试判").first.click()
    page.locator("#description").fill("后厨钢瓶躺倒用着，皮管穿了两道墙")
    first = page.locator("#found .candidate").first
    expect(first.locator(".candidate-reason").first).to_contain_text("钢瓶")
    expect(page.locator("#found")).to_contain_text("不是结论")
    shown(officer, "criteria-try", full=True)
    officer.illustrate("criteria-try")
    first.get_by_role("link").first.click()
