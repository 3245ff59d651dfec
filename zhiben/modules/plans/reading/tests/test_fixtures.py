"""Plans in many layouts, written for this purpose, with what must be read out of them.

After the line ===== a fixture names the facts (`title: …`) and one task a line:
action | number | title | l:lead p:participant r:responsible | days | numbers with units | per:count | parent
A number after ? may be read or not.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from zhiben.core.text.numbers import decimal_value
from zhiben.modules.plans.reading.read import read_plan
from zhiben.modules.plans.reading.source import SourceText

from .mutations import (
    full_width,
    look_alike_radicals,
    traditional,
    web_page,
    web_page_of_lines,
    wide_point_numbers,
    windows_lines,
)
from .scoring import f1, gist, plain, score

FIXTURES = sorted((Path(__file__).parent / "fixtures").glob("*.txt"))
_ROLES = {"l": "lead", "p": "participant", "r": "responsible"}


def parsed(path: Path) -> tuple[str, dict[str, Any]]:
    text, _, expected = path.read_text(encoding="utf-8").partition("\n=====\n")
    gold: dict[str, Any] = {"tasks": [], "facts": {}}
    for line in expected.splitlines():
        if fact := re.match(r"(\w+): (.+)", line):
            gold["facts"][fact[1]] = fact[2]
        elif line.strip():
            gold["tasks"].append(_task([part.strip() for part in line.split("|")]))
    return text, gold


def _task(parts: list[str]) -> dict[str, Any]:
    action, number, title, units, days, numbers, frequencies, parent = parts + [""] * (8 - len(parts))
    quantities = [re.match(r"(\?)?([\d.]+)(\D+)", one) for one in numbers.split()]
    return {
        "action_ordinal": None if action == "-" else action,
        "number": number,
        "title": title,
        "parent": parent or None,
        "departments": [{"role": _ROLES[unit[0]], "name": unit[2:]} for unit in units.split()],
        "milestones": [{"due": day} for day in days.split()],
        "indicators": [{"optional": bool(q[1]), "value": decimal_value(q[2]), "unit": q[3]} for q in quantities if q],
        "frequencies": [
            {"per": per, "min_count": int(count)} for per, count in (one.split(":") for one in frequencies.split())
        ],
    }


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_every_layout_is_read(path: Path) -> None:
    text, gold = parsed(path)
    found = read_plan(SourceText(text)).to_json()
    counts = score(found, gold)
    assert {kind: count[1:] for kind, count in counts.items()} == dict.fromkeys(counts, (0, 0))
    period = "-".join(day[:4] for day in found["period"]) if found["period"] else None
    facts = {name: period if name == "period" else plain(found[name]) for name in gold["facts"]}
    assert facts == {name: plain(value) for name, value in gold["facts"].items()}


MARKED_UP = ("10_", "11_", "12_", "22_", "35_", "36_")  # marks, pinyin or numbers that a second change would break
ON_OTHER_PAPER = (
    full_width,
    traditional,
    look_alike_radicals,
    web_page,
    web_page_of_lines,
    wide_point_numbers,
    windows_lines,
)


@pytest.mark.parametrize("mutation", ON_OTHER_PAPER, ids=lambda mutation: mutation.__name__)
def test_every_layout_is_read_the_same_however_it_was_saved(mutation: Callable[[str], str]) -> None:
    for path in FIXTURES:
        if not path.stem.startswith(MARKED_UP):
            text, _ = parsed(path)
            expected, found = gist(read_plan(SourceText(text))), gist(read_plan(SourceText(mutation(text))))
            assert found["tasks"] == expected["tasks"], path.stem


def test_the_fixtures_together_meet_the_aims() -> None:
    totals: dict[str, list[int]] = {}
    for path in FIXTURES:
        text, gold = parsed(path)
        for kind, count in score(read_plan(SourceText(text)).to_json(), gold).items():
            totals[kind] = [a + b for a, b in zip(totals.get(kind, [0, 0, 0]), count, strict=True)]
    aims = {"tasks": 0.99, "departments": 0.97, "milestones": 0.95, "indicators": 0.90, "frequencies": 0.90}
    assert {kind: f1(*totals[kind]) >= aim for kind, aim in aims.items()} == dict.fromkeys(aims, True)
