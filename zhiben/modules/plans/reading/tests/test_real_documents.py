"""Real plans, where they are at hand: read as annotated, and read the same however they were saved."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from zhiben.modules.plans.reading.read import read_plan
from zhiben.modules.plans.reading.source import SourceText

from .mutations import MUTATIONS
from .scoring import f1, gist, score

CORPUS = Path(__file__).resolve().parents[5].parent / "shared" / "corpus"
PLANS = sorted((CORPUS / "plans").glob("*.txt")) if CORPUS.exists() else []
AIMS = {"tasks": 0.99, "departments": 0.97, "milestones": 0.95, "indicators": 0.90, "frequencies": 0.90}

pytestmark = pytest.mark.skipif(not PLANS, reason="没有真实方案语料")


@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.stem)
def test_reads_as_annotated(path: Path) -> None:
    gold = json.loads((CORPUS / "gold" / f"{path.stem}.json").read_text(encoding="utf-8"))
    counts = score(read_plan(SourceText(path.read_text(encoding="utf-8"))).to_json(), gold)
    assert {kind: f1(*counts[kind]) >= aim for kind, aim in AIMS.items()} == dict.fromkeys(AIMS, True), counts


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.__name__)
@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.stem)
def test_reads_the_same_however_it_was_saved(path: Path, mutation: Callable[[str], str]) -> None:
    text = path.read_text(encoding="utf-8")
    expected, found = gist(read_plan(SourceText(text))), gist(read_plan(SourceText(mutation(text))))
    assert found["tasks"] == expected["tasks"]
    assert found == expected
