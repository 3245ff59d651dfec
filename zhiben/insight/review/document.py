"""月度调度 as an official document: what a template may say, and the template that holds until an office has its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from zhiben.core.access.acting import Acting
from zhiben.core.access.permissions import Permission
from zhiben.core.documents.kinds import DocumentKind, said
from zhiben.core.documents.paper import Annex, Block, Heading, Paper, Paragraph, Table

from .heads import Head, head_of
from .measures import PARTS
from .reading import Asked, Review
from .showing import HEADS, Line, Listed, Sheet

KEY = "insight.monthly_review"


@dataclass(frozen=True)
class CountsRow:
    """One line of a table of counts."""

    label: str = said("名称", "单位、行业领域或方案", example="柳溪镇")
    layer: str = said("层级", "只在每一层的第一行有内容", example="各乡镇（街道）")
    total: int = said("任务总数", example="38")
    completed: int = said("办结", example="20")
    running: int = said("办理中", "已接收、未到期", example="10")
    overdue: int = said("逾期", example="3")
    pending: int = said("待接收", example="2")
    submitted: int = said("待核验", example="2")
    returned: int = said("退回", example="1")
    on_time: int = said("按期办结", example="12")
    fallen_due: int = said("已到期", example="16")
    rate: str = said("按期办结率", "没有到期时为“—”", example="75.0%")
    change: str = said("较上月末", "以百分点计", example="升2.5")


@dataclass(frozen=True)
class PointRow:
    heading: str = said("标题句", example="部分任务逾期。")
    text: str = said("正文", example="截至期末逾期任务3件，涉及2个单位：县住建局2件、柳溪镇1件。")


@dataclass(frozen=True)
class TaskRow:
    title: str = said("任务", example="排查烟花爆竹零售点")
    unit: str = said("承办单位", example="县应急管理局")
    due_on: str = said("办结期限", example="2026年3月20日")
    last: str = said("逾期天数或状态", example="12天")


@dataclass(frozen=True)
class WholeFigures:
    """The figures one by one, for an office that words its own sentences."""

    total: int = said("任务总数", example="190")
    main: int = said("主任务", example="40")
    share: int = said("分解任务", example="150")
    completed: int = said("办结", example="55")
    running: int = said("办理中", example="123")
    overdue: int = said("逾期", example="7")
    pending: int = said("待接收", example="0")
    submitted: int = said("待核验", example="5")
    returned: int = said("退回", example="0")
    fallen_due: int = said("已到期", example="62")
    not_due: int = said("未到期", example="128")
    early: int = said("提前办结", example="2")
    due_completed: int = said("到期办结", example="53")
    on_time: int = said("按期办结", example="51")
    late: int = said("逾期办结", example="2")
    due_submitted: int = said("到期待核验", example="2")
    due_returned: int = said("到期退回", example="0")
    new: int = said("本月新交办", example="3")
    due_now: int = said("本月到期", example="22")
    due_now_on_time: int = said("本月到期的按期办结", example="19")
    completed_now: int = said("本月办结", example="23")
    overdue_now: int = said("本月新增逾期", example="1")
    extended: int = said("本月批准延期", example="1")
    withdrawn: int = said("本月撤回", example="0")
    to_report: int = said("应反馈", example="120")
    reported: int = said("已反馈", example="88")
    silent: int = said("未反馈", example="32")
    due_next: int = said("下一步到期", example="11")
    milestones: int = said("本月到期节点", example="3")
    milestones_reached: int = said("按期完成节点", example="1")
    milestones_late: int = said("逾期完成节点", example="0")
    milestones_missed: int = said("未完成节点", example="2")
    indicators: int = said("指标", example="37")
    indicators_achieved: int = said("已达到指标", example="1")
    indicators_behind: int = said("尚未达到指标", example="28")
    indicators_unknown: int = said("未填报指标", example="8")
    turns: int = said("本月到期的定期工作", example="45")
    turns_done: int = said("按期完成的定期工作", example="38")
    turns_late: int = said("逾期完成的定期工作", example="0")
    turns_missed: int = said("未完成的定期工作", example="7")
    completion: str = said("办结率", "办结 ÷ 任务总数", example="28.9%")
    timeliness: str = said("按期办结率", "按期办结 ÷ 已到期", example="82.3%")


@dataclass(frozen=True)
class MonthlyReview:
    """Everything that the document says. Sentences are complete; figures stand in `figures` as well."""

    mark: str = said("发文机关标志", example="澄溪县安全生产委员会办公室文件")
    issuer: str = said("发文机关署名", example="澄溪县安全生产委员会办公室")
    number: str = said("发文字号", "没有编号时留出空位", example="澄安委办〔2026〕3号")
    signer: str = said("签发人", example="主策")
    to: str = said("主送", example="各乡镇人民政府，县安委会各成员单位")
    copies_to: str = said("抄送", example="市安委办")
    printed_by: str = said("印发机关", example="澄溪县安全生产委员会办公室")
    contact: str = said("附注", "联系人和电话", example="联系人：安宁，电话：0000-1234567")
    issued_on: date = said("成文日期", example="2026年4月5日")
    title: str = said("标题", example="关于2026年3月安全生产重点任务调度情况的通报")
    month: str = said("月份", example="2026年3月")
    until: str = said("截至", example="2026年3月31日24时")
    scope: str = said("范围", example="澄溪县")
    programme: str = said("方案", "没有选方案时为空", example="治本攻坚行动实施方案")
    lead: str = said("开头一段", "依据和统计期")
    overall: Sequence[str] = said("总体情况各段")
    units_lead: str = said("各单位情况的引语")
    units: Sequence[CountsRow] = said("各单位")
    total: CountsRow = said("各单位合计")
    all_on_time: str = said("全部按期的单位", "一句话，没有时为空")
    below_all: str = said("按期办结率低于100%的单位", "一句话，没有时为空")
    sectors: Sequence[CountsRow] = said("各行业领域", "任务没有分行业时为空")
    programmes: Sequence[CountsRow] = said("各方案")
    problems: Sequence[PointRow] = said("存在的主要问题")
    no_problems: str = said("没有问题时的一句话", "有问题时为空")
    demands: Sequence[PointRow] = said("下一步工作要求")
    notes: Sequence[str] = said("统计说明", "口径，以及不能还原的情况")
    overdue: Sequence[TaskRow] = said("逾期任务")
    upcoming: Sequence[TaskRow] = said("下一步到期任务")
    figures: WholeFigures = said("各项数字")


COUNTING = (
    "统计口径：任务计在承办单位名下，牵头、责任单位的主任务和参与、下级单位的分解任务各计一件；"
    "已撤回的不计；按期办结率为按期办结件数除以已到期件数，比率保留一位小数，增减以百分点计。"
)


def context_of(review: Review, head: Head | None = None) -> MonthlyReview:
    """Raises DoesNotAddUp."""
    head = head or head_of(review)
    sheet = Sheet(review, head)
    telling = sheet.telling
    return MonthlyReview(
        mark=head.mark,
        issuer=head.issuer,
        number=head.number,
        signer=head.signer,
        to=head.to,
        copies_to=head.copies_to,
        printed_by=head.printed_by,
        contact=head.contact,
        issued_on=head.issued_on,
        title=telling.title,
        month=str(review.month),
        until=review.period.until,
        scope=review.scope,
        programme=telling.programme,
        lead=telling.lead,
        overall=[str(each) for each in telling.overall],
        units_lead=sheet.units_lead,
        units=[_row(line) for line in sheet.units],
        total=_row(sheet.total),
        all_on_time=sheet.all_on_time,
        below_all=sheet.below_all,
        sectors=[_row(line) for line in sheet.sectors],
        programmes=[_row(line) for line in sheet.programmes],
        problems=[PointRow(point.heading, str(point.text)) for point in telling.problems],
        no_problems="" if telling.problems else telling.no_problems,
        demands=[PointRow(point.heading, str(point.text)) for point in telling.demands],
        notes=[COUNTING, *(str(each) for each in sheet.doubts)],
        overdue=[_task(each) for each in sheet.overdue],
        upcoming=[_task(each) for each in sheet.upcoming],
        figures=_figures(review),
    )


def _row(line: Line) -> CountsRow:
    *counts, due, rate, change = (str(cell) for cell in line.cells)
    names = ("total", *(part.name for part in PARTS), "on_time", "fallen_due")
    numbers = dict(zip(names, map(int, (*counts, *due.split("/"))), strict=True))
    return CountsRow(label=line.label, layer=line.layer, rate=rate, change=change, **numbers)


def _task(listed: Listed) -> TaskRow:
    return TaskRow(listed.title, listed.unit, listed.due_on, listed.last)


def _figures(review: Review) -> WholeFigures:
    counts = review.figures.whole
    numbers = {name: counts[name] for name, kind in WholeFigures.__annotations__.items() if kind is int}
    return WholeFigures(**numbers, completion=str(counts.completion), timeliness=str(counts.timeliness))


def sample(acting: Acting, now: datetime) -> MonthlyReview:
    """Of the last month that is over, as this post sees it."""
    return context_of(Review(acting, Asked(), now))


def default_paper() -> Paper:
    def loop(name: str, each: str, *inside: Block) -> list[Block]:
        return [Paragraph(f"{{%p for {each} in {name} %}}"), *inside, Paragraph("{%p endfor %}")]

    def only_if(name: str, *inside: Block, otherwise: str = "") -> list[Block]:
        other = [Paragraph("{%p else %}"), Paragraph(otherwise)] if otherwise else []
        return [Paragraph(f"{{%p if {name} %}}"), *inside, *other, Paragraph("{%p endif %}")]

    return Paper(
        issuer="{{ mark }}",
        number="{{ number }}",
        signer="{{ signer }}",
        title="{{ title }}",
        to="{{ to }}",
        body=[
            Paragraph("{{ lead }}"),
            Heading(1, "总体情况"),
            *loop("overall", "paragraph", Paragraph("{{ paragraph }}")),
            Heading(1, "各单位情况"),
            Paragraph("{{ units_lead }}"),
            _counts_table("单位", "units", layers=True, total=True),
            *only_if("all_on_time", Paragraph("{{ all_on_time }}")),
            *only_if("below_all", Paragraph("{{ below_all }}")),
            *only_if("sectors", Paragraph("分行业领域情况如下。"), _counts_table("行业领域", "sectors")),
            *loop("notes", "note", Paragraph("{{ note }}")),
            Heading(1, "重点方案推进情况"),
            *only_if("programmes", _counts_table("方案", "programmes"), otherwise="本期没有可以统计的方案任务。"),
            Heading(1, "存在的主要问题"),
            *loop("problems", "problem", _point("problem")),
            *only_if("no_problems", Paragraph("{{ no_problems }}")),
            Heading(1, "下一步工作要求"),
            *loop("demands", "demand", _point("demand")),
        ],
        annexes=[
            Annex("逾期任务清单", [_tasks_table("overdue", "逾期")], when="overdue"),
            Annex("下一步到期任务清单", [_tasks_table("upcoming", "状态")], when="upcoming"),
        ],
        issued_by="{{ issuer }}",
        issued_on="{{ issued_on }}",
        contact="{{ contact }}",
        copies_to="{{ copies_to }}",
        printed_by="{{ printed_by }}",
        printed_on="{{ issued_on }}",
    )


def _point(each: str) -> Heading:
    return Heading(
        2, f"{{{{ {each}.heading }}}}", number="{{ loop.index|序号(2) }}", then=f"{{{{ {each}.text }}}}"
    )  # fmt: skip


def _counts_table(first: str, rows: str, *, layers: bool = False, total: bool = False) -> Table:
    columns = ("label", "total", "completed", "running", "overdue", "pending", "submitted", "returned")

    def line(each: str) -> list[str]:
        due = f"{{{{ {each}.on_time }}}}/{{{{ {each}.fallen_due }}}}"
        cells = [f"{{{{ {each}.{name} }}}}" for name in columns]
        return [*cells, due, f"{{{{ {each}.rate }}}}", f"{{{{ {each}.change }}}}"]

    def tag(text: str) -> list[str]:
        return [f"{{%tr {text} %}}"]

    layer = [tag("if row.layer"), ["{{ row.layer }}"], tag("endif")] if layers else []
    return Table(
        head=[first, *HEADS],
        rows=[tag(f"for row in {rows}"), *layer, line("row"), tag("endfor"), *([line("total")] if total else [])],
        widths=[3.4, 1.9, 1.8, 1.8, *[1.7] * 4, 2.3, 2.4, 2.4],
        numeric=range(1, 11),
        total_row=total,
    )


def _tasks_table(rows: str, last: str) -> Table:
    return Table(
        head=["序号", "任务", "承办单位", "办结期限", last],
        rows=[
            [f"{{%tr for row in {rows} %}}"],
            ["{{ loop.index }}", "{{ row.title }}", "{{ row.unit }}", "{{ row.due_on }}", "{{ row.last }}"],
            ["{%tr endfor %}"],
        ],
        widths=[0.9, 4.2, 2.2, 3, 1.4],
        numeric=[0],
    )


MONTHLY_REVIEW = DocumentKind(
    key=KEY,
    title="月度调度通报",
    context=MonthlyReview,
    sample=sample,
    permission=Permission.OVERSEE_REGION,
    paper=default_paper,
    help="“月度调度”页面下载的通报用这个模板。数字由系统按月底当时的台账填写，模板里只改措辞和版式。",
)
