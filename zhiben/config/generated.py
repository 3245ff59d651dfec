"""The pages of docs/generated/, drawn from the program itself: states, rights, tables, who calls whom."""

from django.apps import apps
from django.db import models

from zhiben.core.access.permissions import PERMISSIONS, Permission
from zhiben.core.org.roles import Role
from zhiben.core.workflow.table import Span, Step, Workflow, registry

WRITTEN_BY = "<!-- made by `make docs`; edit the program, not this page -->\n\n"


def pages() -> dict[str, str]:
    """File name → text. The same program gives the same text."""
    found = {"role-matrix.md": role_matrix(), "records.md": records(), "modules.md": modules()}
    found |= {f"states-{flow.record_type.replace('.', '-')}.md": states(flow) for flow in our_workflows()}
    return {name: WRITTEN_BY + text for name, text in found.items()}


def our_workflows() -> list[Workflow]:
    return [flow for flow in registry() if flow.model.__module__.startswith("zhiben.")]


# --- the life of a record --------------------------------------------------------------------------------------


def states(flow: Workflow) -> str:
    title = flow.label or str(flow.model._meta.verbose_name)
    parts = [f"# {title}的流程\n", f"`{flow.record_type}`\n", _diagram(flow), _steps(flow)]
    if flow.deadlines:
        parts.append(_deadlines(flow))
    return "\n".join(parts)


def _diagram(flow: Workflow) -> str:
    named = dict(flow.states)
    lines = ["```mermaid", "stateDiagram-v2"]
    lines += [f'    state "{label}" as {value}' for value, label in named.items()]
    lines.append(f"    [*] --> {flow.start}")
    arrows: dict[tuple[str, str], list[str]] = {}
    for step in flow.steps:
        for source in step.sources:
            arrows.setdefault((source, step.lands_in(source)), []).append(step.label)
    lines += [f"    {source} --> {target}: {'、'.join(labels)}" for (source, target), labels in arrows.items()]
    lines += [f"    {state} --> [*]" for state in flow.final]
    return "\n".join([*lines, "```", ""])


def _steps(flow: Workflow) -> str:
    lines = ["| 步骤 | 从 | 到 | 由谁办理 | 必填 | 选填 | 审批 |", "| --- | --- | --- | --- | --- | --- | --- |"]
    for step in flow.steps:
        target = flow.state_label(step.target) if step.target else "不变"
        cells = (
            f"{step.label} `{step.name}`",
            "、".join(flow.state_label(source) for source in step.sources),
            target,
            step.actor.label,
            _inputs(flow, step.needs),
            _inputs(flow, step.takes),
            _approval(step),
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join([*lines, ""])


def _inputs(flow: Workflow, names: tuple[str, ...]) -> str:
    return "、".join(flow.input(name).label for name in names)


def _approval(step: Step) -> str:
    if step.approval is None:
        return ""
    how_many = "全体同意" if step.approval.quorum == "all" else f"{step.approval.quorum} 人同意"
    return f"{step.approval.by.label}，{how_many}"


def _deadlines(flow: Workflow) -> str:
    lines = ["| 期限 | 适用状态 | 提醒 | 逾期提级 |", "| --- | --- | --- | --- |"]
    for deadline in flow.deadlines:
        cells = (
            deadline.label,
            "、".join(flow.state_label(state) for state in deadline.states),
            "、".join(f"提前 {_span(span)}" for span in deadline.remind),
            "；".join(f"{_after(span)}：{actor.label}" for span, actor in deadline.escalate),
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join([*lines, ""])


def _span(span: Span) -> str:
    return f"{span.count} 个工作日" if span.working else f"{span.count} 天"


def _after(span: Span) -> str:
    return f"逾期 {_span(span)}" if span.count else "逾期当天"


# --- who may do what -------------------------------------------------------------------------------------------


def role_matrix() -> str:
    lines = ["# 角色与权限\n", "| 权限 | " + " | ".join(role.label for role in Role) + " |"]
    lines.append("| --- |" + " :-: |" * len(Role))
    for permission in Permission:
        marks = ("●" if permission in PERMISSIONS[role] else "" for role in Role)
        lines.append(f"| {permission.label} | " + " | ".join(marks) + " |")
    return "\n".join([*lines, ""])


# --- what is kept ----------------------------------------------------------------------------------------------


def records() -> str:
    parts = ["# 数据表\n"]
    for app in apps.get_app_configs():
        kept = sorted(app.get_models(), key=lambda model: model.__name__)
        if not app.name.startswith("zhiben.") or not kept:
            continue
        parts.append(f"## {app.verbose_name} `{app.name}`\n")
        parts.append("| 记录 | 表 | 指向 |\n| --- | --- | --- |")
        parts += [f"| {m._meta.verbose_name} `{m.__name__}` | `{m._meta.db_table}` | {_points_at(m)} |" for m in kept]
        parts.append("")
    return "\n".join(parts)


def _points_at(model: type[models.Model]) -> str:
    targets = {
        f"`{field.name}` → {field.related_model._meta.label}"
        for field in model._meta.get_fields()
        if field.is_relation and field.concrete and isinstance(field.related_model, type)
    }
    return "，".join(sorted(targets))


# --- who calls whom --------------------------------------------------------------------------------------------


def modules() -> str:
    """Arrows as imports stand in the program today, tests aside. Development only: needs import-linter's graph."""
    import grimp

    graph = grimp.build_graph("zhiben", cache_dir=None)
    arrows: set[tuple[str, str]] = set()
    for importer in graph.modules:
        if ".tests" in importer or importer.endswith("conftest"):
            continue
        for imported in graph.find_modules_directly_imported_by(importer):
            pair = (_room(importer), _room(imported))
            if pair[0] != pair[1]:
                arrows.add(pair)
    lines = ["# 谁调用谁\n", "```mermaid", "flowchart TD"]
    rooms = sorted({room for pair in arrows for room in pair})
    for floor in ("config", "insight", "modules", "core"):
        lines += _floor(floor, [room for room in rooms if room.split("/")[0] == floor])
    lines += [f"    {_node(one)} --> {_node(other)}" for one, other in sorted(arrows) if one.split("/")[0] != "config"]
    lines += ["```", "", "`config` 调用以上全部，箭头从略。", ""]
    return "\n".join(lines)


def _room(module: str) -> str:
    """`zhiben.core.audit.services` lives in the room `core/audit`."""
    parts = module.split(".")[1:3]
    return "/".join(parts[:1] if parts[:1] == ["config"] else parts) or "zhiben"


def _node(room: str) -> str:
    return room.replace("/", "_")


def _floor(floor: str, rooms: list[str]) -> list[str]:
    if not rooms:
        return []
    return [f"    subgraph {floor}", *(f"        {_node(room)}[{room}]" for room in rooms), "    end"]
