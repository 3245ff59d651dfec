"""Looked at again, the same twice, the same once more; drawn by lot; reviewed in five steps."""

from datetime import date, datetime
from hashlib import sha256

import pytest

from zhiben.core.audit.models import DailySeal
from zhiben.core.audit.services import lines_of
from zhiben.core.events.services import deliver_pending
from zhiben.core.notify.models import Notification
from zhiben.core.refusal import Refused
from zhiben.core.workflow.engine import fire
from zhiben.core.workflow.sweep import sweep
from zhiben.modules.hazards.credit import DEFINITIONS, credit_of
from zhiben.modules.hazards.drawing import draw_last_month, drawn
from zhiben.modules.hazards.likeness import alike
from zhiben.modules.hazards.models import Draw, Hazard, HazardLink, LinkKind, LookBack, Review
from zhiben.modules.hazards.models import HazardStatus as S
from zhiben.modules.hazards.reporting import Report, report_hazards
from zhiben.modules.hazards.reviews import order_root_fix
from zhiben.modules.hazards.services import confirm_link, reject_link
from zhiben.modules.tasks.models import Task

from .conftest import at
from .test_life import refusal, told

pytestmark = pytest.mark.django_db


@pytest.fixture
def closed(cast, handed_in, photo, now):
    """A major one, closed on 10 March."""
    seen = {"finding": "已清空", "on_site": True, "site_photos": [photo(cast.bureau_leader, 12)]}
    hazard = fire(handed_in(level="major"), "verify", by=cast.bureau_leader, now=now, **seen)
    return fire(hazard, "close", by=cast.bureau_officer, now=now)


def test_a_look_back_falls_due_and_finds_it_back(cast, closed, photo):
    look = closed.look_backs.get()
    assert look.due_on == date(2026, 6, 8)
    assert not LookBack.objects.visible_to(cast.plant_head).exists(), "the plant does not see it coming"
    sweep(at("2026-06-09", 9))
    assert told(cast.bureau_officer, "回头看期限逾期") == 1
    june = at("2026-06-09")
    data = {"looked_on": date(2026, 6, 9), "finding": "又堆满了", "by": cast.bureau_officer, "now": june}
    assert "again_photos" in refusal(look, "recur", **data).errors
    early = {**data, "looked_on": date(2026, 2, 1), "again_photos": [photo(cast.bureau_officer, 31)]}
    assert "looked_on" in refusal(look, "recur", **early).errors
    look = fire(look, "recur", **{**early, "looked_on": date(2026, 6, 9)}, never_fixed=False)
    new = look.new_hazard
    assert (new.recurs_from, new.level, new.origin_id) == (closed, "major", str(look.pk))
    assert not HazardLink.objects.filter(earlier=closed).exists(), "what is known is not asked again"
    assert [line.label for line in lines_of("hazards.hazard", closed.pk)][-1] == "隐患复发"
    walk_the_review(cast, new.review, june)
    facts = credit_of([closed.enterprise_id], since=date(2026, 1, 1), until=date(2026, 12, 31), today=date(2026, 6, 9))
    figures = facts[closed.enterprise_id].figures
    assert (figures["found"], figures["closed"], figures["recurred"], figures["in_time"]) == (2, 1, 1, 1)
    assert list(facts[closed.enterprise_id].rows("recurred")) == [new]
    assert figures.keys() == DEFINITIONS.keys()


def walk_the_review(cast, review, now):
    plant, bureau = {"by": cast.plant_head, "now": now}, {"by": cast.bureau_officer, "now": now}
    fire(review, "state_facts", **plant, facts="三月清空，四月仓库满了又往通道上放")
    assert "至少写一方面" in refusal(review, "find_causes", **plant).sentence
    fire(review, "find_causes", **plant, cause_management="没有人每天看，仓库周转没有上限")
    assert refusal(review, "hold_to_account", **plant, accountability="下不为例")
    fire(review, "hold_to_account", **bureau, accountability="仓储部负责人扣发当月绩效")
    fire(review, "set_duties", **plant, duties="仓储部每日巡查，安全科每周抽查")
    fire(review, "fix_root", **plant, root_fix="通道侧装隔离桩，仓库增加货架")
    with pytest.raises(Refused):
        order_root_fix(review=review, unit=cast.plant_head.unit, due_on=date(2026, 9, 1), content="装隔离桩", **plant)
    regulator = {"by": cast.regulator, "now": now}
    order_root_fix(review=review, unit=cast.plant_head.unit, due_on=date(2026, 9, 1), content="装隔离桩", **regulator)
    assert Task.objects.get().origin_id == str(review.pk)
    assert refusal(review, "conclude", **plant, finding="好")
    assert fire(review, "conclude", **bureau, finding="措施落地").done_at == now
    assert Review.objects.get().status == "done"


