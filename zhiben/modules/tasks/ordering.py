"""An order for work as another system sends it, and what of it is refused."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Annotated, ClassVar

from ninja import Schema
from pydantic import Field

from zhiben.core.access.permissions import Permission, may
from zhiben.core.access.scope import Confidentiality
from zhiben.core.api.records import Key
from zhiben.core.org.models import Unit
from zhiben.core.org.paths import contains
from zhiben.core.org.sectors import Sector
from zhiben.core.web.pages.at import At
from zhiben.core.workflow.refusal import StepInvalid

from .models import Duty
from .orders import Assignment, NewIndicator, NewMilestone, Order, Origin
from .standing import Operator

Year = Annotated[int, Field(ge=2000, le=2100)]
EARLIEST, LATEST_YEAR = date(2000, 1, 1), 2100


class AssignmentIn(Schema):
    """哪个单位，什么职责。"""

    model_config = {"extra": "forbid"}
    unit: Key = Field(description="单位的编号")
    duty: Duty = Field(Duty.RESPONSIBLE, description="牵头（lead）、参与（participant）、责任（responsible）")


class MilestoneIn(Schema):
    """一个节点。"""

    model_config = {"extra": "forbid"}
    due_on: date = Field(description="期限", examples=["2026-09-30"])
    text: str = Field(min_length=1, max_length=500, description="要求", examples=["完成第一轮检查"])


class TargetIn(Schema):
    """目标值。"""

    model_config = {"extra": "forbid"}
    year: Year | None = Field(None, description="年度；不填则一直有效")
    value: Decimal = Field(max_digits=18, decimal_places=4, description="目标值", examples=["95"])


class IndicatorIn(Schema):
    """一个指标。"""

    model_config = {"extra": "forbid"}
    metric: str = Field(min_length=1, max_length=200, description="指标", examples=["隐患整改率"])
    operator: Operator = Field(Operator.AT_LEAST, description="不低于（>=）、不超过（<=）、达到（=）")
    unit: str = Field("", max_length=16, description="计量单位", examples=["%"])
    approximate: bool = Field(False, description="左右")
    targets: list[TargetIn] = Field(default_factory=list, max_length=20)


class OrderIn(Schema):
    """一项要交办的任务。"""

    model_config = {"extra": "forbid"}
    origin_type: ClassVar[str] = "api"

    title: str = Field(min_length=1, max_length=200, description="任务", examples=["开展燃气安全专项检查"])
    content: str = Field("", max_length=20_000, description="内容")
    due_on: date = Field(description="办结期限", examples=["2026-12-31"])
    starts_on: date | None = Field(None, description="开始日期；不填为今天")
    limit_on: date | None = Field(None, description="最晚期限，延期不能超过它")
    sector: Sector | None = Field(None, description="行业领域")
    confidentiality: Confidentiality = Field(Confidentiality.ORDINARY, description="一般（0）、限知悉（1）")
    assignments: list[AssignmentIn] = Field(min_length=1, max_length=100, description="承办单位")
    milestones: list[MilestoneIn] = Field(default_factory=list, max_length=100)
    indicators: list[IndicatorIn] = Field(default_factory=list, max_length=50)
    reference: str = Field("", max_length=36, description="您系统中的编号，可用来查找")
    reference_label: str = Field("", max_length=200, description="来源，显示在任务上", examples=["市数据平台 2026-118"])


def order_of(sent: OrderIn, at: At) -> Order:
    """Raises StepInvalid with a sentence for each field."""
    units = Unit.objects.in_bulk([each.unit for each in sent.assignments])
    if errors := dict(_objections(sent, units, at)):
        raise StepInvalid(errors)
    return Order(
        title=sent.title.strip(),
        content=sent.content,
        due_on=sent.due_on,
        starts_on=sent.starts_on,
        limit_on=sent.limit_on,
        sector=sent.sector or "",
        confidentiality=sent.confidentiality,
        assignments=[Assignment(units[each.unit], each.duty) for each in sent.assignments],
        milestones=[NewMilestone(each.due_on, each.text) for each in sent.milestones],
        indicators=[
            NewIndicator(
                each.metric,
                each.operator,
                each.unit,
                {target.year: target.value for target in each.targets},
                each.approximate,
            )
            for each in sent.indicators
        ],
        origin=Origin(type=OrderIn.origin_type, id=sent.reference, label=sent.reference_label or "接口交办"),
    )


def _objections(sent: OrderIn, units: dict[int, Unit], at: At) -> Iterator[tuple[str, str]]:
    if not sent.title.strip():
        yield "title", "请填写任务的名称"
    if not at.today <= sent.due_on or sent.due_on.year > LATEST_YEAR:
        yield "due_on", "办结期限不能早于今天，也不能晚于 2100 年"
    if sent.starts_on and not EARLIEST <= sent.starts_on <= sent.due_on:
        yield "starts_on", "开始日期不能晚于办结期限"
    if sent.limit_on and not sent.due_on <= sent.limit_on:
        yield "limit_on", "最晚期限不能早于办结期限"
    if any(not at.today <= each.due_on <= sent.due_on for each in sent.milestones):
        yield "milestones", "节点的期限应在今天和办结期限之间"
    if any(len({target.year for target in each.targets}) < len(each.targets) for each in sent.indicators):
        yield "indicators", "同一指标的同一年度只能有一个目标值"
    if sent.confidentiality == Confidentiality.RESTRICTED and not may(at.acting, Permission.READ_RESTRICTED):
        yield "confidentiality", "这个岗位不能交办限知悉的任务"
    for each in sent.assignments:
        unit = units.get(each.unit)
        if unit is None or not unit.holds_on(at.today):
            yield "assignments", f"编号为 {each.unit} 的单位不存在或已撤销"
        elif not contains(at.acting.unit.region_path, unit.region_path):
            yield "assignments", f"“{unit}”不在本辖区内，不能向它交办"
        elif each.duty == Duty.COORDINATOR:
            yield "assignments", "统筹由交办单位自己承担，请选择牵头、参与或责任"
