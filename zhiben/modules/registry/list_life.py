"""The life of an enterprise on a list: listed, under way, reported done with proof, verified by another person; or
removed with a reason."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from zhiben.core.access.acting import Acting, By
from zhiben.core.access.actors import AnyOf, Holder
from zhiben.core.calendar import full_day
from zhiben.core.clock import local_day
from zhiben.core.org.models import Unit, UnitKind
from zhiben.core.org.roles import Role
from zhiben.core.workflow.table import Deadline, Input, Step, Workflow, days

from .models.lists import OPEN_ENTRIES, TO_DO, EntryStatus, ListEntry, ListKind

S = EntryStatus
Fields = list[str]
TO_VERIFY = timedelta(days=15)

OFFICERS = (Role.REGULATOR, Role.UNIT_OFFICER, Role.COMMITTEE_OFFICER)
LEADERS = (Role.REGULATOR_CHIEF, Role.UNIT_LEADER, Role.COMMITTEE_CHIEF)
OWN = Holder(Role.SAFETY_OFFICER, Role.ENTERPRISE_HEAD, unit="responsible_unit", label="企业")
HEAD = Holder(Role.ENTERPRISE_HEAD, unit="responsible_unit", label="企业主要负责人")
SUPERVISOR = Holder(*OFFICERS, *LEADERS, unit="supervising_unit", label="责任单位")
CHECKER = Holder(*OFFICERS, *LEADERS, unit="supervising_unit", apart_from="done_by", label="责任单位（报送人以外）")
SUPERVISING_LEADER = Holder(*LEADERS, unit="supervising_unit", label="责任单位负责人")
KEEPER = Holder(*OFFICERS, *LEADERS, unit="list.responsible_unit", label="建立清单的单位")

LEADS_TO = {ListKind.CLOSE: "close", ListKind.MERGE: "merge"}
"""The step of the enterprise's own life that a verified entry makes ready. A person takes it: what was verified is the
work, and the enterprise may live on."""


# ── why not ──────────────────────────────────────────────────────────────────────────────────────────────────────


def own_work(entry: ListEntry, acting: Acting) -> str | None:
    """Nobody verifies what they reported done themselves, whichever post they hold."""
    if entry.done_by_id in (acting.person.pk, acting.on_behalf_of and acting.on_behalf_of.pk):
        return "完成情况是您本人报送的，请由责任单位的其他人员验收"
    return None


def after_the_list(value: Any, entry: ListEntry, now: datetime) -> str | None:
    if value > entry.list.due_on:
        return f"清单的完成期限是{full_day(entry.list.due_on)}，企业的期限不能更晚；确需延后的，请先修改清单的期限"
    return None


def not_an_office(value: Unit, entry: ListEntry, now: datetime) -> str | None:
    return "请选择部门、乡镇或园区，企业不能作责任单位" if value.kind == UnitKind.ENTERPRISE else None


# ── what follows ─────────────────────────────────────────────────────────────────────────────────────────────────


def note_done(entry: ListEntry, data: Mapping[str, Any], by: By, now: datetime) -> Fields:
    assert isinstance(by, Acting)
    entry.done_by, entry.done_at, entry.check_by = by.person, now, local_day(now) + TO_VERIFY
    return ["done_by", "done_at", "check_by"]


def note_verified(entry: ListEntry, data: Mapping[str, Any], by: By, now: datetime) -> Fields:
    assert isinstance(by, Acting)
    entry.verified_by, entry.closed_at = by.person, now
    return ["verified_by", "closed_at"]


def note_removed(entry: ListEntry, data: Mapping[str, Any], by: By, now: datetime) -> Fields:
    entry.closed_at = now
    return ["closed_at"]


LIST_ENTRY_LIFE = Workflow(
    model=ListEntry,
    label="清单企业",
    start=S.LISTED,
    final=(S.VERIFIED, S.REMOVED),
    with_related=("list", "enterprise"),
    inputs=(
        Input("situation", "进展情况", "long_text", help="做了什么、还差什么",
              initial=lambda entry, acting, now: entry.situation),
        Input("measures", "措施", "long_text", help="怎样改造、与谁整合、何时关闭",
              initial=lambda entry, acting, now: entry.measures),
        Input("due_on", "完成期限", "date", check=after_the_list),
        Input("supervising_unit", "责任单位", "unit", check=not_an_office),
        Input("files", "佐证材料", "files", help="照片、批文、协议、注销证明等"),
    ),
    steps=(
        Step("begin", "启动", S.LISTED, S.UNDER_WAY, OWN, takes=("situation", "files"), bulk=True,
             tells=(SUPERVISOR,), help="企业开始落实措施"),
        Step("report", "报进展", S.UNDER_WAY, None, AnyOf(OWN, SUPERVISOR), needs=("situation",), takes=("files",),
             waits=False, tone="quiet"),
        Step("submit", "报送验收", S.UNDER_WAY, S.DONE, OWN, needs=("situation", "files"), effect=note_done,
             help="措施全部落实后报送，由责任单位的其他人员验收"),
        Step("submit_for", "代企业报送验收", TO_DO, S.DONE, SUPERVISOR, needs=("situation", "files"), effect=note_done,
             waits=False, tone="quiet", tells=(OWN,), help="企业已停产、无人办理时使用；报送的人不能自己验收"),
        Step("verify", "验收通过", S.DONE, S.VERIFIED, CHECKER, needs=("finding",), takes=("files",), unless=own_work,
             awaited_as="验收",
             effect=note_verified, tells=(OWN, KEEPER), help="到现场或查验材料，确认措施已经落实"),
        Step("return", "退回", S.DONE, S.UNDER_WAY, CHECKER, needs=("reason",), takes=("files",), unless=own_work,
             tone="danger", help="没有达到要求的退回继续落实，期限不变"),
        Step("adjust", "调整措施和期限", TO_DO, None, KEEPER, needs=("measures", "due_on", "reason"), takes=("files",),
             waits=False, tone="quiet", tells=(OWN, SUPERVISOR)),
        Step("reassign", "调整责任单位", OPEN_ENTRIES, None, KEEPER, needs=("supervising_unit", "reason"), waits=False,
             tone="quiet", tells=(SUPERVISOR,)),
        Step("remove", "移出清单", OPEN_ENTRIES, S.REMOVED, KEEPER, needs=("reason",), takes=("files",),
             effect=note_removed, waits=False, tone="danger", tells=(OWN, SUPERVISOR),
             help="列错的、情况变化不再需要的移出；移出的不计入完成率，在清单上单独列出"),
    ),
    deadlines=(
        Deadline("due", "完成期限", TO_DO, due="due_on", remind=(days(30), days(7), days(1)),
                 escalate=((days(0), HEAD), (days(7), SUPERVISING_LEADER))),
        Deadline("check", "验收期限", (S.DONE,), due="check_by", remind=(days(3),),
                 escalate=((days(0), SUPERVISING_LEADER),)),
    ),
)  # fmt: skip
