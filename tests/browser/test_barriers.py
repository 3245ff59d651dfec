"""Nobody is kept out: each page a post can reach from its menu, and each kind of page behind them, is read by axe-core
as a screen reader, a keyboard and a weak eye would. A new entry of the menu is walked without a line added here."""

from datetime import date
from pathlib import Path

import pytest

from zhiben.core.web.menu import menu_of
from zhiben.core.workflow.engine import fire
from zhiben.modules.hazards.testing import a_hazard
from zhiben.modules.registry.testing import enrol_plant
from zhiben.modules.tasks.models import Duty
from zhiben.modules.tasks.services import Assignment, Order, dispatch_task, feed_back

from .conftest import DESKTOP, PHONE

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.needs_service("chromium"),
    pytest.mark.needs_service("frontend"),
]
AXE = Path(__file__).parents[2] / "frontend/node_modules/axe-core/axe.min.js"
FACES = (("light", DESKTOP), ("dark", PHONE))
NARROWEST = {"width": 320, "height": 640}
"""1280 px at 400 %, as WCAG 1.4.10 counts: 200 % on the office's PC is wider."""

BEHIND = {
    "office": ("/drafts/upload/", "/import/tasks.tasks/", "/documents/letterhead/", "/me/notices/", "/me/password/",
               "/search/?q=燃气", "/keys/", "/obligations/calendar/", "/documents/templates/insight.monthly_review/",
               "/nothing/here/"),
    "bureau_officer": ("/tasks/{task}/", "/tasks/{task}/steps/feed_back/", "/tasks/{task}/steps/submit/",
                       "/tasks/{task}/proof/", "/tasks/?q=没有这样的任务", "/hazards/{hazard}/", "/enterprises/{plant}/",
                       "/hazards/{hazard}/steps/judge/", "/enterprises/new/", "/criteria/try/?description=通道堵死"),
    "plant_officer": ("/hazards/{ordered}/", "/hazards/{ordered}/steps/file_plan/", "/enterprises/{plant}/edit/"),
    "system_administrator": ("/people/new/", "/import/org.people/", "/channels/robots/new/", "/components/"),
    "security_administrator": ("/tokens/new/", "/webhooks/new/", "/api/v1/docs"),
    "audit_administrator": (),
    "": ("/login/", "/install/", "/offline/"),
}  # fmt: skip
"""Whoever sits there, and kinds of pages that the menu does not name."""

READ = """async (rules) => {
    const found = await axe.run(document, { resultTypes: ["violations"] });
    return found.violations
        .filter((each) => ["serious", "critical"].includes(each.impact))
        .flatMap((each) => each.nodes.slice(0, 3).map((node) => `${each.id}: ${node.html.slice(0, 160)}`));
}"""
# a colour on its way from one theme to the other is none of either
SETTLED = """async () => {
    for (let round = 0; round < 20; round++) {
        const under_way = document.getAnimations().filter((each) => each instanceof CSSTransition);
        if (!under_way.length) return;
        await Promise.allSettled(under_way.map((each) => each.finished));
    }
}"""
SIDEWAYS = """async () => {
    const page = document.documentElement;
    for (let frame = 0; frame < 60 && page.scrollWidth > page.clientWidth + 1; frame++)  // a chart is drawn anew
        await new Promise(requestAnimationFrame);
    return page.scrollWidth - page.clientWidth;
}"""


@pytest.fixture
def task(cast, now):
    """One task under way at the chemicals department, another that waits to be accepted."""

    def given(title):
        order = Order(
            title=title,
            assignments=[Assignment(cast.bureau_leader.unit, Duty.LEAD)],
            due_on=date(2026, 3, 12),
            limit_on=date(2026, 12, 31),
        )
        return dispatch_task(order=order, supervising_unit=cast.office.unit, by=cast.office, now=now)

    given("清查危险化学品仓库")
    begun = fire(given("开展燃气安全专项检查"), "accept", by=cast.bureau_officer, now=now)
    return feed_back(task=begun, percent=40, text="已查三家。", by=cast.bureau_officer, now=now)


@pytest.fixture
def keys(cast, now, task):
    """What the addresses of records are made with: also a hazard to be judged, and one that waits for its plan."""
    plant = enrol_plant(cast, now)
    hazard = a_hazard(cast, plant, now)
    ordered = a_hazard(cast, plant, now, place="原料仓库东门", description="应急照明灯 2 盏不亮", before_photos=[])
    said = {"judged_level": "general", "criterion_reason": "只坏两盏，不属重大", "rectify_by": date(2026, 3, 20)}
    fire(ordered, "judge_and_order", by=cast.bureau_officer, now=now, **said)
    return {"task": task.pk, "plant": plant.pk, "hazard": hazard.pk, "ordered": ordered.pk}


@pytest.fixture
def stranger(chromium, live_server):
    context = chromium.new_context(viewport=DESKTOP, locale="zh-CN")
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("name", BEHIND, ids=lambda name: name or "nobody")
def test_no_page_keeps_anybody_out(desks, stranger, live_server, cast, keys, name):
    page = desks(name).page if name else stranger
    page.emulate_media(reduced_motion="reduce")
    walked = {} if name in ("office", "") else _menu(cast, "office")
    addresses = [each for each in (_menu(cast, name) if name else {}) if each not in walked]
    found = {}
    for address in (*addresses, *(each.format(**keys) for each in BEHIND[name])):
        page.set_viewport_size(DESKTOP)
        page.goto(live_server.url + address)
        page.evaluate(AXE.read_text("utf-8"))
        for theme, size in FACES:
            page.set_viewport_size(size)
            page.evaluate("theme => { document.documentElement.dataset.bsTheme = theme }", theme)
            page.evaluate(SETTLED)
            found |= {f"{address} {theme}: {each}": each for each in page.evaluate(READ)}
        page.set_viewport_size(NARROWEST)
        if (wide := page.evaluate(SIDEWAYS)) > 1:
            found[f"{address} sticks out by {wide} px at 320 px"] = ""
    assert list(found) == []


def _menu(cast, name: str) -> dict[str, None]:
    return {entry.address: None for group in menu_of(getattr(cast, name)) for entry in group.entries}


def test_what_a_phone_loads_first_is_light():
    """Scripts, styles and icons of a page without charts, compressed: 300 KB is the promise."""
    import gzip

    from zhiben.core.web import assets

    names = [assets._manifest()[source]["file"] for source in ("src/main.ts", "icons.svg")]
    names += assets._manifest()["src/main.ts"]["css"]
    weight = sum(len(gzip.compress((assets.BUILD / name).read_bytes())) for name in names)
    print(f"first load: {weight / 1000:.0f} KB compressed")
    assert weight < 300_000
