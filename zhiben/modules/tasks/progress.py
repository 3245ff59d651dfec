"""How far a task is: what its unit reports, or what follows from its sub-tasks by a rule anybody can read."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import models


class ProgressRule(models.TextChoices):
    OWN = "own", "本单位填报"
    MEAN = "mean", "各下级任务的平均"
    WEAKEST = "weakest", "最慢的下级任务"


EXPLANATIONS = {
    ProgressRule.OWN: "进度以承办单位反馈的百分比为准",
    ProgressRule.MEAN: "进度等于各下级任务进度的平均值，下级任务反馈后自动更新",
    ProgressRule.WEAKEST: "进度等于最慢的下级任务的进度，下级任务反馈后自动更新",
}


@dataclass(frozen=True)
class Share:
    """One sub-task that counts: its unit's name and how far it is, 0..100."""

    name: str
    percent: int


def follow(rule: str, shares: Sequence[Share]) -> tuple[int, str] | None:
    """(progress, the sentence that explains it), or None where the rule says nothing: own report, no sub-tasks.
    Rounded down, so that 100 means that every sub-task is done.

    >>> follow("mean", [Share("教体局", 50), Share("住建局", 25)])
    (37, '2 个下级任务平均：教体局 50%、住建局 25%')
    """
    if rule == ProgressRule.OWN or not shares:
        return None
    if rule == ProgressRule.WEAKEST:
        slowest = min(shares, key=lambda share: share.percent)
        return slowest.percent, f"{len(shares)} 个下级任务中最慢的是{slowest.name}：{slowest.percent}%"
    named = "、".join(f"{share.name} {share.percent}%" for share in shares[:6])
    rest = f"等 {len(shares)} 家" if len(shares) > 6 else ""
    return sum(share.percent for share in shares) // len(shares), f"{len(shares)} 个下级任务平均：{named}{rest}"
