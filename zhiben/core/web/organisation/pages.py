"""The pages on which the three administrators work: regions, units, people, bodies, posts, delegations, trail, jobs.

The system administrator keeps regions, units, people and bodies; the security administrator appoints; the audit
administrator reads the trail. Each within the region of their own unit.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.db import models
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from zhiben.core import clock
from zhiben.core.access.acting import Acting
from zhiben.core.access.permissions import Permission, may
from zhiben.core.audit.models import AuditLine
from zhiben.core.jobs.models import Job
from zhiben.core.org import services as org
from zhiben.core.org.models import Body, Delegation, Person, Post, ProposedPost, Region, Unit, UnitAlias
from zhiben.core.org.paths import contains, within
from zhiben.core.refusal import Refused
from zhiben.core.web.menu import MenuEntry
from zhiben.core.web.pages.at import At
from zhiben.core.web.pages.columns import Column
from zhiben.core.web.pages.filters import Choice, DateRange, Filter, Flag, RegionFilter, UnitFilter
from zhiben.core.web.pages.record import Panel, RecordPages

from .account_panel import account_of
from .forms import BodyForm, PersonForm, RegionForm, UnitForm

P = Permission
SHOWN = 100


class OrganisationPages(RecordPages):
    """What all of them share: within the region of one's own unit, without talk and files, changed by the keeper."""

    permission = P.MANAGE_ORGANISATION
    readers: frozenset[Permission] = frozenset({P.MANAGE_ORGANISATION, P.APPOINT})
    exportable = commentable = attachable = False
    region_column = "region_path"

    def may_read(self, acting: Acting | None) -> bool:
        return any(may(acting, permission) for permission in self.readers)

    def rows(self, acting: Acting) -> QuerySet:
        return self.base().filter(within(acting.unit.region_path, self.region_column))

    def may_edit(self, record: models.Model, at: At) -> str | None:
        return None if may(at.acting, P.MANAGE_ORGANISATION) else "由系统管理员修改"


def keep_within_reach(by: Acting, region: Region | None) -> None:
    """Refuse what lies outside the region of the administrator's own unit."""
    if region is not None and not contains(by.unit.region_path, region.path):
        raise Refused(f"您只能维护{by.unit.region}的区域和单位，“{region}”不在其中。", "region")


def in_force(field: str = "valid_to") -> Filter:
    return Flag("former", "已撤销或到期", condition=lambda at: Q(**{f"{field}__lt": at.today}))


def _what(post: Post | ProposedPost) -> str:
    return "·".join(filter(None, (str(post.get_role_display()), post.title)))


def _open(record: Any, at: At) -> Mapping[str, Any] | None:
    return {"record": record, "today": at.today} if record.valid_to is None or record.valid_to > at.today else None


def _open_to_keeper(unit: Unit, at: At) -> Mapping[str, Any] | None:
    return _open(unit, at) if may(at.acting, P.MANAGE_ORGANISATION) else None


# ── regions ──────────────────────────────────────────────────────────────────────────────────────────────────────


def codes_of(region: Region, at: At) -> Mapping[str, Any] | None:
    codes, names = list(region.codes.order_by("valid_from")), list(region.former_names.order_by("valid_to"))
    return {"codes": codes, "names": names} if codes or names else None


def below(region: Region, at: At) -> Mapping[str, Any] | None:
    children = region.children.valid_on(at.today)[:SHOWN]
    return {"rows": [(str(each), "regions:detail", each.pk, each.get_level_display()) for each in children]}


class RegionPages(OrganisationPages):
    model, name, title = Region, "regions", "区域"
    imports = "org.regions"
    readers = frozenset({P.MANAGE_ORGANISATION})
    region_column = "path"
    columns = (
        Column("name", link=True),
        Column("level"),
        Column("parent"),
        Column("is_functional"),
        Column("valid_to"),
    )
    filters = (Choice("level"), RegionFilter(field="path"), in_force())
    search = ("name",)
    sort = "path"
    facts = (("基本信息", ("name", "level", "parent", "is_functional", "merged_into", "valid_from", "valid_to")),)
    panels = (
        Panel("代码和曾用名", "web/organisation/codes.html", codes_of),
        Panel("下级区域", "web/organisation/linked.html", below),
    )
    form = RegionForm
    creates = P.MANAGE_ORGANISATION
    help = "新设区域、更名、换代码或调整隶属关系。以前的名称和代码会保留，旧文件仍能对上。"

    def save(self, form: forms.ModelForm, *, by: Acting, now: datetime) -> models.Model:
        given: dict[str, Any] = form.cleaned_data
        to: dict[str, Any] = {"by": by, "now": now}
        region = Region.objects.filter(pk=form.instance.pk).first()
        if region is None or given["parent"] != region.parent:
            keep_within_reach(by, given["parent"])
        if region is None:
            return org.open_region(**given, **to)
        if given["name"] != region.name:
            org.rename_region(region=region, name=given["name"], on=given["on"], **to)
        if given["parent"] != region.parent:
            region = org.move_region(region=region, parent=given["parent"], **to)
        borne = region.codes.filter(valid_to=None).first()
        if given["code"] and given["code"] != (borne.code if borne else ""):
            org.change_code(region=region, code=given["code"], on=given["on"], **to)
        return region


