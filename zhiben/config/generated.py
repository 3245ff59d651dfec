"""The pages of docs/generated/, drawn from the program itself: states, rights, tables, who calls whom."""

from collections.abc import Iterable, Sequence

from django.apps import apps
from django.db import models

from zhiben.core.access.matrix import role_matrix_markdown, roles_of
from zhiben.core.workflow.diagram import deadline_rows, mermaid, step_rows
from zhiben.core.workflow.table import Workflow, registry

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
    parts = [f"# {title}的流程\n", f"`{flow.record_type}`\n", f"```mermaid\n{mermaid(flow)}```\n"]
    parts.append("图上只画改变状态的步骤，全部步骤见下表。\n")
    parts.append(table(("从", "步骤", "到", "由谁办理", "必填"), step_rows(flow)))
    if flow.deadlines:
        parts.append(table(("期限", "适用状态", "提醒", "逾期提级"), deadline_rows(flow)))
    return "\n".join(parts)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(heads) + " |", "| --- " * len(heads) + "|"]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([*lines, ""])


# --- who may do what -------------------------------------------------------------------------------------------


def role_matrix() -> str:
    return role_matrix_markdown(
        (flow.label or str(flow.model._meta.verbose_name), step.label, roles_of(step.actor))
        for flow in our_workflows()
        for step in flow.steps
    )


# --- what is kept ----------------------------------------------------------------------------------------------


def records() -> str:
    parts = ["# 数据表\n"]
    for app in apps.get_app_configs():
        kept = sorted(app.get_models(), key=lambda model: model.__name__)
        if app.name.startswith("zhiben.") and kept:
            rows = ((f"{m._meta.verbose_name} `{m.__name__}`", f"`{m._meta.db_table}`", _points_at(m)) for m in kept)
            parts += [f"## {app.verbose_name} `{app.name}`\n", table(("记录", "表", "指向"), rows)]
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
