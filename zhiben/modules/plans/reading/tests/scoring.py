"""A small scorer: true positives, false positives and misses of one ledger against its gold."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from typing import Any

from zhiben.core.text.normal import normalised_text
from zhiben.core.text.numbers import number_value
from zhiben.modules.plans.reading.ledger import Ledger

Counts = tuple[int, int, int]
_KEYS = {
    "departments": lambda unit: (plain(unit["name"]), unit["role"]),
    "milestones": lambda milestone: milestone["due"],
    "indicators": lambda indicator: (float(indicator["value"]), indicator["unit"]),
    "frequencies": lambda frequency: (frequency["per"], frequency["min_count"]),
}
_SETS = ("departments", "frequencies")


def plain(text: object) -> str:
    """For comparison: folded, without white space."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", str(text or "")))


def _key(task: dict[str, Any]) -> tuple[str, ...]:
    return (plain(task.get("action_ordinal")), plain(task.get("parent")), plain(task["number"]))


def _alike(title: str, gold: str) -> bool:
    return bool(title) and (gold.startswith(title[:8]) or title.startswith(gold[:8]))


def _compare(kind: str, found: list[dict[str, Any]], gold: list[dict[str, Any]]) -> Counts:
    key = _KEYS[kind]
    have, want = Counter(map(key, found)), Counter(key(item) for item in gold if not item.get("optional"))
    free = Counter(key(item) for item in gold if item.get("optional"))
    if kind in _SETS:
        have, want, free = Counter(set(have)), Counter(set(want)), Counter(set(free))
    hits = have & want
    return hits.total(), ((have - hits) - free).total(), (want - hits).total()


def _added(totals: Iterable[Counts]) -> Counts:
    hits, extra, missed = (sum(column) for column in zip(*totals, (0, 0, 0), strict=False)) if totals else (0, 0, 0)
    return hits, extra, missed


def score(found: dict[str, Any], gold: dict[str, Any]) -> dict[str, Counts]:
    """Counts by kind. Tasks are paired by action, parent and number; where those agree, titles must begin alike."""
    waiting: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for task in found["tasks"]:
        waiting.setdefault(_key(task), []).append(task)
    pairs: list[tuple[dict[str, Any], dict[str, Any]]] = []
    missed: list[dict[str, Any]] = []
    for task in gold["tasks"]:
        candidates = waiting.get(_key(task), [])
        same = [one for one in candidates if _alike(plain(one["title"]), plain(task["title"]))]
        if same:
            candidates.remove(same[0])
            pairs.append((same[0], task))
        else:
            missed.append(task)
    extra = [task for rest in waiting.values() for task in rest]
    counts: dict[str, Counts] = {"tasks": (len(pairs), len(extra), len(missed))}
    for kind in _KEYS:
        triples = [_compare(kind, one.get(kind, []), two.get(kind, [])) for one, two in pairs]
        triples += [_compare(kind, one.get(kind, []), []) for one in extra]
        triples += [_compare(kind, [], two.get(kind, [])) for two in missed]
        counts[kind] = _added(triples)
    return counts


def f1(hits: int, extra: int, missed: int) -> float:
    """The harmonic mean of precision and recall; 1 where nothing was to be found and nothing was."""
    return 2 * hits / (2 * hits + extra + missed) if hits + extra + missed else 1.0


def folded(text: str | None) -> str:
    return "".join(normalised_text(text or "").split()).replace('"', "”")


def gist(ledger: Ledger) -> dict[str, object]:
    """What must not change, in one way to write."""
    readings = {"doc_no": ledger.doc_no, "issuer": ledger.issuer, "issue_date": ledger.issue_date}
    facts = {name: folded(reading.value) for name, reading in readings.items() if reading}
    tasks = [
        (
            number_value((task.action_ordinal or "").strip("()")),
            number_value(task.number.strip("()")),
            folded(task.title)[:20],
            sorted((folded(unit.name), unit.role) for unit in task.departments),
            [milestone.due for milestone in task.milestones],
            [(indicator.value, folded(indicator.unit), indicator.operator) for indicator in task.indicators],
            sorted((frequency.per, frequency.min_count) for frequency in task.frequencies),
        )
        for task in ledger.tasks
    ]
    actions = [(action.ordinal, folded(action.title)) for action in ledger.actions]
    goals = [(goal.due, len(goal.indicators)) for goal in ledger.goals]
    return {"facts": facts, "period": ledger.period, "actions": actions, "tasks": tasks, "goals": goals}
