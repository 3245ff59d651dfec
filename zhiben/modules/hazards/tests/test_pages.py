"""The lists, records and odd pages of hazards as the cast sees them."""

from datetime import timedelta
from urllib.parse import parse_qs, urlparse
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from zhiben.core import clock
from zhiben.core.clock import local_day
from zhiben.core.web.testing import PagesTest, counted, rows_of_book
from zhiben.core.workflow import engine
from zhiben.core.workflow.engine import fire
from zhiben.modules.hazards.clearing import Counts, Part
from zhiben.modules.hazards.look_back import PLANNING, looking_back_on
from zhiben.modules.hazards.models import (
    Hazard,
    HazardLevel,
    HazardLink,
    HazardPolicy,
    HazardStatus,
    LinkKind,
    LookBack,
)
from zhiben.modules.hazards.pages.likenesses import marked
from zhiben.modules.hazards.pages.look_backs import LookBackPages
from zhiben.modules.hazards.pages.records import HazardPages
from zhiben.modules.hazards.pages.reviews import ReviewPages
from zhiben.modules.hazards.reporting import Report, report_hazards
from zhiben.modules.hazards.reviews import open_review
from zhiben.modules.registry.models import Enterprise
from zhiben.modules.registry.testing import enrol_plant
from zhiben.modules.registry.trades import known_trades


@pytest.fixture(autouse=True)
def at_that_time(monkeypatch, now):
    monkeypatch.setattr(clock, "now", lambda: now)


def several(cast, now, count, **more) -> list[Hazard]:
    plant = Enterprise.objects.filter(unit=cast.plant_officer.unit).first() or enrol_plant(cast, now)
    reports = [
        Report(
            **{
                "enterprise": plant,
                "place": f"{number}号仓库东门",
                "description": f"{number}号门被货架挡住，只剩 60 厘米",
                "found_on": local_day(now),
                "found_by_unit": cast.bureau_officer.unit,
                **more,
            }
        )
        for number in range(count)
    ]
    return report_hazards(reports=reports, by=cast.bureau_officer, now=now, likenesses=False)


class TestHazardPages(PagesTest):
    pages, insider = HazardPages, "bureau_officer"

    def make(self, cast, now, count):
        return several(cast, now, count)


class TestLookBackPages(PagesTest):
    pages, insider = LookBackPages, "bureau_officer"

    def make(self, cast, now, count):
        due_on = local_day(now) + timedelta(days=3)
        looks = [looking_back_on(each, due_on=due_on, now=now) for each in several(cast, now, count)]
        for look in looks:
            look.save(force_insert=True)
        engine.begin_many(looks, by=PLANNING, now=now, label="安排回头看")
        return looks

    def test_it_is_asked_to_look_not_to_have_found(self, cast, now):
        (look,) = self.make(cast, now, 1)
        page = cast.client(self.insider).get("/").content.decode()
        assert f'href="{look.get_absolute_url()}">现场查看</a>' in page
        assert "整改保持" not in page

    def test_what_is_due_stands_before_what_is_done_whatever_its_day(self, cast, now):
        looks, client = self.make(cast, now, 4), cast.client(self.insider)
        for n, (status, days) in enumerate([("holds", 1), ("due", 9), ("recurred", 2), ("due", 5)]):
            LookBack.objects.filter(pk=looks[n].pk).update(status=status, due_on=local_day(now) + timedelta(days=days))

        def shown(asked=""):
            page = client.get(f"{reverse('look_backs:list')}?{asked}").content.decode()
            return sorted(range(4), key=lambda n: page.index(looks[n].get_absolute_url()))

        assert shown() == [3, 1, 0, 2]
        assert shown("sort=due_on") == [0, 2, 3, 1], "until somebody asks for another order"


class TestReviewPages(PagesTest):
    pages, insider = ReviewPages, "bureau_officer"

    def make(self, cast, now, count):
        return [open_review(each, by=cast.bureau_officer, now=now) for each in several(cast, now, count)]


ODD = (
    *("hazards:new", "hazards:clearing", "hazards:four_lists", "hazards:policy", "hazards:likenesses"),
    *("hazards:look_back_map", "hazards:around", "hazards:questions", "hazards:twins", "hazards:candidates"),
)


def test_every_odd_page_is_behind_the_login_and_asks_few_queries(cast, now):
    several(cast, now, 5, level=HazardLevel.MAJOR)
    for name in ODD:
        assert Client().get(reverse(name)).status_code == 302
        answer, queries = counted(cast.client("bureau_officer"), reverse(name))
        assert answer.status_code == 200, name
        assert queries <= 40, name
        assert cast.client("audit_administrator").get(reverse(name)).status_code == 404, name


def test_a_forged_key_opens_nothing_for_anybody(cast, plant):
    key = uuid4()
    addresses = [
        reverse("hazards:detail", args=[key]),
        reverse("hazards:map", args=[key]),
        reverse("hazards:line_proof", args=[key, 1]),
        reverse("hazards:step", args=[key, "judge"]),
        reverse("hazards:likeness", args=[987654]),
        reverse("look_backs:detail", args=[key]),
        reverse("hazard_reviews:detail", args=[key]),
    ]
    for name in cast.people:
        client = cast.client(name)
        assert {client.get(address).status_code for address in addresses} == {404}, name