def test_only_the_head_excuses_and_says_why(cast, closed, now):
    look, moved = closed.look_backs.get(), {"excuse": "closed", "reason": "企业已搬迁"}
    assert refusal(look, "excuse", by=cast.bureau_officer, now=now, **moved)
    assert "excuse" in refusal(look, "excuse", by=cast.bureau_leader, now=now, reason="企业已搬迁").errors
    historic = {**moved, "excuse": "historic"}
    assert "excuse" in refusal(look, "excuse", by=cast.bureau_leader, now=now, **historic).errors, "nobody's choice"
    look = fire(look, "excuse", by=cast.bureau_leader, now=now, **moved)
    assert (look.status, look.get_excuse_display()) == ("excused", "企业已关闭或搬离")


def test_that_a_major_one_holds_is_shown_by_a_photo_of_today(cast, closed, photo):
    look, june = closed.look_backs.get(), at("2026-06-09")
    seen = {"looked_on": date(2026, 6, 9), "finding": "通道畅通", "by": cast.bureau_officer, "now": june}
    assert "现场照片" in refusal(look, "hold", **seen).errors["again_photos"]
    copied = [photo(cast.bureau_officer, 12, now=june)]
    assert fire(look, "hold", **seen, again_photos=copied).status == "holds"
    assert closed.doubts.filter(sentence__contains="就是已交的复查现场照片").exists(), (
        "a picture out of the file is seen"
    )


def test_ordinary_ones_are_drawn_by_lot_and_anybody_can_draw_again(cast, found, photo, plant, now):
    for n in range(20):
        hazard = found(description=f"{n} 号配电箱箱门未关，内有杂物", place=f"{n} 号配电箱")
        after = [photo(cast.bureau_officer, 200 + n)]
        fire(hazard, "fix_on_spot", by=cast.bureau_officer, now=now, after_photos=after, summary="当场关好")
    assert draw_last_month(now) == 0, "nothing was closed in February"
    april = at("2026-04-01", 9)
    assert draw_last_month(april) == 0, "March is not sealed yet"
    DailySeal.objects.create(
        number=1, day=date(2026, 3, 31), after_id=0, last_id=1, lines=1, algorithm="sm3", root="ab" * 32,
        sealed_at=april, key_id="k", signature="s",
    )  # fmt: skip
    assert draw_last_month(april) == 2, "ten per cent"
    assert draw_last_month(april) == 0, "once"
    draw = Draw.objects.get(month=date(2026, 3, 1))
    assert draw.seed == sha256(f"{'ab' * 32}|{cast.county.path}|2026-03".encode()).hexdigest()
    again = drawn(list(Hazard.objects.values_list("number", flat=True)), seed=draw.seed, share=10)
    assert sorted(LookBack.objects.values_list("hazard__number", flat=True)) == again
    line = lines_of("hazards.draw", str(draw.pk)).get()
    assert (line.data["drawn"], line.data["seed"]) == (again, draw.seed)
    look = LookBack.objects.first()
    seen = {"looked_on": date(2026, 4, 2), "finding": "完好"}
    assert fire(look, "hold", by=cast.bureau_officer, now=at("2026-04-02"), **seen).status == "holds"


