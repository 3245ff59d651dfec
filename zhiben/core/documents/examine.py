"""What a template may say: fields of its context, our filters, for and if. Everything else is named and refused.

The same examination reads a template's text when it is uploaded and guards the sandbox when it is filled.
"""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import cast

from jinja2 import nodes

from .kinds import Field, declared, each_of
from .words import FILTERS

LOOP = ("index", "first", "last", "length")
_ALLOWED = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Getattr, nodes.For, nodes.If, nodes.CondExpr,
    nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Const, nodes.Filter, nodes.Concat, nodes.Neg,
)  # fmt: skip


@dataclass(frozen=True)
class Found:
    """Something wrong at a line of the text that was parsed."""

    line: int
    sentence: str


@dataclass(frozen=True)
class _Shape:
    """What an expression gives: a field's kind, the dataclass behind it, and how it is written."""

    kind: str
    inner: type | None
    path: str


_LOOP_SHAPE = _Shape("循环", None, "loop")
Scope = Mapping[str, _Shape]


def scope_of(*contexts: type) -> Scope:
    """The names a template starts with."""
    return {name: _shape(field, name) for context in contexts for name, field in declared(context).items()}


def group(name: str, context: type) -> Scope:
    """One more name, for a group of fields."""
    return {name: _Shape("一组", context, name)}


def examine(tree: nodes.Template, scope: Scope) -> list[Found]:
    return list(_statements(tree.body, scope, loop=None))


def _statements(body: Iterable[nodes.Node], scope: Scope, loop: str | None) -> Iterator[Found]:
    for node in body:
        if isinstance(node, nodes.For):
            yield from _for(node, scope, loop)
        elif isinstance(node, nodes.If):
            yield from _expression(node.test, scope)[1]
            yield from _statements([*node.body, *node.elif_, *node.else_], scope, loop)
        elif isinstance(node, nodes.Output):
            for each in node.nodes:
                if not isinstance(each, nodes.TemplateData):
                    shape, found = _expression(each, scope)
                    yield from found
                    if shape and not found:
                        yield from _printable(each, shape)
        else:
            yield _forbidden(node)


def _for(node: nodes.For, scope: Scope, loop: str | None) -> Iterator[Found]:
    """Only over a list of the context, and inside a loop only over a list of its member: no loop without end."""
    if node.recursive or not isinstance(node.target, nodes.Name):
        yield Found(node.lineno, "循环的写法不对，请写成 {%p for unit in units %} … {%p endfor %}。")
        return
    shape, found = _expression(node.iter, scope)
    yield from found
    inside: dict[str, _Shape] = {**scope, "loop": _LOOP_SHAPE}
    if found:
        return
    if shape is None:
        yield Found(node.lineno, "循环只能用于字段表里标为“清单”的字段。")
        return
    root = _root(node.iter)
    if shape.kind != "清单":
        yield Found(node.lineno, f"{shape.path} 不是清单，不能循环。循环只能用于字段表里标为“清单”的字段。")
        return
    if loop is not None and root != loop:
        yield Found(node.lineno, f"循环里面只能再循环 {loop} 自己的清单，不能循环 {shape.path}。请把它移到循环外面。")
        return
    inside[node.target.name] = _Shape("一组" if shape.inner else "文字", shape.inner, node.target.name)
    if node.test:
        yield from _expression(node.test, inside)[1]
    yield from _statements(node.body, inside, node.target.name)
    yield from _statements(node.else_, scope, loop)


