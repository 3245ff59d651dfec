"""Who listens. A module's `reactions.py` declares handlers; it is found and imported when Django starts."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol, TypeVar

from .event import Event


class Handler(Protocol):
    def __call__(self, event: Any, *, now: datetime) -> None: ...


H = TypeVar("H", bound=Handler)

LATER: dict[type[Event], dict[str, Handler]] = {}
ON: dict[type[Event], dict[str, Handler]] = {}


def later(*event_types: type[Event]) -> Callable[[H], H]:
    """Handle after commit, in a transaction of its own, with retries. The default: a bug never blocks the change."""
    return _listener(LATER, event_types)


def on(*event_types: type[Event]) -> Callable[[H], H]:
    """Handle inside the announcing transaction. Only where both must hold or neither."""
    return _listener(ON, event_types)


def path_of(handler: Handler) -> str:
    return f"{handler.__module__}.{handler.__qualname__}"  # type: ignore[attr-defined]


def listeners(registry: dict[type[Event], dict[str, Handler]], event_type: type[Event]) -> dict[str, Handler]:
    """Handlers of the type itself and of the types it extends, in the order they were declared."""
    found: dict[str, Handler] = {}
    for kind in reversed(event_type.__mro__):
        found.update(registry.get(kind, {}))
    return found


def later_handler(event_type: type[Event], path: str) -> Handler | None:
    return listeners(LATER, event_type).get(path)


def _listener(
    registry: dict[type[Event], dict[str, Handler]], event_types: tuple[type[Event], ...]
) -> Callable[[H], H]:
    def register(handler: H) -> H:
        for event_type in event_types:
            registry.setdefault(event_type, {})[path_of(handler)] = handler
        return handler

    return register
