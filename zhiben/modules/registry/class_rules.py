"""The rules of classes, version by version: drafted, tried out, put in force from a day; and which one holds where."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import Q, prefetch_related_objects

from zhiben.core.access.acting import Acting, By
from zhiben.core.access.permissions import Permission, may, require
from zhiben.core.access.scope import TERRITORIAL
from zhiben.core.audit import services as audit
from zhiben.core.audit.canonical import dump
from zhiben.core.audit.models import Kind
from zhiben.core.batches import in_batches
from zhiben.core.calendar import full_day
from zhiben.core.clock import local_day
from zhiben.core.jobs.models import Job
from zhiben.core.jobs.services import enqueue
from zhiben.core.org.models import Region
from zhiben.core.org.paths import ancestors, contains, within
from zhiben.core.org.sectors import EVERY_SECTOR, Sector
from zhiben.core.refusal import Refused

from .figures import FACTS, read_value
from .models.classing import ClassCondition, ClassRule, SupervisionClass

PROPOSAL = Path(__file__).parent / "data/classing.toml"
PATHS_A_QUERY = 5000
MOST_CONDITIONS = 60
MOST_POINTS = 100
A_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class NewCondition:
    """One line of a rule as it is typed: `points`, or `at_best` for a class that follows directly, or both."""

    fact: str
    comparison: str
    value: str
    points: int = 0
    at_best: str = ""


@dataclass(frozen=True, kw_only=True)
class NewRule:
    """What a rule says. `sector` empty: every sector that has no rule of its own."""

    name: str
    region: Region
    sector: str = ""
    basis: str = ""
    b_from: int
    c_from: int
    d_from: int
    conditions: tuple[NewCondition, ...]


@cache
def proposal() -> Mapping[str, Any]:
    """The rule that is shipped as a proposal; lines about figures that nobody registered are left out."""
    given = tomllib.loads(PROPOSAL.read_text("utf-8"))
    lines = tuple(NewCondition(**line) for line in given.pop("conditions") if line["fact"] in FACTS)
    return {**given, "conditions": lines}


# ── which rule holds ─────────────────────────────────────────────────────────────────────────────────────────────


class Rules:
    """The rules in force on a day, read once for any number of enterprises. Two queries for up to 5,000 regions.
    `instead`: a draft as if it were in force."""

    def __init__(self, paths: Iterable[str], day: date, instead: ClassRule | None = None) -> None:
        around = sorted({above for path in set(paths) for above in ancestors(path)})
        self._rules: dict[tuple[str, str], ClassRule] = {}
        for batch in in_batches(around, PATHS_A_QUERY):
            rules = ClassRule.objects.valid_on(day).filter(region_path__in=batch, valid_from__isnull=False)
            for rule in rules.prefetch_related("conditions").order_by("valid_from", "pk"):
                self._rules[rule.region_path, rule.sector] = rule
        if instead is not None:
            prefetch_related_objects([instead], "conditions")
            self._rules[instead.region_path, instead.sector] = instead

    def of(self, sector: str, region_path: str) -> ClassRule | None:
        """The rule of the nearest region; within it the one of the sector before the one of all sectors."""
        for path in reversed(ancestors(region_path)):
            if rule := (sector and self._rules.get((path, sector))) or self._rules.get((path, "")):
                return rule
        return None

    @property
    def facts(self) -> set[str]:
        """All that any of them looks at."""
        return {line.fact for rule in self._rules.values() for line in rule.conditions.all()}


def rule_of(*, sector: str, region_path: str, day: date) -> ClassRule | None:
    """As `Rules.of`, for one enterprise, without the lines of the rule. One query: of the regions around a place the
    nearest has the longest path, and a sector comes after none."""
    rules = ClassRule.objects.valid_on(day).filter(
        region_path__in=ancestors(region_path), sector__in={sector, ""}, valid_from__isnull=False
    )
    return rules.order_by("-region_path", "-sector", "-valid_from").first()


def rules_around(region: Region, day: date) -> list[ClassRule]:
    """The rules in force on that day that concern the region: its own, those above it and those inside it."""
    near = Q(region_path__in=ancestors(region.path)) | within(region.path)
    rules = ClassRule.objects.valid_on(day).filter(near, valid_from__isnull=False)
    return list(rules.select_related("region").order_by("region_path", "sector"))


# ── verbs ────────────────────────────────────────────────────────────────────────────────────────────────────────


@transaction.atomic
def draft_rule(*, new: NewRule, rule: ClassRule | None = None, by: Acting, now: datetime) -> ClassRule:
    """Write a draft, or write it anew. It classes nobody before `apply_rule`. Raises Refused."""
    require(by, Permission.MANAGE_SUPERVISION)
    if rule is not None:
        rule = _held(rule, by)
        if not rule.is_draft:
            raise Refused("已生效的规则不能修改，请以它为底稿新拟一版，试算后从某一天起生效。")
    _refuse_flaws(new, by)
    lines = [_line_of(position, line) for position, line in enumerate(new.conditions)]
    rule = rule or ClassRule(unit=by.unit, made_at=now)
    for name in ("name", "region", "sector", "basis", "b_from", "c_from", "d_from"):
        setattr(rule, name, getattr(new, name))
    rule.region_path = new.region.path
    rule.save()
    rule.conditions.all().delete()
    for line in lines:
        line.rule = rule
    ClassCondition.objects.bulk_create(lines)
    said = {**asdict(new), "region": str(new.region), "conditions": [asdict(line) for line in new.conditions]}
    _leave_line(rule, "draft_rule", "拟定分级规则", by, now, said)
    return rule


@transaction.atomic
def discard_rule(*, rule: ClassRule, by: Acting, now: datetime) -> None:
    """Throw a draft away; what was in force once stays for ever."""
    require(by, Permission.MANAGE_SUPERVISION)
    rule = _held(rule, by)
    if not rule.is_draft:
        raise Refused("已生效的规则要留作依据，不能删除；不再使用的，请终止。")
    _leave_line(rule, "discard_rule", "删除草稿", by, now, {"name": rule.name})
    rule.delete()


@transaction.atomic
def apply_rule(*, rule: ClassRule, valid_from: date, by: Acting, now: datetime) -> ClassRule:
    """Put a draft that was tried out in force from a day on; the version before it ends the day before. From that day
    enterprises are classed by it, in the background."""
    require(by, Permission.MANAGE_SUPERVISION)
    rule = _held(rule, by)
    if not rule.is_draft:
        raise Refused(f"这版规则自{full_day(rule.valid_from or valid_from)}起生效，不能再次生效。")
    if valid_from < local_day(now):
        raise Refused("生效日不能早于今天，请改为今天或以后。", "valid_from")
    if not is_tried(rule):
        raise Refused("这版规则还没有试算，或试算后又改过。请先试算，看清有多少家企业的类别会变，再生效。")
    same = ClassRule.objects.select_for_update(of=("self",)).filter(
        Q(valid_to=None) | Q(valid_to__gte=valid_from), region=rule.region, sector=rule.sector, valid_from__isnull=False
    )
    replaced = []
    for before in same.order_by("valid_from"):
        if before.valid_from is not None and before.valid_from >= valid_from:
            raise Refused(
                f"《{before}》自{full_day(before.valid_from)}起生效，新的一版须从这一天以后生效，请改日期。",
                "valid_from",
            )
        _end(before, valid_from - A_DAY, by, now, f"由《{rule}》取代")
        replaced.append(before.pk)
    rule.valid_from, rule.preview = valid_from, {**rule.preview, "replaced": replaced}
    rule.save(update_fields=["valid_from", "preview"])
    _leave_line(rule, "apply_rule", "规则生效", by, now, {"valid_from": valid_from.isoformat()})
    if valid_from <= local_day(now):
        ask_to_classify(rule.region, rule.sector, f"rule:{rule.pk}", by=by, now=now)
    return rule


@transaction.atomic
def end_rule(*, rule: ClassRule, reason: str, by: Acting, now: datetime) -> ClassRule:
    """Today is its last day, without a version after it: the rule of the sector or region around it follows. One that
    has not begun yet is a draft again, and what it was to replace goes on."""
    require(by, Permission.MANAGE_SUPERVISION)
    rule = _held(rule, by)
    today = local_day(now)
    if rule.valid_from is None or (rule.valid_to is not None and rule.valid_to <= today):
        raise Refused("这版规则没有生效或已经终止。")
    if not reason.strip():
        raise Refused("请写明为什么终止。", "reason")
    if rule.valid_from <= today:
        _end(rule, today, by, now, reason.strip())
        return rule
    if rule.valid_to is not None:
        raise Refused("这版规则之后还有新的一版，请先撤回那一版。")
    rule.valid_from = None
    rule.save(update_fields=["valid_from"])
    _leave_line(rule, "take_back_rule", "撤回生效", by, now, {}, reason.strip())
    for before in ClassRule.objects.select_for_update(of=("self",)).filter(pk__in=rule.preview.get("replaced", ())):
        before.valid_to = None
        before.save(update_fields=["valid_to"])
        _leave_line(before, "resume_rule", "规则继续有效", by, now, {"valid_to": None}, f"《{rule}》撤回生效")
    return rule


def ask_to_classify(region: Region, sector: str, cause: str, *, by: By, now: datetime) -> Job:
    """Have the enterprises of a region classed anew, in the background."""
    return enqueue(
        "registry.classify", args={"region_path": region.path, "sector": sector}, key=f"registry.classify:{cause}",
        by=by, now=now, label=f"计算企业监管类别（{region}）",
    )  # fmt: skip


def ask_to_try(rule: ClassRule, *, by: Acting, now: datetime) -> Job:
    """Have a draft tried out on the enterprises for which it would be the rule. Raises Refused."""
    require(by, Permission.MANAGE_SUPERVISION)
    if refusal := changing_refusal(rule, by):
        raise Refused(refusal)
    if not rule.is_draft:
        raise Refused("这版规则已经生效，不用试算；要改动的，请新拟一版。")
    return enqueue(
        "registry.try_rule", args={"rule": rule.pk}, key=f"registry.try_rule:{rule.pk}:{now.isoformat()}", by=by,
        now=now, label=f"试算《{rule}》",
    )  # fmt: skip


# ── what a rule is ───────────────────────────────────────────────────────────────────────────────────────────────


def fingerprint(rule: ClassRule) -> str:
    """The same for the same rule: what was tried out is what is put in force."""
    lines = [[line.fact, line.comparison, line.value, line.points, line.at_best] for line in rule.conditions.all()]
    said = [rule.region_id, rule.sector, rule.b_from, rule.c_from, rule.d_from, lines]
    return sha256(dump(said).encode()).hexdigest()


def is_tried(rule: ClassRule) -> bool:
    return rule.preview.get("of") == fingerprint(rule)


def changing_refusal(rule: ClassRule, by: Acting) -> str | None:
    """Why this post may not change this rule; None when it may."""
    if not may(by, Permission.MANAGE_SUPERVISION):
        return "您当前的岗位不能设定分级规则。"
    return None if rule.unit_id == by.unit.pk else f"这版规则由{rule.unit}制定，请联系该单位修改，或另拟一版。"


def making_refusal(region: Region, sector: str, by: Acting) -> Refused | None:
    """Why this post may not make a rule there; None when it may. A department has its own sectors only."""
    if not contains(by.unit.region_path, region.path):
        return Refused(f"您只能制定{by.unit.region}的分级规则，“{region}”不在其中。", "region")
    sectors = by.post.sectors or by.unit.sectors
    if by.unit.kind in TERRITORIAL or EVERY_SECTOR in sectors or sector in sectors:
        return None
    return Refused("部门只能为自己分管的行业制定分级规则，请选择本部门分管的行业。", "sector")


# ── inside ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _held(rule: ClassRule, by: Acting) -> ClassRule:
    """The rule as it stands now, locked, with its region, so that two versions do not begin at once."""
    list(Region.objects.select_for_update(no_key=True).filter(pk=rule.region_id).values_list("pk"))
    rule = ClassRule.objects.select_for_update(of=("self",)).select_related("region", "unit").get(pk=rule.pk)
    if refusal := changing_refusal(rule, by):
        raise Refused(refusal)
    return rule


def _refuse_flaws(new: NewRule, by: Acting) -> None:
    if new.sector and new.sector not in Sector.values:
        raise Refused("请从列表中选择行业领域。", "sector")
    if refusal := making_refusal(new.region, new.sector, by):
        raise refusal
    if not new.name.strip():
        raise Refused("请填写规则名称。", "name")
    if not new.b_from <= new.c_from <= new.d_from:
        raise Refused("B、C、D 类的起点分数须依次不减，例如 20、40、60。", "c_from")
    if not new.conditions:
        raise Refused("请至少填写一行条件。")
    if len(new.conditions) > MOST_CONDITIONS:
        raise Refused(f"条件最多 {MOST_CONDITIONS} 行，请合并。")


def _line_of(position: int, line: NewCondition) -> ClassCondition:
    where = f"第 {position + 1} 行："
    if (fact := FACTS.get(line.fact)) is None:
        raise Refused(f"{where}请从列表中选择看什么。")
    try:
        value = read_value(fact, line.comparison, line.value)
    except Refused as refused:
        raise Refused(f"条件表第 {position + 1} 行：{refused.sentence}") from refused
    if not line.points and not line.at_best:
        raise Refused(f"{where}请填写加几分，或直接定为哪一类。")
    if abs(line.points) > MOST_POINTS:
        raise Refused(f"{where}加分请填写 -{MOST_POINTS} 到 {MOST_POINTS} 之间的整数。")
    if line.at_best and line.at_best not in SupervisionClass.values:
        raise Refused(f"{where}请从列表中选择直接定为哪一类。")
    return ClassCondition(
        position=position, fact=fact.key, comparison=line.comparison, value=value, points=line.points,
        at_best=line.at_best,
    )  # fmt: skip


def _end(rule: ClassRule, last_day: date, by: By, now: datetime, reason: str) -> None:
    rule.valid_to = last_day
    rule.save(update_fields=["valid_to"])
    _leave_line(rule, "end_rule", "规则终止", by, now, {"valid_to": last_day.isoformat()}, reason)


def _leave_line(
    rule: ClassRule, verb: str, label: str, by: By, now: datetime, data: dict[str, Any], reason: str = ""
) -> None:
    audit.append(
        record_type="registry.classrule", record_id=str(rule.pk), kind=Kind.EDIT, verb=verb, label=label, by=by,
        now=now, data=data, reason=reason,
    )  # fmt: skip
