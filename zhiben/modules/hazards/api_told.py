"""What other systems are told of a hazard beyond its row: plans, progress, likenesses, its trail."""

from datetime import date, datetime
from decimal import Decimal

from ninja import Schema
from pydantic import Field

from zhiben.core.api.fields import Named, OtherRecord
from zhiben.core.api.records import (
    AttachmentOut,
)

MOST_TOLD = 200


class PlanOut(Schema):
    """一次报送的五定。"""

    liable_person: str = Field(description="整改责任人")
    liable_mobile: str = Field(description="责任人电话")
    measures: str = Field(description="整改措施")
    funds: Decimal | None = Field(description="整改资金，元；台账带入而没有写的为 null")
    rectify_by: date | None = Field(description="整改时限；台账带入而没有写的为 null")
    contingency_plan: str = Field(description="应急预案和防范措施")
    goals: str = Field(description="治理目标和任务")
    bodies: str = Field(description="负责机构和人员")
    safety_measures: str = Field(description="治理期间的安全措施")
    filed_at: datetime = Field(description="报送时间")
    accepted_at: datetime | None = Field(description="通过时间；没有通过时为 null")
    returned_because: str = Field(description="退回理由")


class ProgressOut(Schema):
    """一次进展。"""

    at: datetime
    by: Named
    stage: str = Field(description="阶段")
    percent: int = Field(description="整改进度")
    text: str = Field(description="进展情况")
    spent: Decimal | None = Field(description="累计投入资金，元")


class LinkOut(Schema):
    """与另一条隐患的关系，由系统提出、由人确认。"""

    hazard: OtherRecord = Field(description="另一条隐患")
    kind: str = Field(description="可能重复（duplicate）、可能复发（recurrence）")
    score: float = Field(description="相似度，60 到 100")
    because: list[str] = Field(description="理由")
    is_confirmed: bool | None = Field(description="是否确认；还没有人决定时为 null")


class MomentOut(Schema):
    """留痕中的一行。"""

    at: datetime
    by: str = Field(description="办理人")
    label: str = Field(description="做了什么")
    from_state: str = Field(description="原状态")
    to_state: str = Field(description="办理后的状态")
    reason: str = Field(description="理由")
    digest: str = Field(description="这一行的摘要，可在审计链中核验")


class HazardMore(Schema):
    """一条隐患比列表多说的内容。"""

    danger: str = Field(description="危害")
    immediate_measures: str = Field(description="已采取的临时措施")
    criterion_reason: str = Field(description="判定理由")
    summary: str = Field(description="整改情况")
    finding: str = Field(description="复查意见")
    plans: list[PlanOut] = Field(description="报送的方案，最近的在前")
    progress_reports: list[ProgressOut] = Field(description="整改进展")
    likenesses: list[LinkOut] = Field(description="相似的隐患")
    timeline: list[MomentOut] = Field(description="全部留痕，最早的在前")
    attachments: list[AttachmentOut] = Field(description="照片和附件，用途见 label")
