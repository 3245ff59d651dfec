"""交办、五定、进展和延期: from the order to the moment the rectification is handed in."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from zhiben.core.access.acting import Acting, By
from zhiben.core.access.actors import may_act
from zhiben.core.access.directory import Directory
from zhiben.core.calendar import add_working_days, full_day
from zhiben.core.clock import local_day
from zhiben.core.events.services import announce
from zhiben.core.workflow.refusal import StepInvalid, StepRefused

from .actors import SUPERVISOR_CHIEF
from .apart import ORDERED, lend_a_hand, take_part
from .events import HazardJudged
from .judging import judge
from .models import DualReport, Hazard, HazardLevel, ProgressReport, RectificationPlan
from .photos import AFTER, look_at
from .policy import policy_of

Fields = list[str]

FOR_MAJOR = {"goals": "治理目标和任务", "bodies": "负责机构和人员", "safety_measures": "治理期间的安全措施"}
"""What a major hazard's governance plan has beyond the five 定 (安全生产事故隐患排查治理暂行规定, 安监总局令第16号,
第十五条: 目标和任务、方法和措施、经费和物资、机构和人员、时限和要求、安全措施和应急预案)."""

LONGEST = timedelta(days=3 * 365)
"""From today, for the day by which something must be rectified."""

ASKED_ONCE = ("liable_person", "liable_mobile", "bodies")
"""What of a plan speaks of people and not of this hazard."""


# ── why not ──────────────────────────────────────────────────────────────────────────────────────────────────────


def extended_enough(hazard: Hazard, acting: Acting) -> str | None:
    most = policy_of(hazard.region_path).extensions
    if hazard.extensions >= most:
        return f"已延期 {hazard.extensions} 次（最多 {most} 次），再延期请用「特批延期」，由监管单位负责人审批"
    return None


def not_ready(hazard: Hazard, acting: Acting) -> str | None:
    """A major hazard is handed in only with its dual reports registered (安全生产法（2021）第四十一条第二款)."""
    if not hazard.is_major or hazard.enterprise_id is None:
        return None
    done = set(hazard.dual_reports.values_list("to", flat=True))
    if missing := [DualReport.To(to).label for to in DualReport.To.values if to not in done]:
        return f"重大事故隐患须先登记双报告（安全生产法第四十一条），还缺：向{'、向'.join(missing)}的报告"
    return None


# ── what may be filled in ────────────────────────────────────────────────────────────────────────────────────────


def not_in_the_past(value: date, record: Any, now: datetime) -> str | None:
    return "日期不能早于今天" if value < local_day(now) else None


def a_day_to_work_towards(value: date, record: Any, now: datetime) -> str | None:
    """A day so far off that nobody will live to see it is none."""
    if value > local_day(now) + LONGEST:
        return f"期限最长三年，不能晚于 {full_day(local_day(now) + LONGEST)}；需要更久的，请分阶段交办"
    return not_in_the_past(value, record, now)


def since_it_was_found(value: date, hazard: Hazard, now: datetime) -> str | None:
    if value < hazard.found_on:
        return f"报告日期不能早于发现日期 {full_day(hazard.found_on)}"
    return not_in_the_future(value, hazard, now)


def not_in_the_future(value: date, record: Any, now: datetime) -> str | None:
    return "不能登记还没有发生的日期" if value > local_day(now) else None


def not_negative(value: Decimal, record: Any, now: datetime) -> str | None:
    if value < 0:
        return "金额不能小于 0"
    return "金额过大，请按元填写" if value >= Decimal("1e12") else None


def no_longer_than(most: int) -> Callable[[str, Any, datetime], str | None]:
    def check(value: str, record: Any, now: datetime) -> str | None:
        return f"请控制在 {most} 字以内" if len(value) > most else None

    return check


def within_the_order(value: date, hazard: Hazard, now: datetime) -> str | None:
    """The plan's day lies within the day that was ordered."""
    if hazard.rectify_by and value > max(hazard.rectify_by, local_day(now)):
        return f"整改时限不能晚于要求的整改期限 {full_day(hazard.rectify_by)}；确需更长时间，请申请延期"
    return not_in_the_past(value, hazard, now)


def later_than_now(value: date, hazard: Hazard, now: datetime) -> str | None:
    if value <= local_day(now):
        return "新的期限须晚于今天"
    if hazard.rectify_by and value <= hazard.rectify_by:
        return f"新的期限须晚于原期限 {full_day(hazard.rectify_by)}"
    return a_day_to_work_towards(value, hazard, now)


