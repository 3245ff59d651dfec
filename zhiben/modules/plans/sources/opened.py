from collections.abc import Callable
from dataclasses import dataclass

from zhiben.modules.plans.reading.source import SourceText

Progress = Callable[[int, int], None]  # pages done, pages in all


@dataclass(frozen=True)
class Opened:
    """One document turned into text, and what the reader of the text should know about how (Chinese sentences)."""

    source: SourceText
    warnings: tuple[str, ...] = ()
