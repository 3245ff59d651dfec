"""The program's own text, parsed once for all tests of this folder."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TypeVar

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "zhiben"
CHINESE = re.compile(r"[\u4e00-\u9fff]")
Node = TypeVar("Node", bound=ast.AST)


@cache
def python_files() -> tuple[Path, ...]:
    """What runs in production: no tests, no fixtures, no migrations."""
    return tuple(
        path
        for path in sorted(PACKAGE.rglob("*.py"))
        if not {"tests", "migrations"} & set(path.parts) and path.name not in ("conftest.py", "testing.py")
    )


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), filename=str(path))


@cache
def _walked(path: Path) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(tree(path)))


def nodes(path: Path, kind: type[Node]) -> Iterator[Node]:
    return (node for node in _walked(path) if isinstance(node, kind))


def place(path: Path, node: ast.expr | ast.stmt | None = None) -> str:
    """`zhiben/core/clock.py:12`: where an editor can go."""
    return f"{path.relative_to(ROOT)}" + (f":{node.lineno}" if node is not None else "")


def dotted(node: ast.expr) -> str:
    """`timezone.now` for the expression of that shape, else the empty string."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{before}.{node.attr}" if (before := dotted(node.value)) else f"?.{node.attr}"
    return ""


def text_of(node: ast.expr) -> str | None:
    """What a literal says, its gaps left out; None for anything that is not written down here."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(part for value in node.values if (part := text_of(value)))
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return (text_of(node.left) or "") + (text_of(node.right) or "")
    return None
