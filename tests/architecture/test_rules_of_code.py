"""Rules of the house that no import shows."""

import ast
import re
from pathlib import Path

import pytest
from django.apps import apps
from django.db.models import DateField

from zhiben.core.workflow.table import registry

from .program import CHINESE, PACKAGE, ROOT, dotted, nodes, place, python_files, text_of

MOST_LINES = 600
EDGES = re.compile(r"(management/commands|/pages/|pages\.py|upkeep\.py|middleware\.py)")


def inside(path: Path, *folders: str) -> bool:
    return any(path.is_relative_to(PACKAGE / folder) for folder in folders)


def test_nobody_assigns_a_status_outside_the_engine() -> None:
    """`record.status = …` and `.update(status=…)` go around lock, rules, trail and worklist. A job has no life in this
    sense: its status is the queue's own."""
    names = {flow.field_name for flow in registry()}
    found = []
    for path in python_files():
        if inside(path, "core/workflow", "core/jobs"):
            continue
        for node in nodes(path, ast.Assign | ast.AugAssign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(target, ast.Attribute) and target.attr in names for target in targets):
                found.append(place(path, node))
        for call in nodes(path, ast.Call):
            changes = isinstance(call.func, ast.Attribute) and call.func.attr in ("update", "bulk_update")
            if changes and (
                any(keyword.arg in names for keyword in call.keywords)
                or any(text_of(word) in names for word in ast.walk(call) if isinstance(word, ast.Constant))
            ):
                found.append(place(path, call))
            if dotted(call.func) == "setattr" and text_of(call.args[1]) in names:
                found.append(place(path, call))
    assert found == []


def test_nothing_happens_behind_a_save() -> None:
    hidden = {"pre_save", "post_save", "pre_delete", "post_delete", "m2m_changed", "pre_init", "post_init"}
    found = [
        place(path, node)
        for path in python_files()
        for node in nodes(path, ast.Name | ast.Attribute)
        if (node.id if isinstance(node, ast.Name) else node.attr) in hidden
    ]
    assert found == []


def test_the_clock_is_read_in_one_place() -> None:
    clocks = ("timezone.now", "datetime.now", "datetime.utcnow", "datetime.today", "date.today", "localdate")
    found = [
        place(path, node)
        for path in python_files()
        if path != PACKAGE / "core/clock.py"
        for node in nodes(path, ast.Attribute | ast.Name)
        if dotted(node).endswith(clocks)
    ]
    assert found == []


def test_the_domain_is_told_the_time() -> None:
    """`clock.now()` belongs to the edges: commands, pages, middleware, what the worker does by itself."""
    domain = re.compile(r"/(services|models|workflow|reactions|events|metrics|engine|table)(\.py$|/)")
    found = [
        place(path, call)
        for path in python_files()
        if domain.search(path.as_posix()) and not EDGES.search(path.as_posix())
        for call in nodes(path, ast.Call)
        if dotted(call.func) in ("clock.now", "now")
    ]
    assert found == []


def test_no_table_reads_the_clock_by_itself() -> None:
    found = [
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        if model.__module__.startswith("zhiben.")
        for field in model._meta.local_fields
        if getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False)
    ]
    assert found == []


def refusals() -> set[str]:
    """Names of the exceptions whose words reach a person: those the program derives from a refusal."""
    names = {"Refused", "NotPermitted", "Unreadable", "ValidationError", "CommandError"}
    grew = True
    while grew:
        heirs = {
            node.name
            for path in python_files()
            for node in nodes(path, ast.ClassDef)
            if {dotted(base).split(".")[-1] for base in node.bases} & names
        }
        grew = not heirs <= names
        names |= heirs
    return names


def test_every_refusal_is_a_chinese_sentence() -> None:
    names = refusals()
    spoken = [
        (place(path, call), text)
        for path in python_files()
        for call in nodes(path, ast.Call)
        if dotted(call.func).split(".")[-1] in names
        for argument in call.args[:1]
        if (text := text_of(argument)) is not None
    ]
    assert len(spoken) > 30, "the test no longer finds the refusals"
    assert [(where, text) for where, text in spoken if len(CHINESE.findall(text)) < 4] == []


def test_chinese_sentences_use_chinese_punctuation() -> None:
    half_width = re.compile(r"[\u4e00-\u9fff][,;?!][\u4e00-\u9fff]")
    found = [
        (place(path, node), text)
        for path in python_files()
        if not inside(path, "modules/plans/reading", "modules/plans/sources", "core/text")
        for node in nodes(path, ast.Constant)
        if isinstance(text := node.value, str) and half_width.search(text)
    ]
    assert found == []


def test_a_day_in_a_sentence_is_written_in_chinese() -> None:
    """“将于2026年12月16日到期”, as the pages say it, and not 2026-12-16."""
    days = {
        field.name
        for model in apps.get_models()
        for field in model._meta.local_fields
        if type(field) is DateField and field.name not in ("day", "month")
    }
    assert {"due_on", "rectify_by", "valid_to"} <= days
    found = [
        place(path, sentence)
        for path in python_files()
        for sentence in nodes(path, ast.JoinedStr)
        if any(CHINESE.search(text_of(part) or "") for part in sentence.values)
        for part in sentence.values
        if isinstance(part, ast.FormattedValue) and part.format_spec is None
        if dotted(part.value).split(".")[-1] in days
    ]
    assert found == []


def test_folders_are_named_for_what_they_hold() -> None:
    empty_words = {"utils", "util", "helpers", "helper", "manager", "managers", "common", "misc", "info"}
    assert [
        place(path) for path in python_files() if empty_words & {*path.relative_to(PACKAGE).parts[:-1], path.stem}
    ] == []


def test_no_room_is_too_large() -> None:
    kept = [
        *PACKAGE.rglob("*.py"),
        *(ROOT / "tests").rglob("*.py"),
        *(ROOT / "frontend" / "src").rglob("*.ts"),
        *(ROOT / "frontend" / "src").rglob("*.css"),
        *PACKAGE.rglob("*.html"),
    ]
    large = {
        place(path): lines
        for path in kept
        if "migrations" not in path.parts and (lines := len(path.read_bytes().splitlines())) > MOST_LINES
    }
    assert large == {}


def test_a_package_begins_empty() -> None:
    """What a folder offers stands in named files; importing a folder does nothing."""
    allowed = {PACKAGE / "core/web/pages/__init__.py"}
    found = [
        place(path)
        for path in PACKAGE.rglob("__init__.py")
        if path not in allowed
        and path.parent.name
        != "models"  # Django finds the tables of a module in one place, however many files they fill
        and path.read_text("utf-8").strip()
        and "migrations" not in path.parts
    ]
    assert found == []


@pytest.mark.parametrize("module", sorted(path.parent.name for path in (PACKAGE / "modules").glob("*/apps.py")))
def test_a_module_says_what_it_is(module: str) -> None:
    readme = PACKAGE / "modules" / module / "README.md"
    assert readme.exists(), f"{place(readme)} is missing: fifteen lines, what it is in the field"
    assert len(CHINESE.findall(readme.read_text("utf-8"))) > 40
