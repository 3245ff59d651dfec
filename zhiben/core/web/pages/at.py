"""Who looks, and when: what filters, totals and panels are given."""

from dataclasses import dataclass
from datetime import date, datetime

from zhiben.core.access.acting import Acting
from zhiben.core.clock import local_day


@dataclass(frozen=True)
class At:
    acting: Acting
    now: datetime

    @property
    def today(self) -> date:
        return local_day(self.now)