# ── units ────────────────────────────────────────────────────────────────────────────────────────────────────────


def posts_in(unit: Unit, at: At) -> Mapping[str, Any] | None:
    posts = unit.posts.valid_on(at.today).select_related("person").order_by("pk")[:SHOWN]
    return {
        "rows": [(each.person.name, "people:detail", each.person_id, _what(each)) for each in posts],
        "empty": "还没有人在岗。请先登记人员，再由安全保密管理员任命。",
    }


def subordinates(unit: Unit, at: At) -> Mapping[str, Any] | None:
    units = unit.subordinates.valid_on(at.today)[:SHOWN]
    rows = [(each.name, "units:detail", each.pk, each.get_kind_display()) for each in units]
    return {"rows": rows} if rows else None


def other_names(unit: Unit, at: At) -> Mapping[str, Any] | None:
    return {"names": list(unit.aliases.order_by("pk"))} if unit.aliases.exists() else None


class UnitPages(OrganisationPages):
    model, name, title = Unit, "units", "单位"
    imports = "org.units"
    columns = (
        Column("name", link=True),
        Column("short_name"),
        Column("kind"),
        Column("region"),
        Column("superior", "上级单位"),
        Column("valid_to", shown=False),
    )
    filters = (Choice("kind"), RegionFilter(), UnitFilter("superior", "上级单位"), in_force())
    search = ("name", "short_name")
    sort = "name"
    facts = (
        (
            "基本信息",
            (
                "name",
                "short_name",
                "kind",
                "region",
                Column("superior", "上级单位"),
                "credit_code",
                "valid_from",
                "valid_to",
            ),
        ),
    )
    panels = (
        Panel("在岗人员", "web/organisation/linked.html", posts_in),
        Panel("下级单位", "web/organisation/linked.html", subordinates),
        Panel("别名", "web/organisation/aliases.html", other_names, side=True),
        Panel("撤销", "web/organisation/close_unit.html", _open_to_keeper, side=True),
    )
    form = UnitForm
    creates = P.MANAGE_ORGANISATION
    help = "单位改名后，原名自动成为别名；文件里的别的叫法也可以加为别名，读方案时就能认出来。"

    def save(self, form: forms.ModelForm, *, by: Acting, now: datetime) -> models.Model:
        given: dict[str, Any] = dict(form.cleaned_data)
        to: dict[str, Any] = {"by": by, "now": now}
        keep_within_reach(by, given["region"])
        if not form.instance.pk:
            return org.open_unit(**given, **to)
        unit = Unit.objects.get(pk=form.instance.pk)
        aliases, name, short_name = given.pop("aliases"), given.pop("name"), given["short_name"]
        known = {alias.name: alias for alias in UnitAlias.objects.filter(unit=unit).select_related("unit")}
        for gone in known.keys() - set(aliases):
            org.drop_alias(alias=known[gone], **to)
        for new in set(aliases) - known.keys():
            org.add_alias(unit=unit, name=new, **to)
        if name != unit.name:
            unit = org.rename_unit(unit=unit, name=name, short_name=short_name, **to)
        changes = {field: value for field, value in given.items() if getattr(unit, field) != value}
        return org.change_unit(unit=unit, **changes, **to) if changes else unit


# ── people and posts ─────────────────────────────────────────────────────────────────────────────────────────────


def posts_of(person: Person, at: At) -> Mapping[str, Any] | None:
    posts = person.posts.select_related("unit").order_by("valid_from", "pk")
    return {
        "person": person,
        "posts": [(each, _what(each), each.holds_on(at.today)) for each in posts],
        "proposals": [(each, _what(each)) for each in person.proposals.select_related("unit")],
        "may_appoint": may(at.acting, P.APPOINT),
        "may_open": may(at.acting, P.APPOINT),
    }


