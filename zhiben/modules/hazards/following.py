"""What is open goes where its enterprise goes: merged into another, closed, moved, given to another supervisor. Danger
does not end with a licence: nothing is closed because an enterprise is."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from zhiben.core.access.acting import Machine
from zhiben.core.access.actors import Actor
from zhiben.core.access.directory import Directory
from zhiben.core.audit import services as audit
from zhiben.core.batches import in_batches
from zhiben.core.clock import local_day
from zhiben.core.events.services import announce_many
from zhiben.core.notify.kinds import Kind
from zhiben.core.notify.services import tell
from zhiben.core.workflow import engine
from zhiben.modules.registry.models import Enterprise

from .actors import OWNER, SUPERVISOR
from .events import HazardChanged
from .models import Hazard, LookBack, LookBackStatus, Review, ReviewStatus
from .routing import closing_units, regulator_of

FOLLOWING = Machine("隐患随企业变更")
BATCH = 500
CARRIED = ("enterprise", "responsible_unit", "supervising_unit", "closing_unit", "region_path", "sector", "changed_at")
NAMES = ("enterprise", "responsible_unit", "supervising_unit", "closing_unit")


def follow_merger(enterprise_id: UUID, heir_id: UUID, *, now: datetime) -> int:
    """The absorbing enterprise rectifies on; inner loops go on in its own."""
    heir = Enterprise.objects.select_related("unit", "supervising_unit").get(pk=heir_id)

    def carry(hazard: Hazard) -> None:
        internal = hazard.is_internal
        hazard.enterprise, hazard.responsible_unit = heir, heir.unit
        hazard.region_path, hazard.sector = heir.region_path, heir.sector
        if internal:
            hazard.supervising_unit = heir.unit
        elif heir.supervising_unit and not hazard.transfer_to_id:
            hazard.supervising_unit = heir.supervising_unit

    moved = _carry(enterprise_id, carry, label="随企业并入转移", now=now)
    _carry_followers(enterprise_id, heir, now)
    if moved:
        _tell(moved, OWNER, f"并入企业带来 {len(moved)} 条未销号隐患，由{heir}继续整改", "enterprise-merged", now)
    return len(moved)


def follow_closing(enterprise_id: UUID, *, now: datetime) -> int:
    """They stay open, and their work climbs to the town. An inner loop has nobody inside any more: its regulator takes
    it; and every regulator is told."""

    def carry(hazard: Hazard) -> None:
        if hazard.is_internal:
            hazard.supervising_unit = regulator_of(hazard, local_day(now))

    moved = _carry(enterprise_id, carry, label="企业关闭，隐患继续监管", now=now)
    if moved:
        name = moved[0].enterprise
        _tell(
            moved,
            SUPERVISOR,
            f"{name}已关闭，还有 {len(moved)} 条隐患没有销号，请继续督促处理",
            "enterprise-closed",
            now,
        )
    return len(moved)


def follow_move(enterprise_id: UUID, *, supervising_before: int | None, now: datetime) -> int:
    """Region and sector follow; so does whoever supervises, where it was the enterprise's supervisor. A hazard that was
    given to another unit stays there, and one whose transfer is under way waits for its answer."""
    place = Enterprise.objects.select_related("supervising_unit").get(pk=enterprise_id)

    def carry(hazard: Hazard) -> None:
        hazard.region_path, hazard.sector = place.region_path, place.sector
        follows = hazard.supervising_unit_id == supervising_before and not hazard.transfer_to_id
        if follows and place.supervising_unit and not hazard.is_internal:
            hazard.supervising_unit = place.supervising_unit

    moved = _carry(enterprise_id, carry, label="随企业监管变更", now=now)
    _carry_followers(enterprise_id, place, now, supervising_before=supervising_before)
    return len(moved)


def follow_change(enterprise_id: UUID, *, now: datetime) -> int:
    """What of the enterprise goes out with each of its hazards is another: all of them have changed, the closed ones too."""
    keys = list(Hazard.objects.filter(enterprise=enterprise_id).order_by("pk").values_list("pk", flat=True))
    for batch in in_batches(keys, BATCH):
        with transaction.atomic():
            hazards = list(Hazard.objects.select_for_update(of=("self",)).filter(pk__in=batch).order_by("pk"))
            Hazard.objects.filter(pk__in=batch).update(changed_at=now)
            announce_many([HazardChanged.of_step(each, by=FOLLOWING, now=now, data={}) for each in hazards])
    return len(keys)


def _carry(enterprise_id: UUID, carry: Any, *, label: str, now: datetime) -> list[Hazard]:
    """Batch after batch, each with its lines in the trail; what does not change leaves none. Returns all that are open."""
    seen: list[Hazard] = []
    keys = list(Hazard.objects.open().filter(enterprise=enterprise_id).order_by("pk").values_list("pk", flat=True))
    for batch in in_batches(keys, BATCH):
        with transaction.atomic():
            hazards = list(
                Hazard.objects.open()
                .select_for_update(of=("self",))
                .filter(pk__in=batch)
                .select_related("enterprise__supervising_unit", "responsible_unit__superior", "supervising_unit")
                .select_related("closing_unit")
                .order_by("pk")
            )
            before = {hazard.pk: _names(hazard) for hazard in hazards}
            for hazard in hazards:
                carry(hazard)
            _settle(hazards, now)
            changed = [hazard for hazard in hazards if _names(hazard) != before[hazard.pk]]
            for hazard in hazards:
                hazard.changed_at = now
            Hazard.objects.bulk_update(hazards, CARRIED)
            announce_many([HazardChanged.of_step(each, by=FOLLOWING, now=now, data={}) for each in hazards])
            audit.append_many([_line(hazard, before[hazard.pk], label, now) for hazard in changed])
            engine.refresh(hazards, now=now)
            seen += hazards
    return seen


def _settle(hazards: Sequence[Hazard], now: datetime) -> None:
    free = [hazard for hazard in hazards if not hazard.closing_lifted]
    for hazard, unit in zip(free, closing_units(free, local_day(now)) if free else (), strict=True):
        hazard.closing_unit = unit


def _carry_followers(
    enterprise_id: UUID, to: Enterprise, now: datetime, *, supervising_before: int | None = None
) -> None:
    """Look-backs that are due and reviews that are open."""
    looks = LookBack.objects.filter(responsible_unit__enterprise=enterprise_id, status=LookBackStatus.DUE)
    reviews = Review.objects.exclude(status=ReviewStatus.DONE).filter(responsible_unit__enterprise=enterprise_id)
    for rows in (looks, reviews):
        records: list[Any] = list(rows.select_related("hazard"))
        for record in records:
            record.responsible_unit, record.region_path, record.sector = to.unit, to.region_path, to.sector
            if to.supervising_unit and supervising_before in (None, record.supervising_unit_id):
                record.supervising_unit = to.supervising_unit
        rows.model.objects.bulk_update(records, ["responsible_unit", "supervising_unit", "region_path", "sector"])
        engine.refresh(records, now=now)


def _tell(hazards: Sequence[Hazard], actor: Actor, title: str, cause: str, now: datetime) -> None:
    """One message for all of them, to whoever sits at any of their seats."""
    directory = Directory(now)
    seats = {seat for hazard in hazards for seat in actor.seats(hazard, directory)}
    people = {person.pk for seat in seats for person in directory.people(seat)}
    first = hazards[0]
    tell(
        people=sorted(people),
        title=title,
        body="；".join(f"{hazard.number} {hazard.place}" for hazard in hazards[:10]),
        record_type=first._meta.label_lower,
        record_id=str(first.pk),
        reason=f"您是{actor.label}",
        kind=Kind.NEWS,
        now=now,
        key=f"{cause}:{first.enterprise_id}:{first.pk}:{now.isoformat()}",
    )


def _names(hazard: Hazard) -> dict[str, str]:
    return {name: str(unit) for name in NAMES if (unit := getattr(hazard, name))}


def _line(hazard: Hazard, before: dict[str, str], label: str, now: datetime) -> audit.NewLine:
    after = _names(hazard)
    changed = {
        name: {"from": before.get(name, ""), "to": after[name]} for name in after if after[name] != before.get(name)
    }
    return audit.NewLine(
        record_type=hazard._meta.label_lower,
        record_id=str(hazard.pk),
        kind="edit",
        verb="follow_enterprise",
        label=label,
        by=FOLLOWING,
        now=now,
        data={"changed": changed},
    )
