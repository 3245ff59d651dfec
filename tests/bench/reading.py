"""Extraction on one core, against merely reading the file."""

import resource
import tempfile
from pathlib import Path

from zhiben.modules.plans.reading.read import read_plan
from zhiben.modules.plans.sources.open import open_source

from .figures import percentile, say, timings
from .long_plan import plan_text

TIMES = 7


def measure() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name, tasks in (("plan", 40), ("long_plan", 400), ("huge_plan", 4000)):
            path = Path(folder) / f"{name}.txt"
            text = plan_text(tasks)
            path.write_text(text, "utf-8")
            _measure(name, path, len(text), tasks)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    say("extract.peak_memory", peak, "MB")


def _measure(name: str, path: Path, characters: int, tasks: int) -> None:
    def extract(_: object) -> None:
        (source,) = open_source(path, path.name)
        found = len(read_plan(source).tasks)
        assert found == tasks, f"{name}: {found} of {tasks} tasks read"

    times = TIMES if tasks < 1000 else 2
    seconds = percentile(timings(extract, range(times)), 0.5) / 1000
    merely = percentile(timings(lambda _: path.read_text("utf-8"), range(50)), 0.5) / 1000
    against = "merely reading the file"
    say(f"extract.{name}", seconds * 1000, "ms", baseline=merely * 1000, against=against)
    say(f"extract.{name}.rate", characters / seconds, "characters/s", baseline=characters / merely, against=against)
