"""The rules of the figures and of the words, without a database."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from zhiben.insight.figures import Rate
from zhiben.insight.review.figures import (
    SUMS,
    Counts,
    DoesNotAddUp,
    Ledger,
    by_rate,
    change_of_count,
    change_of_rate,
    check_sums,
    figures_of,
)
from zhiben.insight.review.measures import MEASURES, PARTS, Landmark, Reading, Standing, Turn, measures_of_task
from zhiben.insight.review.months import Month, Period
from zhiben.insight.review.wording import Telling

PERIOD = Period.of(Month(date(2026, 3, 1)), datetime(2026, 4, 5, tzinfo=UTC))
RUNNING = Period.of(Month(date(2026, 3, 1)), datetime(2026, 3, 20, tzinfo=UTC))
FAR, PAST = date(2026, 9, 30), date(2026, 2, 28)


def task(number=1, status="running", due_on=FAR, unit=1, **more) -> Standing:
    plain = Standing(
        key=UUID(int=number), status=status, due_on=due_on, unit=unit, main=True, coordinating=False, programme="",
        sector="", dispatched_on=date(2026, 1, 5), submitted_on=None, completed_on=None, extended=False,
        withdrawn=False, fed_back=False, ran_before=True, unsure=False,
    )  # fmt: skip
    return plain._replace(**more)


def done(number=1, due_on=PAST, submitted_on=date(2026, 2, 20), completed_on=date(2026, 3, 2), **more) -> Standing:
    return task(number, "completed", due_on, submitted_on=submitted_on, completed_on=completed_on, **more)


def telling(*tasks, before=(), period=PERIOD, first=False, **more) -> Telling:
    return Telling(
        now=figures_of(Ledger(period, tasks, **more)),
        before=None if first else figures_of(Ledger(PERIOD.previous, before)),
        scope="澄溪县", programme="", unit_names={1: "县住建局", 2: "柳溪镇"},
        task_names={UUID(int=number): f"任务{number}" for number in range(50)}, demand_by=date(2026, 4, 20),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("now", "before", "said"),
    [
        (9, 8, "增加1件（12.5%）"), (8, 9, "减少1件（11.1%）"), (5, 0, "增加5件（上月为零）"), (0, 5, "减少5件（100.0%）"),
        (4, 4, "持平"), (0, 0, "持平"), (7, None, ""), (33, 32, "增加1件（3.1%）"),
    ],
)  # fmt: skip
def test_counts_move_in_pieces_and_a_zero_base_has_no_percentage(now, before, said):
    assert change_of_count(now, before) == said


@pytest.mark.parametrize(
    ("now", "before", "said"),
    [
        (Rate(9, 10), Rate(17, 20), "上升5.0个百分点"), (Rate(1, 3), Rate(2, 3), "下降33.4个百分点"),
        (Rate(1, 2), Rate(2, 4), "持平"), (Rate(1, 2), Rate(0, 0), "上月分母为零，不作比较"),
        (Rate(0, 0), Rate(1, 2), "本月分母为零，不作比较"), (Rate(1, 2), None, ""),
    ],
)  # fmt: skip
def test_rates_move_in_percentage_points_as_printed(now, before, said):
    assert change_of_rate(now, before) == said


EVERY_KIND = [
    task(1), task(2, due_on=PAST), task(3, "pending"), task(4, "pending", PAST), task(5, "submitted"),
    task(6, "submitted", PAST), task(7, "returned"), task(8, "returned", PAST), done(9), done(10, FAR),
    done(11, submitted_on=date(2026, 3, 1)), task(12, "withdrawn", withdrawn=True), task(13, "withdrawn"),
    task(14, due_on=date(2026, 4, 30), main=False, unit=2, programme="p1", sector="gas"),
    task(15, due_on=date(2026, 3, 31), fed_back=True), done(16, date(2026, 3, 31)),
]  # fmt: skip


@pytest.mark.parametrize("period", [PERIOD, RUNNING, PERIOD.previous])
def test_parts_add_up_to_their_total_everywhere(period):
    figures = figures_of(Ledger(period, EVERY_KIND))
    for by in (figures.units, figures.programmes, figures.sectors):
        assert sum(by.values(), Counts()) == +figures.whole
    for counts in (figures.whole, *figures.units.values()):
        check_sums(counts)
    assert figures.whole["total"] == 14


def test_a_task_is_in_exactly_one_part_and_withdrawn_ones_in_none():
    parts = {part.name for part in PARTS}
    for each in EVERY_KIND:
        found = measures_of_task(each, PERIOD)
        assert len(found) == len(set(found))
        assert set(found) <= set(MEASURES)
        assert len(parts & set(found)) == (0 if each.status == "withdrawn" else 1)


def test_a_paper_whose_parts_do_not_add_up_is_not_printed():
    for total in SUMS:
        with pytest.raises(DoesNotAddUp):
            check_sums(Counts({total: 1}))


def test_what_is_due_and_what_is_not_are_kept_apart():
    counts = figures_of(Ledger(PERIOD, EVERY_KIND)).whole
    assert (counts["not_due"], counts["fallen_due"]) == (6, 8)
    assert str(counts.timeliness) == "25.0%"
    assert (counts.timeliness.numerator, counts.timeliness.denominator) == (2, 8)
    assert (counts.completion.numerator, counts.completion.denominator) == (4, 14)


def test_due_on_the_last_day_is_past_when_the_month_is_over_and_not_before():
    last = task(due_on=date(2026, 3, 31))
    assert "overdue" in measures_of_task(last, PERIOD)
    assert "running" in measures_of_task(last, Period.of(PERIOD.month, datetime(2026, 3, 31, 12, tzinfo=UTC)))


def test_an_office_that_only_coordinates_is_not_asked_to_report():
    assert "silent" in measures_of_task(task(), PERIOD)
    assert "to_report" not in measures_of_task(task(coordinating=True), PERIOD)
    assert "to_report" not in measures_of_task(task(ran_before=False), PERIOD)


def test_a_ranking_puts_units_without_a_rate_last_and_keeps_the_order_of_equals():
    counts = {
        "a": Counts(),
        "b": Counts(fallen_due=2, on_time=1),
        "c": Counts(fallen_due=4, on_time=2),
        "d": Counts(fallen_due=1, on_time=1),
    }
    assert by_rate("abcd", counts) == ["d", "b", "c", "a"]


def text_of(told: Telling) -> str:
    points = [f"{point.heading}{point.text}" for point in (*told.problems, *told.demands)]
    return "\n".join([told.title, told.lead, *map(str, told.overall), *points])


def test_zero_is_said_outright():
    text = text_of(telling(done(1), task(2, fed_back=True), before=[done(1)]))
    assert "无逾期任务（与上月末持平）" in text
    assert "无零反馈单位" in text
    assert "退回0件" in text
    assert "本月没有到期的节点" in text


def test_units_are_named_in_administrative_order_with_the_longest_overdue():
    told = telling(
        task(1, due_on=PAST, unit=2), task(2, due_on=date(2026, 3, 30)), task(3, due_on=date(2026, 3, 31), unit=2)
    )
    overdue = str(told.problems[0].text)
    assert "截至期末逾期任务3件，涉及2个单位：县住建局1件、柳溪镇2件。" in overdue
    assert "柳溪镇“任务1”（期限2026年2月28日，逾期32天）；县住建局“任务2”（期限2026年3月30日，逾期2天）" in overdue
    assert "于2026年4月20日前报送办结" in str(told.demands[0].text)


@pytest.mark.parametrize(
    "told",
    [
        telling(*EVERY_KIND),
        telling(*EVERY_KIND, before=EVERY_KIND[:8]),
        telling(*EVERY_KIND, first=True),
        telling(*EVERY_KIND, period=RUNNING),
        telling(task(1)),
        telling(first=True),
        telling(done(1), before=[task(1)]),
        telling(
            task(1),
            milestones=[Landmark(1, UUID(int=1), 1, "", "", date(2026, 3, 5), None, "完成摸底")],
            indicators=[Reading(1, UUID(int=1), 1, "", "", "behind", "检查企业")],
            turns=[Turn(UUID(int=9), 1, "", "", date(2026, 3, 5), None, "missed", "每月检查")],
        ),
    ],
)  # fmt: skip
def test_every_case_reads_as_whole_sentences(told):
    text = text_of(told)
    for broken in ("，。", "。。", "，，", "：。", "（）", "None", "、、", "；。", "，；", "（，", "{", "、。", "——"):
        assert broken not in text, text
    for sentence in text.split("\n")[1:]:
        assert sentence.endswith("。"), sentence
        assert sentence.count("（") == sentence.count("）")


def test_the_running_month_is_not_held_against_a_whole_one():
    text = text_of(telling(*EVERY_KIND, period=RUNNING, before=EVERY_KIND))
    assert "本月（尚未结束，不与上月全月比较）新交办任务0件，办结" in text
    assert "较上月末" in text or "与上月末持平" in text
    assert "工作进展反馈不及时" not in text, "a unit still has the rest of the month to report"


def test_in_the_first_month_nothing_is_compared():
    text = text_of(telling(*EVERY_KIND, first=True))
    assert "本月是第一次调度，不与上月比较" in text
    assert "较上月" not in text.replace("不与上月比较", "")


def test_a_measure_is_explained_once():
    rules = [measure.rule for measure in MEASURES.values()]
    assert len(set(rules)) == len(rules)
