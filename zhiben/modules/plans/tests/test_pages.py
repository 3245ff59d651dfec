"""The pages of plans: inherited rules, the review page with its marks, edits that answer with what changed."""

import re
from dataclasses import replace

import pytest

from zhiben.core.web.testing import PagesTest, check_page, counted
from zhiben.modules.plans.marking import Mark, draw, marks_of
from zhiben.modules.plans.models import PlanVersion
from zhiben.modules.plans.pages.plans import LedgerPages, PlanPages, VersionPages
from zhiben.modules.plans.reading.source import Block, SourceText
from zhiben.modules.plans.services import editing, publishing, readings
from zhiben.modules.plans.services.layout import Address

from . import conftest
from .conftest import TEXT, new_draft, read_by_hand


def drafts(cast, now, count) -> list[PlanVersion]:
    from zhiben.modules.plans.models import PlanDocument, Resolution

    first = PlanDocument.objects.count()
    nobody = lambda name: Address(Resolution.LEFT)  # noqa: E731
    return [new_draft(cast.office, now, nobody, digest=f"{first + n:064d}") for n in range(count)]


class TestPlanPages(PagesTest):
    pages, insider = PlanPages, "office"

    def make(self, cast, now, count):
        return [version.plan for version in drafts(cast, now, count)]


class TestVersionPages(PagesTest):
    pages, insider = VersionPages, "office"

    def make(self, cast, now, count):
        return drafts(cast, now, count)

    def test_every_step_offered_opens_its_dialog(self, cast, now):
        """`publish` has a page of its own; the others have dialogs."""
        version = self.make(cast, now, 1)[0]
        client = cast.client("office")
        assert client.get(f"/plan-versions/{version.pk}/steps/publish/")["Location"] == f"/drafts/{version.pk}/publish/"
        assert client.get(f"/plan-versions/{version.pk}/steps/discard/").status_code == 200


class TestLedgerPages(PagesTest):
    pages, insider = LedgerPages, "office"

    def make(self, cast, now, count):
        items = []
        while len(items) < count:
            version = drafts(cast, now, 1)[0]
            items += publishing.publish_version(version=version, by=cast.office, now=now).items.all()
        return items


@pytest.mark.parametrize("page", ["", "publish/", "difference/"])
def test_pages_of_a_draft_are_for_those_who_see_it(cast, now, draft, page):
    check_page(cast, f"/drafts/{draft.pk}/{page}", insider="office")


def test_a_published_version_is_read_only_for_everybody(cast, now, draft):
    fire = draft.items.get(number="4").departments.get(name="县消防大队")
    readings.resolve_department(department=fire, seen=0, by=cast.office, now=now)
    publishing.publish_version(version=draft, by=cast.office, now=now)
    page = cast.client("office").get(f"/drafts/{draft.pk}/").content.decode()
    assert "核对无误" not in page
    assert "查看任务" in page


def test_every_reading_is_marked_in_its_place(draft):
    items = list(draft.items.prefetch_related("departments", "milestones", "indicators", "frequencies"))
    html = str(draw(draft.document.source(), marks_of(draft, items)))
    lead = draft.items.get(number="1").departments.get(role="lead")
    stretch = re.search(rf'<span class="([^"]*)" data-m="([^"]*\bd{lead.pk}\b[^"]*)"[^>]*>([^<]*)</span>', html)
    assert stretch is not None
    assert "mk-lead" in stretch[1]
    assert f"b{lead.item_id}" in stretch[2].split()
    assert stretch[3] == "县应急管理局"
    assert "牵头" in re.search(rf'data-m="[^"]*\bd{lead.pk}\b[^"]*" data-w="([^"]*)"', html)[1]
    assert re.sub(r"<[^>]+>", "", html) == TEXT.replace("\n", "")


def test_overlapping_marks_cut_the_text_and_nothing_is_executed():
    source = SourceText("甲<b>乙丙丁")
    html = str(
        draw(
            source, [Mark(0, 6, "b1", "body"), Mark(4, 7, "d2", "lead", "牵头"), Mark(1, 5, "m3", "milestone", "时限")]
        )
    )
    assert "<b>" not in html
    assert 'data-m="b1 m3"' in html
    assert 'data-m="b1 d2 m3"' in html or 'data-m="b1 m3 d2"' in html
    assert re.sub(r"<[^>]+>", "", html) == "甲&lt;b&gt;乙丙丁"


def test_a_table_stays_a_table():
    text = "序号\n任务\n1\n整治"
    cells = [(0, 2, 0, 0), (3, 5, 0, 1), (6, 7, 1, 0), (8, 10, 1, 1)]
    blocks = tuple(Block("cell", a, b, table=0, row=row, column=column) for a, b, row, column in cells)
    blocks = (replace(blocks[0], column_span=1, row_span=1), *blocks[1:])
    html = str(draw(SourceText(text, blocks), [Mark(8, 10, "t1", "task", "任务")]))
    assert html.count("<tr>") == 2
    assert '<td data-start="8"><span class="mk mk-task"' in html


def test_an_edit_answers_with_what_changed_and_nothing_else(cast, draft, item):
    answer = (
        cast.client("office")
        .post(
            f"/drafts/{draft.pk}/do/edit/",
            {"item": item("1").pk, "seen": 0, "title": "改过的标题"},
            headers={"HX-Request": "true"},
        )
        .content.decode()
    )
    assert "已保存" in answer
    assert f'id="s{item("1").pk}"' in answer
    assert f'id="s{item("2").pk}"' not in answer
    assert 'class="passage"' not in answer  # no mark moved


