"""Draws a step table: a Mermaid state diagram for the documents, and rows for the role matrix."""

from collections.abc import Iterator

from .table import Step, Workflow


def mermaid(workflow: Workflow) -> str:
    """The diagram of states, in Chinese, as Mermaid `stateDiagram-v2`."""
    lines = ["stateDiagram-v2"]
    lines += [f"    {value} : {label}" for value, label in workflow.states]
    lines.append(f"    [*] --> {workflow.start}")
    for step in workflow.steps:
        for source in step.sources:
            lines.append(f"    {source} --> {step.lands_in(source)} : {_caption(step)}")
    lines += [f"    {state} --> [*]" for state in workflow.final]
    return "\n".join(lines) + "\n"


def step_rows(workflow: Workflow) -> Iterator[tuple[str, str, str, str, str]]:
    """(from, step, to, who, what is needed), in Chinese, a row a step."""
    for step in workflow.steps:
        sources = "、".join(workflow.state_label(state) for state in step.sources)
        target = workflow.state_label(step.target) if step.target else "（不变）"
        needs = "、".join(workflow.input(name).label for name in step.needs)
        yield sources, step.label, target, step.actor.label, needs


def deadline_rows(workflow: Workflow) -> Iterator[tuple[str, str, str, str]]:
    """(deadline, states, reminders, escalations), in Chinese."""
    for deadline in workflow.deadlines:
        remind = "、".join(f"前{span.count}{'个工作日' if span.working else '天'}" for span in deadline.remind)
        climb = "；".join(
            f"{'当天' if span.count == 0 else f'过{span.count}天'}→{actor.label}" for span, actor in deadline.escalate
        )
        yield deadline.label, "、".join(map(workflow.state_label, deadline.states)), remind or "—", climb or "—"


def _caption(step: Step) -> str:
    approved = f"（{step.approval.label}）" if step.approval else ""
    return f"{step.label}{approved}"
