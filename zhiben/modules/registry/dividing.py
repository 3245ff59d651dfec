"""The verbs of the matrix: who is given a cell, what units say about it, and how enterprises follow."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

from django.db import transaction

from zhiben.core.access.acting import Acting, By, Machine
from zhiben.core.access.permissions import Permission, may, require
from zhiben.core.audit import services as audit
from zhiben.core.audit.models import Kind
from zhiben.core.batches import in_batches
from zhiben.core.calendar import full_day
from zhiben.core.clock import local_day
from zhiben.core.events.services import announce, announce_many
from zhiben.core.jobs.models import Job
from zhiben.core.jobs.services import enqueue
from zhiben.core.org.models import Region, Unit, UnitKind
from zhiben.core.org.paths import contains, within
from zhiben.core.org.sectors import Sector
from zhiben.core.refusal import Refused
from zhiben.core.workflow import engine

from .events import EnterpriseMoved, SupervisionChanged, about
from .models.enterprises import EXISTING, Enterprise
from .models.supervision import Stance, SupervisionClaim, SupervisionLine
from .supervision import supervisors_of

BATCH = 1000
CALENDAR = Machine("监管分工到期")
A_DAY = timedelta(days=1)


@transaction.atomic
def assign_supervision(
    *,
    sector: str,
    region: Region,
    unit: Unit,
    basis: str,
    valid_from: date,
    valid_to: date | None = None,
    by: By,
    now: datetime,
) -> SupervisionLine:
    """Give a sector in a region to a unit, from a day on, by a document. The line before it ends the day before.

    Raises Refused: not within one's own region, no document, or a later line is there already.
    """
    require(by, Permission.MANAGE_SUPERVISION)
    _hold_cell(region, by)
    _refuse_flaws(sector, region, unit, basis, valid_from, valid_to)
    lines = SupervisionLine.objects.select_for_update().filter(sector=sector, region=region)
    if later := lines.filter(valid_from__gte=valid_from).first():
        raise Refused(
            f"自{full_day(later.valid_from or valid_from)}起已有分工（{later.unit}），新的分工须从这一天以后开始。",
            "valid_from",
        )
    for before in lines.filter(valid_from__lt=valid_from):
        if before.valid_to is None or before.valid_to >= valid_from:
            _end(before, valid_from - A_DAY, by, now)
    line = SupervisionLine(
        sector=sector, region=region, region_path=region.path, unit=unit, basis=basis.strip(),
        valid_from=valid_from, valid_to=valid_to,
    )  # fmt: skip
    line.next_turn = _next_turn(line, local_day(now))
    line.save()
    _leave_line(line, "assign_supervision", "确定监管单位", by, now, unit=str(unit), basis=line.basis)
    _make_follow(line, by, now)
    return line


@transaction.atomic
def end_supervision(*, line: SupervisionLine, last_day: date, reason: str, by: By, now: datetime) -> SupervisionLine:
    """The unit supervises up to `last_day` and no longer; until a new line stands, the next answer holds."""
    require(by, Permission.MANAGE_SUPERVISION)
    _hold_cell(line.region, by)
    line = SupervisionLine.objects.select_for_update(of=("self",)).select_related("unit", "region").get(pk=line.pk)
    if line.valid_to is not None and line.valid_to <= last_day:
        raise Refused(f"这项分工已在{full_day(line.valid_to)}终止。", "last_day")
    if line.valid_from and last_day < line.valid_from:
        raise Refused("终止日不能早于这项分工的生效日。", "last_day")
    if not reason.strip():
        raise Refused("请写明为什么终止。", "reason")
    _end(line, last_day, by, now, reason=reason.strip())
    _make_follow(line, by, now)
    return line


@transaction.atomic
def state_claim(
    *, sector: str, region: Region, stance: Stance, reason: str, by: Acting, now: datetime
) -> SupervisionClaim:
    """One's own unit says that a cell is its own, or that it is not. Said anew it replaces what it said before."""
    if refusal := claiming_refusal(region, by):
        raise Refused(refusal)
    if not reason.strip():
        raise Refused("请写明认领或否认的理由，例如三定规定的条款。", "reason")
    _lock(region)
    SupervisionClaim.objects.filter(sector=sector, region=region, unit=by.unit, ended_at=None).update(ended_at=now)
    claim = SupervisionClaim.objects.create(
        sector=Sector(sector), region=region, region_path=region.path, unit=by.unit, stance=Stance(stance),
        reason=reason.strip()[:500], made_by=by.person, made_at=now,
    )  # fmt: skip
    _leave_line(claim, "state_claim", claim.get_stance_display(), by, now, unit=str(by.unit), reason=claim.reason)
    return claim


