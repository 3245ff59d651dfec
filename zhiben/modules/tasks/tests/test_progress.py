from hypothesis import given
from hypothesis import strategies as st

from zhiben.modules.tasks.progress import ProgressRule, Share, follow


def test_own_report_is_not_touched_by_sub_tasks():
    assert follow(ProgressRule.OWN, [Share("甲局", 90)]) is None


def test_the_weakest_sub_task_sets_the_pace():
    assert follow(ProgressRule.WEAKEST, [Share("甲局", 90), Share("乙镇", 20)]) == (
        20,
        "2 个下级任务中最慢的是乙镇：20%",
    )


@given(st.lists(st.integers(0, 100), min_size=1, max_size=20))
def test_a_hundred_means_that_all_are_done(percents):
    progress, _ = follow(ProgressRule.MEAN, [Share("某单位", percent) for percent in percents])
    assert min(percents) <= progress <= max(percents)
    assert (progress == 100) == all(percent == 100 for percent in percents)
