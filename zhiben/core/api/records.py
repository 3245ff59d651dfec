"""The endpoints of one kind of record, declared once: its list, one record, its steps.

    class TaskApi(RecordApi):
        model, path, title, scope = Task, "tasks", "任务", "tasks"
        fields = ("id", "title", "status", "responsible_unit", "due_on")
        filters = TaskFilters
        sort = "due_on"

    router = TaskApi.router()

An odd endpoint is an ordinary function on the same router, never a new option here.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, ClassVar, get_origin
from uuid import UUID

from django.db import models
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from ninja import Path, Query, Router, Schema
from pydantic import AwareDatetime, BeforeValidator, Field, create_model, field_validator

from zhiben.core.files.services import attachments_of
from zhiben.core.web.pages.at import At
from zhiben.core.web.pages.keyset import Order
from zhiben.core.workflow.engine import Result
from zhiben.core.workflow.table import Workflow, workflow_of

from . import steps
from .changed import changed_since
from .fields import Shown, opened, plain, schema_of, shown, teller
from .operations import group, reads, told
from .paging import MOST, USUAL, page
from .problems import Problem
from .reading import LARGEST, is_plain


def _not_a_truth(value: Any) -> Any:
    """Python takes true for 1; nobody who writes it means the number."""
    if isinstance(value, bool):
        raise ValueError("应为整数")
    return value


Whole = Annotated[int, BeforeValidator(_not_a_truth)]
Key = Annotated[Whole, Field(ge=1, le=LARGEST)]
"""The number of an internal row."""


class Plain(Schema):
    """Parameters of an address, without characters that no database keeps."""

    @field_validator("*", mode="before")
    @classmethod
    def _plain_text_only(cls, value: Any) -> Any:
        texts = value if isinstance(value, list) else [value]
        if any(isinstance(text, str) and not is_plain(text) for text in texts):
            raise ValueError("有不能识别的字符")
        return value


def refuse_unknown(request: HttpRequest, known: type[Schema]) -> None:
    """What is misspelt, or written twice where one was meant, would otherwise narrow nothing. Raises Problem 422."""
    fields = known.model_fields
    if unknown := sorted(set(request.GET) - fields.keys()):
        raise Problem(422, "有不认识的筛选条件，请检查名称。", dict.fromkeys(unknown, "没有这个筛选条件"))
    single = [name for name in fields if get_origin(fields[name].annotation) is not list]
    if doubled := [name for name in single if len(request.GET.getlist(name)) > 1]:
        raise Problem(422, f"{'、'.join(doubled)}：只能写一次。", dict.fromkeys(doubled, "只能写一次"))


class Filters(Plain):
    """What narrows a list. A subclass adds its fields; those named in `lookups` narrow by themselves."""

    cursor: str = Field("", max_length=600, description="上一页回答中的 next；第一页不填")
    limit: int = Field(USUAL, ge=1, le=MOST, description=f"每页条数，最多 {MOST}")

    lookups: ClassVar[dict[str, str]] = {}

    def narrow(self, rows: QuerySet, at: At) -> QuerySet:
        """The rows that are asked for. Overridden where a field is more than a look-up."""
        asked = {name: getattr(self, name) for name in self.lookups}
        return rows.filter(
            **{self.lookups[name]: value for name, value in asked.items() if value not in (None, [], "")}
        )


class Updated(Schema):
    """Mixed into filters of records that leave a trail."""

    updated_since: AwareDatetime | None = Field(
        None, description="只要这一时间以来有变动的，须带时区，例如 2026-03-01T00:00:00+08:00"
    )

    @field_validator("updated_since")
    @classmethod
    def _in_our_time(cls, value: datetime | None) -> datetime | None:
        if value is not None and not 2000 <= value.year <= 2100:
            raise ValueError("时间应在 2000 年到 2100 年之间")
        return value


class RecordApi:
    model: ClassVar[type[models.Model]]
    path: ClassVar[str]
    title: ClassVar[str]
    scope: ClassVar[str]
    """`tasks`: read with `tasks:read`, written with `tasks:write`; the module declares both (`scopes.scope`)."""
    fields: ClassVar[tuple[str | Shown, ...]]
    filters: ClassVar[type[Filters]] = Filters
    sort: ClassVar[str] = "pk"
    answer: ClassVar[str]
    """The English name of the record in the description, from which generated clients name their classes: `Task`."""
    detail: ClassVar[type[Schema] | None] = None
    """What the answer for one record tells besides its fields and steps; `more` fills it."""
    help: ClassVar[str] = ""
    one_by_one: ClassVar[bool] = True
    """Whether a single record can be asked for."""

    by_path: ClassVar[dict[str, type["RecordApi"]]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "model" in cls.__dict__:
            RecordApi.by_path[cls.path] = cls

    # ---- what a module may override

    def rows(self, at: At) -> QuerySet:
        """Every record this post may see; what is not here is a 404."""
        return self.model._default_manager.visible_to(at.acting)  # type: ignore[attr-defined]

    def more(self, record: Any, at: At) -> dict[str, Any]:
        """The values of `detail`, of JSON's types."""
        return {}

    def take_many(self, records: Sequence[Any], step: str, inputs: Mapping[str, Any], at: At) -> list[Result]:
        """Take a step on records within sight. Overridden where a step has inputs that its table does not know."""
        return steps.fire_each(records, step, inputs, at)

    # ---- derived

    def views(self, asked: Filters, at: At) -> list[QuerySet]:
        """The rows that are asked for among those of `rows`: where that is not overridden, as the model's ways of
        looking at them."""
        own = type(self).rows is not RecordApi.rows
        rows = asked.narrow(self.rows(at) if own else self.model._default_manager.all(), at)
        if moment := getattr(asked, "updated_since", None):
            rows = rows.filter(pk__in=changed_since(self.record_type, moment))
        return [rows] if own else rows.views_of(at.acting)  # type: ignore[attr-defined]

    def __init__(self) -> None:
        self.shown = tuple(each if isinstance(each, Shown) else shown(self.model, each) for each in self.fields)
        self.columns, self.tell = teller(self.shown)
        field, down = self.sort.removeprefix("-"), self.sort.startswith("-")
        self.order = Order(self.model, self.model._meta.pk.name if field == "pk" else field, down)
        self.row_schema = schema_of(self.answer, self.shown)
        self.record_type = self.model._meta.label_lower
        self.key: Any = UUID if isinstance(self.model._meta.pk, models.UUIDField) else Key

    @property
    def word(self) -> str:
        """The path as a name: `organisation_units`."""
        return self.path.replace("/", "_").replace("-", "_")

    @property
    def workflow(self) -> Workflow | None:
        try:
            return workflow_of(self.model)
        except KeyError:
            return None

    def place(self, below: str = "") -> str:
        """The address of one record below the path, and of what belongs to it."""
        return f"/{{{'uuid' if self.key is UUID else 'int'}:key}}{below}"

    def find(self, key: Any, at: At) -> Any:
        record = self.rows(at).filter(pk=key).first()
        if record is None:
            raise Http404
        return record

    def row_of(self, key: Any, at: At) -> dict[str, Any]:
        """A record as its list shows it."""
        row = self.tell(self.model._base_manager.values_list(*self.columns).get(pk=key))
        return self.opened([row], at)[0]

    def opened(self, rows: list[dict[str, Any]], at: At) -> list[dict[str, Any]]:
        """The same rows, with the other records that they name as this post may know them."""
        for each in self.shown:
            if each.names:
                known = opened(each.names, (row[each.name] for row in rows if row[each.name]), at.acting)
                for row in rows:
                    row[each.name] = known.get(row[each.name])
        return rows

    @classmethod
    def router(cls) -> Router:
        self = cls()
        router = group(self.word, cls.title)
        self._add_list(router)
        if self.one_by_one:
            self._add_record(router)
        if self.one_by_one and self.workflow:
            steps.add_steps(self, router)
        return router

    def _add_list(self, router: Router) -> None:
        answer = create_model(
            f"{self.answer}Page",
            __base__=Schema,
            items=(list[self.row_schema], Field(description="这一页的内容")),  # type: ignore[name-defined]
            next=(str | None, Field(description="下一页的游标；没有下一页时为 null")),
        )

        def listed(request: HttpRequest, asked: Any) -> HttpResponse:
            refuse_unknown(request, self.filters)
            at = At(request.acting, request.now)
            rows = self.views(asked, at)
            found = page(
                rows, self.order, self.columns, self.tell, cursor=asked.cursor, limit=asked.limit, name=self.path
            )
            return told({**found, "items": self.opened(found["items"], at)})

        listed.__annotations__["asked"] = Query[self.filters]  # type: ignore[misc, name-defined]
        reads(
            router, "", scope=f"{self.scope}:read", answer=answer, summary=f"{self.title}列表",
            description=self.help or None, name=f"list_{self.word}",
        )(listed)  # fmt: skip

    def _add_record(self, router: Router) -> None:
        parts: dict[str, Any] = {}
        if self.workflow:
            parts["steps"] = (list[steps.OfferOut], Field(description="令牌的岗位现在可以办理的步骤"))
        bases = (self.row_schema, *([self.detail] if self.detail else []))
        answer = create_model(f"{self.answer}Detail", __base__=bases, **parts)

        def one(request: HttpRequest, key: Any) -> HttpResponse:
            at = At(request.acting, request.now)
            record = self.find(key, at)
            return told({**self.row_of(record.pk, at), **self.more(record, at), **steps.offered(self, record, at)})

        one.__annotations__["key"] = Path[self.key]  # type: ignore[misc, name-defined]
        reads(
            router, self.place(), scope=f"{self.scope}:read", answer=answer, summary=f"一件{self.title}",
            name=f"get_{self.word}", also=(404,),
        )(one)  # fmt: skip


def attached_to(record_type: str, record_id: str) -> list[dict[str, Any]]:
    """What `AttachmentOut` tells of each file of a record."""
    return [
        {
            "id": each.pk,
            "name": each.name,
            "label": each.label,
            "size": each.file.size,
            "attached_at": plain(each.attached_at),
        }
        for each in attachments_of(record_type, record_id)
    ]


class AttachmentOut(Schema):
    """记录的一个附件；内容用 GET /files/{id}/content 取。"""

    id: int
    name: str = Field(description="文件名")
    label: str = Field(description="用途")
    size: int = Field(description="字节数")
    attached_at: datetime = Field(description="上传时间")
