"""Hazards from offices' own ledgers (隐患台账): one row, one hazard, in whatever state it had come to.

A row that stands recorded is not recorded again: the same enterprise, day, place and words. Where the words are only
alike, the person who brings the ledger says so in the preview. What a ledger says of the past becomes the state in which
the hazard begins here (`HAZARD_LIFE.enters`), and its trail says from which row of which file.
"""

from collections.abc import Sequence

from zhiben.core.access.permissions import Permission
from zhiben.core.clock import local_day
from zhiben.core.exchange.declaration import (
    Checked,
    Context,
    Done,
    Field,
    Importing,
    Question,
    Row,
    register,
)

from . import ledger
from .arriving import tell_desks
from .citing import Citations
from .ledger_rows import (
    NOT_SAID,
    Plan,
    differs,
    five_of,
    identity_of,
    leave_closing_to_whom_it_belongs,
    past_of,
    read_row,
)
from .models import Channel
from .numbering import wait_for_turn
from .others import OUT_OF_SIGHT, within_sight
from .recorded import ANOTHER, SAME, One, Recorded
from .reporting import report_hazards
from .reports import Report, objections
from .whose import Enterprises

RECORD = "hazards.hazard"
ORIGIN = "hazards.ledger"
"""`origin_type` of what was brought in from a ledger; `origin_id` is `identity_of` the row."""


