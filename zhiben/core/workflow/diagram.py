"""Draws a step table: a Mermaid state diagram for the documents, and rows for the role matrix."""

from collections import defaultdict
from collections.abc import Iterator

from .table import Step, Workflow

TOO_MANY_ARROWS = 4
"""A step from so many states is written beside the state it leads to: its arrows would cover the way of the record."""


def mermaid(workflow: Workflow) -> str:
    """The diagram of states, in Chinese, as Mermaid `stateDiagram-v2`: an arrow from state to state, with every step
    that goes there. What leaves the state as it is stands only in the table below."""
    arrows: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    notes: defaultdict[tuple[str, tuple[str, ...]], list[str]] = defaultdict(list)
    for step in workflow.steps:
        moving = tuple(source for source in step.sources if step.lands_in(source) != source)
        if step.target and len(moving) >= TOO_MANY_ARROWS:
            notes[step.target, moving].append(_caption(step))
        else:
            for source in moving:
                arrows[source, step.lands_in(source)].append(_caption(step))
    lines = ["stateDiagram-v2"]
    lines += [f"    {value} : {label}" for value, label in workflow.states]
    lines.append(f"    [*] --> {workflow.start}")
    lines += [f"    {source} --> {target} : {'、'.join(captions)}" for (source, target), captions in arrows.items()]
    for (target, sources), captions in notes.items():
        said = f"从{'、'.join(map(workflow.state_label, sources))}：{'、'.join(captions)}"
        lines += [f"    note right of {target}", f"        {said}", "    end note"]
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
