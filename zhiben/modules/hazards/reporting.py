"""登记: a hazard comes in, by whatever channel, alone or by the thousand. All rules of its first moment are here."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet

from zhiben.core import set_down
from zhiben.core.access.acting import Acting, By
from zhiben.core.access.directory import shared_directory
from zhiben.core.access.permissions import Permission, require
from zhiben.core.any_of import AnyOf
from zhiben.core.audit import services as audit
from zhiben.core.bulk import Maker, insert_rows
from zhiben.core.calendar import add_working_days
from zhiben.core.clock import CHINA, local_day
from zhiben.core.files.models import Attachment, Upload
from zhiben.core.ids import new_id
from zhiben.core.org.models import Unit
from zhiben.core.refusal import Refused
from zhiben.core.workflow import engine
from zhiben.core.workflow.inputs import to_json
from zhiben.modules.registry.models import Enterprise

from .events import HazardReported
from .models import Channel, Hazard, HazardLevel, HazardPolicy, HazardStatus
from .numbering import take_numbers
from .past import closed_above, keep_five, look_back_on_past
from .photos import BEFORE, look_at, without_traces
from .policy import policies_of
from .reports import Past, Report, as_seen, gone, refuse
from .routing import Case, closing_units, supervising_units
from .searching import keep_words

__all__ = ["SAID", "Past", "Report", "report_hazard", "report_hazards"]

SAID = ("enterprise", "place", "description", "level", "channel", "found_on", "origin_label")
"""What the first line of the trail keeps: any of it may be corrected later."""


def report_hazard(*, report: Report, by: By, now: datetime) -> Hazard:
    """One hazard; see `report_hazards`."""
    return report_hazards(reports=[report], by=by, now=now)[0]


def report_hazards(
    *,
    reports: Sequence[Report],
    by: By,
    now: datetime,
    announce: bool = True,
    likenesses: bool = True,
    tells: bool = True,
) -> list[Hazard]:
    """Record what was found, all or none, in the order given; a constant number of queries a batch.

    What came before under the same id or origin is returned as it is now and not recorded again. `announce`: whether
    other systems hear of each. `likenesses`: whether earlier ones that look alike are proposed at once. `tells`:
    whether those for whom each waits are told of it.
    Raises Refused (with the field), NotPermitted.
    """
    require(by, Permission.REPORT_HAZARDS)
    for report in reports:
        refuse(report, by=by, now=now)
    _refuse_closing_from_below(reports, by)
    try:
        with transaction.atomic():
            return _report(reports, by, now, announce, likenesses, tells)
    except IntegrityError:  # the same phone sent it twice at once, and the other one was first
        with transaction.atomic():
            return _report(reports, by, now, announce, likenesses, tells)


def _refuse_closing_from_below(reports: Sequence[Report], by: By) -> None:
    """What came in closed was closed by a level that may: a ledger is no way round it. Raises Refused."""
    closed = [r for r in reports if r.past and r.past.status == HazardStatus.CLOSED and r.level == HazardLevel.MAJOR]
    for level in closed_above((_case(report, by).region_path for report in closed), by).values():
        raise Refused(f"重大事故隐患由{level}以上单位销号，请由其登记为已销号", "level")


def _report(
    reports: Sequence[Report], by: By, now: datetime, announce: bool, likenesses: bool, tells: bool
) -> list[Hazard]:
    known = _known(reports, by)
    fresh: dict[int, Report] = {}
    first_place: dict[object, int] = {}
    for place, report in enumerate(reports):
        identity = report.id or (_origin(report) if report.origin_id else object())
        if place not in known and first_place.setdefault(identity, place) == place:
            fresh[place] = report
    made = dict(zip(fresh, _record(list(fresh.values()), by, now), strict=True))
    hazards = list(made.values())
    announces = HazardReported if announce else None
    with shared_directory():
        for label, some in _by_label(hazards, fresh.values()):
            engine.begin_many(some, by=by, now=now, label=label, says=SAID, announces=announces, tells=tells)
    keep_five([(made[place], report.five) for place, report in fresh.items()], now=now)
    look_back_on_past(hazards, now=now)
    _attach_photos([(made[place], report) for place, report in fresh.items()], by, now)
    if likenesses and hazards:
        from .likeness import propose_links

        propose_links(hazards, now=now)
    everything = {**known, **made}
    return [
        everything.get(place) or everything[first_place[report.id or _origin(report)]]
        for place, report in enumerate(reports)
    ]


def _by_label(hazards: Sequence[Hazard], reports: Iterable[Report]) -> Iterable[tuple[str, list[Hazard]]]:
    pairs = list(zip(hazards, reports, strict=True))
    yield "登记", [hazard for hazard, report in pairs if report.channel != Channel.LEDGER and not report.past]
    yield "按台账登记", [hazard for hazard, report in pairs if report.channel == Channel.LEDGER or report.past]


def _known(reports: Sequence[Report], by: By) -> dict[int, Hazard]:
    """Those recorded before, by their place among the reports. An id that somebody else used is refused: whoever types
    one gets nothing shown by it."""
    ids = [report.id for report in reports if report.id]
    by_id = Hazard.objects.in_bulk(ids) if ids else {}
    origins = {_origin(report) for report in reports if report.origin_id}
    by_origin = {}
    for origin_type in {origin_type for origin_type, _ in origins}:
        keys = [origin_id for kind, origin_id in origins if kind == origin_type]
        for hazard in _of_origins(origin_type, keys):
            by_origin[hazard.origin_type, hazard.origin_id] = hazard
    shown = _shown(by_origin.values(), by)
    known = {}
    for place, report in enumerate(reports):
        if report.id and (same := by_id.get(report.id)):
            if isinstance(by, Acting) and same.reported_by_id != by.person.pk:
                raise Refused("这个编号已用于另一条记录，请刷新页面后重新登记", "id")
            known[place] = same
        elif before := by_origin.get(_origin(report)):
            if before.pk not in shown:
                raise Refused("这个来源编号已由别的单位登记过，请核对来源系统的编号", "origin_id")
            known[place] = before
    return known


def _shown(hazards: Iterable[Hazard], by: By) -> set[UUID]:
    """Those of them that whoever reports may see anyway."""
    keys = {hazard.pk for hazard in hazards}
    if not keys or not isinstance(by, Acting):
        return keys
    own = {hazard.pk for hazard in hazards if hazard.reported_by_id == by.person.pk}
    return (
        own
        if own == keys
        else own | set(Hazard.objects.visible_to(by).filter(pk__in=keys - own).values_list("pk", flat=True))
    )


def _of_origins(origin_type: str, keys: Sequence[str]) -> QuerySet[Hazard]:
    """Said so that the index of origins is used, which leaves out those without."""
    return Hazard.objects.filter(AnyOf(F("origin_id"), keys), origin_type=origin_type).exclude(origin_id="")


def _origin(report: Report) -> tuple[str, str]:
    return report.origin_type, report.origin_id


def _record(reports: Sequence[Report], by: By, now: datetime) -> list[Hazard]:
    if not reports:
        return []
    today = local_day(now)
    cases = [_case(report, by) for report in reports]
    supervising = supervising_units(cases, today)
    numbers = take_numbers([case.region_path for case in cases], today.year)
    _hold_enterprises(reports)
    policies = policies_of({case.region_path for case in cases})
    days = {path: _Days.of(policy, today) for path, policy in policies.items()}
    make = Maker(Hazard)
    hazards = [
        make(_values(report, case, unit, number, days[case.region_path], by, now))
        for report, case, unit, number in zip(reports, cases, supervising, numbers, strict=True)
    ]
    for hazard, unit in zip(hazards, closing_units(hazards, today), strict=True):
        if hazard.closing_unit_id != unit.pk:
            hazard.closing_unit = unit
    insert_rows(Hazard, hazards)
    keep_words(hazards, are_new=True)
    return hazards


def _hold_enterprises(reports: Sequence[Report]) -> None:
    """Until this is recorded none of them is merged: either the merger carries it along, or is before us. Raises Refused."""
    set_down.do(_hold_unmerged, {report.enterprise.pk for report in reports if report.enterprise})


def _hold_unmerged(keys: set[UUID]) -> None:
    held = Enterprise.objects.filter(AnyOf(F("pk"), keys)).order_by("pk").select_for_update(no_key=True)
    for key, merged in held.values_list("pk", "merged_into"):
        if merged:
            raise Refused(gone(Enterprise.objects.select_related("merged_into").get(pk=key)), "enterprise")


@dataclass(frozen=True)
class _Days:
    """Until when, after the rules of a region, something of today is to be done."""

    judge_by: date
    plan_by: date
    verify_by: date
    general: timedelta
    major: timedelta

    @classmethod
    def of(cls, policy: HazardPolicy, today: date) -> "_Days":
        return cls(
            judge_by=add_working_days(today, policy.judge_days),
            plan_by=add_working_days(today, policy.plan_days),
            verify_by=add_working_days(today, policy.verify_days),
            general=timedelta(days=policy.general_days),
            major=timedelta(days=policy.major_days),
        )


def _case(report: Report, by: By) -> Case:
    unit = report.responsible_unit
    where = report.enterprise or unit
    return Case(
        enterprise=report.enterprise,
        responsible_unit=unit,
        sector=report.enterprise.sector if report.enterprise else report.sector,
        region_path=where.region_path,
        channel=report.channel,
        level=report.level,
        found_by_unit=report.found_by_unit or (by.unit if isinstance(by, Acting) else None),
    )


def _values(
    report: Report, case: Case, supervising: Unit, number: str, days: _Days, by: By, now: datetime
) -> dict[str, Any]:
    person = by.person if isinstance(by, Acting) else None
    nobody_named = report.found_by is None and not report.found_by_name
    values = {
        "id": report.id or new_id(),
        "number": number,
        "enterprise": report.enterprise,
        "site": report.site,
        "responsible_unit": case.responsible_unit,
        "supervising_unit": supervising,
        "closing_unit": supervising,
        "region_path": case.region_path,
        "sector": case.sector,
        "confidentiality": report.confidentiality,
        "place": as_seen(report.place),
        "latitude": report.latitude,
        "longitude": report.longitude,
        "description": as_seen(report.description),
        "danger": report.danger.strip(),
        "category": report.category,
        "discipline": report.discipline,
        "immediate_measures": report.immediate_measures.strip(),
        "level": report.level,
        "criterion": report.criterion,
        "criterion_reason": report.criterion_reason.strip(),
        "channel": report.channel,
        "inspection_kind": report.inspection_kind,
        "origin_type": report.origin_type,
        "origin_id": report.origin_id,
        "origin_label": report.origin_label[:200],
        "found_on": report.found_on,
        "found_by": person if nobody_named and report.channel in OWN_EYES else report.found_by,
        "found_by_name": report.found_by_name,
        "found_by_unit": case.found_by_unit,
        "reported_at": now,
        "reported_by": person,
        "judge_by": days.judge_by,
        "rectify_by": report.rectify_by,
        "recurs_from": report.recurs_from,
        "changed_at": now,
    }
    return values | _led_before(report.past, report, days, now) if report.past else values


def _led_before(past: Past, report: Report, days: _Days, now: datetime) -> dict[str, Any]:
    """What a hazard has that is past its first state: the days of its ledger, and a deadline where one runs."""
    led: dict[str, Any] = {
        "status": past.status,
        "summary": past.summary,
        "finding": past.finding,
        "spent": past.spent,
        "rectified_at": _noon(past.rectified_on),
        "verified_at": _noon(past.verified_on),
    }
    if past.status == HazardStatus.CLOSED:
        return led | {"closed_at": _noon(past.closed_on) or now, "progress": 100}
    if past.status == HazardStatus.RECTIFIED:
        return led | {"verify_by": days.verify_by, "progress": 100, "rectified_at": led["rectified_at"] or now}
    usual = days.major if report.level == HazardLevel.MAJOR else days.general
    return led | {
        "ordered_at": now,
        "plan_by": days.plan_by,
        "rectify_by": report.rectify_by or local_day(now) + usual,
    }


@lru_cache(4096)
def _noon(day: date | None) -> datetime | None:
    """A ledger knows days, no hours."""
    return datetime.combine(day, time(12), CHINA) if day else None


OWN_EYES = (Channel.SELF_INSPECTION, Channel.INSPECTION)
"""Where nobody else is named, whoever records it has seen it."""


def _to_be_shown(report: Report, by: By, now: datetime) -> list[Upload]:
    if report.channel != Channel.PUBLIC_REPORT:
        return list(report.before_photos)
    return [without_traces(each, number, by=by, now=now) for number, each in enumerate(report.before_photos, 1)]


def _attach_photos(pairs: Sequence[tuple[Hazard, Report]], by: By, now: datetime) -> None:
    with_photos = [(hazard, _to_be_shown(report, by, now)) for hazard, report in pairs if report.before_photos]
    Attachment.objects.bulk_create(
        Attachment(
            record_type=hazard._meta.label_lower,
            record_id=str(hazard.pk),
            file=upload.file,
            name=upload.name,
            label=BEFORE,
            attached_by_id=by.person.pk if isinstance(by, Acting) else None,
            attached_by_name=str(by),
            attached_at=now,
        )
        for hazard, uploads in with_photos
        for upload in uploads
    )
    if not with_photos:
        return
    audit.append_many(
        [
            audit.NewLine(
                record_type=hazard._meta.label_lower,
                record_id=str(hazard.pk),
                kind="edit",
                verb="before_photos",
                label="登记照片",
                by=by,
                now=now,
                data=to_json({"before_photos": uploads}),
            )
            for hazard, uploads in with_photos
        ]
    )
    for hazard, uploads in with_photos:
        look_at(hazard, uploads, used_as=BEFORE, now=now)