@transaction.atomic
def take_back_claim(*, claim: SupervisionClaim, by: Acting, now: datetime) -> None:
    if claim.unit_id != by.unit.pk:
        raise Refused("只能收回本单位的表态。")
    if SupervisionClaim.objects.filter(pk=claim.pk, ended_at=None).update(ended_at=now):
        _leave_line(claim, "take_back_claim", "收回表态", by, now, unit=str(by.unit))


def claiming_refusal(region: Region, by: Acting) -> str | None:
    """Why this post may not say anything about that place; None when it may."""
    if by.unit.kind == UnitKind.ENTERPRISE or not may(by, Permission.MANAGE_ENTERPRISES):
        return "监管职责由监管单位的经办人或负责人表态，请切换岗位。"
    if not (contains(by.unit.region_path, region.path) or contains(region.path, by.unit.region_path)):
        return "这个区域与本单位无关。"
    return None


# ── enterprises follow ───────────────────────────────────────────────────────────────────────────────────────────


def turn_lines(now: datetime) -> int:
    """Lines whose day has come: those that begin today, and those that ended yesterday. Run as often as you like."""
    today = local_day(now)
    turned = 0
    for line in SupervisionLine.objects.filter(next_turn__lte=today).order_by("pk"):
        with transaction.atomic():
            locked = SupervisionLine.objects.select_for_update().filter(pk=line.pk, next_turn=line.next_turn).first()
            if locked is None:
                continue
            locked.next_turn = _next_turn(locked, today)
            locked.save(update_fields=["next_turn"])
            ask_to_follow(locked.sector, locked.region, f"{locked.pk}:{line.next_turn}", by=CALENDAR, now=now)
            turned += 1
    return turned


def ask_to_follow(sector: str, region: Region, cause: str, *, by: By, now: datetime) -> Job:
    """Have the supervising units of a cell derived anew, in the background; `sector` empty: of every sector."""
    return enqueue(
        "registry.follow_supervision",
        args={"sector": sector, "region_path": region.path},
        key=f"registry.follow:{cause}",
        by=by,
        now=now,
        label=f"按监管分工更新企业的监管单位（{region}）",
    )


def follow_supervision(
    *,
    sector: str,
    region_path: str,
    by: By,
    now: datetime,
    progress: Callable[[int, int], None] = lambda done, all: None,
) -> int:
    """Bring the enterprises of a cell under the unit that the matrix names today; returns how many moved. What has
    followed is not touched again, so it may be broken off and begun anew."""
    rows = Enterprise.objects.filter(within(region_path), status__in=EXISTING)
    if sector:
        rows = rows.filter(sector=sector)
    keys = list(rows.order_by("pk").values_list("pk", flat=True))
    moved = done = 0
    for batch in in_batches(keys, BATCH):
        moved += _follow(batch, by, now)
        done += len(batch)
        progress(done, len(keys))
    return moved


