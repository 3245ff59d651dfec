"""Writing by two hands: one process prepares what is to be written, another one writes it.

What changes the database passes through `do`. As a rule it is done there and then. Inside `setting_down` it is set down
instead, in order, and whoever holds the locks carries it out later, maybe in another process (`carry_out`): so
everything that is worked out beforehand is worked out by the very code that would otherwise do it in one go.

Whoever prepares holds no lock. What they took for granted they set down as well, as something that is found out under
the lock: a statement that finds it otherwise raises `Outdated`, nothing of the set is kept, and all is done once more in
one go. The connection on which somebody prepares refuses to write, so that nothing slips past `do`.
See docs/adr/0020-two-hands.md.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Outdated(Exception):
    """What was prepared no longer holds: somebody else has written meanwhile."""


class Statement(NamedTuple):
    """Something to be done: a function of a module and what it is given, which can be sent to another process."""

    function: Callable[..., object]
    given: tuple[Any, ...]


@dataclass
class Ahead:
    """What somebody who prepares one set after another keeps in mind: each takes it that those before are written."""

    statements: list[Statement] = field(default_factory=list)
    memory: dict[str, Any] = field(default_factory=dict)
    """By whoever remembers something; it lasts over the sets, `statements` belongs to one."""


_ahead: ContextVar[Ahead | None] = ContextVar("what is set down instead of being done", default=None)


def ahead() -> Ahead | None:
    """Where somebody prepares for another; None where things are done at once."""
    return _ahead.get()


def do(function: Callable[..., object], *given: Any) -> None:
    """Now, or when what is set down is carried out. `function` stands in a module, and returns nothing of use."""
    somebody = _ahead.get()
    if somebody is None:
        function(*given)
    else:
        somebody.statements.append(Statement(function, given))


@contextmanager
def setting_down(somebody: Ahead) -> Iterator[list[Statement]]:
    """Inside, nothing is written; what would have been is in the list afterwards."""
    somebody.statements = []
    token = _ahead.set(somebody)
    try:
        yield somebody.statements
    finally:
        _ahead.reset(token)


def carry_out(statements: Sequence[Statement]) -> None:
    """In the caller's transaction, one after another. Raises Outdated, and whatever they raise."""
    for function, given in statements:
        function(*given)
