"""The worker forgets what has been kept long enough."""

import time

from zhiben.core import clock
from zhiben.core.jobs.loop import chore

from .idempotency import forget_answers
from .models import ApiUse

USE_KEPT_DAYS = 8


@chore("forget old answers of the interface", seconds=3600)
def forget_old_answers() -> None:
    forget_answers(clock.now())
    ApiUse.objects.filter(minute__lt=int(time.time()) // 60 - USE_KEPT_DAYS * 24 * 60).delete()
