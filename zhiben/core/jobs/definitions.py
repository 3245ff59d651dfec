"""The jobs a module offers: plain functions in its `jobs.py`, found and imported when Django starts."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar


class JobFunction(Protocol):
    def __call__(self, running: Any, **args: Any) -> Any: ...


F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Definition:
    name: str
    function: JobFunction
    attempts: int


JOBS: dict[str, Definition] = {}


def job(name: str, *, attempts: int = 3) -> Callable[[F], F]:
    """
    Declare a job: `@job("plans.read_document") def read_document(running, *, document_id)`.

    Arguments are JSON. A job may be run again from its beginning after its worker was killed: it makes its lasting
    effects inside `running.finishing()`, or by services that are given an idempotency key. What it returns (JSON) is
    kept as its result. It raises `Refused(sentence)` to fail for good with a sentence for the person who asked; any
    other exception is tried again, `attempts` times in all.
    """

    def declare(function: F) -> F:
        known = JOBS.get(name)
        if known and (known.function.__module__, known.function.__qualname__) != (  # type: ignore[attr-defined]
            function.__module__,
            function.__qualname__,
        ):
            raise ValueError(f"two jobs are called {name}")
        JOBS[name] = Definition(name, function, attempts)
        return function

    return declare
