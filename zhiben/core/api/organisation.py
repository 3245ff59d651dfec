"""Regions, units and people in office, for systems that have to name them."""

from datetime import date
from typing import ClassVar

from django.db.models import QuerySet
from pydantic import Field

from zhiben.core.access.permissions import Permission, may
from zhiben.core.org.models import Post, Region, RegionCode, Unit, UnitKind
from zhiben.core.org.paths import within
from zhiben.core.org.roles import Role
from zhiben.core.web.pages.at import At

from .fields import Shown, plain, shown
from .records import Filters, Key, RecordApi
from .scopes import scope

SCOPE = scope("organisation:read", "读取区域、单位和在岗人员").removesuffix(":read")


class _Organisation(RecordApi):
    """Within the region of the post's own unit, for posts that read records."""

    scope = SCOPE
    region_column: ClassVar[str] = "region_path"

    def rows(self, at: At) -> QuerySet:
        if not may(at.acting, Permission.READ_RECORDS):
            return self.model._default_manager.none()
        return self.model._default_manager.filter(within(at.acting.unit.region_path, self.region_column))


class RegionFilters(Filters):
    level: int | None = Field(None, ge=1, le=6, description="层级：1 省级、2 市级、3 县级、4 乡级、5 村级、6 网格")
    parent: Key | None = Field(None, description="上级区域的编号")
    code: str = Field("", max_length=12, description="区划代码")

    lookups = {"level": "level", "parent": "parent_id"}

    def narrow(self, rows: QuerySet, at: At) -> QuerySet:
        rows = super().narrow(rows, at)
        if not self.code:
            return rows
        borne = RegionCode.objects.valid_on(at.today).filter(code=self.code)
        return rows.filter(pk__in=borne.values("region"))


class RegionApi(_Organisation):
    model, path, title, answer = Region, "organisation/regions", "区域", "Region"
    region_column = "path"
    fields = ("id", "name", "level", "parent", "is_functional", "path", "valid_from", "valid_to")
    filters = RegionFilters
    sort = "path"
    help = "令牌的岗位所在区域及其下级。path 是在树中的位置：下级的 path 以上级的开头。"


class UnitFilters(Filters):
    kind: UnitKind | None = Field(None, description="类别")
    region: Key | None = Field(None, description="区域的编号（不含下级区域）")
    name: str = Field("", max_length=128, description="全称，须完全一致")

    lookups = {"kind": "kind", "region": "region_id", "name": "name"}


class UnitApi(_Organisation):
    model, path, title, answer = Unit, "organisation/units", "单位", "Unit"
    fields = (
        "id", "name", "short_name", "kind", "region", "superior", "sectors", "credit_code", "valid_from", "valid_to",
    )  # fmt: skip
    filters = UnitFilters


class PersonFilters(Filters):
    unit: Key | None = Field(None, description="单位的编号")
    role: Role | None = Field(None, description="角色")

    lookups = {"unit": "unit_id", "role": "role"}


class PersonApi(_Organisation):
    """One row a post that is held today. Telephone numbers are not given away."""

    model, path, title, answer = Post, "organisation/people", "在岗人员", "PersonInOffice"
    region_column = "unit__region_path"
    one_by_one = False
    fields = (
        Shown("id", int, ("id",), plain, "岗位的编号"),
        "person",
        "unit",
        shown(Post, "role"),
        "title",
        Shown("since", date | None, ("valid_from",), plain, "任职日"),
    )
    filters = PersonFilters
    help = "今天在任的人员，一个岗位一行；一人多岗的有多行。不含手机号码。"

    def rows(self, at: At) -> QuerySet:
        return super().rows(at).filter(pk__in=Post.objects.valid_on(at.today).values("pk"))


regions, units, people = RegionApi.router(), UnitApi.router(), PersonApi.router()
