"""How a figure is taken and said: one JSON line each, beside what the same machine does in the same minute."""

import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


def say(name: str, value: float, unit: str, *, baseline: float | None = None, against: str = "") -> None:
    """`ratio` is value ÷ baseline. `against` says what the baseline is: the physical limit, or the plainest way."""
    line: dict[str, object] = {"name": name, "value": _short(value), "unit": unit, "baseline": None, "ratio": None}
    if baseline:
        line |= {"baseline": _short(baseline), "ratio": _short(value / baseline)}
    if against:
        line["against"] = against
    sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def note(sentence: str) -> None:
    """For the person who waits; standard output carries figures only."""
    sys.stderr.write(f"  {sentence}\n")
    sys.stderr.flush()


@dataclass
class Stopwatch:
    seconds: float = 0.0


@contextmanager
def stopwatch() -> Iterator[Stopwatch]:
    watch = Stopwatch()
    began = time.perf_counter()
    yield watch
    watch.seconds = time.perf_counter() - began


def timings(of: Callable[[T], object], over: Iterable[T]) -> list[float]:
    """Milliseconds of each call."""
    taken = []
    for one in over:
        began = time.perf_counter()
        of(one)
        taken.append((time.perf_counter() - began) * 1000)
    return taken


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]


def _short(value: float) -> float:
    return float(f"{value:.4g}")
