from datetime import date
from decimal import Decimal

import pytest

from zhiben.core.workflow.engine import StepInvalid, fire
from zhiben.modules.tasks.services import Figure, NewIndicator, feed_back
from zhiben.modules.tasks.standing import Standing


@pytest.fixture
def task(cast, give, now):
    rate = NewIndicator("重大事故隐患整改率", ">=", "%", {2026: Decimal(95)})
    return fire(give((cast.bureau_leader, "lead"), indicators=[rate]), "accept", by=cast.bureau_leader, now=now)


def test_a_rate_is_fed_back_by_its_parts(cast, task, now):
    indicator = task.indicators.get()
    assert indicator.judged(date(2026, 3, 10)).standing is Standing.UNKNOWN
    figure = Figure(indicator, numerator=Decimal(45), denominator=Decimal(50))
    feed_back(task=task, percent=40, text="……", figures=[figure], by=cast.bureau_officer, now=now)
    judgement = task.indicators.get().judged(date(2026, 3, 10))
    assert judgement.sentence == "2026年目标不低于 95%，现为 90%，还差 5%"


def test_a_rate_of_nothing_is_refused_and_nothing_is_kept(cast, task, now):
    figure = Figure(task.indicators.get(), numerator=Decimal(0), denominator=Decimal(0))
    with pytest.raises(StepInvalid) as refused:
        feed_back(task=task, percent=40, text="……", figures=[figure], by=cast.bureau_officer, now=now)
    assert "分母须大于 0" in refused.value.sentence
    assert not task.feedbacks.exists()


def test_the_latest_day_counts(cast, task, now):
    indicator = task.indicators.get()
    for as_of, value in ((date(2026, 3, 1), 97), (date(2026, 2, 1), 80)):
        figure = Figure(indicator, value=Decimal(value), as_of=as_of)
        feed_back(task=task, percent=40, text="……", figures=[figure], by=cast.bureau_officer, now=now)
    assert task.indicators.get().judged(date(2026, 3, 10)).standing is Standing.ACHIEVED
