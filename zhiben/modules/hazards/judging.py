"""判定和定级: a person says of which level a hazard is, and on what ground. The catalogue only proposes."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from zhiben.core.access.acting import Acting, By
from zhiben.core.access.directory import Directory
from zhiben.core.calendar import add_working_days, full_day
from zhiben.core.clock import local_day
from zhiben.core.notify.kinds import Kind
from zhiben.core.notify.services import tell
from zhiben.core.workflow.refusal import StepInvalid
from zhiben.core.workflow.telling import is_discreet
from zhiben.modules.criteria.models import Criterion
from zhiben.modules.criteria.services import Suggestion, candidates_for, catalogue_version

from .actors import REGULATOR
from .apart import ORDERED, take_part
from .asking import question_of
from .models import Hazard, HazardLevel
from .policy import policy_of
from .routing import closing_units, regulator_of

Fields = list[str]
LEAST_REASON = 5
"""Characters: "无" and "见上" are no reasons."""


def candidates_of(hazard: Hazard) -> list[Suggestion]:
    """Criteria in force on the day it was found that may apply, best first, with the words that led to each."""
    return candidates_for(**question_of(hazard))


# ── why not ──────────────────────────────────────────────────────────────────────────────────────────────────────


def is_internal(hazard: Hazard, acting: Acting) -> str | None:
    """The level of a hazard is never lifted or lowered by the enterprise."""
    if hazard.is_internal:
        return "这条隐患在企业内部闭环，企业不能自行调整等级；认为属于重大的，请用「上报重大」"
    return None


def not_internal(hazard: Hazard, acting: Acting) -> str | None:
    if not hazard.is_internal:
        return f"这条隐患已由{hazard.supervising_unit}监管，不在企业内部闭环"
    return None


def is_major(hazard: Hazard, acting: Acting) -> str | None:
    return "这条隐患已经是重大事故隐患" if hazard.is_major else is_internal(hazard, acting)


def is_general(hazard: Hazard, acting: Acting) -> str | None:
    return is_internal(hazard, acting) if hazard.is_major else "这条隐患不是重大事故隐患，不用降级"


# ── what may be filled in ────────────────────────────────────────────────────────────────────────────────────────


def criterion_in_force(value: str, hazard: Hazard, now: datetime) -> str | None:
    criterion = Criterion.objects.select_related("standard").filter(key=value).first()
    if criterion is None:
        return "目录中没有这个判定情形，请从候选中选择，或在判定理由中写明依据"
    return criterion_objection(criterion, hazard.found_on)


def criterion_objection(criterion: Criterion, found_on: date) -> str | None:
    """A hazard is judged after what was in force on the day it was found, whatever holds now."""
    if criterion.is_retired:
        return "这个判定情形已移出目录，请另选一个；目录中没有相符的，请在判定理由中写明依据"
    standard = criterion.standard
    rule = f"判定以发现之日（{full_day(found_on)}）适用的标准为准"
    if standard.effective_on is None:
        return f"{standard}的施行日期不在目录中，不能直接引用；请在判定理由中写明"
    if found_on < standard.effective_on:
        return f"{standard}自 {full_day(standard.effective_on)} 起施行。{rule}，请选择当日有效的版本"
    if standard.effective_to and found_on > standard.effective_to:
        return f"{standard}已于 {full_day(standard.effective_to)} 失效。{rule}，请选择当日有效的版本"
    return None


# ── what follows ─────────────────────────────────────────────────────────────────────────────────────────────────


def judge(hazard: Hazard, data: Mapping[str, Any], by: By, now: datetime) -> Fields:
    """Level, ground, and what the catalogue had proposed. Raises StepInvalid: a major one without a ground; one that
    was proposed as major, or that a criterion matches, called ordinary without a reason."""
    level, proposed = data["judged_level"], hazard.level
    if level == HazardLevel.MAJOR and hazard.is_internal:
        raise StepInvalid({"judged_level": "重大事故隐患由监管部门判定，请用「上报重大」报给监管部门"})
    candidates, version = _look_up(hazard)
    criterion = _chosen(hazard, data) if level == HazardLevel.MAJOR else None
    reason = str(data.get("criterion_reason", "")).strip()
    if level == HazardLevel.MAJOR and criterion is None:
        _ask_for_reason(reason, "判定为重大，请选择判定情形；目录中没有相符的，请写明判定理由")
    if level == HazardLevel.GENERAL and proposed == HazardLevel.MAJOR:
        _ask_for_reason(reason, "发现人拟定为重大，改判一般请写明理由")
    if level == HazardLevel.GENERAL:
        _ask_why_none_applies(candidates, reason)
    hazard.level, hazard.criterion, hazard.criterion_reason = level, criterion, reason
    _keep_candidates(hazard, candidates, version)
    _tell_the_regulator(hazard, now)
    hazard.judged_at, hazard.judged_by = now, by.person if isinstance(by, Acting) else None
    return [
        *("level", "criterion", "criterion_reason", "judged_at", "judged_by"),
        *settle_closing(hazard, now),
    ]


def level_up(hazard: Hazard, data: Mapping[str, Any], by: By, now: datetime) -> Fields:
    """A hazard that turns out to be a major one gets a plan with all the parts that a major one needs."""
    criterion = _chosen(hazard, data)
    if criterion is None:
        _ask_for_reason(str(data.get("reason", "")), "请选择判定情形；目录中没有相符的，请写明判定理由", "reason")
    assert isinstance(by, Acting)
    take_part(hazard, ORDERED, by)
    hazard.level, hazard.criterion, hazard.criterion_reason = HazardLevel.MAJOR, criterion, data["reason"]
    _, hazard.catalogue = _look_up(hazard)
    hazard.plan_by = min(_plan_day(hazard, now), max(hazard.rectify_by or local_day(now), local_day(now)))
    return ["level", "criterion", "criterion_reason", "catalogue", "plan_by", *settle_closing(hazard, now)]


def level_down(hazard: Hazard, data: Mapping[str, Any], by: By, now: datetime) -> Fields:
    hazard.level, hazard.criterion, hazard.criterion_reason = HazardLevel.GENERAL, None, data["reason"]
    return ["level", "criterion", "criterion_reason", *settle_closing(hazard, now)]


def hand_up(hazard: Hazard, data: Mapping[str, Any], by: By, now: datetime) -> Fields:
    """The enterprise itself says that it is a major one: from here on the regulator judges and orders, and what it had
    handed in inside does not count."""
    hazard.level, hazard.criterion_reason = HazardLevel.MAJOR, data["reason"]
    if criterion := _chosen(hazard, data):
        hazard.criterion = criterion
    hazard.judge_by = add_working_days(local_day(now), policy_of(hazard.region_path).judge_days)
    hazard.rectified_at = hazard.rectified_by = None
    hazard.progress = 0
    return [
        *("level", "criterion", "criterion_reason", "judge_by", "rectified_at", "rectified_by", "progress"),
        *take_over(hazard, data, by, now),
    ]


def take_over(hazard: Hazard, data: Mapping[str, Any], by: By, now: datetime) -> Fields:
    """Out of the enterprise's own loop, into the hands of its regulator."""
    hazard.supervising_unit = regulator_of(hazard, local_day(now))
    return ["supervising_unit", *settle_closing(hazard, now)]