def posts_held(person: Any) -> str:
    """Those of today, fetched with the rows."""
    return "；".join(str(post) for post in person.held)


class PersonPages(OrganisationPages):
    model, name, title = Person, "people", "人员"
    imports = "org.people"
    columns = (
        Column("name", link=True),
        Column("posts", "岗位", kind="text", order="", value=posts_held),
        Column("mobile"),
        Column("user", "登录名"),
    )
    search = ("name", "mobile", "user__username")
    sort = "name"
    facts = (("基本信息", ("name", "mobile")),)
    panels = (
        Panel("岗位", "web/organisation/posts.html", posts_of),
        Panel("账号", "web/organisation/account.html", account_of, side=True),
    )
    form = PersonForm
    creates = P.MANAGE_ORGANISATION
    list_template = "web/organisation/people.html"
    help = "先登记人员、开设账号，再由安全保密管理员任命岗位；没有岗位的账号登录后什么也看不到。"

    def base(self) -> QuerySet:
        held = Post.objects.valid_on(clock.local_day(clock.now())).select_related("unit").order_by("valid_from", "pk")
        return super().base().prefetch_related(Prefetch("posts", held, to_attr="held"))

    def rows(self, acting: Acting) -> QuerySet:
        posts = Post.objects.filter(person=OuterRef("pk"))
        proposals = ProposedPost.objects.filter(person=OuterRef("pk"))
        near = within(acting.unit.region_path, "unit__region_path")
        unplaced = ~Exists(posts) & (Exists(proposals.filter(near)) | ~Exists(proposals))
        return self.base().filter(Exists(posts.filter(near)) | unplaced)

    def save(self, form: forms.ModelForm, *, by: Acting, now: datetime) -> models.Model:
        given: dict[str, Any] = form.cleaned_data
        to: dict[str, Any] = {"by": by, "now": now}
        if not form.instance.pk:
            return org.register_person(**given, **to)
        return org.change_person(person=Person.objects.get(pk=form.instance.pk), **given, **to)


def stand_ins(post: Post, at: At) -> Mapping[str, Any] | None:
    delegations = list(post.delegations.select_related("deputy").order_by("-valid_from")[:SHOWN])
    return {"delegations": delegations} if delegations else None


class PostPages(OrganisationPages):
    model, name, title = Post, "appointments", "岗位"
    permission = P.APPOINT
    readers = frozenset({P.APPOINT})
    region_column = "unit__region_path"
    columns = (
        Column("person", link=True),
        Column("unit"),
        Column("role"),
        Column("title"),
        Column("valid_from", "任职日"),
        Column("valid_to", "离任日"),
    )
    filters = (Choice("role"), UnitFilter("unit"), RegionFilter(field="unit__region_path"), in_force())
    search = ("person__name", "unit__name", "unit__short_name", "title")
    facts = (
        ("任职", ("person", "unit", "role", "title", Column("valid_from", "任职日"), Column("valid_to", "离任日"))),
    )
    panels = (
        Panel("代理", "web/organisation/stand_ins.html", stand_ins),
        Panel("离任", "web/organisation/end_post.html", _open, side=True),
    )
    help = "要任命岗位，请打开“人员”中的这个人。岗位不能修改：请先离任，再重新任命。"


class DelegationPages(OrganisationPages):
    model, name, title = Delegation, "delegations", "代理"
    permission = P.APPOINT
    readers = frozenset({P.APPOINT})
    region_column = "post__unit__region_path"
    columns = (
        Column("post__person", "委托人", link=True),
        Column("post", "岗位"),
        Column("deputy", "代理人"),
        Column("valid_from", "从"),
        Column("valid_to", "到"),
        Column("reason"),
    )
    related = ("post__unit",)
    filters = (in_force(),)
    search = ("post__person__name", "deputy__name")
    facts = (("代理", (*columns,)),)
    help = "代理由本人在“我的代理”中设置，到期自动终止。"


# ── bodies ───────────────────────────────────────────────────────────────────────────────────────────────────────


def members_of(body: Body, at: At) -> Mapping[str, Any] | None:
    members = body.memberships.valid_on(at.today).select_related("unit", "person").order_by("pk")
    return {"body": body, "members": members, "may_change": may(at.acting, P.MANAGE_ORGANISATION)}


