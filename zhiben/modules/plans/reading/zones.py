"""Which parts of the outline hold the tasks, the goals, and the duties of everybody.

A section is known by the words of its title. Where no title says 任务, a plan's tasks are looked for by
elimination: numbered sections that carry responsibilities of their own, or look like actions.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from .outline import Item
from .vocabulary import ACTION_TITLE, GOAL_WORDS, NOT_TASK_WORDS, TASK_WORDS

_TITLE_REACH = 40
_TITLE_END = re.compile(r"[。\n:;,(]")


@dataclass
class Zones:
    """Sections by what they hold; `eliminated` says that the task sections are a guess."""

    tasks: list[Item] = field(default_factory=list)
    goals: list[Item] = field(default_factory=list)
    rest: list[Item] = field(default_factory=list)
    eliminated: bool = False


def short_title(text: str, item: Item) -> str:
    """The words by which a section is known: up to the first mark, no further than the first item inside.

    >>> short_title("一、总体要求。坚持…", Item(0, 2, "一、", 1, "一", end=9))
    '总体要求'
    """
    stop = min(item.end, item.head_end + _TITLE_REACH, item.own_end())
    found = _TITLE_END.search(text, item.head_end, stop)
    return text[item.head_end : found.start() if found else stop]


def _kind(title: str) -> str:
    """'tasks', 'goals', 'rest' or 'unknown'.

    >>> _kind("主要任务"), _kind("工作目标"), _kind("目标任务"), _kind("保障措施"), _kind("强化源头治理")
    ('tasks', 'goals', 'tasks', 'rest', 'unknown')
    """
    if len(title) <= 24:
        if TASK_WORDS.search(title) and not re.search(
            "(?:工作|总体|有关|相关|任务|几点)要求$|保障|过程|成效|进展|回顾|情况|任务分工$|职责任务|目标任务$", title
        ):
            return "tasks"
        if NOT_TASK_WORDS.search(title):
            return "goals" if GOAL_WORDS.search(title) else "rest"
        if re.search("目标任务$|任务目标", title):
            return "tasks"
        if GOAL_WORDS.search(title):
            return "goals"
    return "unknown"


def zones_of(root: Item, text: str, carries_duty: Callable[[Item], bool], is_plan: bool) -> Zones:
    """Sort the sections. `carries_duty` tells whether an item has a responsibility of its own somewhere inside."""
    zones = Zones()
    unknown: list[Item] = []
    waiting = [root]
    while waiting:
        group = waiting.pop()
        for item in group.children:
            kind = _kind(short_title(text, item))
            if kind == "tasks" and (item.children or carries_duty(item)):
                _take_task_section(item, text, zones)
            elif kind == "goals":
                zones.goals.append(item)
            elif kind == "rest" or group is not root:
                zones.rest.append(item)
                zones.goals += [child for child in item.children if _kind(short_title(text, child)) == "goals"]
            elif item.style in ("word", "chapter", "section") and _names_its_sections(text, item):
                waiting.append(item)
            else:
                unknown.append(item)
    if not zones.tasks:  # 一、工作方案 (一)总体要求 (二)主要任务: the sections are one level down
        deeper = [
            child for item in (*unknown, *zones.rest) for child in item.children if _is_bare_task_title(text, child)
        ]
        for item in deeper:
            _take_task_section(item, text, zones)
    if zones.tasks:
        _take_chapters_like_the_tasks(unknown, zones, carries_duty)
    else:
        _eliminate(root, text, unknown, zones, carries_duty, is_plan)
    return zones


def _names_its_sections(text: str, item: Item) -> bool:
    return any(_kind(short_title(text, child)) != "unknown" for child in item.children)


def _is_bare_task_title(text: str, item: Item) -> bool:
    title = short_title(text, item)
    return len(title) <= 6 and _kind(title) == "tasks" and bool(item.children)


def _take_task_section(section: Item, text: str, zones: Zones) -> None:
    """A section named 任务. 目标任务 may hold goals beside the tasks; then only its task part is taken."""
    parts = [child for child in section.children if _is_bare_task_title(text, child)]
    goals = [child for child in section.children if child not in parts and _kind(short_title(text, child)) == "goals"]
    zones.goals += goals
    if parts:
        zones.tasks += parts
    elif goals:
        rest = Item(section.start, section.head_end, "zone", 0, None, end=section.end)
        rest.children = [child for child in section.children if child not in goals]
        zones.tasks.append(rest)
    else:
        zones.tasks.append(section)


def _take_chapters_like_the_tasks(unknown: list[Item], zones: Zones, carries_duty: Callable[[Item], bool]) -> None:
    """二、主要任务 … 三、重点领域专项整治: a later chapter whose items carry duties as well holds tasks as well."""
    first = min(item.start for item in zones.tasks)
    for item in unknown:
        parts = [part for part in item.walk() if not part.children and part is not item]
        dutiful = sum(carries_duty(part) for part in parts)
        if item.start > first and dutiful >= 2 and 2 * dutiful >= len(parts):
            zones.tasks.append(item)
        else:
            zones.rest.append(item)


def _eliminate(
    root: Item, text: str, unknown: list[Item], zones: Zones, carries_duty: Callable[[Item], bool], is_plan: bool
) -> None:
    """Sections that nobody named 任务 but that look like it: with duties of their own, or titled …行动 in a plan."""
    dutiful = [item for item in unknown if carries_duty(item)]
    actions = [item for item in unknown if ACTION_TITLE.search(short_title(text, item))]
    chosen = dutiful if len(dutiful) >= 2 or (dutiful and is_plan) else actions if is_plan and len(actions) >= 3 else []
    if not chosen and is_plan and zones.rest:
        chosen = [item for item in unknown if len(item.children) >= 2]
    if not chosen and is_plan:  # 任务分工, where it is all there is
        chosen = [item for item in zones.rest if "任务" in short_title(text, item) and len(item.children) >= 2][:1]
        zones.rest = [item for item in zones.rest if item not in chosen]
    if len(chosen) == 1 and any(part.children for part in chosen[0].children):
        zones.eliminated = True
        zones.tasks += chosen
        zones.rest += [item for item in unknown if item not in chosen]
        return
    if chosen:
        zones.eliminated = True
        virtual = Item(root.start, root.start, "zone", 0, None, end=root.end)
        virtual.children = [item for item in unknown if item in chosen or (dutiful and item.style == chosen[0].style)]
        zones.tasks.append(virtual)
    zones.rest += [item for item in unknown if not chosen or item not in zones.tasks[0].children]
