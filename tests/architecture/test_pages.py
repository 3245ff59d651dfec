"""Every address is known: who may open it, and that nothing on it comes from elsewhere."""

import inspect
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from zhiben.core.access.permissions import PERMISSIONS, Permission
from zhiben.core.web.pages.record import RecordPages

from .program import PACKAGE, place, python_files

PUBLIC = {
    "healthz",
    "readyz",
    "metrics",
    "login/",
    "install/",
    "install/<str:name>",
    "manifest.webmanifest",
    "sw.js",
    "offline/",
}
"""What may be asked without a login. Anything more is decided here, by name."""

INTERFACE = "api/v1/"
"""Where no login counts, only a token."""

SAME_FOR_ALL = {"keys/", "demonstration/time/"}
"""Shows the same to whoever is logged in: the keyboard's help; the clock of a demonstration."""

TEMPLATES = sorted(PACKAGE.rglob("templates/**/*.html"))
BUILT = PACKAGE / "core/web/static/build"
NAMESPACES = re.compile(r"https?://(www\.w3\.org|github\.com|echarts\.apache\.org|leafletjs\.com)/?")
PAGE_BASES = ("web/base.html", "web/bare.html", "web/list.html", "web/detail.html", "web/error.html", "web/form.html")


def routes(patterns: list | None = None, before: str = "") -> Iterator[tuple[str, Callable]]:
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        address = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, address)
        elif isinstance(pattern, URLPattern):
            yield address, pattern.callback


def test_only_the_named_addresses_open_without_a_login() -> None:
    """The interface asks for a token instead: `test_api` of this folder."""
    public = {address for address, view in routes() if not getattr(view, "login_required", True)}
    assert {address for address in public if not address.startswith(INTERFACE)} == PUBLIC


def test_every_odd_view_knows_who_acts() -> None:
    """Pages that are not declared by RecordPages (which asks by itself) look at who acts or which account it is."""
    asks = re.compile(r"request\.(acting|hats|user|now)\b|require\(|may\(|login_not_required|shell")
    blind = []
    for address, view in routes():
        plain = inspect.unwrap(view)
        if plain.__module__.startswith("zhiben.") and not asks.search(inspect.getsource(inspect.getmodule(plain))):
            blind.append(address)
    assert set(blind) == SAME_FOR_ALL


def test_every_declared_page_is_in_the_matrix() -> None:
    held = frozenset().union(*PERMISSIONS.values())
    declared = {
        pages.name: {pages.permission, *([pages.creates] if pages.creates else [])}
        for pages in RecordPages.by_name.values()
    }
    assert declared
    assert {name: asked - held for name, asked in declared.items() if asked - held} == {}


def test_every_permission_opens_something() -> None:
    """A right that no line of the program asks about is a promise to the administrator that nothing keeps."""
    text = "\n".join(path.read_text("utf-8") for path in python_files() if path.name != "permissions.py")
    assert [permission.name for permission in Permission if f".{permission.name}" not in text] == []


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
class TestTemplate:
    def test_has_the_frame_of_every_page_or_is_a_part(self, template: Path) -> None:
        text = template.read_text("utf-8")
        if "<html" in text or "<!doctype" in text.lower():
            assert template.name in ("base.html", "bare.html"), "only base and bare begin a page"

    def test_has_no_script_or_style_inside(self, template: Path) -> None:
        text = template.read_text("utf-8")
        assert not re.search(r"<style|\sstyle=", text)
        assert not re.search(r"\son[a-z]+=\"", text)
        assert not re.search(r"hx-on|javascript:", text)
        for script in re.findall(r"<script[^>]*>", text):
            assert "src=" in script or 'type="application/json"' in script, script

    def test_loads_nothing_from_elsewhere(self, template: Path) -> None:
        assert not re.search(r"(src|href|action|content)=\"(https?:)?//", template.read_text("utf-8"))


@pytest.mark.needs_service("frontend")
def test_the_built_front_end_loads_nothing_from_elsewhere() -> None:
    loads = re.compile(r"url\(\s*['\"]?(?:https?:)?//|@import\s+['\"]?(?:url\()?['\"]?https?:")
    styles = [path for path in BUILT.rglob("*.css") if loads.search(path.read_text("utf-8"))]
    assert styles == []
    foreign = {
        place(path): sorted(found) for path in BUILT.rglob("*.js") if (found := _addresses(path.read_text("utf-8")))
    }
    assert foreign == {}


def _addresses(script: str) -> set[str]:
    """Addresses in a script apart from XML namespaces and the names of libraries in their own notices."""
    return {found for found in re.findall(r"https?://[a-z0-9.-]+", script) if not NAMESPACES.match(found)}