@register
class HazardImport(Importing):
    key, title, counter = "hazards.hazards", "隐患", "条"
    permission, list_url = Permission.REPORT_HAZARDS, "hazards:list"
    fields = (
        Field("enterprise", "企业名称", ("单位名称", "被检查单位", "受检单位", "被检查单位名称", "检查单位名称", "隐患单位", "责任单位", "整改单位", "企业",
                                    "生产经营单位", "生产经营单位名称", "场所名称", "被检查企业", "检查对象"),
              required=True, max_length=128, example="云帆化工有限公司"),
        Field("credit_code", "统一社会信用代码", ("信用代码", "社会信用代码", "统一信用代码", "营业执照号", "统一代码", "企业代码"), is_code=True,
              max_length=40, looks=r"[0-9A-HJ-NP-RT-UW-Y]{18}", help="有代码的按代码对应企业，没有的按名称对应。"),
        Field("region", "所在区域", ("乡镇", "所属乡镇", "乡镇街道", "乡镇（街道）", "镇街", "街道", "属地", "行政区划", "所属区域", "区域"),
              max_length=64, example="柳溪镇"),
        Field("address", "企业地址", ("地址", "单位地址", "详细地址", "经营地址"), max_length=200),
        Field("sector", "行业领域", ("行业", "所属行业", "监管行业", "行业类别", "所属领域"), max_length=64),
        Field("place", "具体位置", ("位置", "部位", "隐患部位", "隐患位置", "隐患地点", "地点", "场所", "存在部位", "检查部位", "检查区域", "所在位置", "隐患所在位置"),
              max_length=128, example="一号厂房北侧消防车通道"),
        Field("description", "隐患情况", ("隐患描述", "存在问题", "隐患内容", "问题描述", "存在隐患", "问题隐患", "隐患问题", "问题", "隐患", "检查发现问题",
                                      "发现问题", "存在的问题", "存在的隐患", "隐患现状", "隐患概述", "问题清单", "主要问题", "事故隐患", "存在的主要问题",
                                      "安全隐患", "隐患名称", "问题隐患描述", "存在的问题和隐患", "问题及隐患"),
              required=True, kind="long_text", max_length=5000, example="消防车通道堆放托盘，长约 30 米，消防车无法通过"),
        Field("danger", "危害", ("可能后果", "危害后果", "可能造成的后果", "风险", "潜在危害", "易发生事故类型"), kind="long_text", max_length=2000),
        Field("level", "等级", ("隐患级别", "隐患等级", "级别", "问题等级", "隐患类型", "是否重大", "隐患性质", "是否重大隐患", "是否重大事故隐患"), max_length=32, example="一般"),
        Field("category", "类别", ("隐患类别", "问题类别", "隐患分类", "问题类型", "专业", "专业类别", "隐患专业"), max_length=64),
        Field("criterion", "判定依据", ("条款", "依据", "检查依据", "违反条款", "法规依据", "判定标准", "依据条款", "法律依据", "标准依据", "违反标准",
                                    "判定情形"), kind="long_text", max_length=2000),
        Field("found_on", "发现日期", ("发现时间", "检查日期", "检查时间", "排查时间", "排查日期", "日期", "登记日期", "上报时间", "登记时间", "录入时间"),
              kind="date", required=True, example="2026-03-10"),
        Field("found_by", "发现人", ("检查人", "检查人员", "排查人", "排查人员", "上报人", "登记人", "执法人员", "检查者", "专家"), max_length=200),
        Field("found_by_unit", "检查单位", ("检查部门", "排查单位", "发现单位", "检查组", "执法单位", "牵头检查单位"), max_length=128),
        Field("source", "来源", ("检查类型", "隐患来源", "检查方式", "排查类型", "检查形式", "问题来源", "排查方式", "检查性质", "检查名称"), max_length=64,
              example="专项检查"),
        Field("rectify_by", "整改期限", ("整改时限", "限期", "限改日期", "整改截止日期", "完成期限", "要求完成时间", "计划完成时间", "整改到期日", "拟完成时间",
                                    "计划整改完成时间"), kind="date", example="2026-03-25"),
        Field("immediate_measures", "临时措施", ("已采取的临时措施", "防范措施", "管控措施", "临时管控措施", "应急措施"), kind="long_text",
              max_length=2000),
        Field("liable_person", "整改责任人", ("责任人", "企业责任人", "整改负责人", "负责人"), max_length=64),
        Field("liable_mobile", "责任人电话", ("电话", "联系电话", "联系方式", "责任人联系方式"), is_code=True, max_length=40),
        Field("measures", "整改措施", ("整改要求", "整改意见", "整改建议", "治理措施", "整改方案", "处理意见"), kind="long_text", max_length=2000),
        Field("funds", "整改资金（元）", ("整改资金", "资金", "投入资金", "整改费用", "资金（元）", "费用", "投入资金（元）"), kind="number"),
        Field("funds_wan", "整改资金（万元）", ("资金（万元）", "投入资金（万元）", "整改资金投入（万元）", "费用（万元）", "投入（万元）"), kind="number"),
        Field("summary", "整改情况", ("整改结果", "整改完成情况", "完成情况", "整改落实情况", "整改进展", "落实情况", "整改后情况"), kind="long_text", max_length=5000),
        Field("rectified_on", "整改完成时间", ("整改完成日期", "完成时间", "完成日期", "整改日期", "整改时间", "实际完成时间", "实际整改完成时间"), kind="date"),
        Field("verified_by", "复查人", ("复查人员", "验收人", "核查人", "验收人员", "复核人", "销号人"), max_length=200),
        Field("verified_on", "复查时间", ("复查日期", "验收时间", "验收日期", "核查时间", "销号时间", "销号日期", "闭环时间", "复核时间"), kind="date"),
        Field("finding", "复查意见", ("复查情况", "验收意见", "复查结果", "验收结果", "复查结论", "验收情况"), kind="long_text", max_length=2000),
        Field("status", "状态", ("是否整改", "整改状态", "是否完成整改", "是否整改完成", "隐患状态", "是否销号", "销号情况", "是否闭环", "闭环情况",
                               "是否完成", "整改与否"), max_length=64, example="整改中"),
    )  # fmt: skip
    identity = ("enterprise", "credit_code", "region", "found_on", "place", "description")
    checks_itself = works_ahead = True
    help = (
        "企业先按统一社会信用代码对应，没有代码的按名称对应；对不准的会请您选择。表中已整改、已销号的登记为已销号，整改中的登记为已交办，"
        "没有写状态和期限的登记为待判定。再次导入同一份台账不会重复登记；已登记的，状态不随表格改变，请在系统里办理。"
    )

    def __init__(self) -> None:
        self._enterprises: Enterprises | None = None
        self._citations = Citations()
        self._seen: dict[str, int] = {}
        """Identity of a row → the first row of this list that says so."""

    def check(self, rows: Sequence[Row], at: Context) -> Sequence[Checked]:
        return [
            Checked(plan.row.number, plan.action, tuple(plan.problems), "".join(plan.notes), tuple(plan.asked))
            for plan in self._plans(rows, at, refuse=True)
        ]

    def carry_out(self, rows: Sequence[Row], at: Context) -> Sequence[Done]:
        plans = self._plans(rows, at)
        new = [plan for plan in plans if plan.is_sound and not plan.known]
        self._open_enterprises(new, at)
        reports = [self._report(plan, at) for plan in new]
        made = report_hazards(reports=reports, by=at.by, now=at.now, tells=False) if reports else []
        keys = {plan.row.number: str(hazard.pk) for plan, hazard in zip(new, made, strict=True)}
        return [
            Done(
                plan.row.number, plan.action, RECORD if plan.known or plan.row.number in keys else "",
                plan.known or keys.get(plan.row.number, ""), tuple(plan.problems), "".join(plan.notes),
                tuple(plan.asked),
            )
            for plan in plans
        ]  # fmt: skip

    def conclude(self, made: Sequence[str], run_key: str, at: Context) -> None:
        tell_desks(made, key=f"import:{run_key}", file=at.whole.file, by=at.by, now=at.now)

    # ── what each row means ──────────────────────────────────────────────────────────────────────────────────────

    def _plans(self, rows: Sequence[Row], at: Context, *, refuse: bool = False) -> list[Plan]:
        if self._enterprises is None:
            self._enterprises = Enterprises(at.by)
        plans = [Plan(row, whose) for row, whose in zip(rows, self._enterprises.of(rows, at), strict=True)]
        for plan in plans:
            read_row(plan, at)
        leave_closing_to_whom_it_belongs(plans, at)
        if not refuse:
            wait_for_turn({path for plan in plans if (path := plan.whose.region_path)}, local_day(at.now).year)
        self._meet_recorded([plan for plan in plans if not plan.problems], at)
        for plan in plans if refuse else ():
            if plan.is_sound and not plan.known and plan.whose.enterprise:
                for name, sentence in objections(self._report(plan, at), by=at.by, now=at.now):
                    plan.refuse(name if name in _FIELDS else "", f"{sentence}。")
        return plans

    def _open_enterprises(self, plans: Sequence[Plan], at: Context) -> None:
        wanted = [plan.whose.new for plan in plans if plan.whose.new]
        if wanted and self._enterprises:
            opened = self._enterprises.open(wanted, at)
            for plan in plans:
                if plan.whose.new:
                    plan.whose.enterprise = opened[plan.whose.new.credit_code]

    def _meet_recorded(self, plans: Sequence[Plan], at: Context) -> None:
        """Rows that the list has twice, and those that stand recorded already."""
        for plan in plans:
            plan.identity = identity_of(plan)
        recorded = Recorded.of(
            [(plan.whose.enterprise.pk, plan.found_on) for plan in plans if plan.whose.enterprise and plan.found_on],
            origin_type=ORIGIN,
            origins=[plan.identity for plan in plans],
            before=at.whole.brought_at or at.now,
        )
        asking: list[tuple[Plan, list[One]]] = []
        for plan in plans:
            first = self._seen.setdefault(plan.identity, plan.row.number)
            if first != plan.row.number:
                plan.refuse("", f"与第 {first} 行重复（企业、日期、位置和隐患情况相同），请在表格中删去一行。")
                continue
            if plan.whose.enterprise is None or plan.found_on is None:
                continue
            perhaps: list[One] = []
            same = recorded.of_origin(plan.identity)
            if same is None:
                same, perhaps = recorded.like(
                    plan.whose.enterprise.pk, plan.found_on, plan.row["place"] or NOT_SAID, plan.row["description"]
                )
            if same:
                plan.known = str(same.key)
                plan.notes.append(
                    "已有，不再登记。"
                    if not differs(plan, same.status)
                    else f"已有（{same.state}），不再登记；状态不随表格改变，请在系统里办理。"
                )
            elif perhaps:
                asking.append((plan, perhaps))
                answer = plan.row.answers.get(SAME, "")
                plan.known = answer if answer in {str(each.key) for each in perhaps} else ""
        seen = within_sight({each.key for _, perhaps in asking for each in perhaps}, at.by)
        for plan, perhaps in asking:
            those = ((str(each.key), each.told if each.key in seen else OUT_OF_SIGHT) for each in perhaps)
            ways = (*((key, f"是同一条：{told}") for key, told in those), (ANOTHER, "不是，登记为新的隐患"))
            plan.asked.append(Question(SAME, "同一企业同一天有相近的隐患，是同一条吗？", ways))

    def _report(self, plan: Plan, at: Context) -> Report:
        row = plan.row.values
        assert plan.found_on is not None
        criterion, ground = self._citations.of(row["criterion"], plan.found_on) if row["criterion"] else (None, "")
        told = plan.channel == Channel.PUBLIC_REPORT
        finder = "" if told else " ".join(filter(None, (row["found_by_unit"], row["found_by"])))
        kind, category = ledger.inspection_kind_of(row["source"]), row["category"]
        return Report(
            enterprise=plan.whose.enterprise,
            place=row["place"] or NOT_SAID,
            description=row["description"],
            danger=row["danger"],
            category=ledger.category_of(category),
            discipline=ledger.discipline_of(category),
            immediate_measures=row["immediate_measures"],
            level=plan.level,
            criterion=criterion,
            criterion_reason=ground,
            channel=plan.channel,
            inspection_kind=kind,
            origin_type=ORIGIN,
            origin_id=identity_of(plan) if plan.whose.new else plan.identity,
            origin_label=f"台账《{at.whole.file}》第 {plan.row.number} 行",
            found_on=plan.found_on,
            found_by_name=finder[:64],
            rectify_by=row["rectify_by"],
            past=past_of(plan),
            five=five_of(plan),
        )


_FIELDS = {each.name for each in HazardImport.fields}
