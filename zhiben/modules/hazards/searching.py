"""By which words hazards are found, and that they stay findable: kept when they come in and when they are corrected, and
when their enterprise takes another name."""

from collections.abc import Iterable
from uuid import UUID

from zhiben.core.batches import in_batches
from zhiben.core.jobs.services import Running, job
from zhiben.core.search.index import keep, searchable

from .models import Hazard

HAZARD_WORDS = ("description", "place", "number", "enterprise__name")
BATCH = 1000


searchable(Hazard, HAZARD_WORDS)


def keep_words(hazards: Iterable[Hazard], *, are_new: bool = False) -> None:
    """Their enterprises fetched with them. Inside the transaction that saved them."""
    keep(Hazard, hazards, are_new=are_new)


@job("hazards.keep_words")
def keep_words_of(running: Running, *, enterprise: str) -> None:
    """All hazards of an enterprise that was given another name. May be run again."""
    rows = Hazard.objects.filter(enterprise=UUID(enterprise)).select_related("enterprise").order_by("pk")
    total, done = rows.count(), 0
    for batch in in_batches(rows.iterator(chunk_size=BATCH), BATCH):
        keep(Hazard, batch)
        done += len(batch)
        running.progress(done, total, "正在更新检索")
