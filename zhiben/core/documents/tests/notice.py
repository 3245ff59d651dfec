"""A kind of document for the tests: a circular on the work of some units."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from zhiben.core.access.acting import Acting
from zhiben.core.access.permissions import Permission
from zhiben.core.documents.kinds import DocumentKind, said
from zhiben.core.documents.paper import Annex, Heading, Paper, Paragraph, Table


@dataclass(frozen=True)
class Duty:
    title: str = said("任务名称", example="开展燃气管网排查")
    due_on: date = said("时限", example="2026年3月31日")


@dataclass(frozen=True)
class UnitLine:
    name: str = said("单位名称", example="柳溪镇人民政府")
    done: int = said("已办结", example="9")
    all: int = said("应办结", example="10")
    rate: Decimal | None = said("办结率", "没有应办结任务时为空", example="0.9")
    duties: Sequence[Duty] = said("未办结的任务")


@dataclass(frozen=True)
class Notice:
    title: str = said("标题", example="关于2026年3月任务落实情况的通报")
    issued_on: date = said("成文日期", example="2026年4月2日")
    total: int = said("任务总数", "已交办、未撤回的任务", example="40")
    done: int = said("已办结", example="36")
    rate: Decimal | None = said("办结率", "已办结 ÷ 应办结", example="0.9")
    urgent: bool = said("是否紧急", example="否")
    units: Sequence[UnitLine] = said("各单位情况", "按行政区划顺序")
    names: Sequence[str] = said("单位名单", example="甲镇、乙镇")


def notice(**changes: object) -> Notice:
    duties = (Duty("开展燃气管网排查", date(2026, 3, 31)), Duty("更新老旧电梯台账", date(2026, 4, 30)))
    units = tuple(
        UnitLine(f"第{number}镇人民政府", number, number + 1, Decimal(number) / (number + 1), duties)
        for number in range(1, 4)
    )
    values = {
        "title": "关于2026年3月治本攻坚三年行动任务落实情况的通报", "issued_on": date(2026, 4, 2), "total": 40, "done": 36,
        "rate": Decimal("0.9"), "urgent": False, "units": units, "names": ("甲镇", "乙镇"),
    }  # fmt: skip
    return Notice(**{**values, **changes})


def sample(acting: Acting, now: datetime) -> Notice:
    return notice()


def paper() -> Paper:
    return Paper(
        issuer="{{ letterhead.issuer }}",
        number="{{ letterhead.code }}〔{{ issued_on|年月 }}〕1号",
        title="{{ title }}",
        to="{{ letterhead.to|默认('各乡镇人民政府') }}",
        body=[
            Heading(1, "总体情况"),
            Paragraph("共有任务{{ total }}项，已办结{{ done }}项，办结率{{ rate|百分比 }}（{{ done }}/{{ total }}）。"),
            Paragraph("{%p if urgent %}"),
            Paragraph("情况紧急。"),
            Paragraph("{%p endif %}"),
            Heading(1, "各单位情况"),
            Paragraph("{%p for unit in units %}"),
            Heading(2, "{{ unit.name }}", number="{{ loop.index|序号(2) }}"),
            Paragraph("{%p for duty in unit.duties %}"),
            Paragraph("{{ loop.index }}.{{ duty.title }}，{{ duty.due_on }}前完成。"),
            Paragraph("{%p endfor %}"),
            Paragraph("{%p endfor %}"),
        ],
        annexes=[
            Annex(
                "各单位办结情况表",
                [
                    Table(
                        ["序号", "单位", "应办结", "已办结", "办结率"],
                        [
                            ["{%tr for unit in units %}"],
                            ["{{ loop.index }}", "{{ unit.name }}", "{{ unit.all }}", "{{ unit.done }}", "{{ unit.rate|百分比 }}"],
                            ["{%tr endfor %}"],
                        ],
                        widths=[1, 4, 2, 2, 2],
                        numeric=[2, 3, 4],
                        caption="表1 各单位办结情况",
                    )
                ],
            )
        ],
        issued_by="{{ letterhead.unit }}",
        issued_on="{{ issued_on }}",
        copies_to="{{ letterhead.copies_to|默认('县委办公室') }}",
        printed_by="{{ letterhead.printed_by }}",
        contact="联系人：{{ letterhead.contact }}，电话：{{ letterhead.telephone }}",
    )  # fmt: skip


NOTICE = DocumentKind(
    key="tests.notice",
    title="任务情况通报",
    context=Notice,
    sample=sample,
    permission=Permission.MANAGE_PLANS,
    paper=paper,
    help="试验用的文种。",
)