def test_what_hangs_on_a_hazard_is_not_there_for_an_outsider(cast, found):
    hazard = found()
    line = 1
    outsider = cast.client("outsider")
    for address in (
        reverse("hazards:map", args=[hazard.pk]),
        reverse("hazards:line_proof", args=[hazard.pk, line]),
        reverse("hazards:dossier", args=[hazard.pk, "docx"]),
    ):
        assert outsider.get(address).status_code == 404


# ── the record ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_record_shows_photos_relations_and_a_proof_for_each_line(cast, found):
    hazard = found()
    client = cast.client("bureau_officer")
    page = client.get(hazard.get_absolute_url()).content.decode()
    for words in ("整改前 2 张", "还没有整改后照片", "一键追溯", "判定", "打印档案"):
        assert words in page
    proofs = [each for each in page.split('"') if each.startswith(f"/hazards/{hazard.pk}/lines/")]
    assert proofs
    proof = client.get(proofs[0]).content.decode()
    assert "已验证未被改动" in proof
    other = found(place="二号门", description="配电箱没有门，线头裸露")
    assert client.get(proofs[0].replace(str(hazard.pk), str(other.pk))).status_code == 404


def test_the_judge_sees_the_candidates_and_decides(cast, found):
    hazard = found()
    client = cast.client("bureau_officer")
    address = reverse("hazards:step", args=[hazard.pk, "judge"])
    dialog = client.get(address).content.decode()
    assert "系统只列出，不下结论" in dialog
    assert "以上都不选" in dialog
    told = {"judged_level": "general", "criterion_key": "", "criterion_reason": "已疏通一半，未堵死", "key": "k"}
    assert client.post(address, told).status_code == 302
    hazard.refresh_from_db()
    assert hazard.status == HazardStatus.JUDGED


def test_a_plan_is_filled_in_as_the_last_time(cast, found, now):
    for place in ("东门", "西门"):
        hazard = found(place=place, description=f"{place}疏散指示灯不亮")
        day = local_day(now) + timedelta(days=9)
        fire(hazard, "judge_and_order", by=cast.bureau_officer, now=now, judged_level="general", rectify_by=day,
             criterion_reason="一盏灯不亮，不属重大")  # fmt: skip
        address = reverse("hazards:step", args=[hazard.pk, "file_plan"])
        dialog = cast.client("plant_officer").get(address).content.decode()
        assert ("陈守安" in dialog) == (place == "西门")
        if place == "东门":
            fire(hazard, "file_plan", by=cast.plant_officer, now=now, liable_person="陈守安", measures="换灯", funds=50,
                 plan_rectify_by=day, contingency_plan="专人引导")  # fmt: skip


# ── likenesses ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_two_alike_are_compared_and_one_is_kept(cast, found, now):
    earlier, hazard = found(), found()
    link = HazardLink.objects.get(hazard=hazard, earlier=earlier)
    assert link.kind == LinkKind.DUPLICATE
    officer = cast.client("bureau_officer")
    address = reverse("hazards:likeness", args=[link.pk])
    assert address in officer.get(reverse("hazards:likenesses")).content.decode()
    page = officer.get(address).content.decode()
    assert "<mark>" in page
    assert cast.client("outsider").get(address).status_code == 404
    assert officer.post(address, {"verdict": "maybe"}).status_code == 409
    assert officer.post(address, {"verdict": "same", "reason": "同一条通道"}).status_code == 302
    hazard.refresh_from_db()
    assert hazard.status == HazardStatus.DUPLICATE
    assert "已经有人认定" in officer.post(address, {"verdict": "same"}).content.decode()


def test_marks_stand_around_what_both_say_and_let_no_markup_through():
    one, other = marked("东门<b>堵死", "西门<b>堵死了")
    assert one == "东<mark>门&lt;b&gt;堵死</mark>"
    assert other == "西<mark>门&lt;b&gt;堵死</mark>了"


# ── 动态清零 and the four lists ───────────────────────────────────────────────────────────────────────────────────


