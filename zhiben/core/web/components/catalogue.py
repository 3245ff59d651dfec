"""Every component in every state: its name, when to use it in one sentence, and what to write to get it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from zhiben.core.web.pages.at import At

from . import samples


@dataclass(frozen=True)
class State:
    """One look of a component: the real part it is made by, and what that part is given."""

    label: str
    template: str
    context: Mapping[str, Any]


@dataclass(frozen=True)
class Component:
    """`when` is one sentence; `write` is what a template or a `pages.py` says to get it."""

    key: str
    title: str
    when: str
    write: str
    states: Callable[[At], Sequence[State]]


def _plain(template: str, **context: Any) -> Callable[[At], Sequence[State]]:
    """A component that has no part of its own: its markup is the sample."""
    return lambda at: [State("", f"web/components/{template}.html", context)]


def _lists(at: At) -> list[State]:
    body, some = "web/parts/list_body.html", samples.examples(at.today)
    long = samples.Example(4, samples.LONG_NAME, samples.LONG_NAME, "running", 7, 3, at.today)
    whole = samples.filters() | {"tabs": samples.tabs(), "totals": samples.totals(), "bulk_steps": samples.bulk_steps()}
    turned = {"next_address": samples.PAGE, "previous_address": samples.PAGE}
    return [
        State("视角、筛选、合计、成批办理、翻页", body,
              samples.listing(some, at, search=("title",), is_filtered=True, **whole, **turned)),
        State("只有一条", body, samples.listing(some[:1], at)),
        State("很长的名称", body, samples.listing([long], at)),
        State("还没有记录", body, samples.listing([], at)),
        State("筛选后没有记录", body, samples.listing([], at, is_filtered=True, text="锅炉")),
    ]  # fmt: skip


def _fields(state: str) -> Callable[[At], Sequence[State]]:
    return lambda at: [
        State("", "web/parts/question.html", {"question": samples.question(kind, state, **more)})
        for kind, more in _asked(state)
    ]


def _asked(state: str) -> list[tuple[Any, dict[str, str]]]:
    told = {"help": "提示写在这里，说清怎么填。"} if state == "empty" else {}
    return [(kind, told) for kind in samples.LABELS]


def _steps(at: At) -> list[State]:
    part = "web/parts/step.html"
    wrong = samples.dialog(at.today) | {"key": "wrong", "questions": [samples.question("long_text", "wrong")]}
    refused = samples.offer(
        samples.step("submit", "报送办结"), refusal="还有 2 项下级任务没有办结，办结后才能报送。", today=at.today
    )
    return [
        State("需要两人同意", part, samples.approval_dialog(at.today)),
        State("填写有误，已填的还在", part, wrong),
        State("现在不能办", part, samples.dialog(at.today) | {"offer": refused, "questions": []}),
    ]  # fmt: skip


def _jobs(at: At) -> list[State]:
    done = [{"name": "第 3 行", "problem": ""}, {"name": "第 4 行", "problem": "没有这个单位，请核对单位名称"}]
    return [
        State("进行中", "web/parts/job.html", samples.job("running")),
        State("完成，有逐行结果", "web/parts/job.html", samples.job("done", rows=done, row_count=2)),
        State("失败", "web/parts/job.html", samples.job("failed", error="磁盘已满，请联系系统管理员。")),
    ]


def _one(template: str, given: Callable[[date, datetime], Mapping[str, Any]]) -> Callable[[At], Sequence[State]]:
    return lambda at: [State("", template, given(at.today, at.now))]


INPUT = (
    'Input("text", "进展情况", "long_text", help="…")，字段种类见 core/workflow/table.py；表单用 {% control field %}'
)
QUESTION = '{% include "web/parts/question.html" %}'

CATALOGUE: tuple[tuple[str, tuple[Component, ...]], ...] = (
    ("动作", (
        Component("buttons", "按钮", "每页只有一个主按钮，就是下一步；会丢掉东西的用红框，其余用普通按钮。",
                  '<button class="btn btn-primary">、btn、btn-danger、btn-plain、btn-sm；提交后自动显示忙碌', _plain("buttons")),
        Component("offers", "下一步", "记录页右侧，按办理流程自动列出；不能办的也列出，并说明原因。",
                  '{% include "web/parts/offers.html" %}，由 RecordPages 自带', _one("web/parts/offers.html", lambda today, now: samples.offers(today))),
        Component("dialogs", "办理对话框", "每一步办理前，先说清办后的状态、期限和会通知谁；没有脚本时就是一页。",
                  'hx-get="办理地址" hx-target="#dialog-body"；内容是 web/parts/step.html', _steps),
        Component("menus", "菜单", "不常用的动作收进来；按 Esc 关闭，焦点回到按钮。",
                  '<details class="menu"><summary class="btn">…</summary><div class="menu-body">…</div></details>', _plain("menus")),
    )),
    ("填写", (
        Component("fields", "字段：空白", "标签在上，提示在下，期限、单位等系统知道的先填好。", INPUT, _fields("empty")),
        Component("filled", "字段：已填", "退回修改、刷新或断网以后，填过的都还在。", QUESTION, _fields("filled")),
        Component("wrong", "字段：有误", "红框和一句话写在字段旁：哪里错、怎么改。", QUESTION, _fields("wrong")),
        Component("disabled", "字段：不能改", "现在不能改的也显示出来，让人知道是什么。",
                  '<input class="form-control" disabled>、readonly', _plain("disabled")),
        Component("uploads", "文件上传", "选好就开始传，断网能接着传；提交时已经在服务器上。",
                  'Input("files", "佐证材料", "files")', _plain("uploads")),
        Component("drop", "拖放文件", "整页只要一个文件时用：拖进来，或点一下选择。",
                  '<form data-drop>…<label class="drop">…', _plain("drop")),
    )),
    ("清单", (
        Component("list", "列表", "一类记录的全部：视角、筛选、合计、成批办理、翻页都在网址里。",
                  "RecordPages 的 columns、filters、totals；web/parts/list_body.html", _lists),
        Component("work", "待办行", "等某人办的事：按期限排，行尾就是下一步。",
                  '{% include "web/parts/work.html" with rows=rows headed=True %}', _one("web/parts/work.html", samples.work)),
        Component("empties", "空白页", "没有内容时说明为什么，以及接下来能做什么。",
                  '<div class="empty-state">{% icon "inbox" %}<strong>…</strong><p>…</p></div>', _plain("empties")),
        Component("figures", "数字表", "数字右对齐、等宽；每个数字点得开，比率写明分子和分母。",
                  '<div class="rows"><table>…<td class="end num">', _plain("figures")),
    )),
    ("记录", (
        Component("states", "办理进度", "记录页顶端：走过哪些状态、现在在哪、停了多久。",
                  "由 Workflow 自动得出", _one("web/parts/states.html", lambda today, now: samples.states(now))),
        Component("facts", "事实", "记录是什么：名称在上，内容在下；长文字占一整行。",
                  '<dl class="facts"><div><dt>…</dt><dd>…</dd></div></dl>', _plain("facts", long_name=samples.LONG_NAME)),
        Component("timeline", "留痕", "谁、以什么岗位、什么时候、改了什么；不能删改。",
                  '{% include "web/parts/timeline.html" %}', _one("web/parts/timeline.html", lambda today, now: samples.timeline(now))),
        Component("cards", "卡片", "一件事一张卡片：标题左，动作右。",
                  '<section class="card"><div class="card-header"><h2>…</h2></div><div class="card-body">…', _plain("cards")),
    )),
    ("提示", (
        Component("tags", "标签和期限", "颜色只配合文字：黑白打印和色弱的人一样看得懂。",
                  '<span class="tag tag-green">…</span>、{% due day %}', _plain("tags")),
        Component("chips", "已选条件", "选中的单位或筛选条件，点 × 去掉。", '<span class="chip">…<button aria-label="移除 …">×</button></span>', _plain("chips")),
        Component("alerts", "提示条", "告诉人发生了什么、该做什么；错误用 role=alert，成功用 role=status。",
                  '<div class="alert alert-warning" role="status">', _plain("alerts")),
        Component("progress", "进度", "长时间的工作：做了多少、还要多久、可以离开。",
                  '<progress value="40" max="100" aria-label="…">、web/parts/job.html', _jobs),
        Component("charts", "图", "先一句结论，再是图，后面跟同样数字的表；颜色配花纹。",
                  '<figure data-chart="JSON 地址"><div class="chart-picture"></div></figure>', _plain("charts")),
    )),
)  # fmt: skip
"""Headings and what stands under them, in the order of the page."""
