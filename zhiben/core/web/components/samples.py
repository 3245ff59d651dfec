"""What the parts of a page are shown with on the component page: a few invented records, held by nobody and kept nowhere.

Each function gives the context of one real part (`web/parts/…`, `web/inputs/…`) in one state.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from zhiben.core.audit.models import AuditLine
from zhiben.core.web.pages.answers import Question
from zhiben.core.web.pages.at import At
from zhiben.core.web.pages.columns import Column, cell
from zhiben.core.web.pages.timeline import Change, Entry
from zhiben.core.workflow.offers import Offer
from zhiben.core.workflow.table import Approval, Input, Kind, Step

PAGE = "/components/"
TITLE = "组件"
CHOICES = (("high", "高"), ("low", "低"))
STATES = {"running": "办理中", "submitted": "待核验", "completed": "已办结", "returned": "已退回"}
LONG_NAME = "云岭省安澜市澄溪县柳溪镇工业集中区危险化学品生产储存经营使用企业安全风险分级管控与隐患排查治理双重预防机制建设领导小组办公室"

COLUMNS = (
    Column("title", "任务", kind="text", link=True),
    Column("unit", "承办单位", kind="text"),
    Column("status", "状态", kind="state", tones={"running": "blue", "completed": "green", "returned": "orange"}),
    Column("progress", "进度", kind="progress"),
    Column("cost", "费用", kind="number", unit="元"),
    Column("due_on", "期限", kind="due"),
)


@dataclass(frozen=True)
class Example:
    """A record as a list shows it."""

    pk: int
    title: str
    unit: str
    status: str
    progress: int
    cost: int | None
    due_on: date | None

    def __str__(self) -> str:
        return self.title

    def get_status_display(self) -> str:
        return STATES[self.status]


def examples(today: date) -> list[Example]:
    return [
        Example(1, "清查危险化学品仓库", "县应急管理局", "running", 40, 12_800, today + timedelta(days=2)),
        Example(2, "培训企业主要负责人", "县住房和城乡建设局", "returned", 0, None, today - timedelta(days=6)),
        Example(3, "更新老旧燃气管道", "柳溪镇人民政府", "completed", 100, 1_250_000, today - timedelta(days=30)),
    ]


# ── lists ────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Listing:
    """What `web/parts/list_body.html` asks of a listing."""

    rows: list[Any] = field(default_factory=list)
    tabs: list[Any] = field(default_factory=list)
    controls: list[Any] = field(default_factory=list)
    totals: list[Any] = field(default_factory=list)
    bulk_steps: list[Any] = field(default_factory=list)
    heads: list[Any] = field(default_factory=list)
    is_filtered: bool = False
    text: str = ""
    next_address: str = ""
    previous_address: str = ""
    perspective: str = "mine"
    unsorted_by: str = ""
    query: str = ""
    params: dict[str, str] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=lambda: dict.fromkeys(("list", "columns", "save_view"), PAGE))

    @property
    def count(self) -> int:
        return len(self.rows)

    @property
    def counted(self) -> str:
        return str(self.count)


def listing(records: Sequence[Example], at: At, **more: Any) -> dict[str, Any]:
    rows = [
        SimpleNamespace(
            record=each,
            address=f"{PAGE}#list",
            cells=[(column, cell(column, each, at, finished=each.status == "completed")) for column in COLUMNS],
        )
        for each in records
    ]
    heads = [
        SimpleNamespace(column=column, address=f"{PAGE}#list", sorted="ascending" if column.name == "due_on" else "")
        for column in COLUMNS
    ]
    pages = SimpleNamespace(title="任务", search=more.pop("search", ()), empty="方案发布或任务交办后，这里就有任务。")
    return {"pages": pages, "listing": Listing(rows=rows, heads=heads, **more)}


def filters() -> dict[str, Any]:
    """Every kind of filter, some of them set."""

    def control(kind: str, name: str, title: str, **more: Any) -> SimpleNamespace:
        given = {"value": None, "said": "", "lifted": PAGE, "choices": [], "params": {}, "picked": []} | more
        template = SimpleNamespace(name=name, template=f"web/filters/{kind}.html")
        return SimpleNamespace(filter=template, title=title, input_id=f"filter-{name}", **given)

    return {
        "controls": [
            control("choice", "state", "状态", value=["running"], said="办理中",
                    choices=[(key, word, key == "running") for key, word in STATES.items()]),
            control("select", "region", "区域", choices=[("1", "柳溪镇", False), ("2", "栖云镇", False)]),
            control("unit", "unit", "承办单位", value=[3], said="县应急管理局", picked=[("3", "县应急管理局")]),
            control("dates", "due", "办结期限", params={"due_from": "", "due_to": ""}),
            control("flag", "overdue", "已逾期"),
        ],
    }  # fmt: skip


def tabs() -> list[Any]:
    named = (("mine", "本单位承办", "12"), ("given", "本单位交办", "166"), ("region", "本辖区", "1000+"))
    return [SimpleNamespace(name=name, label=label, counted=counted) for name, label, counted in named]


def totals() -> list[Any]:
    def figure(label: str, value: str, unit: str = "") -> SimpleNamespace:
        return SimpleNamespace(total=SimpleNamespace(label=label, unit=unit, sum_of=""), value=value, address=PAGE)

    return [figure("已办结", "1"), figure("逾期", "1"), figure("费用", "1,262,800", "元")]


def bulk_steps() -> list[Any]:
    return [SimpleNamespace(label="接收", address=PAGE), SimpleNamespace(label="催办", address=PAGE)]


def work(today: date, now: datetime) -> dict[str, Any]:
    def row(title: str, when: str, due_on: date | None, **more: Any) -> dict[str, Any]:
        item = SimpleNamespace(title=title, due_on=due_on, since=now - timedelta(days=3))
        waiting = SimpleNamespace(
            kind_label="任务", state_label="办理中", step_label="反馈进展", claim=more.get("claim")
        )
        step = "" if more.get("held") else f"{PAGE}steps/feed_back/"
        return {"item": item, "waiting": waiting, "when": when, "address": f"{PAGE}#work", "step_address": step,
                "held_by_other": more.get("held", False)}  # fmt: skip

    held = SimpleNamespace(person_name="应勤")
    return {
        "headed": True,
        "rows": [
            row("培训企业主要负责人", "已逾期", today - timedelta(days=6)),
            row("清查危险化学品仓库", "三天内到期", today + timedelta(days=2), claim=SimpleNamespace(person_name="我")),
            row("更新老旧燃气管道", "以后", today + timedelta(days=40), claim=held, held=True),
            row("建立台账", "没有期限", None),
        ],
    }


# ── forms and steps ──────────────────────────────────────────────────────────────────────────────────────────────

LABELS: dict[Kind, str] = {
    "text": "单行文字", "long_text": "多行文字", "date": "日期", "number": "数字", "percent": "百分比", "choice": "选择",
    "unit": "一个单位", "units": "几个单位", "person": "人员", "files": "文件", "yes_no": "是或否",
}  # fmt: skip
FILLED: dict[Kind, Any] = {
    "text": "柳溪镇工业集中区", "long_text": "已查三家，正在整改。", "date": "2026-12-20", "number": "12800", "percent": "40",
    "choice": "low", "unit": [("3", "县应急管理局")], "units": [("3", "县应急管理局"), ("4", "柳溪镇人民政府")],
    "person": [("5", "应勤")], "files": [("0", "现场照片.jpg")], "yes_no": "1",
}  # fmt: skip
WRONG: dict[Kind, tuple[Any, str]] = {
    "text": ("", "请填写单行文字"), "long_text": ("", "请填写多行文字"), "date": ("2026-01-01", "期限已经过去，请选择今天以后的日期"),
    "number": ("三百", "“三百”不是数字，请用阿拉伯数字填写"), "percent": ("140", "百分比应在 0 到 100 之间"),
    "choice": ("", "请从列表中选择一项"), "unit": ("应急", "没有找到唯一的“应急”，请从下拉列表中选择"),
    "units": ("", "请至少选择一个单位"), "person": ("", "请选择承办人"), "files": ("", "请选择佐证材料"),
    "yes_no": ("", "请先勾选确认"),
}  # fmt: skip
PICKED = ("unit", "units", "person", "files")


def question(kind: Kind, state: str, **more: Any) -> Question:
    given = Input(f"{state}_{kind}", LABELS[kind], kind, choices=CHOICES, unit="元" if kind == "number" else "", **more)
    asked = Question(given, required=state == "wrong")
    if state == "filled" and kind in PICKED:
        asked.chosen = FILLED[kind]
    elif state == "filled":
        asked.value = FILLED[kind]
    elif state == "wrong":
        asked.value, asked.error = WRONG[kind]
    return asked


class Handler:
    """Who takes the steps of the samples: nobody, under a name."""

    label = "承办单位负责人"

    def seats(self, record: Any, directory: Any) -> tuple[str, ...]:
        return ()


def step(name: str, label: str, **more: Any) -> Step:
    return Step(name, label, "running", "submitted", Handler(), **more)


def offer(what: Step, *, refusal: str | None = None, today: date) -> Offer:
    return Offer(what, (), refusal, "待核验", (("核验期限", today + timedelta(days=5)),), ("安宁", "主策"))


def offers(today: date) -> dict[str, Any]:
    return {
        "states": True,
        "record": SimpleNamespace(pk="steps"),
        "pages": SimpleNamespace(step_url="web:component_step"),
        "offers": [
            offer(step("feed_back", "反馈进展", help="做了什么、进展到哪一步"), today=today),
            offer(step("extend", "申请延期", tone="quiet"), today=today),
            offer(step("return", "退回", tone="danger", help="不属于本单位职责时退回"), today=today),
            offer(step("submit", "报送办结"), refusal="还有 2 项下级任务没有办结，办结后才能报送。", today=today),
        ],
    }


def dialog(today: date) -> dict[str, Any]:
    what = step("feed_back", "反馈进展", help="填写后会留痕，并告诉交办单位。")
    asked = [
        Question(Input("percent", "当前进度", "percent", unit="%"), required=True, value="40", before="40"),
        Question(Input("text", "进展情况", "long_text", help="做了什么、进展到哪一步"), required=True),
        Question(Input("fall", "进度下降的理由", "long_text", when_falls="percent"), required=False),
    ]
    return {"step": what, "offer": offer(what, today=today), "questions": asked, "record": "清查危险化学品仓库",
            "action": f"{PAGE}steps/feed_back/", "back": PAGE, "in_dialog": True, "key": "sample", "problems": []}  # fmt: skip


def approval_dialog(today: date) -> dict[str, Any]:
    what = step("extend", "申请延期", approval=Approval(Handler(), quorum=2))
    return dialog(today) | {"step": what, "offer": offer(what, today=today), "questions": []}


# ── records ──────────────────────────────────────────────────────────────────────────────────────────────────────


def states(now: datetime) -> dict[str, Any]:
    def state(place: str, label: str, days: int = 0) -> SimpleNamespace:
        return SimpleNamespace(place=place, label=label, since=now - timedelta(days=days))

    return {
        "states": [
            state("was", "待接收", 20),
            state("now", "办理中", 12),
            state("next", "待核验"),
            state("next", "已办结"),
        ],
        "finished": False,
    }


def timeline(now: datetime) -> dict[str, Any]:
    def entry(label: str, kind: str, days: int, changes: list[Change], **more: Any) -> Entry:
        line = AuditLine(label=label, kind=kind, actor_name="应勤", actor_post="县应急管理局·危化科科员",
                         at=now - timedelta(days=days), **more)  # fmt: skip
        return Entry(line, STATES.get(line.from_state, ""), STATES.get(line.to_state, ""), changes)

    return {
        "timeline": [
            entry("报送办结", "step", 6, [], from_state="running", to_state="submitted"),
            entry("退回补充", "step", 4, [], from_state="submitted", to_state="running", reason="缺两户照片。"),
            entry("修改", "edit", 2, [Change("办结期限", "2026年12月31日", "2026年11月30日")], behalf_name="应明"),
        ],
        "timeline_total": 12,
        "addresses": {"proof": f"{PAGE}#timeline"},
    }


def job(status: str, **more: Any) -> dict[str, Any]:
    words = {"running": "正在做", "done": "已完成", "failed": "没有做完"}
    made = SimpleNamespace(
        pk="00000000-0000-0000-0000-000000000000", status=status, get_status_display=words[status],
        note="导出 10,000 条任务", total=10_000, done=10_000 if status == "done" else 4_200, error=more.pop("error", ""),
    )  # fmt: skip
    return {"job": made, "over": True, **more}