def test_the_parts_of_the_clearing_add_up_and_open_their_lists(cast, now):
    today = local_day(now)
    several(cast, now, 3, level=HazardLevel.MAJOR, found_on=today - timedelta(days=900))
    several(cast, now, 4, level=HazardLevel.MAJOR)
    late, done, *_ = Hazard.objects.order_by("pk")
    Hazard.objects.filter(pk=late.pk).update(status=HazardStatus.ORDERED, rectify_by=today - timedelta(days=1))
    Hazard.objects.filter(pk=done.pk).update(status=HazardStatus.CLOSED, closed_at=now)
    client = cast.client("office")
    for by in ("unit", "region"):
        page = client.get(reverse("hazards:clearing"), {"by": by, "since": "2025-01-01"})
        whole = page.context["whole"].counts
        assert whole == Counts(all=7, stock=3, increment=4, closed=1, open=6, in_time=5, overdue=1)
        for row in page.context["rows"]:
            for part, figure in zip(Part, row.figures, strict=True):
                if figure.address:
                    listing = client.get(figure.address).context["listing"]
                    assert listing.count == figure.value, (by, part, parse_qs(urlparse(figure.address).query))
    Hazard.objects.filter(pk=late.pk).update(region_path=cast.outsider.unit.region_path)
    client = cast.client("bureau_officer")
    page = client.get(reverse("hazards:clearing"), {"by": "region", "as": "supervising", "since": "2025-01-01"})
    (beyond,) = (row for row in page.context["rows"] if row.label == "辖区以外")
    for figure in beyond.figures:
        assert not figure.address or client.get(figure.address).context["listing"].count == figure.value == 1
    assert Counts().word == "清零"
    assert Counts(all=1, open=1, in_time=1).word == "动态清零"


def test_the_four_lists_hold_the_plan_and_leave_as_a_workbook(cast, now):
    hazard = several(cast, now, 1, level=HazardLevel.MAJOR, danger="=HYPERLINK(1)")[0]
    client = cast.client("bureau_officer")
    page = client.get(reverse("hazards:four_lists")).content.decode()
    for words in ("基础信息清单", "责任分工清单", "防控措施清单", "应急处置清单", hazard.number):
        assert words in page
    rows = rows_of_book(client.get(reverse("hazards:four_lists"), {"as_file": "xlsx"}).content)
    assert rows[0][0] == "编号"
    assert rows[1][0] == hazard.number
    assert hazard.number not in cast.client("outsider").get(reverse("hazards:four_lists")).content.decode()


# ── an enterprise's own page, and the rules ──────────────────────────────────────────────────────────────────────


def test_an_enterprise_sees_what_is_due_the_next_step_and_whom_to_call(cast, found, now):
    hazard = found()
    fire(hazard, "judge_and_order", by=cast.bureau_officer, now=now, judged_level="general",
         rectify_by=local_day(now) + timedelta(days=9), criterion_reason="已经疏通，只剩边角堆料")  # fmt: skip
    answer, queries = counted(cast.client("plant_head"), reverse("hazards:mine"))
    page = answer.content.decode()
    assert queries <= 40
    whom = str(cast.bureau_officer.person)
    for words in ("报送五定", "有事找谁", "县应急管理局", whom, "不改会怎样", "整改信用档案"):
        assert words in page
    assert cast.client("bureau_officer").get(reverse("hazards:mine")).status_code == 404
    firm = cast.client("bureau_officer").get(hazard.enterprise.get_absolute_url()).content.decode()
    assert "在这家登记隐患" in firm


def test_the_rules_are_read_by_all_and_set_by_the_chief(cast, plant):
    address = reverse("hazards:policy")
    assert "由本地安委办" in cast.client("bureau_officer").get(address).content.decode()
    chief = cast.client("chief")
    form = chief.get(address).context["form"]
    told = {name: field if not isinstance(field, bool) else "on" for name, field in form.initial.items()}
    assert cast.client("bureau_officer").post(address, told).status_code == 404
    assert chief.post(address, told | {"look_back_share": "101"}).status_code == 422
    assert chief.post(address, told | {"look_back_days": "60"}).status_code == 302
    assert HazardPolicy.objects.get().look_back_days == 60
    there = cast.other_county.pk
    assert chief.get(address, {"region": there}).status_code == 404


def test_a_sheet_for_the_wall_leads_to_the_form_of_its_enterprise(cast, now):
    plant = enrol_plant(cast, now)
    address = reverse("hazards:poster", args=[plant.pk])
    page = cast.client("town").get(address)
    assert "qr-code" in page.content.decode()
    assert "云帆化工" in page.content.decode()
    for name in ("outsider", "housing_officer", "system_administrator"):
        assert cast.client(name).get(address).status_code == 404


def test_every_filter_that_is_folded_away_narrows_the_list(cast, found, plant):
    """What is used now and then is out of sight, and is not out of order."""
    found()
    office, pages = cast.client("bureau_officer"), HazardPages()
    assert {each.name for each in pages.filters if not each.rare} < {each.name for each in pages.filters}
    trade = known_trades()[0]
    Enterprise.objects.filter(pk=plant.pk).update(trades=[trade])
    for asked, seen in (
        ({"trade": trade}, True), ({"trade": known_trades()[1]}, False), ({"sector": plant.sector}, True),
        ({"category": "person"}, False), ({"found_on_from": "2026-03-11"}, False), ({"recurring": "1"}, False),
        ({"unit": plant.unit.pk}, True), ({"channel": "inspection"}, True),
    ):  # fmt: skip
        page = office.get("/hazards/", asked).content.decode()
        assert ("一号厂房北侧消防车通道堆放" in page) == seen, asked
        assert 'class="rare-filters" open' in page, "what narrows the list is in sight"
    assert 'class="rare-filters" open' not in office.get("/hazards/", {"level": "general"}).content.decode()
