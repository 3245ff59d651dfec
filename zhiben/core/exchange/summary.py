"""How a run stands, in figures and in words."""

from collections import Counter
from dataclasses import dataclass

from django.db.models import Count, Sum

from .declaration import ACTION_WORDS
from .models import ImportRun, Stage


@dataclass(frozen=True)
class Counts:
    waiting_by: dict[str, int]
    """Action → rows that are in order and not carried out yet."""
    done: dict[str, int]
    """Action → rows carried out."""
    bad: int
    counter: str
    """The measure word."""

    @property
    def waiting(self) -> int:
        return sum(self.waiting_by.values())

    @property
    def taken(self) -> int:
        return sum(self.done.values())

    @property
    def will_happen(self) -> str:
        """将新增 397 人，更新 0 人；3 行有问题，不导入。"""
        said = self._said(self.waiting_by)
        return f"将{said}；{self.bad} 行有问题，不导入。" if self.bad else f"将{said}。"

    @property
    def has_happened(self) -> str:
        said = self._said(self.done)
        return f"已{said}；{self.bad} 行有问题，没有导入。" if self.bad else f"已{said}。"

    def _said(self, counts: dict[str, int]) -> str:
        words = [f"{ACTION_WORDS[action]} {counts[action]} {self.counter}" for action in ("new", "change")]
        if counts["same"]:
            words.append(f"{counts['same']} {self.counter}与系统中相同，不变")
        return "，".join(words)


def counts_of(run: ImportRun) -> Counts:
    sums = run.chunks.aggregate(new=Sum("new"), change=Sum("change"), same=Sum("same"))
    kept = run.rows.filter(is_bad=False, is_done=False).values_list("action").annotate(Count("pk"))
    waiting = Counter(run.found) if run.stage != Stage.DONE else Counter()
    waiting.update({action: count for action, count in kept if action})
    return Counts(
        waiting_by={action: waiting[action] for action in ACTION_WORDS},
        done={action: sums[action] or 0 for action in ACTION_WORDS},
        bad=run.rows.filter(is_bad=True).count(),
        counter=run.target.counter,
    )
