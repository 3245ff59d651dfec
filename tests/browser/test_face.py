"""What only a browser can show of the pages every module stands on: dialogs, drafts, keys, pickers, pictures, paper."""

import json
from collections.abc import Callable
from datetime import date

import pytest
from playwright.sync_api import Page, Route, expect

from tests.errands.models import Errand
from zhiben.core.workflow.engine import begin_many, fire

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.needs_service("chromium"),
    pytest.mark.needs_service("frontend"),
]


@pytest.fixture
def errand(cast, now, settings):
    settings.ROOT_URLCONF = "zhiben.core.web.tests.errand_pages"
    errands = [
        Errand.objects.create(
            title=title,
            due_on=date(2026, 12, 20),
            region_path=cast.bureau_officer.unit.region_path,
            responsible_unit=cast.bureau_officer.unit,
            supervising_unit=cast.office.unit,
        )
        for title in ("清查危化品仓库", "培训班组长", "复核整改照片")
    ]
    begin_many(errands, by=cast.office, now=now)
    return fire(errands[0], "accept", by=cast.bureau_officer, now=now)


def refused_on_purpose(desk) -> None:
    """The browser itself notes every form that is refused; here that is what the story wants."""
    desk.troubles[:] = [trouble for trouble in desk.troubles if "422" not in trouble]


def open_step(page: Page, label: str) -> None:
    page.locator(".offer").get_by_role("link", name=label, exact=True).click()
    expect(page.locator("dialog[open]")).to_be_visible()


def test_a_refused_dialog_keeps_what_was_typed_and_a_lost_page_gives_it_back(desks, errand):
    desk = desks("bureau_officer")
    page, dialog = desk.page, desk.page.locator("dialog[open]")
    desk.go(f"/errands/{errand.pk}/")
    open_step(page, "报告进展")
    dialog.get_by_label("情况").fill("查了三家，正常。")
    dialog.get_by_label("费用").fill("三百")
    dialog.get_by_role("button", name="报告进展").click()
    expect(dialog.locator(".field-error")).to_contain_text("不是数字")
    expect(dialog.get_by_label("费用")).to_have_value("三百")

    page.reload()
    open_step(page, "报告进展")
    expect(dialog.get_by_label("情况")).to_have_value("查了三家，正常。")
    expect(dialog).to_contain_text("已恢复")

    dialog.get_by_role("button", name="报告进展").click()
    expect(page.locator("#notices")).to_contain_text("已报告进展")
    expect(page.locator("#timeline")).to_contain_text("查了三家，正常。")
    assert page.evaluate("Object.keys(localStorage)") == []
    desk.picture("record", full=True)
    refused_on_purpose(desk)


def test_a_step_works_as_a_plain_page_when_scripts_are_off(chromium, desks, errand, live_server):
    cookies = desks("bureau_officer").page.context.cookies()
    context = chromium.new_context(java_script_enabled=False)
    context.add_cookies(cookies)
    page = context.new_page()
    page.goto(f"{live_server.url}/errands/{errand.pk}/")
    page.locator(".offer").get_by_role("link", name="办完", exact=True).click()
    page.get_by_label("情况").fill("全部办完。")
    page.get_by_role("button", name="办完").click()
    expect(page.locator("#notices")).to_contain_text("现在是「待核验」")
    context.close()


def test_a_list_by_keyboard_alone(desks, errand):
    desk = desks("bureau_officer")
    page = desk.page
    desk.go("/errands/")
    desk.picture("list")
    for key in ("j", "j", "k", "x"):
        page.keyboard.press(key)
    expect(page.locator("[data-row].is-current")).to_have_count(1)
    expect(page.locator("[data-bulk-count]")).to_have_text("1")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(page.locator("#filter-q")).to_be_focused()
    page.keyboard.type("培训")
    page.keyboard.press("Enter")
    expect(page.locator("[data-row]")).to_have_count(1)
    assert page.url.endswith("q=%E5%9F%B9%E8%AE%AD"), "an address carries only what is asked for"
    page.wait_for_load_state()  # the rows stand there before the page listens to keys
    page.keyboard.press("j")
    expect(page.locator("[data-row].is-current")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("培训班组长")


def test_a_unit_is_picked_by_part_of_its_name(desks, errand):
    desk = desks("office")
    page = desk.page
    desk.go("/errands/?as=supervising")
    page.get_by_role("combobox", name="承办单位").fill("应急")
    expect(page.locator("[data-picker-list] li")).to_contain_text("县应急管理局")
    page.keyboard.press("Enter")
    expect(page.locator(".chip")).to_contain_text("县应急管理局")
    page.get_by_role("button", name="筛选").click()
    expect(page.locator("[data-row]")).to_have_count(3)


def test_a_bulk_step_asks_and_tells(desks, errand):
    desk = desks("bureau_officer")
    page = desk.page
    desk.go("/errands/?sort=title")
    page.get_by_label("全选本页").check()
    page.locator("[data-bulk-bar]").get_by_role("button", name="接收").click()
    page.get_by_role("button", name="接收这 3 条").click()
    expect(page.locator("#content")).to_contain_text("已接收 2 条")


def test_the_face_is_remembered_and_paper_is_black_on_white(desks, errand):
    desk = desks("bureau_officer")
    page = desk.page
    desk.go("/errands/")
    page.get_by_label("帮助与显示").click()
    page.get_by_role("button", name="切换深色").click()
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    desk.picture("list-dark")
    page.emulate_media(media="print")
    expect(page.locator(".topbar")).to_be_hidden()
    expect(page.locator(".filters")).to_be_hidden()
    assert page.evaluate("getComputedStyle(document.querySelector('h1')).color") == "rgb(0, 0, 0)"


def answering(body: dict) -> Callable[[Route], None]:
    return lambda route: route.fulfill(body=json.dumps(body))


def test_a_chart_and_a_map_are_drawn_under_the_content_security_policy(desks, errand):
    desk = desks("office")
    page = desk.page
    chart = {
        "kind": "bar",
        "unit": "件",
        "categories": ["一月", "二月"],
        "series": [{"name": "办结", "values": [3, 5]}],
    }
    ring = [[100, 25], [101, 25], [101, 26], [100, 25]]
    area = {"type": "Feature", "properties": {"name": "柳溪镇", "grade": 2, "label": "橙色"}}
    area["geometry"] = {"type": "Polygon", "coordinates": [ring]}
    drawn = {"chart": chart, "map": {"type": "FeatureCollection", "features": [area]}}
    for name, body in drawn.items():
        page.route(f"**/drawn/{name}.json", answering(body))
    desk.go("/errands/")
    page.evaluate(
        """() => {
            const part = document.createElement("div");
            part.innerHTML = '<figure data-chart="/drawn/chart.json"><div class="chart-picture"></div></figure>' +
                '<figure data-map="/drawn/map.json"><div class="map-picture"></div></figure>';
            document.querySelector("#content").prepend(part);
            document.dispatchEvent(new CustomEvent("htmx:load", { detail: { elt: part } }));
        }"""
    )
    expect(page.locator(".chart-picture canvas")).to_be_visible()
    expect(page.locator(".map-picture path.map-grade-2")).to_be_visible()
    page.locator(".chart-picture canvas").hover()
    page.wait_for_timeout(200)
    desk.picture("chart-and-map")