@transaction.atomic
def _follow(keys: list, by: By, now: datetime) -> int:
    rows = Enterprise.objects.select_for_update(of=("self",)).filter(pk__in=keys, status__in=EXISTING)
    enterprises = list(rows.select_related("supervising_unit", "unit__superior").order_by("pk"))
    wanted = supervisors_of(pairs={(each.sector, each.region_path) for each in enterprises}, day=local_day(now))
    moved, lines, events = [], [], []
    for each in enterprises:
        unit = wanted[each.sector, each.region_path] or each.unit.superior
        if unit is None or unit.pk == each.supervising_unit_id:
            continue
        before, each.supervising_unit = each.supervising_unit, unit
        moved.append(each)
        lines.append(
            audit.NewLine(
                record_type="registry.enterprise", record_id=str(each.pk), kind=Kind.EDIT, verb="follow_supervision",
                label="监管单位随分工变更", by=by, now=now,
                data={"changed": {"supervising_unit": {"from": str(before) if before else "", "to": str(unit)}}},
            )
        )  # fmt: skip
        events.append(
            EnterpriseMoved(
                **about(each, by=by, now=now), region_path_before=each.region_path, sector_before=each.sector,
                supervising_unit_before=before.pk if before else None,
            )
        )  # fmt: skip
    if moved:
        Enterprise.objects.bulk_update(moved, ["supervising_unit"])
        audit.append_many(lines)
        announce_many(events)
        engine.refresh(moved, now=now)
    return len(moved)


# ── inside ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _lock(region: Region) -> None:
    """Whoever changes a cell waits for whoever is changing one of the same region."""
    list(Region.objects.select_for_update(no_key=True).filter(pk=region.pk).values_list("pk"))


def _hold_cell(region: Region, by: By) -> None:
    if isinstance(by, Acting) and not contains(by.unit.region_path, region.path):
        raise Refused(f"您只能确定{by.unit.region}的监管分工，“{region}”不在其中。", "region")
    _lock(region)


def _refuse_flaws(sector: str, region: Region, unit: Unit, basis: str, valid_from: date, valid_to: date | None) -> None:
    if sector not in Sector.values:
        raise Refused("请从列表中选择行业领域。", "sector")
    if unit.kind == UnitKind.ENTERPRISE:
        raise Refused(f"“{unit}”是企业，不能承担监管职责，请选择部门、乡镇或园区。", "unit")
    if not unit.holds_on(valid_from):
        raise Refused(f"“{unit}”在{full_day(valid_from)}不存在或已撤销，请选择现有单位。", "unit")
    if not (contains(unit.region_path, region.path) or contains(region.path, unit.region_path)):
        raise Refused(f"“{unit}”不在{region}，请选择本地或上级的单位。", "unit")
    if not basis.strip():
        raise Refused("请写明依据，例如文件名称和文号。", "basis")
    if valid_to is not None and valid_to < valid_from:
        raise Refused("失效日不能早于生效日。", "valid_to")


def _end(line: SupervisionLine, last_day: date, by: By, now: datetime, reason: str = "由新的分工取代") -> None:
    line.valid_to = last_day
    line.next_turn = _next_turn(line, local_day(now))
    line.save(update_fields=["valid_to", "next_turn"])
    _leave_line(line, "end_supervision", "终止分工", by, now, valid_to=last_day.isoformat(), reason=reason)


def _next_turn(line: SupervisionLine, today: date) -> date | None:
    turns = [line.valid_from, line.valid_to + A_DAY if line.valid_to else None]
    return min((day for day in turns if day and day > today), default=None)


def _make_follow(line: SupervisionLine, by: By, now: datetime) -> None:
    """News for whoever keeps something of these enterprises, and the job, where the change counts already."""
    announce(SupervisionChanged.of_line(line, by=by, now=now))
    if line.next_turn is None or line.holds_on(local_day(now)):
        ask_to_follow(line.sector, line.region, f"{line.pk}:{now.isoformat()}", by=by, now=now)


def _leave_line(
    record: SupervisionLine | SupervisionClaim, verb: str, label: str, by: By, now: datetime, **data: str
) -> None:
    audit.append(
        record_type=record._meta.label_lower, record_id=str(record.pk), kind=Kind.EDIT, verb=verb, label=label, by=by,
        now=now, data={"cell": record.cell, **{name: value for name, value in data.items() if name != "reason"}},
        reason=data.get("reason", ""),
    )  # fmt: skip
