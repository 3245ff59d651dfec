"""The catalogue for other systems, and judging a description without keeping anything."""

from datetime import date
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from ninja import Query, Schema
from pydantic import Field

from zhiben.core.api.fields import Shown, plain
from zhiben.core.api.operations import reads, told
from zhiben.core.api.records import Filters, Plain, RecordApi
from zhiben.core.api.scopes import scope
from zhiben.core.clock import local_day
from zhiben.core.web.pages.at import At

from .models import Criterion, Standard
from .pages.reading import may_read
from .services import candidates_for, catalogue_version, gaps

scope("criteria:read", "读取判定标准，按描述找出可能适用的情形")


class CriterionFilters(Filters):
    sector: str = Field("", max_length=32, description="行业，如 工贸-粉尘涉爆")
    in_force_on: date | None = Field(None, description="只要这一天施行的")
    q: str = Field("", max_length=64, description="情形、关键词、说明中的文字")

    def narrow(self, rows: QuerySet, at: At) -> QuerySet:
        if self.sector:
            rows = rows.filter(sector=self.sector)
        if self.in_force_on:
            rows = rows.filter(standard__in=Standard.objects.in_force_on(self.in_force_on))
        if self.q:
            rows = rows.filter(Q(title__icontains=self.q) | Q(keywords__icontains=self.q) | Q(note__icontains=self.q))
        return rows


class CriterionApi(RecordApi):
    model, path, title, scope, answer = Criterion, "criteria", "判定情形", "criteria", "Criterion"
    fields = (
        "id",
        "key",
        "title",
        "sector",
        "article",
        "item",
        "keywords",
        "note",
        "verify_level",
        Shown("standard", str, ("standard__name",), plain, "判定标准的名称"),
        Shown("doc_no", str, ("standard__doc_no",), plain, "判定标准的文号"),
        Shown("effective_on", date | None, ("standard__effective_on",), plain, "施行日期；待核时为 null"),
        Shown("effective_to", date | None, ("standard__effective_to",), plain, "最后一个有效日；仍有效时为 null"),
        "source_url",
    )
    filters = CriterionFilters
    sort = "position"
    help = "判定标准目录，按目录的先后排列。情形是概括的说法，判定以标准原文为准。"

    def rows(self, at: At) -> QuerySet[Criterion]:
        return Criterion.objects.filter(is_retired=False) if may_read(at.acting) else Criterion.objects.none()


class Described(Plain):
    description: str = Field(min_length=2, max_length=2000, description="看到的情况")
    sector: str = Field("", max_length=64, description="单位的行业，可以为空")
    trades: list[str] = Field([], max_length=30, description="单位在目录中的行业，可以有多个")
    found_on: date | None = Field(None, description="发现日期，不写为今天；按这一天施行的标准判定")
    captions: list[str] = Field([], max_length=30, description="照片的说明")


class CandidateOut(Schema):
    """一条可能适用的情形。"""

    criteria_key: str = Field(description="情形的编号")
    title: str = Field(description="情形")
    kind: str = Field(description="match 各项都对得上；hint 仅供参考")
    score: float = Field(description="0 到 1，只用来排序")
    because: list[str] = Field(description="为什么列出")
    to_establish: list[str] = Field(description="还要核实什么")


class JudgementOut(Schema):
    """可能适用的情形，最可能的在前；由人判定。"""

    catalogue: str = Field(description="目录的版本")
    candidates: list[CandidateOut]
    gaps: list[str] = Field(description="当日适用的版本不在目录中的标准")


criteria = CriterionApi.router()


@reads(
    criteria,
    "/judge",
    scope="criteria:read",
    answer=JudgementOut,
    summary="按描述找出可能适用的判定情形",
    name="judge_description",
)
def judge_description(request: HttpRequest, asked: Query[Described]) -> HttpResponse:
    given: dict[str, Any] = {
        "description": asked.description,
        "sector": asked.sector,
        "trades": asked.trades,
        "found_on": asked.found_on or local_day(request.now),
        "captions": asked.captions,
    }
    found = candidates_for(**given)
    return told(
        {
            "catalogue": catalogue_version(),
            "candidates": [
                {
                    "criteria_key": each.criterion.key,
                    "title": each.criterion.title,
                    "kind": each.candidate.kind,
                    "score": each.candidate.score,
                    "because": list(each.candidate.because),
                    "to_establish": list(each.candidate.to_establish),
                }
                for each in found
            ],
            "gaps": list(gaps(**given)),
        }
    )