def test_a_cut_redraws_the_passage_it_cuts(cast, draft, item):
    answer = (
        cast.client("office")
        .post(
            f"/drafts/{draft.pk}/do/split/",
            {"item": item("1").pk, "seen": 0, "at": TEXT.index("每季度至少")},
            headers={"HX-Request": "true"},
        )
        .content.decode()
    )
    assert 'id="ledger"' in answer
    assert f'id="p{TEXT.index("1.组织")}"' in answer
    assert f'id="p{TEXT.index("3.落实")}"' not in answer


def test_a_stale_edit_shows_the_other_persons_change(cast, draft, item, now):
    editing.edit_item(item=item("1"), seen=0, title="主任改的标题", by=cast.chief, now=now)
    answer = cast.client("office").post(
        f"/drafts/{draft.pk}/do/edit/",
        {"item": item("1").pk, "seen": 0, "title": "科员改的标题", "open": item("1").pk},
        headers={"HX-Request": "true"},
    )
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "主策" in page
    assert "主任改的标题" in page
    assert 'name="seen" value="1"' in page  # the next save is made with open eyes
    assert "item-form" not in page  # what is being typed is not replaced


def test_without_scripts_the_forms_work_too(cast, draft, item):
    client = cast.client("office")
    page = client.get(f"/drafts/{draft.pk}/items/{item('1').pk}/")
    assert page.status_code == 200
    answer = client.post(f"/drafts/{draft.pk}/do/check/", {"item": item("1").pk, "checked": 1})
    assert answer["Location"] == f"/drafts/{draft.pk}/#i{item('1').pk}"
    assert item("1").checked


@pytest.mark.parametrize(
    ("operation", "form", "sentence"),
    [
        ("split", {}, "原文里点一下"),
        ("resolve", {"department": 0}, "刚被别人移走"),
        ("milestone", {"due_on": "明年"}, "2026-12-31"),
        ("indicator", {"metric": "率", "operator": ">=", "value": "很多"}, "只写数字"),
        ("undo", {}, "没有可以撤销"),
    ],
)
def test_what_is_wrong_is_said_in_words(cast, draft, item, operation, form, sentence):
    answer = cast.client("office").post(
        f"/drafts/{draft.pk}/do/{operation}/", {"item": item("1").pk, "seen": 0} | form, headers={"HX-Request": "true"}
    )
    assert answer.status_code == 422
    assert sentence in answer.content.decode()


def test_an_outsider_edits_nothing(cast, draft, item):
    answer = cast.client("outsider").post(f"/drafts/{draft.pk}/do/drop/", {"item": item("1").pk, "seen": 0})
    assert answer.status_code == 404
    assert not item("1").dropped


def test_the_same_file_is_shown_where_it_already_is(cast, now):
    client = cast.client("office")
    first = client.post("/drafts/upload/", {"file": conftest_file()})
    assert first.status_code == 302
    second = client.post("/drafts/upload/", {"file": conftest_file("另名.txt")})
    assert second.status_code == 409
    page = second.content.decode()
    assert "上传过" in page
    assert first["Location"] in page


def test_a_plan_of_two_hundred_tasks_asks_no_more_queries(cast, now, draft, by_directory):
    small, few = counted(cast.client("office"), f"/drafts/{draft.pk}/")
    assert small.status_code == 200
    client = cast.client("office")
    big = long_draft(cast, now, by_directory, tasks=200)
    client.get(f"/drafts/{big.pk}/")
    page, many = counted(client, f"/drafts/{big.pk}/")
    assert page.content.decode().count("data-item=") == 200
    assert many <= few
    with_edit = client.post(
        f"/drafts/{big.pk}/do/check/", {"item": big.items.first().pk, "seen": 0}, headers={"HX-Request": "true"}
    )
    assert len(with_edit.content) < 10_000


def conftest_file(name: str = "方案.txt"):
    from django.core.files.uploadedfile import SimpleUploadedFile

    return SimpleUploadedFile(name, TEXT.encode())


def long_draft(cast, now, resolver, *, tasks: int) -> PlanVersion:
    """A text of many tasks: the small plan's first task over and over, each in its own place."""
    from zhiben.modules.plans.services import intake

    ledger = read_by_hand()
    one = ledger.tasks[0]
    start, end = one.body_span
    body = TEXT[start:end] + "\n" + "各有关部门要加强指导。" * 120 + "\n"

    def moved(reading, by):
        return replace(reading, span=(reading.span[0] + by, reading.span[1] + by))

    readings_of_all = []
    for place in range(tasks):
        by = place * len(body) - start
        readings_of_all.append(
            replace(
                moved(one, by), number=str(place + 1), body_span=(start + by, end + by),
                departments=tuple(moved(each, by) for each in one.departments),
                milestones=tuple(moved(each, by) for each in one.milestones),
                indicators=tuple(moved(each, by) for each in one.indicators),
                frequencies=tuple(moved(each, by) for each in one.frequencies),
            )
        )  # fmt: skip
    plan = intake._new_plan("长方案.txt", cast.office, now)
    version = intake._new_version(plan, cast.office, now)
    ledger = replace(
        ledger, tasks=tuple(readings_of_all), goals=(), obligations=(), actions=(), title=None, doc_no=None
    )
    return conftest._read(version, cast.office, now, resolver, body * tasks, ledger, "f" * 64)