def _expression(node: nodes.Node, scope: Scope) -> tuple[_Shape | None, list[Found]]:
    """The shape of what it gives (None where it is no field), and what is wrong with it."""
    if isinstance(node, nodes.Name):
        if node.name in scope:
            return scope[node.name], []
        return None, [Found(node.lineno, _unknown(node.name, node.name, scope))]
    if isinstance(node, nodes.Getattr):
        return _member(node, scope)
    found: list[Found] = []
    if not isinstance(node, _ALLOWED):
        return None, [_forbidden(node)]
    if isinstance(node, nodes.Filter):
        if node.name not in FILTERS:
            near = _near(node.name, FILTERS)
            hint = f"，是否想写“{near}”？" if near else f"。可用的有：{'、'.join(FILTERS)}。"
            found.append(Found(node.lineno, f"没有叫“{node.name}”的筛选器{hint}"))
        if node.kwargs or node.dyn_args or node.dyn_kwargs:
            found.append(Found(node.lineno, f"筛选器“{node.name}”括号里只能直接写数字或加引号的文字。"))
    for child in node.iter_child_nodes():
        found += _expression(child, scope)[1]
    return None, found


def _member(node: nodes.Getattr, scope: Scope) -> tuple[_Shape | None, list[Found]]:
    owner, found = _expression(node.node, scope)
    if found:
        return None, found
    if owner is None:
        return None, [Found(node.lineno, f"“.{node.attr}”前面不是字段，不能这样写。请从字段表复制。")]
    if owner is _LOOP_SHAPE:
        if node.attr in LOOP:
            return _Shape("整数", None, f"loop.{node.attr}"), []
        return None, [Found(node.lineno, f"loop 没有 {node.attr}，只有 {'、'.join(LOOP)}。")]
    if owner.inner is None:
        return None, [Found(node.lineno, f"{owner.path} 是{owner.kind}，后面不能再写“.{node.attr}”。请从字段表复制。")]
    fields = declared(owner.inner)
    path = f"{owner.path}.{node.attr}"
    if node.attr not in fields:
        prefix = f"{owner.path}."
        return None, [Found(node.lineno, _unknown(path, node.attr, fields, prefix))]
    return _shape(fields[node.attr], path), []


def _printable(node: nodes.Node, shape: _Shape) -> Iterator[Found]:
    if shape.kind == "清单" and shape.inner:
        each = each_of(shape.path)
        yield Found(
            node.lineno,
            f"{shape.path} 是清单，不能直接写出。请用 {{%p for {each} in {shape.path} %}} 和 {{%p endfor %}} 逐项写，"
            f"表格里用 {{%tr for {each} in {shape.path} %}}。",
        )
    elif shape.kind in ("一组", "循环"):
        yield Found(node.lineno, f"{shape.path} 是一组内容，请写明要其中的哪一项，例如 {{{{ {_first(shape)} }}}}。")


def _first(shape: _Shape) -> str:
    return f"{shape.path}.{next(iter(declared(shape.inner)))}" if shape.inner else "loop.index"


def _shape(field: Field, path: str) -> _Shape:
    return _Shape(field.kind, field.inner, path)


def _unknown(path: str, name: str, known: Iterable[str], prefix: str = "") -> str:
    near = _near(name, known)
    hint = f"，是否想写 {{{{ {prefix}{near} }}}}？" if near else "。请从字段表复制字段。"
    return f"字段 {{{{ {path} }}}} 不存在{hint}"


def _near(name: str, known: Iterable[str]) -> str:
    return next(iter(difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)), "")


def _root(node: nodes.Node) -> str:
    while isinstance(node, nodes.Getattr):
        node = node.node
    return cast(str, getattr(node, "name", ""))


_WORDS: dict[type[nodes.Node], str] = {
    nodes.Call: "不能调用函数",
    nodes.Getitem: "不能用方括号取值",
    nodes.Add: "不能做计算", nodes.Sub: "不能做计算", nodes.Mul: "不能做计算", nodes.Div: "不能做计算",
    nodes.Pow: "不能做计算", nodes.Mod: "不能做计算", nodes.FloorDiv: "不能做计算",
    nodes.Test: "不能用 is 判断",
}  # fmt: skip


def _forbidden(node: nodes.Node) -> Found:
    what = _WORDS.get(type(node), "不能使用这种写法")
    return Found(
        node.lineno, f"模板里{what}，只能写字段、筛选器、for 和 if。需要的数请在字段表里找，没有的请联系开发单位。"
    )
