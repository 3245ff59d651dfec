"""The main story in a real browser, clicked through by the people whose work it is."""

from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from zhiben.core.jobs.running import run_pending
from zhiben.core.workflow.sweep import sweep
from zhiben.modules.tasks.models import Task

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.needs_service("chromium"),
    pytest.mark.needs_service("frontend"),
]
PLAN = Path(__file__).parents[1] / "stories/plan.txt"


def dialog(page: Page):
    return page.locator("#dialog-body")


def take(page: Page, title: str, step: str) -> None:
    """Press the one next step of a row of the worklist, as it opens in its dialog."""
    page.locator("li[data-row]", has_text=title).get_by_role("link", name=step, exact=True).click()
    expect(dialog(page).get_by_role("button", name=step)).to_be_visible()


def confirm(page: Page, step: str) -> None:
    dialog(page).get_by_role("button", name=step, exact=True).click()
    expect(dialog(page)).not_to_be_visible()


def test_the_story_of_a_plan(desks, story, cast, tmp_path):
    office = desks("office")
    page = office.page

    # The plan she was sent is dropped in and read.
    office.go("/drafts/upload/")
    office.picture("upload")
    page.set_input_files("input[type=file]", PLAN)
    page.get_by_role("button", name="上传并读取").click()
    run_pending()
    expect(page.locator("article.item")).to_have_count(8, timeout=15_000)
    expect(page.locator("#document")).to_contain_text("整治消防通道堵塞")
    office.picture("review")
    office.illustrate("plan-review")

    # A click on either side finds the other.
    page.locator("article.item", has_text="更新老旧燃气管道").click()
    expect(page.locator("#document .is-current").first).to_be_in_viewport()

    kept = page.locator("article.item .item-sum:not(.is-dropped)")

    # She corrects one department …
    page.keyboard.press("e")
    form = page.locator("article.item", has_text="更新老旧燃气管道").locator("input[aria-label=原文中的单位名称]")
    form.fill("县住房和城乡建设局")
    form.press("Tab")
    expect(page.locator(".review-bar")).to_contain_text("已保存")
    page.keyboard.press("Escape")

    # … merges two tasks, thinks better of it, and merges again.
    page.locator("article.item", has_text="开好警示教育课").get_by_role("link", name="修改").click()
    page.locator("article.item", has_text="开好警示教育课").get_by_role("button", name="并入上一条").click()
    expect(kept).to_have_count(7)
    page.get_by_role("button", name="撤销").click()
    expect(kept).to_have_count(8)
    page.get_by_role("button", name="重做").click()
    expect(kept).to_have_count(7)
    office.picture("review-corrected")

    # Publishing says beforehand what it will do.
    page.get_by_role("link", name="准备发布").click()
    expect(page.locator("h1")).to_contain_text("会发生什么")
    office.picture("publish")
    office.illustrate("plan-publish")
    page.get_by_role("button", name="发布并交办").click()
    expect(page.locator("body")).to_contain_text("已发布")
    assert Task.objects.filter(parent=None).count() == 7

    # The head of a department sees what came, accepts two, returns one with a reason.
    leader = desks("bureau_leader")
    leader.go("/")
    leader.picture("worklist")
    leader.illustrate("worklist")
    for title in ("组织主要负责人集中培训", "摸清重大事故隐患底数"):
        take(leader.page, title, "接收")
        expect(dialog(leader.page)).to_contain_text("办理中")
        confirm(leader.page, "接收")
        expect(leader.page.locator("#notices")).to_contain_text("办理中")
        expect(leader.page.locator("h1")).to_have_text("我的待办")
    leader.page.locator("li[data-row]", has_text="淘汰落后工艺设备").locator(".what a").click()
    expect(leader.page.locator("h1")).to_contain_text("淘汰落后工艺设备")
    leader.picture("task")
    leader.illustrate("task")
    leader.page.get_by_role("link", name="退回", exact=True).click()
    dialog(leader.page).get_by_role("button", name="退回").click()
    expect(dialog(leader.page)).to_contain_text("请填写")
    dialog(leader.page).locator("textarea[name=reason]").fill("该项属工业主管部门职责")
    leader.picture("step-dialog")
    confirm(leader.page, "退回")
    expect(leader.page.locator("#content")).to_contain_text("该项属工业主管部门职责")

    # Staff feed back a figure and evidence.
    evidence = tmp_path / "台账.pdf"
    evidence.write_bytes(b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF")
    staff = desks("bureau_officer")
    staff.go("/")
    take(staff.page, "摸清重大事故隐患底数", "反馈进展")
    box = dialog(staff.page)
    box.locator("[name=percent]").fill("60")
    box.locator("[name=text]").fill("已排查 36 户，发现重大事故隐患 2 处")
    box.locator("input[type=file]").set_input_files(evidence)
    expect(box.locator(".uploads")).to_contain_text("已上传")
    staff.illustrate("feedback")
    confirm(staff.page, "反馈进展")
    work = Task.objects.get(title__startswith="摸清重大事故隐患底数")
    assert work.progress == 60

    # Time passes: a reminder, then it is late and climbs.
    sweep(story.on("2026-04-29"))
    sweep(story.on("2026-05-06"))
    staff.go("/")
    expect(staff.page.locator("li[data-row]", has_text="摸清重大事故隐患底数")).to_contain_text("逾期 6 天")
    staff.picture("overdue")
    leader.go("/inbox/")
    expect(leader.page.locator("#content")).to_contain_text("逾期")

    # It is handed in, sent back once, completed.
    staff.go(work.get_absolute_url())
    for round_of_work, words in enumerate(("已全部排查完毕", "补充了两户的照片")):
        staff.page.get_by_role("link", name="报送办结").click()
        dialog(staff.page).locator("[name=summary]").fill(words)
        dialog(staff.page).locator("input[type=file]").set_input_files(evidence)
        confirm(staff.page, "报送办结")
        office.go(work.get_absolute_url())
        if round_of_work == 0:
            page.get_by_role("link", name="退回补充").click()
            dialog(page).locator("[name=reason]").fill("缺两户照片")
            confirm(page, "退回补充")
            staff.page.reload()
    page.get_by_role("link", name="核验办结").click()
    confirm(page, "核验办结")
    expect(page.locator("#content")).to_contain_text("办结")

    # Every line says who and when, and is proved unaltered.
    page.get_by_text("验证未被改动").click()
    expect(dialog(page)).to_contain_text("已验证未被改动：共 8 条留痕，前后衔接")
    dialog(page).get_by_role("button", name="关闭").click()
    office.picture("record-done", full=True)
    work.refresh_from_db()
    assert (work.status, work.due_on) == ("completed", date(2026, 4, 30))

    # Who has nothing to do with it sees nothing.
    outsider = desks("outsider")
    answer = outsider.page.goto(outsider.root + work.get_absolute_url())
    assert answer.status == 404
    outsider.troubles.clear()
    outsider.picture("not-found")


@pytest.mark.parametrize("path", ["/", "/tasks/", "/plans/", "/inbox/", "/me/"])
def test_a_page_with_nothing_on_it_says_what_to_do(desks, story, path):
    office = desks("office")
    office.go(path)
    office.picture(f"empty-{path.strip('/') or 'home'}")
    expect(office.page.locator("h1")).to_be_visible()
