"""Tasks and recurring duties for other systems: lists, records, steps, feedback with figures, dispatch."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from ninja import Path, Schema
from pydantic import BeforeValidator, Field, ValidationError

from zhiben.core.api.fields import Named, Shown, named, plain
from zhiben.core.api.operations import told, writes
from zhiben.core.api.records import AttachmentOut, Filters, Key, RecordApi, Updated, Whole, attached_to
from zhiben.core.api.scopes import scope
from zhiben.core.api.sentences import sentences_of
from zhiben.core.api.steps import StepOut, take_one, taken
from zhiben.core.files.models import Upload
from zhiben.core.web.pages.at import At
from zhiben.core.workflow.engine import Result
from zhiben.core.workflow.refusal import StepInvalid, StepRefused

from .models import Obligation, ObligationOccurrence, ObligationStatus, OccurrenceStatus, Task, TaskStatus
from .ordering import OrderIn, order_of
from .services import Figure, dispatch_task, feed_back

scope("tasks:read", "读取任务和定期工作")
scope("tasks:write", "交办任务，办理步骤，反馈进展")

Text = Annotated[str, Field(max_length=20_000)]


def _as_written(value: Any) -> Any:
    """Python reads 1_000 and Arabic digits as numbers, and true as 1."""
    if isinstance(value, bool) or (isinstance(value, str) and not _NUMBER.fullmatch(value)):
        raise ValueError("应为数，例如 95.5")
    return value


_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
Amount = Annotated[Decimal, BeforeValidator(_as_written), Field(max_digits=18, decimal_places=4)]


# ── what is told ─────────────────────────────────────────────────────────────────────────────────────────────────


class MilestoneOut(Schema):
    """一个节点。"""

    id: int
    due_on: date = Field(description="期限")
    text: str = Field(description="要求")
    reached_on: date | None = Field(description="完成日期")


class IndicatorOut(Schema):
    """一个指标和它现在的情况。"""

    id: int
    metric: str = Field(description="指标")
    operator: str = Field(description="不低于（>=）、不超过（<=）、达到（=）")
    unit: str = Field(description="计量单位")
    targets: dict[str, Decimal] = Field(description="年度 → 目标值；不分年度的写作 all")
    value: Decimal | None = Field(description="最近一次的数值")
    as_of: date | None = Field(description="数值截至哪一天")
    standing: str = Field(description="已达到（achieved）、未达到（behind）、未知（unknown）")


class FeedbackOut(Schema):
    """一次进展反馈。"""

    id: UUID
    at: datetime
    by: Named
    unit: Named
    percent: int
    text: str


class TaskMore(Schema):
    """一件任务比列表多说的内容。"""

    content: str = Field(description="内容")
    progress_explanation: str = Field(description="进度是怎样算出来的")
    milestones: list[MilestoneOut]
    indicators: list[IndicatorOut]
    feedbacks: list[FeedbackOut] = Field(description="最近的 20 次反馈")
    attachments: list[AttachmentOut]


# ── tasks ────────────────────────────────────────────────────────────────────────────────────────────────────────


class TaskFilters(Updated, Filters):
    status: list[TaskStatus] = Field([], max_length=6, description="状态，可写多个")
    unit: Key | None = Field(None, description="承办单位的编号")
    supervising_unit: Key | None = Field(None, description="交办单位的编号")
    programme: str = Field("", max_length=36, description="所属方案的编号")
    reference: str = Field("", max_length=36, description="交办时给出的外部编号")
    due_from: date | None = Field(None, description="办结期限不早于")
    due_to: date | None = Field(None, description="办结期限不晚于")
    overdue: bool | None = Field(None, description="true：只要已逾期的；false：不要已逾期的")

    lookups = {
        "status": "status__in",
        "unit": "responsible_unit_id",
        "supervising_unit": "supervising_unit_id",
        "programme": "programme_id",
        "due_from": "due_on__gte",
        "due_to": "due_on__lte",
    }

    def narrow(self, rows: QuerySet, at: At) -> QuerySet:
        rows = super().narrow(rows, at)
        if self.reference:
            rows = rows.filter(origin_type=OrderIn.origin_type, origin_id=self.reference)
        if self.overdue is not None:
            late = Task.objects.overdue(at.now).values("pk")
            rows = rows.filter(pk__in=late) if self.overdue else rows.exclude(pk__in=late)
        return rows


class FigureIn(Schema):
    """一个指标的数值；比率可以只给分子和分母。"""

    model_config = {"extra": "forbid"}
    indicator: Key = Field(description="指标的编号")
    value: Amount | None = Field(None, description="数值", examples=["95.5"])
    numerator: Amount | None = None
    denominator: Amount | None = None
    as_of: date | None = Field(None, description="截至哪一天；不填为今天")


class FeedbackIn(Schema):
    """反馈进展。"""

    model_config = {"extra": "forbid"}
    percent: Whole = Field(ge=0, le=100, description="当前进度，百分数", examples=[60])
    text: Text = Field(min_length=1, description="进展情况", examples=["已完成 12 家企业的检查。"])
    fall_reason: Text = Field("", description="进度比上次低时，写明理由")
    figures: list[FigureIn] = Field(default_factory=list, max_length=50)
    milestones: list[Key] = Field(default_factory=list, max_length=50, description="这次完成的节点的编号")
    files: list[Key] = Field(default_factory=list, max_length=50, description="佐证材料：上传后得到的编号")


class TaskApi(RecordApi):
    model, path, title, scope, answer = Task, "tasks", "任务", "tasks", "Task"
    fields = (
        "id", "number", "title", "duty", "status", "progress", "responsible_unit", "supervising_unit", "lead_officer",
        "parent", "sector", "confidentiality", "dispatched_at", "starts_on", "due_on", "limit_on", "accepted_at",
        "submitted_at", "completed_at", "fed_back_at",
        Shown("programme", str, ("programme_id",), plain, "所属方案的编号；没有时为空"),
        Shown("programme_label", str, ("programme_label",), plain, "所属方案"),
        Shown(
            "reference", str, ("origin_type", "origin_id"),
            lambda kind, key: key if kind == OrderIn.origin_type else "", "交办时给出的外部编号",
        ),
    )  # fmt: skip
    filters = TaskFilters
    detail = TaskMore
    sort = "due_on"
    help = "令牌的岗位看得到的任务，按办结期限排列。"

    def more(self, task: Task, at: At) -> dict[str, Any]:
        indicators = task.indicators.prefetch_related("targets", "values")
        feedbacks = task.feedbacks.select_related("by", "unit")[:20]
        return {
            "content": task.content,
            "progress_explanation": task.progress_explanation,
            "milestones": [
                {"id": row.pk, "due_on": plain(row.due_on), "text": row.text, "reached_on": plain(row.reached_on)}
                for row in task.milestones.all()
            ],
            "indicators": [_indicator(row, at.today) for row in indicators],
            "feedbacks": [
                {
                    "id": plain(row.pk),
                    "at": plain(row.at),
                    "by": named(row.by),
                    "unit": named(row.unit),
                    "percent": row.percent,
                    "text": row.text,
                }
                for row in feedbacks
            ],
            "attachments": attached_to(self.record_type, str(task.pk)),
        }

    def take_many(self, records: Sequence[Any], step: str, inputs: Mapping[str, Any], at: At) -> list[Result]:
        """Feedback is taken by its own service, which also keeps figures and milestones."""
        if step != "feed_back":
            return super().take_many(records, step, inputs, at)
        try:
            sent = FeedbackIn.model_validate(inputs)
        except ValidationError as error:
            invalid = StepInvalid(sentences_of(error.errors()))
            return [Result(record, invalid) for record in records]
        return [_fed_back(record, sent, at) for record in records]


def _fed_back(task: Task, sent: FeedbackIn, at: At) -> Result:
    try:
        figures, milestones, files = _meant(task, sent, at)
        after = feed_back(
            task=task,
            percent=sent.percent,
            text=sent.text,
            fall_reason=sent.fall_reason,
            figures=figures,
            reached=milestones,
            files=files,
            by=at.acting,
            now=at.now,
        )
    except StepRefused as refused:
        return Result(task, refused)
    return Result(after)


def _meant(task: Task, sent: FeedbackIn, at: At) -> tuple[list[Figure], list[Any], list[Upload]]:
    """The rows of the numbers that were sent. Raises StepInvalid for what is not this task's, or not one's own."""
    indicators = task.indicators.in_bulk([figure.indicator for figure in sent.figures])
    milestones = task.milestones.in_bulk(sent.milestones)
    files = Upload.objects.select_related("file").filter(uploaded_by_id=at.acting.person.pk).in_bulk(sent.files)
    if any(figure.indicator not in indicators for figure in sent.figures):
        raise StepInvalid({"figures": "有的指标不属于这项任务，请检查编号"})
    if len(indicators) < len(sent.figures):
        raise StepInvalid({"figures": "同一个指标在一次反馈中只能填一个数值"})
    if any(key not in milestones for key in sent.milestones):
        raise StepInvalid({"milestones": "有的节点不属于这项任务，请检查编号"})
    if any(key not in files for key in sent.files):
        raise StepInvalid({"files": "有的文件不存在，请先用 POST /files 上传"})
    figures = [
        Figure(indicators[each.indicator], each.value, each.numerator, each.denominator, each.as_of)
        for each in sent.figures
    ]
    return figures, list(milestones.values()), list(files.values())


def _indicator(row: Any, today: date) -> dict[str, Any]:
    latest = row.latest()
    return {
        "id": row.pk,
        "metric": row.metric,
        "operator": row.operator,
        "unit": row.unit,
        "targets": {str(target.year or "all"): plain(target.value) for target in row.targets.all()},
        "value": plain(latest.value) if latest else None,
        "as_of": plain(latest.as_of) if latest else None,
        "standing": row.judged(today).standing.value,
    }


tasks = TaskApi.router()
_tasks = TaskApi()
_writes = partial(writes, tasks, scope="tasks:write")


@_writes("", answer=_tasks.row_schema, status=201, summary="交办任务", name="dispatch_task",
         description="以令牌的岗位所在单位的名义交办。牵头单位承办主任务，其他单位得到下级任务；回答主任务。")  # fmt: skip
def dispatch(request: HttpRequest, sent: OrderIn) -> HttpResponse:
    at = At(request.acting, request.now)
    order = order_of(sent, at)
    task = dispatch_task(order=order, supervising_unit=at.acting.unit, by=at.acting, now=at.now)
    return told(_tasks.row_of(task.pk, at), status=201)


@_writes(_tasks.place("/feedback"), answer=StepOut, summary="反馈进展", name="feed_back_task", also=(404,),
         description="与步骤 feed_back 相同，另可填报指标数据、标明完成的节点。")  # fmt: skip
def report(request: HttpRequest, key: Path[UUID], sent: FeedbackIn) -> HttpResponse:
    at = At(request.acting, request.now)
    task = _tasks.find(key, at)
    return told(taken(_tasks, take_one(_tasks, task, "feed_back", sent.model_dump(), at)))


# ── recurring duties ─────────────────────────────────────────────────────────────────────────────────────────────


class ObligationFilters(Updated, Filters):
    status: ObligationStatus | None = Field(None, description="状态")
    unit: Key | None = Field(None, description="承办单位的编号")
    programme: str = Field("", max_length=36, description="所属方案的编号")

    lookups = {"status": "status", "unit": "responsible_unit_id", "programme": "programme_id"}


class ObligationApi(RecordApi):
    model, path, title, scope, answer = Obligation, "obligations", "定期工作", "tasks", "Obligation"
    fields = (
        "id", "title", "cadence", "min_count", "due_on", "starts_on", "ends_on", "status", "responsible_unit",
        "supervising_unit", "task", "programme_label", "made_at",
    )  # fmt: skip
    filters = ObligationFilters
    sort = "-made_at"


class OccurrenceFilters(Updated, Filters):
    status: list[OccurrenceStatus] = Field([], max_length=4, description="状态，可写多个")
    unit: Key | None = Field(None, description="承办单位的编号")
    obligation: UUID | None = Field(None, description="定期工作的编号")
    due_from: date | None = Field(None, description="期限不早于")
    due_to: date | None = Field(None, description="期限不晚于")

    lookups = {
        "status": "status__in",
        "unit": "responsible_unit_id",
        "obligation": "obligation_id",
        "due_from": "due_on__gte",
        "due_to": "due_on__lte",
    }


class OccurrenceApi(RecordApi):
    """Its step `record` is how another system says that a duty has been done."""

    model, path, title, scope, answer = ObligationOccurrence, "occurrences", "定期工作各期", "tasks", "Occurrence"
    fields = (
        "id", "obligation", "title", "period_label", "period_start", "period_end", "due_on", "min_count", "count",
        "done_on", "status", "responsible_unit", "supervising_unit",
    )  # fmt: skip
    filters = OccurrenceFilters
    sort = "due_on"
    help = "定期工作的每一期。开展一次就用步骤 record 登记一次，达到次数后自动完成。"


obligations, occurrences = ObligationApi.router(), OccurrenceApi.router()
