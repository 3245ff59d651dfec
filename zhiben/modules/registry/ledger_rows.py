"""What one row of an enterprise ledger (企业台账) says, in the words of the services: read, compared, told."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from zhiben.core.exchange.declaration import Action, Problem, Question, Row
from zhiben.core.exchange.naming import FoundUnits
from zhiben.core.exchange.organisation.words import sector_called
from zhiben.core.org.models import Region

from .industries import read_industry
from .models.enterprises import Enterprise, Scale
from .services import EnterpriseChange, NewEnterprise
from .trades import known_trades

SCALES = {"大": Scale.LARGE, "中": Scale.MEDIUM, "小": Scale.SMALL, "微": Scale.MICRO, "个": Scale.HOUSEHOLD}
GIVEN_AS_IT_STANDS = (
    "company_code", "staff_count", "products", "established_on", "address", "head_name", "head_mobile", "officer_name", "officer_mobile",
)  # fmt: skip
_PLACES = Decimal("0.000001")
_NO_CODE = re.compile(r"[-—/\\]*|无|暂无|没有|未办理|办理中")


@dataclass
class Plan:
    row: Row
    code: str = ""
    region: Region | None = None
    given: dict[str, Any] = field(default_factory=dict)
    enterprise: Enterprise | None = None
    changes: dict[str, Any] = field(default_factory=dict)
    question: Question | None = None
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def action(self) -> Action:
        if self.enterprise is None:
            return "new"
        return "change" if self.changes else "same"

    @property
    def is_sound(self) -> bool:
        return not self.problems and not (self.question and self.question.is_open(self.row))

    @property
    def questions(self) -> tuple[Question, ...]:
        return (self.question,) if self.question else ()

    def refuse(self, name: str, sentence: str) -> None:
        self.problems.append(Problem(name, sentence))


def read_row(plan: Plan, units: Mapping[str, FoundUnits]) -> None:
    """What the row gives, in the words of the services; what is empty is not given."""
    row, given = plan.row, plan.given
    code = "".join(row["credit_code"].split()).upper()
    plan.code = "" if _NO_CODE.fullmatch(code) else code
    given["name"] = row["name"]
    if plan.region:
        given["region"] = plan.region
    if plan.code:
        given["credit_code"] = plan.code
    for name in GIVEN_AS_IT_STANDS:
        if (value := row[name]) not in ("", None):
            given[name] = " ".join(value.split())[:200] if name == "products" else value
    _read_choices(plan)
    if (row["latitude"] is None) != (row["longitude"] is None):
        plan.refuse("latitude" if row["latitude"] is None else "longitude", "经度和纬度要么都填，要么都不填。")
    elif row["latitude"] is not None:
        given |= {name: row[name].quantize(_PLACES) for name in ("latitude", "longitude")}
    if text := row["supervising_unit"]:
        found = units[text]
        plan.notes += [found.note] if found.note else []
        if found.unit is None:
            plan.refuse("supervising_unit", found.problem or f"“{text}”指多个单位，请填写一个监管单位的全称。")
        else:
            given["supervising_unit"] = found.unit
    if (state := row["status"]) and any(word in state for word in ("停", "关", "注销", "吊销", "歇业", "搬")):
        plan.notes.append(f"经营状态“{state}”不随表格改变，请在企业档案里办理停产停业或关闭。")


def _read_choices(plan: Plan) -> None:
    row, given = plan.row, plan.given
    if text := row["sector"]:
        sector = sector_called(text)
        if sector is None or sector == "*":
            plan.refuse("sector", f"没有“{text}”这个行业领域，请改填系统里的名称，例如“工贸”“危险化学品”“建筑施工”。")
        else:
            given["sector"] = str(sector)
    if row["trades"]:
        given["trades"] = tuple(row["trades"])
        if unknown := [trade for trade in row["trades"] if trade not in known_trades()]:
            plan.refuse("trades", f"没有“{unknown[0]}”这个安全行业，请按判定标准目录填写，例如“工贸-机械”。")
    if text := row["industry"]:
        code = read_industry(text)
        if code is None:
            plan.refuse("industry", f"“{text}”不在《国民经济行业分类》中，请填写代码或大类名称，例如 C26、餐饮业。")
        else:
            given["industry"] = code
    if text := row["scale"]:
        scale = SCALES.get(text[0])
        if scale is None:
            plan.refuse("scale", f"规模“{text}”请改填其中一种：大型、中型、小型、微型、个体工商户。")
        else:
            given["scale"] = str(scale)


def compare(plan: Plan) -> None:
    """What of the row the file does not say yet."""
    assert plan.enterprise is not None
    known = plan.enterprise
    for name, value in plan.given.items():
        before: Any = known.region if name == "region" else getattr(known, name)
        if (tuple(before) if name == "trades" else before) != value:
            plan.changes[name] = value
    if "name" in plan.changes:
        plan.notes.append(f"将“{known.name}”更名为“{plan.given['name']}”。")
    if "region" in plan.changes:
        plan.notes.append(f"所在区域由“{known.region}”改为“{plan.given['region']}”。")


def new_enterprise(plan: Plan) -> NewEnterprise:
    return NewEnterprise(**plan.given)


def change_of(plan: Plan) -> EnterpriseChange:
    assert plan.enterprise is not None
    return EnterpriseChange(enterprise=plan.enterprise, fields=plan.changes)


def described(enterprise: Enterprise) -> str:
    place = enterprise.address or f"{enterprise.region}，地址未填"
    return f"{enterprise.name}（{place}，{enterprise.credit_code or '没有代码'}）"
