"""The life of one version of a plan: read, checked, published, and one day replaced by the next (方案的一生)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from zhiben.core.access.acting import Acting, By
from zhiben.core.access.actors import Holder, TheSystem
from zhiben.core.org.roles import Role
from zhiben.core.workflow.table import Step, Workflow

from .events import PlanPublished, PlanRead
from .models import PlanVersion
from .models import VersionStatus as S

OFFICE = Holder(
    Role.COMMITTEE_OFFICER,
    Role.UNIT_OFFICER,
    Role.COMMITTEE_CHIEF,
    Role.UNIT_LEADER,
    fallback=None,
    label="方案编制单位",
)


def unfinished(version: PlanVersion, acting: Acting) -> str | None:
    """A plan goes out only when every task has somebody to answer for it, or was explicitly left."""
    from .services.publication import what_is_missing

    return what_is_missing(version)


def publish(version: PlanVersion, data: Mapping[str, Any], by: By, now: datetime) -> None:
    from .services.publishing import dispatch

    dispatch(version, by=by, now=now)


def put_aside(version: PlanVersion, data: Mapping[str, Any], by: By, now: datetime) -> None:
    from .services.intake import release_document

    release_document(version)


PLAN_LIFE = Workflow(
    model=PlanVersion,
    label="方案",
    start=S.READING,
    final=(S.SUPERSEDED, S.DISCARDED),
    with_related=("plan", "document", "based_on"),
    steps=(
        Step("read", "读取", S.READING, S.DRAFT, TheSystem(), announces=PlanRead),
        Step("fail", "读取失败", S.READING, S.UNREADABLE, TheSystem(), needs=("unreadable_reason",), effect=put_aside),
        Step(
            "publish", "发布", S.DRAFT, S.PUBLISHED, OFFICE, unless=unfinished, effect=publish, announces=PlanPublished,
            help="发布后，任务交办到各单位，台账对外生效；再要改动须走修订",
        ),
        Step(
            "discard", "弃用", S.DRAFT, S.DISCARDED, OFFICE, needs=("reason",), effect=put_aside, waits=False,
            tone="danger", help="这一稿不再使用；同一份文件可以重新上传",
        ),
        Step(
            "acknowledge", "知道了，不再读取", S.UNREADABLE, S.DISCARDED, OFFICE,
            help="文件没能读取，原因写在这一版上；处理后可以重新上传",
        ),
        Step("supersede", "被新版本替代", S.PUBLISHED, S.SUPERSEDED, TheSystem()),
    ),
)  # fmt: skip
