"""What one row of a ledger (隐患台账) says, in the words of the service: whose, when, how far it had come."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from zhiben.core.access.acting import Acting
from zhiben.core.clock import local_day
from zhiben.core.exchange.declaration import (
    Action,
    Context,
    Problem,
    Question,
    Row,
)
from zhiben.core.org.models import UnitKind

from . import ledger
from .models import Channel, HazardLevel, HazardStatus
from .past import Five, closed_above
from .reports import EARLIEST, Past
from .vagueness import questions_about
from .whose import Whose

NOT_SAID = "未注明"
_TEN_THOUSAND = Decimal(10_000)
MOST_FUNDS = Decimal(10) ** 12


@dataclass
class Plan:
    row: Row
    whose: Whose = field(default_factory=Whose)
    found_on: date | None = None
    level: HazardLevel = HazardLevel.GENERAL
    channel: Channel = Channel.LEDGER
    state: HazardStatus = HazardStatus.REPORTED
    identity: str = ""
    known: str = ""
    """Key of the hazard that is recorded already."""
    asked: list[Question] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def action(self) -> Action:
        return "same" if self.known else "new"

    @property
    def is_sound(self) -> bool:
        return not self.problems and not any(each.is_open(self.row) for each in self.asked)

    def refuse(self, name: str, sentence: str) -> None:
        self.problems.append(Problem(name, sentence))


def read_row(plan: Plan, at: Context) -> None:
    """What the row says, in the words of the service."""
    row = plan.row.values
    if plan.whose.problem:
        plan.refuse(*plan.whose.problem)
    if plan.whose.question:
        plan.asked.append(plan.whose.question)
    plan.notes += [plan.whose.note] if plan.whose.note else []
    plan.found_on = row["found_on"]
    if plan.found_on and plan.found_on < EARLIEST:
        plan.refuse("found_on", "发现日期早于 2000 年，请核对年份。")
    wrong = ledger.out_of_order(
        [(name, label, row[name]) for name, label in _DAYS.items() if name != "verified_on" or row["rectified_on"]],
        local_day(at.now),
    )
    if wrong:
        plan.refuse(*wrong)
    if row["rectify_by"] and plan.found_on and row["rectify_by"] < plan.found_on:
        plan.refuse("rectify_by", f"整改期限 {row['rectify_by']} 早于发现日期，请核对。")
    if (funds := _funds(row)) is not None and not 0 <= funds < MOST_FUNDS:
        plan.refuse(
            "funds_wan" if row["funds_wan"] is not None else "funds",
            "整改资金应在 0 到一万亿元之间，请核对金额和单位。",
        )
    level = ledger.level_of(row["level"]) if row["level"] else HazardLevel.GENERAL
    if row["level"] in _TRUTHS:
        level = _TRUTHS[row["level"]]
    if level is None:
        plan.refuse("level", f"等级“{row['level']}”看不出是一般还是重大，请改填“一般”或“重大”。")
    else:
        plan.level = level
    _read_channel(plan, at)
    _read_state(plan, at)
    if plan.state not in (HazardStatus.CLOSED, HazardStatus.RECTIFIED):
        asked = questions_about(row["description"], row["place"])
        plan.notes += [asked[0].sentence] if asked else []


_DAYS = {"found_on": "发现日期", "rectified_on": "整改完成时间", "verified_on": "复查时间"}
_TRUTHS = {"是": HazardLevel.MAJOR, "否": HazardLevel.GENERAL}
"""Of a column 是否重大."""


def _brings_its_own(at: Context) -> bool:
    """Whether it is an enterprise that brings its ledger."""
    return isinstance(at.by, Acting) and at.by.unit.kind == UnitKind.ENTERPRISE


def _read_channel(plan: Plan, at: Context) -> None:
    row = plan.row.values
    said = ledger.channel_of(row["source"]) if row["source"] else None
    plan.channel = said or (Channel.SELF_INSPECTION if _brings_its_own(at) else Channel.LEDGER)
    if plan.channel == Channel.PUBLIC_REPORT and row["found_by"]:
        plan.notes.append("来源是群众举报，不登记发现人，以免泄露举报人。")


def _read_state(plan: Plan, at: Context) -> None:
    """Where it begins: closed, handed in, ordered, or to be judged. An enterprise neither orders nor closes a major one."""
    row = plan.row.values
    said = ledger.state_of(row["status"]) or ledger.state_of(row["summary"][:40])
    if said is None and (row["verified_on"] or row["rectified_on"]):
        said = HazardStatus.CLOSED
    if said is None and row["rectify_by"]:
        said = HazardStatus.ORDERED
    plan.state = said or HazardStatus.REPORTED
    if plan.level == HazardLevel.MAJOR and plan.state != HazardStatus.REPORTED and _brings_its_own(at):
        if plan.state == HazardStatus.ORDERED:
            plan.state = HazardStatus.REPORTED
            plan.notes.append("重大事故隐患由监管部门判定，登记为待判定。")
        else:
            plan.refuse(
                "status",
                "重大事故隐患由监管部门复查销号，已整改的请由监管单位导入；或把状态改为“整改中”，导入后由监管单位判定。",
            )
    if plan.state == HazardStatus.CLOSED and not (row["verified_on"] or row["rectified_on"]):
        plan.notes.append("没有写整改完成的日期，按导入当天销号。")
    if plan.state == HazardStatus.ORDERED and not row["rectify_by"]:
        plan.notes.append("没有写整改期限，按本地规则从今天起算。")


def leave_closing_to_whom_it_belongs(plans: Sequence[Plan], at: Context) -> None:
    """A ledger closes no major hazard that whoever brings it could not close."""
    if not isinstance(at.by, Acting):
        return
    closed = [each for each in plans if each.level == HazardLevel.MAJOR and each.state == HazardStatus.CLOSED]
    levels = closed_above({_region_path(each, at.by) for each in closed}, at.by)
    for plan in closed:
        if level := levels.get(_region_path(plan, at.by)):
            plan.state = HazardStatus.RECTIFIED
            plan.notes.append(
                f"重大事故隐患由{level}以上单位销号：登记为待复查；{level}单位已经销号的，请由其导入这一行。"
            )


def _region_path(plan: Plan, by: Acting) -> str:
    return plan.whose.enterprise.region_path if plan.whose.enterprise else by.unit.region_path


def _funds(row: Mapping[str, Any]) -> Decimal | None:
    """Yuan."""
    return row["funds_wan"] * _TEN_THOUSAND if row["funds_wan"] is not None else row["funds"]


def five_of(plan: Plan) -> Five:
    row = plan.row.values
    name, bodies = ledger.liable(row["liable_person"])
    return Five(
        liable_person=name,
        liable_mobile=row["liable_mobile"][:20],
        measures=row["measures"],
        funds=_funds(row),
        bodies=bodies,
    )


def past_of(plan: Plan) -> Past | None:
    row = plan.row.values
    if plan.state == HazardStatus.REPORTED:
        return None
    verified = f"复查人：{row['verified_by']}" if row["verified_by"] else ""
    return Past(
        status=plan.state,
        rectified_on=row["rectified_on"],
        verified_on=row["verified_on"],
        closed_on=row["verified_on"] or row["rectified_on"],
        summary=row["summary"].strip(),
        finding="\n".join(filter(None, (row["finding"], verified))),
        spent=_funds(row) if plan.state in (HazardStatus.CLOSED, HazardStatus.RECTIFIED) else None,
    )


def differs(plan: Plan, status: str) -> bool:
    """The ledger says that it is done, or not, and the system says otherwise."""
    return plan.state != HazardStatus.REPORTED and (plan.state == HazardStatus.CLOSED) != (
        status == HazardStatus.CLOSED
    )


def identity_of(plan: Plan) -> str:
    """32 hexadecimal digits that name what was found: whose, when, where, what."""
    row, enterprise = plan.row.values, plan.whose.enterprise
    whose = str(enterprise.pk) if enterprise else row["credit_code"] or row["enterprise"]
    text = f"{whose}\n{plan.found_on}\n{row['place']}\n{row['description']}"
    return hashlib.sha256(text.encode()).hexdigest()[:32]