def test_the_same_hazard_recorded_twice_is_proposed_and_put_away_by_a_person(cast, found, now):
    first = found()
    second = found(by=cast.town, description="一号厂房北侧消防车通道堆满托盘、废料约 30 米，消防车过不去",
                   before_photos=())  # fmt: skip
    link = HazardLink.objects.get()
    assert (link.hazard, link.earlier, link.kind) == (second, first, LinkKind.DUPLICATE)
    assert "位置相同或相近" in link.because
    with pytest.raises(Refused):
        confirm_link(link=link, by=cast.plant_head, now=now)
    confirm_link(link=link, by=cast.town, now=now)
    second.refresh_from_db()
    assert (second.status, second.duplicate_of) == (S.DUPLICATE, first)
    with pytest.raises(Refused):
        confirm_link(link=link, by=cast.town, now=now)
    named = {"by": cast.bureau_officer, "now": now, "reason": "同一处"}
    assert "本身" in refusal(first, "mark_duplicate", duplicate_number=first.number, **named).sentence
    assert "重复" in refusal(first, "mark_duplicate", duplicate_number=second.number, **named).sentence
    assert "没有找到" in refusal(first, "mark_duplicate", duplicate_number="990121-2026-999999", **named).sentence
    third = found(before_photos=(), description="北侧通道被堵")
    first = fire(first, "mark_duplicate", duplicate_number=third.number, **named)
    second.refresh_from_db()
    assert second.duplicate_of == third, "what pointed at it points at the one that is kept"
    kept = fire(third, "fix_on_spot", by=cast.bureau_officer, now=now, summary="清走",
                more_before_photos=[photo_of(cast, now, 3)], after_photos=[photo_of(cast, now, 4)])  # fmt: skip
    deliver_pending(now=now)
    assert kept.status == S.CLOSED
    assert Notification.objects.filter(person=cast.town.person, title__contains="您发现的隐患已销号").exists()


def photo_of(cast, now, seed):
    from zhiben.modules.hazards.testing import a_photo

    return a_photo(cast.bureau_officer, now, seed)


def test_it_is_back_says_likeness_and_a_person_agrees(cast, closed, found, plant):
    june = at("2026-06-20")
    report = Report(enterprise=plant, place="一号厂房北侧消防车通道", found_on=june.date(),
                    description="一号厂房北侧消防车通道又堆放托盘和废料，长约 25 米，消防车无法通过")  # fmt: skip
    [likeness] = alike(report, now=june)
    assert (likeness.earlier, likeness.kind) == (closed, LinkKind.RECURRENCE)
    hazard = found(now=june, description=report.description, before_photos=())
    link = HazardLink.objects.get(hazard=hazard)
    confirm_link(link=link, by=cast.bureau_officer, now=june)
    hazard.refresh_from_db()
    assert (hazard.recurs_from, hazard.review.status) == (closed, "facts")
    assert alike(report, now=at("2027-08-01")) != [likeness], "after the time of the rules it is a new one"


def test_the_same_defect_elsewhere_is_another_hazard(cast, found, now):
    found(description="灭火器压力不足，过期 3 个月", place="合成车间东侧")
    other = found(description="灭火器压力不足，过期 3 个月", place="办公楼三层走廊", before_photos=())
    assert not HazardLink.objects.filter(hazard=other).exists()
    twin = found(description="疏散指示灯不亮 2 盏", place="食堂后门")
    link = HazardLink.objects.filter(hazard=twin).first()
    assert link is None or "照片" in "".join(link.because)


def test_a_set_is_compared_within_itself_and_a_no_is_kept(cast, plant, now, django_assert_max_num_queries):
    reports = [
        Report(enterprise=plant, place=f"{n // 2} 号罐区", found_on=date(2026, 3, 1), channel="ledger",
               description=f"{n // 2} 号罐区围堰开裂 {n // 2 + 3} 厘米，液位计不准")
        for n in range(60)
    ]  # fmt: skip
    with django_assert_max_num_queries(60):
        hazards = report_hazards(reports=reports, by=cast.bureau_officer, now=now)
    pairs = {(link.hazard_id, link.earlier_id) for link in HazardLink.objects.filter(score__gte=80)}
    assert {(hazards[n + 1].pk, hazards[n].pk) for n in range(0, 60, 2)} <= pairs
    link = HazardLink.objects.first()
    reject_link(link=link, reason="两个罐", by=cast.bureau_officer, now=now)
    assert lines_of("hazards.hazard", link.hazard_id).last().label == "认定不是重复"


def test_a_report_sent_again_is_the_same_and_a_strangers_id_shows_nothing(cast, plant, found, now):
    first = found()
    again = Report(
        enterprise=plant, place="别处", description="别的什么东西坏了", found_on=date(2026, 3, 1), id=first.pk
    )
    assert report_hazards(reports=[again], by=cast.bureau_officer, now=now)[0].place == first.place
    with pytest.raises(Refused):
        report_hazards(reports=[again], by=cast.town, now=now)
    for wrong, field in (
        ({"found_on": date(2027, 1, 1)}, "found_on"),
        ({"place": " "}, "place"),
        ({"level": "x"}, "level"),
    ):
        with pytest.raises(Refused) as refused:
            found(**wrong)
        assert refused.value.field == field
    with pytest.raises(Refused):
        found(by=cast.outsider)
    assert isinstance(now, datetime)
