"""What Vite has built, found through its manifest."""

import json
from functools import cache
from pathlib import Path

from django.conf import settings
from django.core.checks import CheckMessage, Warning, register
from django.templatetags.static import static

BUILD = Path(__file__).parent / "static" / "build"


def address_of(source: str) -> str:
    """The address of a built file by the name of its source; empty when the front end has not been built."""
    entry = _manifest().get(source)
    return static(f"build/{entry['file']}") if entry else ""


def styles_of(source: str) -> list[str]:
    return [static(f"build/{name}") for name in _manifest().get(source, {}).get("css", ())]


def content_of(source: str) -> bytes:
    """A built file itself; empty when the front end has not been built."""
    entry = _manifest().get(source)
    return (BUILD / entry["file"]).read_bytes() if entry else b""


def _manifest() -> dict[str, dict]:
    return _read() if settings.DEBUG else _read_once()


@cache
def _read_once() -> dict[str, dict]:
    return _read()


def _read() -> dict[str, dict]:
    try:
        manifest: dict[str, dict] = json.loads((BUILD / "manifest.json").read_text("utf-8"))
    except FileNotFoundError:
        return {}
    return manifest


@register
def check_front_end_is_built(**_: object) -> list[CheckMessage]:
    if _manifest():
        return []
    return [
        Warning(
            "前端还没有构建，页面将没有样式",
            hint="运行 make setup(或 cd frontend && npm ci && npm run build)",
            id="web.W001",
        )
    ]
