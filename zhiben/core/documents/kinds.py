"""The kinds of documents that templates make, each with a typed context; what a template may say follows from the type.

A context is a frozen dataclass whose fields are `said("标签", …)`; it may hold other such dataclasses and sequences of
them. The explanation on the page, the check of a template and the sandbox in which it is filled read the same types.
"""

import dataclasses
import types
import typing
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, Literal

from zhiben.core.access.acting import Acting
from zhiben.core.access.permissions import Permission

from .paper import Paper

FieldKind = Literal["文字", "整数", "小数", "日期", "是否", "清单", "一组"]
_KINDS: tuple[tuple[type, FieldKind], ...] = (
    (bool, "是否"), (int, "整数"), (float, "小数"), (Decimal, "小数"), (date, "日期"), (str, "文字"),
)  # fmt: skip


@dataclass(frozen=True)
class DocumentKind:
    """`context`: the dataclass a template is filled with. `sample(acting, now)`: one of it from live data, for the
    preview and the check of a template. `paper`: the default template, a Paper whose texts carry the tags.
    `permission`: who may make such a document."""

    key: str
    title: str
    context: type
    sample: Callable[[Acting, datetime], Any]
    permission: Permission
    paper: Callable[[], Paper]
    help: str = ""


KINDS: dict[str, DocumentKind] = {}


def register(kind: DocumentKind) -> DocumentKind:
    """Called once for each kind, by the module that owns it, in its AppConfig.ready. Refuses a context that is not
    fully explained: a programmer's mistake."""
    if kind.key in KINDS and KINDS[kind.key] != kind:
        raise ValueError(f"two kinds of documents are called {kind.key}")
    fields_of(kind.context)
    KINDS[kind.key] = kind
    return kind


def said(label: str, help: str = "", example: str = "", **more: Any) -> Any:
    """A field of a context: `total: int = said("任务总数", example="40")`. `more` goes to `dataclasses.field`."""
    return dataclasses.field(metadata={"label": label, "help": help, "example": example}, **more)


@dataclass(frozen=True)
class FieldRow:
    """One line of the explanation. `path` is what stands in the template; within a list, after the list's `each`."""

    path: str
    label: str
    kind: FieldKind
    example: str
    help: str
    depth: int = 0

    @property
    def tag(self) -> str:
        """What is copied into the template."""
        if self.kind != "清单":
            return f"{{{{ {self.path} }}}}"
        return f"{{%p for {each_of(self.path)} in {self.path} %}}"


@dataclass(frozen=True)
class Field:
    """What a type says about one of its fields. `inner` is the dataclass behind a list or a group."""

    name: str
    label: str
    kind: FieldKind
    example: str
    help: str
    inner: type | None


def each_of(path: str) -> str:
    """What one member of a list is called in the examples: `units` → `unit`, `by_unit` → `each`.

    >>> each_of("review.units"), each_of("unit.duties"), each_of("by_unit")
    ('unit', 'duty', 'each')
    """
    last = path.rpartition(".")[2]
    if last.endswith("ies"):
        return f"{last[:-3]}y"
    return last[:-1] if last.endswith("s") and not last.endswith("ss") and len(last) > 3 else "each"


def fields_of(context: type) -> list[FieldRow]:
    """Every field that a template of this context may name, in the order declared, members of lists below them."""
    return list(_rows(context, "", 0))


@cache
def declared(context: type) -> dict[str, Field]:
    """Name → field, of one dataclass. Raises TypeError for a field that is not explained or of an unknown type."""
    hints = typing.get_type_hints(context)
    found = {}
    for each in dataclasses.fields(context):
        if not each.metadata.get("label"):
            raise TypeError(f"{context.__name__}.{each.name} is not explained: give it said(…)")
        kind, inner = _kind_of(hints[each.name], f"{context.__name__}.{each.name}")
        data = each.metadata
        found[each.name] = Field(each.name, data["label"], kind, data["example"], data["help"], inner)
    return found


def _rows(context: type, prefix: str, depth: int) -> Iterator[FieldRow]:
    for each in declared(context).values():
        path = f"{prefix}{each.name}"
        yield FieldRow(path, each.label, each.kind, each.example, each.help, depth)
        if each.inner:
            inside = f"{each_of(path)}." if each.kind == "清单" else f"{path}."
            yield from _rows(each.inner, inside, depth + 1)


def _kind_of(hint: Any, where: str) -> tuple[FieldKind, type | None]:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        (hint,) = [each for each in arguments if each is not type(None)] or [None]
        return _kind_of(hint, where)
    if isinstance(origin, type) and issubclass(origin, Sequence):
        member = arguments[0]
        return "清单", member if isinstance(member, type) and dataclasses.is_dataclass(member) else None
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return "一组", hint
    for known, kind in _KINDS:
        if isinstance(hint, type) and issubclass(hint, known):
            return kind, None
    raise TypeError(f"{where}: {hint} cannot stand in a template")
