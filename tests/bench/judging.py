"""Judging 10,000 descriptions on one core through the command, against looking for every phrase with a plain `in`."""

import csv
import resource
import tempfile
import time
from datetime import date
from itertools import cycle, islice
from pathlib import Path

from zhiben.modules.criteria import command
from zhiben.modules.criteria.judging.engine import engine, judge
from zhiben.modules.criteria.judging.text import read

from .figures import percentile, say, stopwatch, timings

ROWS = 10_000
SAMPLE = 500
LIMIT = 20.0
"""Milliseconds for one description on one core."""
DESCRIBED = Path(command.__file__).parent / "tests/data"
PLACES = ("一车间", "二车间东头", "3号库房门口", "西侧通道", "今天上午检查", "班组反映")


def measure() -> None:
    began = time.process_time()
    judging = engine()
    say("judge.start", (time.process_time() - began) * 1000, "ms")
    rows = _rows()
    with tempfile.TemporaryDirectory() as folder:
        source, out = Path(folder) / "described.csv", Path(folder) / "judged.jsonl"
        with source.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(("id", "description", "sector", "found_on"))
            writer.writerows(rows)
        with stopwatch() as watch:
            assert command.main([str(source), "--out", str(out)]) == 0
        assert len(out.read_text("utf-8").splitlines()) == ROWS
    phrases = sorted(judging.words.lexicon.plain)
    texts = [read(description).text for _, description, _, _ in rows[:SAMPLE]]
    floor = timings(lambda text: [phrase for phrase in phrases if phrase in text], texts)
    against = f"each of {len(phrases)} phrases with a plain in"
    usual = sum(floor) / len(floor)
    say("judge.10k", watch.seconds, "s", baseline=usual * ROWS / 1000, against=against)
    say("judge.mean", watch.seconds / ROWS * 1000, "ms", baseline=usual, against=against)
    say("judge.limit", watch.seconds / ROWS * 1000, "ms", baseline=LIMIT, against="the most a description may take")
    taken = timings(lambda row: judge(row[1], sector=row[2], found_on=date(2026, 11, 21)), rows[:SAMPLE])
    say("judge.p95", percentile(taken, 0.95), "ms", baseline=percentile(floor, 0.95), against=against)
    say("judge.p95.limit", percentile(taken, 0.95), "ms", baseline=LIMIT, against="the most a description may take")
    say("judge.peak_memory", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "MB")


def _rows() -> list[tuple[str, str, str, str]]:
    """Written descriptions, each at several places, so that no two are the same."""
    described = []
    for path in sorted(DESCRIBED.glob("*.csv")):
        with path.open(encoding="utf-8-sig", newline="") as stream:
            described += [(row["description"], row["sector"]) for row in csv.DictReader(stream)]
    return [
        (str(number), f"{PLACES[number % len(PLACES)]}第{number}处，{text}", sector if number % 2 else "", "2026-11-21")
        for number, (text, sector) in enumerate(islice(cycle(described), ROWS))
    ]
