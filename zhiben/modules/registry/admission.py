"""分包单位准入: the life of a contractor or lessee in an enterprise. Put forward, admitted by another person, bound by an
agreement, in the plant under somebody's coordination with regular checks, barred, over."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from zhiben.core.access.acting import Acting, By
from zhiben.core.access.actors import AnyOf, Holder, TheSystem
from zhiben.core.calendar import full_day
from zhiben.core.clock import local_day
from zhiben.core.org.roles import Role
from zhiben.core.workflow import engine
from zhiben.core.workflow.refusal import StepInvalid
from zhiben.core.workflow.table import Input, Step, Workflow

from .engagements import paper_flaws
from .models.engagements import RUNNING, Engagement, EngagementStatus
from .reminding import forget

S = EngagementStatus
Fields = list[str]
A_YEAR = timedelta(days=366)
"""The longest time from one check to the next that is accepted as regular."""
MAJOR = (
    "工贸企业对承包、承租单位不统一协调管理，或者不定期进行安全检查的，可能构成重大事故隐患"
    "（应急管理部令第10号第三条第（一）项）。"
)

OWN = Holder(Role.SAFETY_OFFICER, Role.ENTERPRISE_HEAD, unit="responsible_unit", fallback=None, label="企业")
ADMITTER = Holder(
    Role.ENTERPRISE_HEAD, Role.SAFETY_OFFICER, unit="responsible_unit", fallback=None, apart_from="proposed_by",
    label="企业（申请人以外）",
)  # fmt: skip
"""Nobody outside the enterprise admits for it: where there is one person only, another has to be appointed."""


# ── why not ──────────────────────────────────────────────────────────────────────────────────────────────────────


def own_work(engagement: Engagement, acting: Acting) -> str | None:
    """Nobody admits what they put forward, nor vouches for papers that they entered, whichever post they hold."""
    mine = {acting.person.pk, acting.on_behalf_of.pk if acting.on_behalf_of else acting.person.pk}
    if engagement.proposed_by_id in mine:
        return "这份申请是您本人填写的，请由本企业其他负责人审查；本企业只有一人有账号的，请先为另一人开通账号"
    entered = engagement.qualifications.filter(is_void=False, checked_at=None, entered_by__in=mine).first()
    return f"“{entered}”是您本人登记的，请由本企业其他负责人审查" if entered else None


def _not_future(value: date, engagement: Engagement, now: datetime) -> str | None:
    return "日期不能晚于今天，请核对" if value > local_day(now) else None


def _next_check(value: date, engagement: Engagement, now: datetime) -> str | None:
    today = local_day(now)
    if value <= today:
        return "下次检查的日期应晚于今天"
    return f"检查间隔不能超过一年，请填写 {today + A_YEAR} 以前的日期" if value > today + A_YEAR else None


def _checked_on(value: date, engagement: Engagement, now: datetime) -> str | None:
    if engagement.checked_on and value < engagement.checked_on:
        return f"不能早于上一次检查（{full_day(engagement.checked_on)}），请核对"
    return _not_future(value, engagement, now)


def _later_end(value: date, engagement: Engagement, now: datetime) -> str | None:
    if value <= engagement.ends_on:
        return f"延期后的结束日期应晚于现在的{full_day(engagement.ends_on)}"
    return "延期后的结束日期已经过去，请核对" if value < local_day(now) else None


def _refuse_papers(engagement: Engagement, day: date, *, checked: bool) -> None:
    """Raises StepInvalid with the first flaw of its papers on that day."""
    papers = list(engagement.qualifications.all())
    flaws = paper_flaws(engagement, papers, day)
    if checked:
        flaws += [
            f"“{paper}”登记后还没有核对，请由登记人以外的人核对后再办理。"
            for paper in papers
            if not paper.is_void and paper.checked_at is None
        ]
    if flaws:
        raise StepInvalid({"qualifications": "".join(flaws[:3])})


# ── what follows ─────────────────────────────────────────────────────────────────────────────────────────────────


def admit(engagement: Engagement, data: Mapping[str, Any], by: By, now: datetime) -> Fields:
    """Whoever admits has checked the papers: they hold today and on the first day."""
    _refuse_papers(engagement, max(local_day(now), engagement.begins_on), checked=False)
    _refuse_over(engagement, now)
    person = by.person if isinstance(by, Acting) else None
    engagement.qualifications.filter(is_void=False, checked_at=None).update(checked_by=person, checked_at=now)
    return []


def put_forward_again(engagement: Engagement, data: Mapping[str, Any], by: By, now: datetime) -> Fields:
    engagement.proposed_by, engagement.proposed_at = (by.person if isinstance(by, Acting) else None), now
    return ["proposed_by", "proposed_at"]


def enter(engagement: Engagement, data: Mapping[str, Any], by: By, now: datetime) -> Fields:
    today = local_day(now)
    if today < engagement.begins_on:
        raise StepInvalid({"begins_on": f"开始日期是{full_day(engagement.begins_on)}，到那一天再办理进场。"})
    _refuse_over(engagement, now)
    _refuse_papers(engagement, today, checked=True)
    _refuse_alone(engagement)
    return []


def bar(engagement: Engagement, data: Mapping[str, Any], by: By, now: datetime) -> None:
    """Who works under it stops with it."""
    for under in engagement.subcontracts.filter(status=S.PRESENT).order_by("pk"):
        engine.fire(under, "bar", by=by, now=now, reason=f"总包单位停止作业：{data['reason']}")


def resume(engagement: Engagement, data: Mapping[str, Any], by: By, now: datetime) -> None:
    _refuse_over(engagement, now)
    _refuse_papers(engagement, local_day(now), checked=True)
    _refuse_alone(engagement)


def note_check(engagement: Engagement, data: Mapping[str, Any], by: By, now: datetime) -> None:
    forget(engagement, field="check_by", now=now)


def note_end(engagement: Engagement, data: Mapping[str, Any], by: By, now: datetime) -> None:
    forget(engagement, field="ends_on", now=now)


def go(engagement: Engagement, data: Mapping[str, Any], by: By, now: datetime) -> Fields:
    """Nothing is asked for any more. Its subcontractors do not work on without it."""
    if still := engagement.subcontracts.filter(status=S.PRESENT).first():
        raise StepInvalid({"under": f"分包单位“{still.name}”还在场，请先办理它的离场或停止作业。"})
    forget(engagement, now=now)
    for paper in engagement.qualifications.all():
        forget(paper, now=now)
    engagement.check_by = None
    return ["check_by"]


def _refuse_alone(engagement: Engagement) -> None:
    """A subcontractor does not work while its contractor does not."""
    principal = engagement.under
    if principal is not None and principal.status != S.PRESENT:
        now_is = principal.get_status_display()
        raise StepInvalid({"under": f"总包单位“{principal.name}”现在是“{now_is}”，它在场时分包单位才能作业。"})


def _refuse_over(engagement: Engagement, now: datetime) -> None:
    if engagement.ends_on < local_day(now):
        raise StepInvalid(
            {"ends_on": f"已于{full_day(engagement.ends_on)}到期，请先办理延期，或者结束这一份后重新申请。"}
        )


ADMISSION = Workflow(
    model=Engagement,
    label="外包外租",
    start=S.PROPOSED,
    final=(S.ENDED,),
    at_rest=(S.REFUSED, S.PRESENT, S.BARRED),
    with_related=("enterprise", "under"),
    inputs=(
        Input("agreement", "安全管理协议", "files", help="双方盖章的协议，写明各自的安全生产管理职责"),
        Input("agreement_signed_on", "协议签订日", "date", check=_not_future),
        Input("coordinator", "统一协调管理的人", "text", help="本企业由谁负责协调、管理这家单位的安全生产工作"),
        Input("checked_on", "检查日期", "date", check=_checked_on,
              initial=lambda engagement, acting, now: local_day(now)),
        Input("check_by", "下次安全检查期限", "date", help="最长不超过一年；作业期间宜按月检查", check=_next_check),
        Input("finding", "审查或检查意见", "long_text", help="看了什么、是否属实、还有什么要改"),
        Input("ends_on", "延期至", "date", check=_later_end),
        Input("files", "佐证材料", "files"),
    ),
    steps=(
        Step("admit", "准入", S.PROPOSED, S.ADMITTED, ADMITTER, needs=("finding",), takes=("files",),
             unless=own_work, effect=admit, tells=(OWN,), help="请逐份核对证照的编号、有效期和照片；通过后签订安全管理协议"),
        Step("refuse", "不予准入", S.PROPOSED, S.REFUSED, ADMITTER, needs=("reason",), unless=own_work, tone="danger",
             tells=(OWN,)),
        Step("put_forward_again", "重新申请", S.REFUSED, S.PROPOSED, OWN, needs=("reason",), effect=put_forward_again,
             waits=False, help="补齐证照、改正内容以后再申请"),
        Step("sign", "签订协议", S.ADMITTED, S.SIGNED, OWN, needs=("agreement_signed_on", "agreement")),
        Step("enter", "进场", S.SIGNED, S.PRESENT, OWN, needs=("coordinator", "check_by"), takes=("files",),
             effect=enter, help="确定由谁统一协调管理、下次什么时候检查"),
        Step("check", "登记安全检查", (S.PRESENT, S.BARRED), None, OWN, needs=("checked_on", "finding", "check_by"),
             takes=("files",), effect=note_check, waits=False, help=MAJOR),
        Step("coordinate", "变更协调管理的人", (S.PRESENT, S.BARRED), None, OWN, needs=("coordinator",), waits=False,
             tone="quiet"),
        Step("extend", "延期", RUNNING, None, OWN, needs=("ends_on", "reason"), takes=("files",), effect=note_end,
             waits=False, tone="quiet", help="协议期限变化的，请一并上传补充协议"),
        Step("bar", "停止作业", S.PRESENT, S.BARRED, OWN, needs=("reason",), takes=("files",), effect=bar,
             waits=False, tone="danger", help="检查发现问题、证照到期或者违章作业的，先停下来"),
        Step("resume", "恢复作业", S.BARRED, S.PRESENT, OWN, needs=("finding", "check_by"), takes=("files",),
             effect=resume, waits=False),
        Step("end", "离场", RUNNING, S.ENDED, AnyOf(OWN, TheSystem()), needs=("reason",), effect=go, waits=False,
             tone="quiet", help="作业完成、租期届满或者协议解除"),
        Step("give_up", "撤回申请", (S.PROPOSED, S.REFUSED), S.ENDED, AnyOf(OWN, TheSystem()), needs=("reason",),
             waits=False, tone="quiet"),
    ),
)  # fmt: skip