def within_the_limit(value: date, hazard: Hazard, now: datetime) -> str | None:
    """What the supervising unit's officers may grant; beyond it, its head."""
    if sentence := later_than_now(value, hazard, now):
        return sentence
    if hazard.rectify_by and hazard.rectify_by < local_day(now):
        return "整改期限已过，请用「特批延期」，由监管单位负责人审批"
    most = policy_of(hazard.region_path).extension_days
    if hazard.rectify_by and value > hazard.rectify_by + timedelta(days=most):
        return f"每次最多延期 {most} 天；确需更长时间，请用「特批延期」，由监管单位负责人审批"
    return None


def usual_day(hazard: Hazard, acting: Acting, now: datetime) -> date:
    """What the region usually gives, as a proposal."""
    policy = policy_of(hazard.region_path)
    days = policy.major_days if hazard.level == HazardLevel.MAJOR else policy.general_days
    asked = hazard.rectify_by
    return asked if asked and asked >= local_day(now) else local_day(now) + timedelta(days=days)


def as_before(name: str) -> Callable[[Hazard, Acting, datetime], Any]:
    """What the enterprise need not write twice: as in this hazard's last plan; of who answers for it, and who helps,
    else as in the last plan that the same unit filed."""

    def known(hazard: Hazard, acting: Acting, now: datetime) -> Any:
        plans = RectificationPlan.objects.order_by("-filed_at", "-pk")
        own = plans.filter(hazard=hazard).values_list(name, flat=True).first()
        if own or name not in ASKED_ONCE:
            return own
        return plans.filter(hazard__responsible_unit=hazard.responsible_unit_id).values_list(name, flat=True).first()

    return known


# ── what follows ─────────────────────────────────────────────────────────────────────────────────────────────────


def order(hazard: Hazard, data: Mapping[str, Any], by: By, now: datetime) -> Fields:
    assert isinstance(by, Acting)
    hazard.ordered_at = now
    return ["ordered_at", *take_part(hazard, ORDERED, by), *_await_plan(hazard, now)]


def judge_and_order(hazard: Hazard, data: Mapping[str, Any], by: By, now: datetime) -> Fields:
    fields = [*judge(hazard, data, by, now), *order(hazard, data, by, now)]
    announce(HazardJudged.of_step(hazard, by=by, now=now, data=data))
    return fields


def file_plan(hazard: Hazard, data: Mapping[str, Any], by: By, now: datetime) -> Fields:
    """Keep the five; of a major hazard all parts that its plan needs. Raises StepInvalid with those that are missing."""
    assert isinstance(by, Acting)
    if hazard.is_major and (missing := {name: label for name, label in FOR_MAJOR.items() if not data.get(name)}):
        raise StepInvalid(
            {name: f"重大事故隐患的治理方案须写明「{label}」（令第16号第十五条）" for name, label in missing.items()}
        )
    RectificationPlan.objects.create(
        hazard=hazard,
        liable_person=data["liable_person"],
        liable_mobile=data.get("liable_mobile", ""),
        measures=data["measures"],
        funds=data["funds"],
        rectify_by=data["plan_rectify_by"],
        contingency_plan=data["contingency_plan"],
        filed_by=by.person,
        filed_at=now,
        **{name: data.get(name, "") for name in FOR_MAJOR},
    )
    return [*lend_a_hand(hazard, by), *await_answer(hazard, now)]


def accept_plan(hazard: Hazard, data: Mapping[str, Any], by: By, now: datetime) -> Fields:
    assert isinstance(by, Acting)
    if plan := hazard.plans.first():
        plan.accepted_by, plan.accepted_at = by.person, now
        plan.save(update_fields=["accepted_by", "accepted_at"])
    return []


def return_plan(hazard: Hazard, data: Mapping[str, Any], by: By, now: datetime) -> Fields:
    if plan := hazard.plans.first():
        plan.returned_because = data["reason"]
        plan.save(update_fields=["returned_because"])
    hazard.plan_returns += 1
    return ["plan_returns", *_await_plan(hazard, now)]


