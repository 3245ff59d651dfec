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
from .receivers import told_since


class BatchFilters(Plain):
    """一批取多少，要不要照片。"""

    limit: int = Field(100, ge=1, le=dual_prevention.MOST_AT_ONCE, description="最多多少条")
    photos: bool = Field(False, description="true：带整改前、整改后照片各一张（base64），每批会大得多")


class BatchOut(Schema):
    """一批隐患数据；收妥后请确认，没有确认的会再次送出。"""

    batch: UUID = Field(description="批次，确认时用")
    rows: list[dict[str, Any]] = Field(description="隐患表的各行，字段名和代码按双重预防机制数据交换规范")
    refused: int = Field(description="这次看过而缺少必填项的条数；原因见网页“双重预防数据”")


class SinceFilters(Plain):
    """从哪里接着取，取多少，要不要照片。"""

    after: str = Field("", max_length=120, description="上一次回答中的 next；第一次不填，从全部数据开始")
    limit: int = Field(100, ge=1, le=dual_prevention.MOST_AT_ONCE, description="最多多少条")
    photos: bool = Field(False, description="true：带整改前、整改后照片各一张（base64），每次会大得多")


class SinceOut(Schema):
    """一段隐患数据；位置由接收方自己保存。"""

    rows: list[dict[str, Any]] = Field(
        description="隐患表的各行，字段名和代码按双重预防机制数据交换规范；按 id 覆盖保存"
    )
    refused: int = Field(description="这次看过而缺少必填项的条数；补齐以后会再给出")
    next: str = Field(description="下一次从这里继续，收妥以后再保存")
    more: bool = Field(description="true：后面可能还有，请立即再取；false：已取完，请过一会儿再取")


class AcknowledgedOut(Schema):
    """确认的结果。"""

    acknowledged: int = Field(description="确认的条数")


exchange = group("dual_prevention", "双重预防数据交换")


@reads(
    exchange, "/hazards", scope="hazards:read", answer=BatchOut, summary="取一批待送的隐患数据",
    name="take_dual_prevention_batch",
    description="没有确认过的，和确认以后又有变化的，都会给出。只有一个系统来取时用；几个系统都要取的，各用 GET /dual-prevention/changes。"
    "尚须与规范 V1.3 正式文本核对。",
)  # fmt: skip
def take_batch(request: HttpRequest, asked: Query[BatchFilters]) -> HttpResponse:
    refuse_unknown(request, BatchFilters)
    batch = dual_prevention.hand_out(by=request.acting, now=request.now, limit=asked.limit, photos=asked.photos)
    return told({"batch": str(batch.id), "rows": batch.rows, "refused": batch.refused})


@reads(
    exchange, "/changes", scope="hazards:read", answer=SinceOut, summary="接着取隐患数据（几个接收方各取各的）",
    name="list_dual_prevention_changes", also=(410,),
    description="不用确认：每个接收方自己保存 next，互不影响。第一次先给出全部，此后给出有变化的，一条也不会漏，同一条可能再给，"
    "按 id 覆盖即可。next 过了保留期（90 天）时回答 410，请从头再取一次。",
)  # fmt: skip
def take_since(request: HttpRequest, asked: Query[SinceFilters]) -> HttpResponse:
    refuse_unknown(request, SinceFilters)
    found = told_since(asked.after, by=request.acting, limit=asked.limit, photos=asked.photos)
    return told({"rows": found.rows, "refused": found.refused, "next": found.next, "more": found.more})


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
