"""What has changed since: the outbox, for systems that keep a copy."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.apps import apps
from django.http import HttpRequest, HttpResponse
from ninja import Query, Schema
from pydantic import Field

from zhiben.core.access.acting import Acting
from zhiben.core.events.models import OutboxEvent
from zhiben.core.events.since import changes_since

from .fields import plain
from .operations import group, reads, told
from .records import Plain, refuse_unknown
from .scopes import scope

SCOPE = scope("changes:read", "跟踪变动")
MOST = 500
router = group("changes", "变动")


class Since(Plain):
    after: str = Field(
        "", max_length=64, description="上一次回答中的 next。不填：从最早保留的开始（90 天）；latest：从现在开始"
    )
    limit: int = Field(100, ge=1, le=MOST, description=f"一次读多少条，最多 {MOST}")
    names: str = Field(
        "", max_length=1000, description="只要这些事件，用英文逗号分开，例如 tasks.TaskCompleted,tasks.TaskFedBack"
    )


class ChangeOut(Schema):
    """一次变动。它只说发生了什么；记录现在的样子请另取。"""

    id: int = Field(description="编号。同一条记录的先后以它为准")
    name: str = Field(description="发生了什么", examples=["tasks.TaskCompleted"])
    record_type: str = Field(description="记录的类别", examples=["tasks.task"])
    record_id: str = Field(description="记录的编号")
    at: datetime = Field(description="时间")
    data: dict[str, Any] = Field(description="随事件说明的内容，各事件不同")


class ChangesOut(Schema):
    """一段变动。"""

    items: list[ChangeOut] = Field(description="令牌的岗位看得到的记录的变动")
    next: str = Field(description="下一次从这里继续，请保存")
    more: bool = Field(description="true：后面可能还有，请立即再读；false：已读完，请过一会儿再读")


@reads(
    router, "", scope=SCOPE, answer=ChangesOut, summary="此后有哪些变动", name="list_changes", also=(410,),
    description="先用 after=latest 取得游标，再完整读取一次，此后每隔一会儿用游标读取新的变动：不会漏，也不会重复。"
    "游标过了保留期时回答 410，请重新完整读取。",
)  # fmt: skip
def changes(request: HttpRequest, asked: Query[Since]) -> HttpResponse:
    refuse_unknown(request, Since)
    names = {name.strip() for name in asked.names.split(",")} - {""}
    rows, after = changes_since(asked.after, limit=asked.limit, names=names)
    more = after != asked.after and asked.after != "latest"
    return told({"items": [change_of(row) for row in seen(rows, request.acting)], "next": after, "more": more})


def seen(rows: Iterable[OutboxEvent], acting: Acting) -> list[OutboxEvent]:
    """Those about records that this post may see, in their order; one query for each kind of record."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        wanted[row.record_type].add(row.record_id)
    visible = {kind: _visible(kind, keys, acting) for kind, keys in wanted.items()}
    return [row for row in rows if row.record_id in visible[row.record_type]]


def _visible(record_type: str, keys: set[str], acting: Acting) -> set[str]:
    try:
        records = apps.get_model(record_type)._default_manager.all()
    except LookupError:  # of a module that is no longer installed
        return set()
    if not hasattr(records, "visible_to"):
        return set()
    return {str(key) for key in records.visible_to(acting).filter(pk__in=keys).values_list("pk", flat=True)}


def change_of(row: OutboxEvent) -> dict[str, Any]:
    """A change as it is told outside, here and by webhooks: ChangeOut."""
    return {
        "id": row.pk,
        "name": row.name,
        "record_type": row.record_type,
        "record_id": row.record_id,
        "at": plain(row.at),
        "data": {name: value for name, value in row.data.items() if name not in ("record_type", "record_id", "at")},
    }
