"""What an event is. Modules subclass `Event` in their `events.py`: a noun and what happened to it, `TaskCompleted`."""

import dataclasses
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any, ClassVar, Self, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from zhiben.core.audit.canonical import plain

EVENT_TYPES: dict[str, type["Event"]] = {}


@dataclass(frozen=True, kw_only=True)
class Event:
    """
    Something that happened to a record. Subclasses are frozen dataclasses whose fields are of JSON's types, dates,
    moments, decimals, UUIDs, choices, and lists or tuples of these.
    """

    name: ClassVar[str] = "Event"
    """`tasks.TaskCompleted`: how the event is stored and, later, named to the world outside."""
    label: ClassVar[str] = ""
    """任务已办结: what is shown to people. A type without one is only a base for others."""

    record_type: str
    record_id: str
    at: datetime
    actor_id: int | None = None
    """The person who did it; None when the system itself acted."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        place = [part for part in cls.__module__.split(".") if part != "events"]
        cls.name = f"{place[-1]}.{cls.__name__}"
        known = EVENT_TYPES.setdefault(cls.name, cls)
        if (known.__module__, known.__qualname__) != (cls.__module__, cls.__qualname__):
            raise TypeError(f"two events are called {cls.name}: {known.__module__} and {cls.__module__}")
        EVENT_TYPES[cls.name] = cls

    @classmethod
    def of_step(cls, record: Any, *, by: Any, now: datetime, data: Mapping[str, Any]) -> Self:
        """The event of a step just taken on `record`. A subclass with fields of its own overrides this."""
        person = getattr(by, "person", None)
        return cls(
            record_type=record._meta.label_lower,
            record_id=str(record.pk),
            at=now,
            actor_id=person.pk if person else None,
        )

    def to_data(self) -> dict[str, Any]:
        """Everything as JSON types, for the outbox."""
        return {name: plain(value) for name, value in vars(self).items()}

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> Self:
        """The event again. Fields dropped from the class since are left out; new ones take their default."""
        readers = _readers(cls)  # type: ignore[arg-type]
        return cls(**{name: read(data[name]) for name, read in readers.items() if name in data})


@cache
def _readers(event_type: type[Event]) -> dict[str, Callable[[Any], Any]]:
    hints = get_type_hints(event_type)
    return {field.name: _reader(hints[field.name]) for field in dataclasses.fields(event_type)}


def _reader(hint: Any) -> Callable[[Any], Any]:
    """How to read a value of this type back from JSON."""
    origin, args = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        read = _reader(next(arg for arg in args if arg is not types.NoneType))
        return lambda value: None if value is None else read(value)
    if origin in (list, tuple, set, frozenset) and args:
        read = _reader(args[0])
        return lambda value: origin(read(item) for item in value)
    if hint in (datetime, date):
        return hint.fromisoformat
    if hint in (Decimal, UUID) or (isinstance(hint, type) and issubclass(hint, Enum)):
        return hint
    return lambda value: value
