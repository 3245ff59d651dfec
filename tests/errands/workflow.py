from dataclasses import dataclass
from datetime import datetime

from zhiben.core.access.acting import Acting, By
from zhiben.core.access.actors import Above, AnyOf, Holder, TheSystem
from zhiben.core.events.event import Event
from zhiben.core.org.roles import Role
from zhiben.core.workflow.table import Approval, Deadline, Input, Step, Workflow, days

from .models import Errand

S = Errand.Status
DOER = Holder(Role.UNIT_OFFICER, Role.UNIT_LEADER, fallback=Above())
DOER_LEADER = Holder(Role.UNIT_LEADER)
GIVER = Holder(Role.COMMITTEE_OFFICER, Role.COMMITTEE_CHIEF, unit="supervising_unit")
GIVER_CHIEF = Holder(Role.COMMITTEE_CHIEF, unit="supervising_unit")


@dataclass(frozen=True, kw_only=True)
class ErrandClosed(Event):
    pass


@dataclass(frozen=True, kw_only=True)
class ErrandOverdue(Event):
    pass


def own_work(errand: Errand, acting: Acting) -> str | None:
    return "不能核验本人办理的事项" if errand.done_by_id == acting.person.pk else None


def remember_doer(errand: Errand, data: object, by: By, now: datetime) -> None:
    if isinstance(by, Acting):
        errand.done_by = by.person
        errand.save(update_fields=["done_by"])


ERRAND_LIFE = Workflow(
    model=Errand,
    start=S.GIVEN,
    final=(S.CLOSED, S.DROPPED),
    steps=(
        Step("accept", "接收", S.GIVEN, S.DOING, DOER, bulk=True),
        Step("report", "报告进展", S.DOING, None, DOER, needs=("words",), takes=("spent", "photos"), waits=False),
        Step("finish", "办完", S.DOING, S.DONE, DOER, needs=("words",), effect=remember_doer),
        Step("back", "退回", S.DONE, S.DOING, GIVER, needs=("reason",), tells=(DOER_LEADER,)),
        Step("close", "办结", S.DONE, S.CLOSED, GIVER, unless=own_work, announces=ErrandClosed, tells=(DOER,)),
        Step("extend", "延期", (S.GIVEN, S.DOING), None, DOER, needs=("due_on", "reason"), waits=False,
             approval=Approval(GIVER, quorum="all")),
        Step("drop", "撤回", (S.GIVEN, S.DOING), S.DROPPED, AnyOf(GIVER, TheSystem()), needs=("reason",), waits=False),
    ),
    deadlines=(
        Deadline("due", "办结期限", (S.GIVEN, S.DOING), due="due_on", remind=(days(3), days(1)),
                 escalate=((days(0), DOER_LEADER), (days(7), GIVER_CHIEF)), announces=ErrandOverdue),
    ),
    inputs=(Input("words", "情况", "long_text"), Input("photos", "照片", "files")),
)  # fmt: skip