class BodyPages(OrganisationPages):
    model, name, title = Body, "bodies", "议事协调机构"
    readers = frozenset({P.MANAGE_ORGANISATION})
    region_column = "region__path"
    columns = (Column("name", link=True), Column("kind"), Column("region"), Column("office", "办事机构"))
    filters = (Choice("kind"), RegionFilter(field="region__path"), in_force())
    search = ("name",)
    sort = "name"
    facts = (("基本信息", ("name", "kind", "region", Column("office", "办事机构"), "valid_from", "valid_to")),)
    panels = (Panel("成员", "web/organisation/members.html", members_of),)
    form = BodyForm
    creates = P.MANAGE_ORGANISATION

    def may_edit(self, record: models.Model, at: At) -> str | None:
        return "机构成立后只增减成员；名称有变请另行成立"

    def save(self, form: forms.ModelForm, *, by: Acting, now: datetime) -> models.Model:
        keep_within_reach(by, form.cleaned_data["region"])
        return org.form_body(**form.cleaned_data, by=by, now=now)


# ── what the auditor reads, what the keeper watches ──────────────────────────────────────────────────────────────


TOLD = {"address": "网络地址", "device": "设备", "username": "登录名"}


def kind_of_record(line: AuditLine) -> str:
    pages = RecordPages.by_type.get(line.record_type)
    return pages.title if pages else {"accounts.user": "账号"}.get(line.record_type, line.record_type)


def told_data(line: AuditLine) -> str:
    """All that a line keeps, as it keeps it; the words of logins in Chinese."""
    return "；".join(
        f"{TOLD.get(name, name)}：{value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
        for name, value in line.data.items()
    )


class TrailPages(RecordPages):
    model, name, title = AuditLine, "trail", "全部留痕"
    permission = P.READ_TRAIL
    exportable = commentable = attachable = False
    columns = (
        Column("at", "时间", kind="moment"),
        Column("label", link=True),
        Column("kind"),
        Column("actor_name"),
        Column("actor_post"),
        Column("behalf_name"),
        Column("record_type", "记录类别", value=kind_of_record, kind="text", order=""),
        Column("record_id", "记录编号", shown=False),
    )
    filters = (Choice("kind"), DateRange("at", "时间"))
    search = ("actor_name", "label", "record_id")
    facts = (
        ("事项", ("label", "kind", Column("at", "时间", kind="moment"), "reason", "seq")),
        ("操作人", ("actor_name", "actor_post", "behalf_name")),
        (
            "凭据",
            (
                Column("record_type", "记录类别", value=kind_of_record, kind="text"),
                Column("record_id", "记录编号"),
                "digest",
                Column("data", "数据", value=told_data, kind="text"),
            ),
        ),
    )
    help = "留痕只能追加，不能修改或删除。要验证是否被改动，请操作员运行 zhiben audit verify。"

    def rows(self, acting: Acting) -> QuerySet:
        return self.base()


class JobPages(RecordPages):
    """No label, result or note of a job is shown: they may speak of business, which the keeper does not see."""

    model, name, title = Job, "system-jobs", "系统作业"
    permission = P.KEEP_SYSTEM
    exportable = commentable = attachable = False
    columns = (
        Column("name", "程序", link=True),
        Column("status"),
        Column("created_at", kind="moment"),
        Column("started_at", kind="moment"),
        Column("finished_at", kind="moment"),
        Column("attempts"),
    )
    filters = (Choice("status"), DateRange("created_at"))
    search = ("name",)
    sort = "-created_at"
    facts = (
        (
            "运行",
            ("status", "attempts", "worker", *(Column(name, kind="moment") for name in ("created_at", "finished_at"))),
        ),
    )
    help = "未成功的作业由提交人在“后台作业”中重试；程序出错请看服务器日志。"

    def rows(self, acting: Acting) -> QuerySet:
        return self.base()


menu = (
    MenuEntry("单位", "units:list", icon="building", shown=UnitPages().may_read),
    MenuEntry("人员", "people:list", icon="users", shown=PersonPages().may_read),
    MenuEntry("待任命", "proposals:list", icon="checks", permission=P.APPOINT),
    MenuEntry("岗位", "appointments:list", icon="id-badge-2", permission=P.APPOINT),
    MenuEntry("代理", "delegations:list", icon="switch-horizontal", permission=P.APPOINT),
    MenuEntry("议事协调机构", "bodies:list", icon="users-group", permission=P.MANAGE_ORGANISATION),
    MenuEntry("区域", "regions:list", icon="map-pin", permission=P.MANAGE_ORGANISATION),
    MenuEntry("系统作业", "system-jobs:list", icon="server", permission=P.KEEP_SYSTEM),
    MenuEntry("全部留痕", "trail:list", icon="shield-check", permission=P.READ_TRAIL),
)
