"""The lists of the plans for other systems: the lists, and the enterprises on them with their steps."""

from uuid import UUID

from django.db.models import QuerySet
from pydantic import Field

from zhiben.core.api.fields import Shown, plain
from zhiben.core.api.records import Filters, Key, RecordApi, Updated
from zhiben.core.org.models import Region
from zhiben.core.org.paths import within
from zhiben.core.web.pages.at import At

from .models.lists import EnterpriseList, EntryStatus, ListEntry, ListKind


class ListFilters(Updated, Filters):
    kind: list[ListKind] = Field([], max_length=6, description="清单类别，可写多个")
    search: str = Field("", max_length=64, description="清单名称中的几个字")

    lookups = {"kind": "kind__in", "search": "title__icontains"}


class EnterpriseListApi(RecordApi):
    model, path, title, scope, answer = EnterpriseList, "enterprise-lists", "企业清单", "enterprises", "EnterpriseList"
    fields = (
        "id", "kind", "title", "basis", "region", "due_on", "responsible_unit", "made_at",
    )  # fmt: skip
    filters = ListFilters
    sort = "-made_at"
    help = "本单位建立的，以及本地和上级的清单，新的在前。"


class EntryFilters(Updated, Filters):
    enterprise_list: UUID | None = Field(None, description="清单的编号")
    enterprise: UUID | None = Field(None, description="企业的编号")
    status: list[EntryStatus] = Field([], max_length=5, description="状态，可写多个")
    supervising_unit: Key | None = Field(None, description="责任单位的编号")
    region: Key | None = Field(None, description="区域的编号，含下级区域")

    lookups = {
        "enterprise_list": "list_id", "enterprise": "enterprise_id", "status": "status__in", "supervising_unit": "supervising_unit_id",
    }  # fmt: skip

    def narrow(self, rows: QuerySet, at: At) -> QuerySet:
        rows = super().narrow(rows, at)
        if self.region is not None:
            region = Region.objects.filter(pk=self.region).first()
            rows = rows.filter(within(region.path)) if region else rows.none()
        return rows


class ListEntryApi(RecordApi):
    model, path, title, scope, answer = ListEntry, "list-entries", "清单企业", "enterprises", "ListEntry"
    fields = (
        "id", "list", "enterprise", Shown("enterprise_name", str, ("enterprise__name",), plain, "企业名称"), "status",
        "measures", "due_on", "supervising_unit", "situation", "listed_at", "done_at", "finding", "closed_at", "reason",
    )  # fmt: skip
    filters = EntryFilters
    sort = "due_on"
    help = "令牌的岗位看得到的清单企业，按完成期限排列。"


lists = EnterpriseListApi.router()
entries = ListEntryApi.router()
