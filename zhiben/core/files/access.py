"""Who may fetch a file: whoever may see the record it is attached to. Each module says who that is, once."""

from collections.abc import Callable

from zhiben.core.access.acting import Acting

from .models import Attachment

MaySee = Callable[[Acting, str], bool]  # (who acts, record_id)

_REGISTERED: dict[str, MaySee] = {}


def register(record_type: str, may_see: MaySee) -> None:
    """Called in a module's AppConfig.ready, e.g. `register("tasks.task", task_is_visible)`."""
    _REGISTERED[record_type] = may_see


def may_fetch(acting: Acting, attachment: Attachment) -> bool:
    """False for a record type nobody registered: silence is not consent."""
    may_see = _REGISTERED.get(attachment.record_type)
    return may_see is not None and may_see(acting, attachment.record_id)
