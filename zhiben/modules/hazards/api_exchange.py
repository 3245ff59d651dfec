"""The dual-prevention exchange over the interface: take a batch, say that it has arrived."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from ninja import Path, Query, Schema
from pydantic import Field

from zhiben.core.api.operations import group, reads, told, writes
from zhiben.core.api.records import (
    Plain,
    refuse_unknown,
)

from . import dual_prevention


class BatchFilters(Plain):
    """一批取多少，要不要照片。"""

    limit: int = Field(100, ge=1, le=dual_prevention.MOST_AT_ONCE, description="最多多少条")
    photos: bool = Field(False, description="true：带整改前、整改后照片各一张（base64），每批会大得多")


class BatchOut(Schema):
    """一批隐患数据；收妥后请确认，没有确认的会再次送出。"""

    batch: UUID = Field(description="批次，确认时用")
    rows: list[dict[str, Any]] = Field(description="隐患表的各行，字段名和代码按双重预防机制数据交换规范")
    refused: int = Field(description="这次看过而缺少必填项的条数；原因见网页“双重预防数据”")


class AcknowledgedOut(Schema):
    """确认的结果。"""

    acknowledged: int = Field(description="确认的条数")


exchange = group("dual_prevention", "双重预防数据交换")


@reads(
    exchange, "/hazards", scope="hazards:read", answer=BatchOut, summary="取一批待送的隐患数据",
    name="take_dual_prevention_batch",
    description="没有确认过的，和确认以后又有变化的，都会给出。尚须与规范 V1.3 正式文本核对。",
)  # fmt: skip
def take_batch(request: HttpRequest, asked: Query[BatchFilters]) -> HttpResponse:
    refuse_unknown(request, BatchFilters)
    batch = dual_prevention.hand_out(by=request.acting, now=request.now, limit=asked.limit, photos=asked.photos)
    return told({"batch": str(batch.id), "rows": batch.rows, "refused": batch.refused})


@writes(
    exchange, "/batches/{uuid:key}/acknowledge", scope="hazards:write", answer=AcknowledgedOut, summary="确认收妥一批",
    name="acknowledge_dual_prevention_batch", also=(404,),
    description="确认两次与一次相同。以后有变化的会再次送出。没有这一批，或其中的记录都已在后来的批次里再次送出的，回答 404。",
)  # fmt: skip
def acknowledge_batch(request: HttpRequest, key: Path[UUID]) -> HttpResponse:
    acknowledged = dual_prevention.acknowledge(batch=key, by=request.acting, now=request.now)
    if not acknowledged:
        raise Http404
    return told({"acknowledged": acknowledged})
