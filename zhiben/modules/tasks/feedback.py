"""反馈: what a unit reports, and how the progress of the tasks above follows, in the same transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from zhiben.core.access.acting import Acting, By, Machine
from zhiben.core.audit import services as audit
from zhiben.core.clock import local_day
from zhiben.core.files.models import Upload
from zhiben.core.workflow import engine
from zhiben.core.workflow.refusal import StepInvalid

from .milestones import next_milestone
from .models import Feedback, Indicator, IndicatorValue, Milestone, Task, TaskStatus
from .progress import ProgressRule, Share, follow

FOLLOWING = Machine("进度随下级任务更新")
EARLIEST = date(2000, 1, 1)
MOST = 10**14
"""What a column of 18 digits, 4 of them decimals, does not hold any more."""


@dataclass(frozen=True)
class Figure:
    """A value for an indicator as of a day; a rate may be given by its parts instead of its value (in per cent)."""

    indicator: Indicator
    value: Decimal | None = None
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    as_of: date | None = None

    def resolved(self) -> Decimal:
        """Raises StepInvalid with what is missing, under the key `figure_<indicator>`."""
        if (self.numerator is None) != (self.denominator is None):
            raise self._invalid("分子和分母要一起填写")
        if self.denominator is not None and self.denominator <= 0:
            raise self._invalid("分母须大于 0")
        if self.value is not None:
            return self.value
        if self.numerator is None or self.denominator is None:
            raise self._invalid("请填写数值，或填写分子和分母")
        rate = self.numerator / self.denominator * 100
        if abs(rate) >= MOST:
            raise self._invalid("分子和分母相差过大，请检查")
        return rate.quantize(Decimal("0.01"))

    def day(self, today: date) -> date:
        """As of when. Raises StepInvalid: what is to come cannot have been counted."""
        if self.as_of is not None and not EARLIEST <= self.as_of <= today:
            raise self._invalid("截至日期不能晚于今天，也不能早于 2000 年")
        return self.as_of or today

    def _invalid(self, sentence: str) -> StepInvalid:
        return StepInvalid({f"figure_{self.indicator.pk}": f"指标「{self.indicator}」：{sentence}"})


@transaction.atomic
def feed_back(
    *,
    task: Task,
    percent: int,
    text: str,
    by: Acting,
    now: datetime,
    figures: Sequence[Figure] = (),
    reached: Sequence[Milestone] = (),
    files: Sequence[Upload] = (),
    fall_reason: str = "",
    key: str | None = None,
) -> Task:
    """Report progress: percentage and text, figures of indicators, milestones reached, files that show it.

    Raises StepRefused, StepInvalid. With a `key` already used nothing is added.
    """
    if key and audit.has_key(task._meta.label_lower, str(task.pk), key):
        return Task.objects.get(pk=task.pk)
    given = {"percent": percent, "text": text, "files": list(files), "fall_reason": fall_reason}
    task = engine.fire(task, "feed_back", by=by, now=now, key=key, **given)
    feedback = task.feedbacks.first()
    assert feedback is not None  # the step has just made it
    if figures:
        _keep_figures(task, feedback, figures, by, now)
    if reached:
        _mark_reached(task, feedback, reached, by, now)
    return task


def keep_feedback(task: Task, data: Mapping[str, Any], by: By, now: datetime) -> None:
    """Add the row and move the task's own progress. Effect of the step `feed_back`. Raises StepInvalid."""
    assert isinstance(by, Acting)
    before = task.progress
    after = data["percent"] if task.progress_rule == ProgressRule.OWN else before
    if after < before and not data.get("fall_reason"):
        raise StepInvalid({"fall_reason": f"进度由 {before}% 降为 {after}%，请写明下降的理由"})
    Feedback.objects.create(
        task=task,
        at=now,
        by=by.person,
        unit=by.unit,
        percent_before=before,
        percent=after,
        text=data["text"],
        fall_reason=data.get("fall_reason", "") if after < before else "",
        file_count=len(data.get("files", ())),
    )
    task.progress = after
    task.fed_back_at = now
    task.save(update_fields=["progress", "fed_back_at"])
    follow_upwards(task, now)


def follow_upwards(task: Task, now: datetime) -> None:
    """Bring the tasks above up to date by their rules, level by level, each with a line in its trail that says why."""
    while task.parent_id:
        parent = Task.objects.select_for_update().get(pk=task.parent_id)
        children = parent.children.exclude(status=TaskStatus.WITHDRAWN).select_related("responsible_unit")
        shares = [Share(str(child.responsible_unit), child.progress) for child in children.order_by("pk")]
        outcome = follow(parent.progress_rule, shares)
        if outcome is None or parent.status == TaskStatus.COMPLETED:
            return
        progress, note = outcome
        if (progress, note) == (parent.progress, parent.progress_note):
            return
        before, parent.progress, parent.progress_note = parent.progress, progress, note[:255]
        parent.save(update_fields=["progress", "progress_note"])
        if before != progress:
            changed = {"progress": {"from": before, "to": progress}}
            _write(parent, "progress", "进度更新", {"changed": changed, "progress_note": note}, FOLLOWING, now)
        task = parent


def _keep_figures(task: Task, feedback: Feedback, figures: Sequence[Figure], by: Acting, now: datetime) -> None:
    rows = []
    for figure in figures:
        if figure.indicator.task_id != task.pk:
            raise StepInvalid({f"figure_{figure.indicator.pk}": f"指标「{figure.indicator}」不属于这项任务"})
        rows.append(
            IndicatorValue(
                indicator=figure.indicator,
                as_of=figure.day(local_day(now)),
                value=figure.resolved(),
                numerator=figure.numerator,
                denominator=figure.denominator,
                feedback=feedback,
                at=now,
            )
        )
    IndicatorValue.objects.bulk_create(rows)
    _write(task, "figures", "填报指标", {"figures": [str(row) for row in rows]}, by, now)


def _mark_reached(task: Task, feedback: Feedback, reached: Sequence[Milestone], by: Acting, now: datetime) -> None:
    today = local_day(now)
    open_ones = task.milestones.filter(pk__in=[milestone.pk for milestone in reached], reached_on=None)
    said = [str(milestone) for milestone in open_ones]
    open_ones.update(reached_on=today, feedback=feedback)
    left = task.milestones.filter(reached_on=None).values_list("due_on", flat=True)
    task.next_milestone_on = next_milestone(list(left), today, task.due_on)
    task.save(update_fields=["next_milestone_on"])
    engine.refresh([task], now=now)
    if said:
        _write(task, "milestones", "完成节点", {"milestones_reached": said}, by, now)


def _write(task: Task, verb: str, label: str, data: dict[str, Any], by: By, now: datetime) -> None:
    audit.append(
        record_type=task._meta.label_lower,
        record_id=str(task.pk),
        kind="edit",
        verb=verb,
        label=label,
        by=by,
        now=now,
        data=data,
    )
