"""A plug-in for mypy: what our middleware puts on every request (`acting`, `hats`, `now`, `user`) is known there.

Untyped on purpose: whether somebody acts is asked at run time, where the answer can be "nobody"."""

from collections.abc import Callable

from mypy.nodes import MDEF, SymbolTableNode, Var
from mypy.plugin import ClassDefContext, Plugin
from mypy.types import AnyType, TypeOfAny

REQUEST = "django.http.request.HttpRequest"
ADDED = ("acting", "hats", "now", "user")


class RequestTypes(Plugin):
    def get_customize_class_mro_hook(self, fullname: str) -> Callable[[ClassDefContext], None] | None:
        return _add if fullname == REQUEST else None


def _add(context: ClassDefContext) -> None:
    info = context.cls.info
    for name in ADDED:
        added = Var(name, AnyType(TypeOfAny.special_form))
        added.info = info
        added._fullname = f"{info.fullname}.{name}"
        info.names[name] = SymbolTableNode(MDEF, added, plugin_generated=True)


def plugin(version: str) -> type[Plugin]:
    return RequestTypes
