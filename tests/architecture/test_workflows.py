"""What must hold for the life of every kind of record, written or not yet written."""

import re

import pytest

from zhiben.core.access.actors import AnyOf, Holder, Members, OneLevelUp, TheSystem
from zhiben.core.access.permissions import PERMISSIONS
from zhiben.core.org.roles import Role
from zhiben.core.workflow.diagram import mermaid
from zhiben.core.workflow.table import Step, Workflow, registry

from .program import CHINESE


def lives():
    return [pytest.param(flow, id=flow.record_type) for flow in registry()]


def ways(flow: Workflow) -> set[tuple[str, str]]:
    return {(source, step.lands_in(source)) for step in flow.steps for source in step.sources}


def within_reach(start: set[str], arrows: set[tuple[str, str]]) -> set[str]:
    reached = set(start)
    while more := {target for source, target in arrows if source in reached} - reached:
        reached |= more
    return reached


def test_there_are_lives_to_look_at() -> None:
    assert {"tasks.task", "plans.planversion"} <= {flow.record_type for flow in registry()}


@pytest.mark.parametrize("flow", lives())
def test_every_state_can_be_reached(flow: Workflow) -> None:
    assert within_reach({flow.start}, ways(flow)) == {state for state, _ in flow.states}


@pytest.mark.parametrize("flow", lives())
def test_from_every_state_an_end_can_be_reached(flow: Workflow) -> None:
    backwards = {(target, source) for source, target in ways(flow)}
    assert within_reach(set(flow.final), backwards) == {state for state, _ in flow.states}


@pytest.mark.parametrize("flow", lives())
def test_an_end_is_an_end(flow: Workflow) -> None:
    assert [step.name for step in flow.steps if set(step.sources) & set(flow.final)] == []


@pytest.mark.parametrize("flow", lives())
def test_every_step_is_held_by_somebody(flow: Workflow) -> None:
    """By roles that exist in the permission matrix, or openly by the system."""
    for step in flow.steps:
        assert step.actor.label, f"{flow.record_type}.{step.name}: nobody is named"
        for actor in _parts(step.actor):
            roles = getattr(actor, "roles", None)
            if isinstance(actor, Holder | OneLevelUp):
                assert roles, f"{flow.record_type}.{step.name}"
                assert all(PERMISSIONS[Role(role)] for role in roles), f"{flow.record_type}.{step.name}: {roles}"


@pytest.mark.parametrize("flow", lives())
def test_every_state_that_is_not_an_end_waits_for_somebody(flow: Workflow) -> None:
    """A record at rest which nobody finds in a worklist is a record forgotten. Where only the system goes on, a
    deadline must watch it, or the state passes by itself."""
    for state, label in flow.states:
        if state in flow.final or state in flow.at_rest:
            continue
        steps = list(flow.steps_from(state))
        awaited = [step for step in steps if step.waits and not _by_the_system(step)]
        by_itself = [step for step in steps if _by_the_system(step)]
        assert awaited or by_itself or list(flow.deadlines_in(state)), f"{flow.record_type}: {label} waits for nobody"


@pytest.mark.parametrize("flow", lives())
def test_what_people_read_is_chinese(flow: Workflow) -> None:
    for step in flow.steps:
        assert CHINESE.search(step.label), step.name
    for state, label in flow.states:
        assert CHINESE.search(label), state
    for name in {name for step in flow.steps for name in (*step.needs, *step.takes)}:
        assert CHINESE.search(flow.input(name).label), f"{flow.record_type}: {name} has no Chinese label"


@pytest.mark.parametrize("flow", lives())
def test_a_step_that_undoes_or_refuses_asks_why(flow: Workflow) -> None:
    """退回 and 撤回 of somebody else's work are never without a reason. Taking back one's own is."""
    for step in flow.steps:
        if step.tone == "danger" and not _by_the_system(step):
            assert any("reason" in name for name in step.needs), f"{flow.record_type}.{step.name}"


def _parts(actor: object) -> list[object]:
    if isinstance(actor, AnyOf):
        return [part for one in actor.actors for part in _parts(one)]
    if isinstance(actor, Members):
        return []
    return [actor]


def _by_the_system(step: Step) -> bool:
    return all(isinstance(actor, TheSystem) for actor in _parts(step.actor))


@pytest.mark.parametrize("flow", lives())
def test_the_picture_of_a_life_can_be_read(flow: Workflow) -> None:
    """One arrow from state to state, every step that moves the record, and none that would cover the others."""
    picture = mermaid(flow)
    arrows = re.findall(r"^ +(\w+) --> (\w+) :", picture, re.M)
    assert len(arrows) == len(set(arrows)) <= 2 * len(flow.states)
    assert all(source != target for source, target in arrows)
    moving = {each.label for each in flow.steps for source in each.sources if each.lands_in(source) != source}
    assert {label for label in moving if label not in picture} == set()