def report_progress(hazard: Hazard, data: Mapping[str, Any], by: By, now: datetime) -> Fields:
    """Raises StepInvalid where it has come less far than before and nobody says why."""
    assert isinstance(by, Acting)
    if data["percent"] < hazard.progress and not data.get("fall_reason"):
        raise StepInvalid({"fall_reason": f"进度由 {hazard.progress}% 降为 {data['percent']}%，请写明下降的理由"})
    why = f"（进度下降的理由：{data['fall_reason']}）" if data.get("fall_reason") else ""
    ProgressReport.objects.create(
        hazard=hazard,
        stage=data.get("stage", ""),
        percent=data["percent"],
        text=data["text"] + why,
        spent=data.get("spent"),
        by=by.person,
        at=now,
    )
    look_at(hazard, data.get("progress_photos", ()), used_as="整改过程照片", now=now)
    hazard.progress = data["percent"]
    return ["progress", *lend_a_hand(hazard, by)]


def hand_in(hazard: Hazard, data: Mapping[str, Any], by: By, now: datetime) -> Fields:
    """Rectified, with photos, says the responsible unit; somebody else will see."""
    assert isinstance(by, Acting)
    look_at(hazard, data["after_photos"], used_as=AFTER, now=now)
    hazard.rectified_at, hazard.rectified_by = now, by.person
    hazard.progress, hazard.on_site = 100, False
    return [
        *("rectified_at", "rectified_by", "progress", "on_site"),
        *lend_a_hand(hazard, by),
        *await_answer(hazard, now),
    ]


def extend(hazard: Hazard, data: Mapping[str, Any], by: By, now: datetime) -> Fields:
    """Raises StepRefused where, since it was asked for, the officers have granted all that they may."""
    assert isinstance(by, Acting)
    if "extended_to" in data and (sentence := extended_enough(hazard, by)):
        raise StepRefused(sentence)
    hazard.rectify_by = data.get("extended_to") or data["extended_beyond"]
    hazard.extensions += 1
    return ["rectify_by", "extensions"]


def redate(hazard: Hazard, data: Mapping[str, Any], by: By, now: datetime) -> Fields:
    """Sooner than the plan was asked for, that day moves with it."""
    assert isinstance(by, Acting)
    if hazard.plan_by and hazard.rectify_by:
        hazard.plan_by = min(hazard.plan_by, max(hazard.rectify_by, local_day(now)))
    return ["plan_by", *moved_day(hazard, by, now)]


def moved_day(hazard: Hazard, by: Acting, now: datetime, *, since: date | None = None) -> Fields:
    """A later day is an extension, whoever gives it: it counts as one, and beyond what officers may grant the head of
    the supervising unit gives it. `since`: from when a new day is measured where the old one has passed with the work
    handed in. Raises StepInvalid."""
    before, after = hazard.was_due_on, hazard.rectify_by
    if before is None or after is None or after <= before:
        return []
    policy = policy_of(hazard.region_path)
    start = max(before, since) if since else before
    too_far = after > start + timedelta(days=policy.extension_days)
    too_often = since is None and (hazard.extensions >= policy.extensions or before < local_day(now))
    if (too_far or too_often) and not may_act(SUPERVISOR_CHIEF, hazard, by, Directory(now)):
        raise StepInvalid(
            {
                "rectify_by": f"推迟期限算作延期：期限已过的、已延期 {policy.extensions} 次的、一次超过 "
                f"{policy.extension_days} 天的，请由监管单位负责人办理"
            }
        )
    hazard.extensions += 1
    return ["extensions"]


def register_dual_report(hazard: Hazard, data: Mapping[str, Any], by: By, now: datetime) -> Fields:
    assert isinstance(by, Acting)
    DualReport.objects.create(
        hazard=hazard,
        to=data["report_to"],
        reported_on=data["reported_on"],
        text=data.get("report_text", ""),
        proof=data["report_proof"][0].file,
        by=by.person,
        at=now,
    )
    return []


def await_answer(hazard: Hazard, now: datetime) -> Fields:
    """The supervising unit has its time to look at it."""
    hazard.verify_by = add_working_days(local_day(now), policy_of(hazard.region_path).verify_days)
    return ["verify_by"]


def _await_plan(hazard: Hazard, now: datetime) -> Fields:
    """Time for the plan, though never beyond the day by which all must be done."""
    today = local_day(now)
    day = add_working_days(today, policy_of(hazard.region_path).plan_days)
    hazard.plan_by = max(min(day, hazard.rectify_by or day), today)
    return ["plan_by"]
