"""The worker renews our own certificate before it ends."""

import structlog

from zhiben.core import clock
from zhiben.core.access.acting import Machine
from zhiben.core.jobs.loop import chore

from .services import concerns, renew_when_due

log = structlog.get_logger(__name__)


@chore("renew the certificate", seconds=3600)
def renew_the_certificate() -> None:
    now = clock.machine_now()
    if not renew_when_due(by=Machine("证书续期"), now=now):
        for sentence in concerns(now):
            log.warning("certificate", note=sentence)
