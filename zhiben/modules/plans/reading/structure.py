"""Which items of a task section are actions, which are tasks, and which only part of one.

An item with a responsibility of its own is a task. Headings over tasks are actions. What stands inside a
task is a task too when it carries its own responsibility, otherwise it is part of the text.
"""

from collections.abc import Callable
from dataclasses import dataclass

from .outline import Item
from .vocabulary import ACTION_TITLE

Carries = Callable[[Item], bool]


@dataclass(frozen=True)
class TaskPlace:
    """A task, the action it stands under, the task it stands inside."""

    item: Item
    action: Item | None
    parent: Item | None
    inner: tuple[Item, ...]  # tasks inside, whose text is not this task's own


def _only_the_last(items: list[Item], carries: Carries) -> bool:
    """One bracket at the end of the last of several: it speaks for all of them.

    (1)…; (2)…; (3)…。(县应急局牵头) is the bracket of the item around them.
    """
    return bool(items) and carries(items[-1]) and not any(carries(item) for item in items[:-1])


def _carries_inside(item: Item, carries: Carries) -> bool:
    return any(carries(part) for part in item.walk())


class Structure:
    """The reading of one task section. `title_of` and `body_length` look into the text."""

    def __init__(self, carries: Carries, title_of: Callable[[Item], str], body_length: Callable[[Item], int]) -> None:
        self.carries = carries
        self.title_of = title_of
        self.body_length = body_length
        self.actions: list[Item] = []
        self.tasks: list[TaskPlace] = []

    def read(self, section: Item) -> None:
        items = section.children
        grouped = self._items_are_actions(items)
        for item in items:
            if grouped and item.children and not self._is_task_itself(item):
                self.actions.append(item)
                for child in item.children:
                    self._read_task(child, item, None)
            else:
                self._read_task(item, None, None)

    def _items_are_actions(self, items: list[Item]) -> bool:
        """Most items of the first level are headings over tasks."""
        parents = [item for item in items if item.children]
        if not parents:
            return False
        if any(self._carries_below(item) for item in parents):
            leaves = [item for item in items if not item.children and self.carries(item)]
            over_tasks = [item for item in parents if self._carries_below(item) and not self._only_last_below(item)]
            return bool(over_tasks) and 2 * len(over_tasks) >= len(leaves)
        if any(self.carries(item) for item in items):
            return any(self._is_heading(item) for item in parents)
        headings = [item for item in parents if self._is_heading(item)]
        return 2 * len(headings) >= len(items)

    def _carries_below(self, item: Item) -> bool:
        return any(_carries_inside(child, self.carries) for child in item.children)

    def _only_last_below(self, item: Item) -> bool:
        below = item.children
        return len(below) >= 2 and _only_the_last(below, lambda child: _carries_inside(child, self.carries))

    def _is_heading(self, item: Item) -> bool:
        """Only a title stands before the first item inside, or the title is an action's."""
        return self.body_length(item) <= 12 or bool(ACTION_TITLE.search(self.title_of(item)))

    def _is_task_itself(self, item: Item) -> bool:
        """An item with its own responsibility before its parts, unless it is plainly an action's heading."""
        if self.carries(item):
            return not (self._is_heading(item) and ACTION_TITLE.search(self.title_of(item)))
        return False

    def _read_task(self, item: Item, action: Item | None, parent: Item | None) -> None:
        inner = self._inner_tasks(item)
        self.tasks.append(TaskPlace(item, action, parent, tuple(inner)))
        for child in inner:
            self._read_task(child, action, item)

    def _inner_tasks(self, item: Item) -> list[Item]:
        below = item.children
        carrying = [child for child in below if _carries_inside(child, self.carries)]
        if not carrying or (
            len(below) >= 2 and _only_the_last(below, lambda child: _carries_inside(child, self.carries))
        ):
            return []
        if len(below) == 1 and not self.carries(item):
            return []
        return carrying
