"""Without a mouse, without a network, on paper: what a page is like in other hands."""

from datetime import date

import pytest
from playwright.sync_api import Page, expect

from tests.errands.models import Errand
from zhiben.core.files.pdfium import opened_pdf
from zhiben.core.workflow.engine import begin_many

from .test_barriers import task

__all__ = ["task"]

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.needs_service("chromium"),
    pytest.mark.needs_service("frontend"),
]
MARKED = """() => {
    const here = document.activeElement;
    if (here === document.body || here.closest(".file-field")) return true;
    const style = getComputedStyle(here);
    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
}"""
WITHIN = (
    "document.querySelector('#dialog').contains(document.activeElement) || document.activeElement === document.body"
)


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def test_a_step_without_a_mouse(desks, task):
    desk = desks("bureau_officer")
    page, dialog = desk.page, desk.page.locator("#dialog")
    desk.go("/")
    press(page, "Tab")
    expect(page.get_by_role("link", name="跳到正文")).to_be_focused()
    press(page, "Enter")
    expect(page.locator("#content")).to_be_focused()
    for _ in range(12):
        press(page, "Tab")
        assert page.evaluate(MARKED), "nobody sees where the keyboard is"

    # The row, its one next step, the dialog; Escape brings back to the step.
    row = page.locator("li[data-row]", has_text="清查危险化学品仓库")
    row.locator(".what a").focus()
    press(page, "Tab", "Enter")
    expect(dialog).to_be_visible()
    expect(page.get_by_role("dialog", name="接收")).to_be_visible()
    for _ in range(9):
        press(page, "Tab")
        assert page.evaluate(WITHIN), "the keyboard has left the dialog"
    press(page, "Escape")
    expect(dialog).to_be_hidden()
    expect(row.get_by_role("link", name="接收")).to_be_focused()
    press(page, "Enter")
    dialog.get_by_role("button", name="接收").focus()
    press(page, "Enter")
    expect(page.locator("#notices")).to_contain_text("现在是「办理中」")

    # Feedback: the reason is asked only when the figure falls; what is wrong gets the focus.
    page.locator("li[data-row]", has_text="开展燃气安全专项检查").get_by_role("link", name="反馈进展").focus()
    press(page, "Enter")
    why = dialog.get_by_label("进度下降的理由")
    expect(dialog.get_by_label("当前进度")).to_be_focused()
    expect(why).to_be_hidden()
    page.keyboard.press("Control+a")
    page.keyboard.type("20")
    expect(why).to_be_visible()
    page.keyboard.press("Control+a")
    page.keyboard.type("60")
    expect(why).to_be_hidden()
    press(page, "Enter")
    expect(dialog.locator("textarea[name=text]")).to_be_focused()
    page.keyboard.type("又查了三家。")
    dialog.get_by_role("button", name="反馈进展").focus()
    press(page, "Enter")
    expect(page.locator("#notices")).to_contain_text("已反馈进展")

    # A menu closes on Escape and gives the focus back.
    page.get_by_label("帮助与显示").focus()
    press(page, "Enter")
    expect(page.get_by_role("link", name="键盘操作")).to_be_visible()
    press(page, "Escape")
    expect(page.get_by_label("帮助与显示")).to_be_focused()
    desk.troubles[:] = [trouble for trouble in desk.troubles if "422" not in trouble]


def test_without_a_network_it_says_so_and_then_works_again(desks, cast):
    desk = desks("office")
    page = desk.page
    desk.go("/")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.wait_for_function("navigator.serviceWorker.controller !== null")
    page.context.set_offline(True)
    desk.go("/tasks/")
    expect(page.locator("h1")).to_have_text("现在没有网络")
    desk.picture("offline")
    page.context.set_offline(False)
    page.get_by_role("link", name="再试一次").click()
    expect(page.locator("h1")).to_have_text("我的待办")
    desk.troubles.clear()  # the browser itself notes what it could not fetch, which is what was wanted


def test_a_list_on_paper(desks, cast, now, settings, tmp_path):
    settings.ROOT_URLCONF = "zhiben.core.web.tests.errand_pages"
    unit = cast.bureau_officer.unit
    errands = [
        Errand.objects.create(
            title=f"第 {number} 件：清查危险化学品仓库",
            due_on=date(2026, 12, 20),
            region_path=unit.region_path,
            responsible_unit=unit,
            supervising_unit=cast.office.unit,
        )
        for number in range(1, 50)
    ]
    begin_many(errands, by=cast.office, now=now)
    desk = desks("bureau_officer")
    desk.go("/errands/")
    heads = [each.strip(" ↑↓\n") for each in desk.page.locator("thead th").all_inner_texts() if each.strip()]
    with opened_pdf(desk.page.pdf(path=tmp_path / "list.pdf", prefer_css_page_size=True)) as paper:
        pages = [page.get_textpage().get_text_range() for page in paper]
        width, height = paper[0].get_size()
    assert (round(width), round(height)) == (595, 842), "A4"
    assert len(pages) >= 2
    assert all(head in text for text in pages[:2] for head in heads), "each page has the heads of its table"
    assert "我的工作" not in "".join(pages), "the menu stays on the screen"
    assert "筛选" not in "".join(pages)
    assert f"第 2 页，共 {len(pages)} 页".replace(" ", "") in pages[1].replace(" ", "")
    assert "应勤" in pages[-1], "who printed it, and when"
    whole = "".join(pages)
    assert all(whole.count(f"第 {number} 件：清查危险化学品仓库") == 1 for number in (1, 20, 49))


def test_a_file_field_speaks_chinese_in_any_browser(chromium, desks, task, live_server):
    cookies = desks("bureau_officer").page.context.cookies()
    for scripts in (True, False):
        context = chromium.new_context(locale="en-US", java_script_enabled=scripts)
        context.add_cookies(cookies)
        page = context.new_page()
        page.goto(f"{live_server.url}/tasks/{task.pk}/steps/feed_back/")
        field = page.get_by_label("佐证材料")
        field.focus()
        expect(field).to_be_focused()
        expect(page.locator(".file-field .btn")).to_have_text("选择文件")
        context.close()
