"""The user manual names what the program has: its pictures, menus, buttons, commands and pages."""

import re
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest
from django.core.management import get_commands

from zhiben.config.cli import AREAS
from zhiben.config.menu import MENU

ROOT = Path(__file__).resolve().parents[2]
MANUAL = ROOT / "docs/manual"
PAGES = sorted(MANUAL.glob("*.md"))
MOST_PICTURES, MOST_BYTES_EACH, MOST_BYTES = 30, 80 << 10, 2 << 20
EVERY_PAGE = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)


@cache
def program() -> str:
    """Every word that the program may show."""
    sources = [path for end in ("html", "py") for path in ROOT.glob(f"zhiben/**/*.{end}") if "tests" not in path.parts]
    return "\n".join(path.read_text() for path in [*sources, *ROOT.glob("frontend/src/*.ts")])


def slug(heading: str) -> str:
    """The anchor of a heading, as GitHub and Gitea make it."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def named(pattern: str) -> list[str]:
    return [each for page in PAGES for each in re.findall(pattern, page.read_text())]


def test_every_picture_is_there_small_and_used():
    used, there = set(named(r"!\[[^\]]+\]\(images/([^)]+)\)")), set(MANUAL.glob("images/*"))
    assert used == {path.name for path in there}, "运行 make manual 重新拍图；不用的请删去"
    assert 0 < len(there) <= MOST_PICTURES
    sizes = [path.stat().st_size for path in there]
    assert max(sizes) <= MOST_BYTES_EACH
    assert sum(sizes) < MOST_BYTES


def test_every_menu_stands_in_the_menu():
    lines = [(group.label, line) for group in MENU for line in group.lines]
    there = {(group, line.label, "") for group, line in lines}
    there |= {(group, line.label, entry.label) for group, line in lines for entry in line.entries}
    told = set(named(r"“([^“”→]+?) → ([^“”→]+?)(?: → ([^“”→]+?))?”"))
    assert told - there == set()
    assert len(told) > 10


@EVERY_PAGE
def test_every_button_is_a_word_of_the_program(page):
    buttons = {each for each in re.findall(r"\*\*([^*]+)\*\*", page.read_text()) if not each.endswith("：")}
    missing = {each for each in buttons if each not in program()}
    assert not missing, "手册里的按钮在系统里找不到，请照页面上的字改"


def test_every_command_is_one_of_the_operators():
    offered = {words.split()[0] for _, commands in AREAS for words, _ in commands}
    told = {tuple(each.split()) for each in named(r"`zhiben ([a-z -]+)`")}
    spelled = " ".join(words for _, commands in AREAS for words, _ in commands) + program()
    for first, *more in told:
        assert first in offered or first in get_commands(), first
        assert all(word in spelled for word in more), (first, more)
    assert told


@EVERY_PAGE
def test_every_link_leads_somewhere(page):
    for target in re.findall(r"(?<!!)\[[^\]]+\]\(((?:[^()\s]|（|）)+)\)", page.read_text()):
        path, _, anchor = unquote(target).partition("#")
        found = (page.parent / path).resolve() if path else page
        assert found.exists(), target
        if anchor:
            headings = {slug(each) for each in re.findall(r"^#+ (.+)$", found.read_text(), re.M)}
            assert anchor in headings, target


def test_the_first_page_leads_to_every_other():
    first = unquote((MANUAL / "README.md").read_text())
    assert [page.name for page in PAGES if page.name != "README.md" and f"({page.name})" not in first] == []