def settle_closing(hazard: Hazard, now: datetime) -> Fields:
    """Who closes it, after its level or its supervisor has changed; unless somebody lifted that."""
    if hazard.closing_lifted:
        return []
    hazard.closing_unit = closing_units([hazard], local_day(now))[0]
    return ["closing_unit"]


def _chosen(hazard: Hazard, data: Mapping[str, Any]) -> Criterion | None:
    """What the judge chose; else what the finder had proposed, if it was in force."""
    if key := data.get("criterion_key"):
        return Criterion.objects.get(key=key)
    proposed = hazard.criterion
    return None if proposed is None or criterion_objection(proposed, hazard.found_on) else proposed


def ask_why_not_major(hazard: Hazard, reason: str, now: datetime) -> None:
    """Before an ordinary hazard is closed without a judgement: what the catalogue says is kept, and where a criterion
    matches somebody must say why it does not apply. Raises StepInvalid."""
    _keep_candidates(hazard, *_look_up(hazard))
    _ask_why_none_applies(hazard.candidates, reason)
    _tell_the_regulator(hazard, now)


def _tell_the_regulator(hazard: Hazard, now: datetime) -> None:
    """An enterprise that holds its own hazard to be ordinary where a criterion matches is not stopped, but is seen."""
    if hazard.is_major or not hazard.is_internal or not _matches(hazard.candidates):
        return
    directory = Directory(now)
    tell(
        people=sorted({person.pk for seat in REGULATOR.seats(hazard, directory) for person in directory.people(seat)}),
        title=f"企业自查的隐患与重大判定情形相符，企业按一般处理：{hazard}",
        body="请核实；认为属于重大事故隐患的，请用「收归监管」。",
        record_type=hazard._meta.label_lower,
        record_id=str(hazard.pk),
        reason=f"您是{REGULATOR.label}",
        kind=Kind.NEWS,
        is_discreet=is_discreet(hazard),
        now=now,
        key=f"not-major-inside:{hazard.pk}:{now.isoformat()}",
    )


def _matches(candidates: list[dict[str, Any]]) -> bool:
    return any(each["kind"] == "match" for each in candidates)


def _keep_candidates(hazard: Hazard, candidates: list[dict[str, Any]], version: str) -> None:
    hazard.candidates, hazard.catalogue = candidates, version
    hazard.save(update_fields=["candidates", "catalogue"])  # a list: the engine saves what can be compared


def _ask_why_none_applies(candidates: list[dict[str, Any]], reason: str) -> None:
    if _matches(candidates):
        _ask_for_reason(reason, "描述与重大事故隐患判定情形相符，不作为重大处理的，请写明理由")


def _ask_for_reason(reason: str, sentence: str, name: str = "criterion_reason") -> None:
    if len(reason.strip()) < LEAST_REASON:
        raise StepInvalid({name: f"{sentence}（至少 {LEAST_REASON} 个字）"})


def _plan_day(hazard: Hazard, now: datetime) -> date:
    return add_working_days(local_day(now), policy_of(hazard.region_path).plan_days)


def _look_up(hazard: Hazard) -> tuple[list[dict[str, Any]], str]:
    """What the catalogue proposes for this description on the day it was found, and the catalogue's version."""
    found = [each.candidate for each in candidates_of(hazard)]
    return [
        {"key": each.criteria_key, "kind": each.kind, "score": round(each.score, 3)} for each in found
    ], catalogue_version()
