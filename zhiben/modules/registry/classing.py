"""分级分类: the class of an enterprise by the rule of its region and sector, with the reason in words; what an officer
decided otherwise, for a time; and what a draft would change.

Points add up, and the bands of the rule turn them into a class. Of several lines about the same number only the one
that weighs most counts; a line that names a class holds the enterprise there or worse, whatever the points.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from zhiben.core.access.acting import Acting, By, Machine
from zhiben.core.access.permissions import Permission, require
from zhiben.core.access.scope import can_see
from zhiben.core.audit import services as audit
from zhiben.core.audit.models import Kind
from zhiben.core.batches import in_batches
from zhiben.core.calendar import full_day
from zhiben.core.clock import local_day
from zhiben.core.jobs.services import enqueue
from zhiben.core.org.paths import within
from zhiben.core.refusal import Refused

from .class_rules import Rules, fingerprint
from .figures import FACTS, Value, register_figure, say_value, values_of
from .figures import Kind as FactKind
from .models.classing import ClassCondition, ClassOverride, ClassRule, Comparison, Score, SupervisionClass
from .models.enterprises import EXISTING, Enterprise

__all__ = [
    "Verdict", "classify", "classify_region", "classify_today", "end_override", "is_needed", "judge", "override_class",
    "override_on", "register_figure", "score_enterprise", "try_rule",
]  # fmt: skip

BATCH = 1000
EXAMPLES = 3
"""Enterprises named for each change that a draft would make."""
LONGEST_OVERRIDE = timedelta(days=366)
LONGEST_REASON = 500
CALENDAR = Machine("监管类别每日计算")
RECORD = "registry.enterprise"

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Verdict:
    """`supervision_class`: A to D, empty where no rule holds. `reason`: why, in words."""

    supervision_class: str
    points: int
    reason: str


NO_RULE = Verdict("", 0, "")


# ── one enterprise, one rule ─────────────────────────────────────────────────────────────────────────────────────


def judge(rule: ClassRule, values: Mapping[str, Value]) -> Verdict:
    """The class of an enterprise whose facts have these values. Pure but for the conditions of the rule."""
    met, missing = [], {}
    for line in rule.conditions.all():
        value = values.get(line.fact)
        if value is None:
            missing[line.fact] = FACTS[line.fact].label if line.fact in FACTS else line.fact
        elif _holds(line, value):
            met.append(line)
    counting = _heaviest(met)
    points = sum(line.points for line in counting)
    found = max(_by_points(rule, points), max((line.at_best for line in met), default=""))
    said = [_say(line, values, line in counting) for line in met if line in counting or line.at_best]
    if missing:
        said.append(f"没有{'、'.join(missing.values())}，这几项不计分" if len(missing) > 1
                    else f"没有{''.join(missing.values())}，这一项不计分")  # fmt: skip
    ending = f"共 {points} 分，{found} 类"
    whole = "；".join(said)
    room = LONGEST_REASON - len(ending) - 2
    return Verdict(found, points, f"{whole if len(whole) <= room else whole[: room - 1] + '…'}。{ending}" if whole else ending)  # fmt: skip


def _holds(line: ClassCondition, value: Value) -> bool:
    if isinstance(value, int):
        return value >= int(line.value) if line.comparison == Comparison.AT_LEAST else value <= int(line.value)
    is_so = line.value in value if isinstance(value, frozenset) else line.value == value
    return is_so == (line.comparison == Comparison.IS)


def _heaviest(met: Sequence[ClassCondition]) -> list[ClassCondition]:
    """Those whose points count: of a number the one that weighs most, of everything else all."""
    best: dict[str, ClassCondition] = {}
    for line in met:
        if line.points and FACTS[line.fact].kind is FactKind.NUMBER:
            known = best.get(line.fact)
            best[line.fact] = line if known is None or abs(line.points) > abs(known.points) else known
    return [
        line for line in met
        if line.points and (FACTS[line.fact].kind is not FactKind.NUMBER or best[line.fact] is line)
    ]  # fmt: skip


def _by_points(rule: ClassRule, points: int) -> str:
    bands = ((rule.d_from, "D"), (rule.c_from, "C"), (rule.b_from, "B"))
    return next((name for start, name in bands if points >= start), "A")


def _say(line: ClassCondition, values: Mapping[str, Value], counts: bool) -> str:
    fact = FACTS[line.fact]
    value = values[line.fact] if fact.kind is FactKind.NUMBER else line.value
    words = say_value(fact, value)
    if line.comparison == Comparison.IS_NOT:
        words = f"不是“{words}”"
    effects = [f"{line.points:+d}"] if counts else []
    effects += [f"不优于 {line.at_best} 类"] if line.at_best else []
    return f"{words}（{'，'.join(effects)}）"


# ── many enterprises ─────────────────────────────────────────────────────────────────────────────────────────────


def classify_region(
    *, region_path: str = "", sector: str = "", by: By, now: datetime, progress: Progress = lambda done, all: None
) -> int:
    """Class all enterprises of a region and sector (empty: of all); returns how many are in another class now. What
    is classed already is not touched again, so it may be broken off and begun anew."""
    keys = _keys(region_path, sector)
    changed = done = 0
    for batch in in_batches(keys, BATCH):
        changed += classify(enterprises=batch, by=by, now=now)
        done += len(batch)
        progress(done, len(keys))
    return changed


@transaction.atomic
def classify(*, enterprises: Sequence[UUID], by: By, now: datetime) -> int:
    """Class these enterprises by the rules and overrides of today; returns how many changed class. The same number of
    queries whatever their number."""
    rows = list(_rows(Enterprise.objects.select_for_update(of=("self",)), enterprises))
    found = _verdicts(rows, local_day(now))
    touched, lines = [], []
    for each in rows:
        verdict = found[each.pk]
        if (each.supervision_class, each.class_reason) == (verdict.supervision_class, verdict.reason):
            continue
        if each.supervision_class != verdict.supervision_class:
            change = {"from": each.supervision_class, "to": verdict.supervision_class}
            lines.append(
                audit.NewLine(
                    record_type=RECORD, record_id=str(each.pk), kind=Kind.EDIT, verb="classify", label="监管类别变更",
                    by=by, now=now, data={"changed": {"supervision_class": change}}, reason=verdict.reason,
                )
            )  # fmt: skip
        each.supervision_class, each.class_reason = verdict.supervision_class, verdict.reason
        touched.append(each)
    if touched:
        Enterprise.objects.bulk_update(touched, ["supervision_class", "class_reason"])
        audit.append_many(lines)
    return len(lines)


def try_rule(*, rule: ClassRule, now: datetime, progress: Progress = lambda done, all: None) -> dict[str, Any]:
    """What a draft would change if it held today, without changing anything: {"of": fingerprint of the rule, "on":
    day, "total": enterprises it is about, "held": how many of them an officer's class holds, "changes": [{"from",
    "to", "count", "examples": [keys]}]}; a change from a class to itself is none."""
    day, of = local_day(now), fingerprint(rule)
    counts: Counter[tuple[str, str]] = Counter()
    examples: dict[tuple[str, str], list[str]] = defaultdict(list)
    held = done = 0
    keys = _keys(rule.region_path, rule.sector)
    for batch in in_batches(keys, BATCH):
        rows = list(_rows(Enterprise.objects.all(), batch))
        rules = Rules((each.region_path for each in rows), day, rule)
        concerned = [each for each in rows if rules.of(each.sector, each.region_path) is rule]
        overrides = overrides_on([each.pk for each in concerned], day)
        found = _verdicts(concerned, day, rules, overrides)
        held += len(overrides)
        for each in concerned:
            change = (each.supervision_class, found[each.pk].supervision_class)
            counts[change] += 1
            if change[0] != change[1] and len(examples[change]) < EXAMPLES:
                examples[change].append(str(each.pk))
        done += len(batch)
        progress(done, len(keys))
    return {
        "of": of, "on": day.isoformat(), "total": counts.total(), "held": held,
        "changes": [
            {"from": before, "to": after, "count": count, "examples": examples.get((before, after), [])}
            for (before, after), count in sorted(counts.items())
        ],
    }  # fmt: skip


def is_needed() -> bool:
    """Whether anybody ever made a rule or classed an enterprise: elsewhere every night is spared."""
    return ClassRule.objects.filter(valid_from__isnull=False).exists() or ClassOverride.objects.exists()


def classify_today(now: datetime) -> None:
    """Ask for today's round: rules that begin, overrides that ended, facts that changed. On every sweep, and done
    once a day."""
    enqueue(
        "registry.classify", args={"region_path": "", "sector": ""}, key=f"registry.classify:{local_day(now)}",
        by=CALENDAR, now=now, label="每日计算企业监管类别",
    )  # fmt: skip


# ── what an officer says ─────────────────────────────────────────────────────────────────────────────────────────


@transaction.atomic
def override_class(
    *, enterprise: Enterprise, supervision_class: str, reason: str, valid_to: date, by: Acting, now: datetime
) -> ClassOverride:
    """Hold an enterprise in a class up to and with a day, whatever the rule says; replaces what was said before."""
    _hold(enterprise, Permission.MANAGE_SUPERVISION, by)
    today = local_day(now)
    if supervision_class not in SupervisionClass.values:
        raise Refused("请选择 A、B、C、D 中的一类。", "supervision_class")
    if not reason.strip():
        raise Refused("请写明为什么人工定类，企业和上级都会看到。", "reason")
    if not today <= valid_to <= today + LONGEST_OVERRIDE:
        raise Refused("截止日请填写今天以后、一年以内的日期；到期自动恢复按规则定类。", "valid_to")
    ClassOverride.objects.valid_on(today).filter(enterprise=enterprise).update(valid_to=today - timedelta(days=1))
    override = ClassOverride.objects.create(
        enterprise=enterprise, supervision_class=supervision_class, reason=reason.strip()[:300], valid_from=today,
        valid_to=valid_to, made_by=by.person, made_at=now,
    )  # fmt: skip
    said = {"supervision_class": supervision_class, "valid_to": valid_to.isoformat()}
    _leave_line(enterprise, "override_class", "人工定类", by, now, said, override.reason)
    classify(enterprises=[enterprise.pk], by=by, now=now)
    return override


@transaction.atomic
def end_override(*, override: ClassOverride, reason: str, by: Acting, now: datetime) -> None:
    """Back to the rule before the day."""
    enterprise = override.enterprise
    _hold(enterprise, Permission.MANAGE_SUPERVISION, by)
    today = local_day(now)
    if not reason.strip():
        raise Refused("请写明为什么提前结束人工定类。", "reason")
    current = ClassOverride.objects.valid_on(today).filter(pk=override.pk)
    if not current.update(valid_to=today - timedelta(days=1)):
        raise Refused("这次人工定类已经结束，请刷新页面。")
    said = {"supervision_class": override.supervision_class}
    _leave_line(enterprise, "end_override", "结束人工定类", by, now, said, reason.strip())
    classify(enterprises=[enterprise.pk], by=by, now=now)


@transaction.atomic
def score_enterprise(*, enterprise: Enterprise, points: int, note: str, by: Acting, now: datetime) -> Score:
    """Put down the score of a visit, 0 to 100; the one before is in the trail."""
    _hold(enterprise, Permission.MANAGE_ENTERPRISES, by)
    if not 0 <= points <= 100:
        raise Refused("评分请填写 0 到 100 之间的整数。", "points")
    before = Score.objects.filter(enterprise=enterprise).values_list("points", flat=True).first()
    score, _ = Score.objects.update_or_create(
        enterprise=enterprise,
        defaults={"points": points, "scored_on": local_day(now), "note": note.strip()[:300], "scored_by": by.person},
    )
    changed = {"changed": {"score__points": {"from": before, "to": points}}}
    _leave_line(enterprise, "score_enterprise", "现场评分", by, now, changed, score.note)
    classify(enterprises=[enterprise.pk], by=by, now=now)
    return score


def overrides_on(enterprises: Iterable[UUID], day: date) -> dict[UUID, ClassOverride]:
    """What officers hold these enterprises in on that day."""
    rows = ClassOverride.objects.valid_on(day).filter(enterprise__in=list(enterprises))
    return {each.enterprise_id: each for each in rows.order_by("made_at", "pk")}


def override_on(enterprise: Enterprise, day: date) -> ClassOverride | None:
    return overrides_on([enterprise.pk], day).get(enterprise.pk)


# ── inside ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _keys(region_path: str, sector: str) -> list[UUID]:
    rows = Enterprise.objects.filter(status__in=EXISTING)
    if region_path:
        rows = rows.filter(within(region_path))
    if sector:
        rows = rows.filter(sector=sector)
    return list(rows.order_by("pk").values_list("pk", flat=True))


def _rows(enterprises: QuerySet[Enterprise], keys: Sequence[UUID]) -> QuerySet[Enterprise]:
    looked_at = ("sector", "region_path", "trades", "scale", "staff_count", "status", "supervision_class", "class_reason")  # fmt: skip
    return enterprises.filter(pk__in=keys, status__in=EXISTING).only(*looked_at).order_by("pk")


def _verdicts(
    rows: Sequence[Enterprise],
    day: date,
    rules: Rules | None = None,
    overrides: Mapping[UUID, ClassOverride] | None = None,
) -> dict[UUID, Verdict]:
    rules = rules or Rules((each.region_path for each in rows), day)
    overrides = overrides_on([each.pk for each in rows], day) if overrides is None else overrides
    values = values_of(rows, rules.facts, day)
    found = {}
    for each in rows:
        rule = rules.of(each.sector, each.region_path)
        verdict = judge(rule, values[each.pk]) if rule else NO_RULE
        override = overrides.get(each.pk)
        found[each.pk] = _overridden(verdict, override) if override else verdict
    return found


def _overridden(verdict: Verdict, override: ClassOverride) -> Verdict:
    assert override.valid_to is not None
    said = f"人工定为 {override.supervision_class} 类，到{full_day(override.valid_to)}止：{override.reason}"
    by_rule = f"按规则：{verdict.reason}" if verdict.reason else "没有适用的分级规则"
    whole = f"{said}（{by_rule}）"
    return Verdict(override.supervision_class, verdict.points,
                   whole if len(whole) <= LONGEST_REASON else f"{whole[: LONGEST_REASON - 2]}…）")  # fmt: skip


def _hold(enterprise: Enterprise, permission: Permission, by: Acting) -> None:
    require(by, permission)
    if not can_see(enterprise, by):
        raise Refused("这家企业不归本单位监管，也不在本辖区。")
    locked = Enterprise.objects.select_for_update(of=("self",)).get(pk=enterprise.pk)
    if not locked.exists:
        raise Refused(f"企业{locked.get_status_display()}，不再定类。")


def _leave_line(
    enterprise: Enterprise, verb: str, label: str, by: By, now: datetime, data: dict[str, Any], reason: str
) -> None:
    audit.append(
        record_type=RECORD, record_id=str(enterprise.pk), kind=Kind.EDIT, verb=verb, label=label, by=by, now=now,
        data=data, reason=reason,
    )  # fmt: skip
