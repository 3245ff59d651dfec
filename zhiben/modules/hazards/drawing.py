"""随机抽取回头看: each month, in each county, a share of the ordinary hazards that were closed the month before.

Nobody chooses. The seed follows from the seal of the audit chain over the last day of that month, which is published
and which nobody knew while the hazards were being closed; the list of candidates is fixed by its digest. `drawn` is the
whole method: with the seed and the numbers anybody can draw again and must draw the same ones."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from hashlib import sha256
from math import ceil

from django.db import transaction

from zhiben.core.access.acting import Machine
from zhiben.core.audit import services as audit
from zhiben.core.audit.models import DailySeal
from zhiben.core.clock import CHINA, local_day
from zhiben.core.org.models import Region, RegionLevel
from zhiben.core.org.paths import ancestors
from zhiben.core.workflow import engine

from .look_back import looking_back_on
from .models import Draw, Hazard, HazardLevel, HazardStatus, LookBack
from .policy import policies_of

DRAWING = Machine("随机抽取回头看")
PATIENCE = timedelta(days=5)
"""How long a month is waited for to be sealed; then its own list of candidates is the seed."""
TIME_TO_LOOK = timedelta(days=30)
NO_COUNTY = ""
"""The draw of a month in which nothing was closed: so that it is not looked for again."""


def draw_last_month(now: datetime) -> int:
    """Draw for the month that is over, once; returns how many look-backs it made. Idempotent, cheap afterwards."""
    month = (local_day(now).replace(day=1) - timedelta(days=1)).replace(day=1)
    if Draw.objects.filter(month=month).exists():
        return 0
    seal = DailySeal.objects.filter(day__gte=_last_day(month)).order_by("number").first()
    if seal is None and local_day(now) <= _last_day(month) + PATIENCE:
        return 0
    with transaction.atomic():
        return _draw(month, seal, now)


def drawn(numbers: Sequence[str], *, seed: str, share: int) -> list[str]:
    """Of these numbers the share (per cent, rounded up) whose SHA-256 together with the seed is smallest.

    >>> drawn(["a", "b", "c", "d"], seed="x", share=50) == drawn(["d", "c", "b", "a"], seed="x", share=50)
    True
    """
    count = ceil(len(numbers) * share / 100)
    return sorted(sorted(numbers, key=lambda number: sha256(f"{seed}\n{number}".encode()).hexdigest())[:count])


def digest_of(numbers: Sequence[str]) -> str:
    return sha256("\n".join(sorted(numbers)).encode()).hexdigest()


def _draw(month: date, seal: DailySeal | None, now: datetime) -> int:
    by_county = _closed_in(month)
    if not by_county:
        Draw.objects.create(
            county_path=NO_COUNTY, month=month, seed="", share=0, candidates=0, drawn=0, digest="", at=now
        )
        return 0
    policies = policies_of(by_county)
    made = 0
    for county, hazards in sorted(by_county.items()):
        made += len(_draw_county(county, month, hazards, policies[county].look_back_share, seal, now))
    return made


def _draw_county(
    county: str, month: date, hazards: dict[str, Hazard], share: int, seal: DailySeal | None, now: datetime
) -> list[LookBack]:
    digest = digest_of(list(hazards))
    source = f"{seal.day} 第 {seal.number} 号留痕封存" if seal else "候选名单摘要（当月留痕未封存）"
    seed = sha256(f"{seal.root if seal else digest}|{county}|{month:%Y-%m}".encode()).hexdigest()
    chosen = drawn(list(hazards), seed=seed, share=share)
    draw = Draw.objects.create(
        county_path=county,
        month=month,
        seed=seed,
        seed_source=source,
        share=share,
        candidates=len(hazards),
        drawn=len(chosen),
        digest=digest,
        at=now,
    )
    said = {"month": f"{month:%Y-%m}", "seed": seed, "seed_source": source, "share": share, "digest": digest}
    audit.append(
        record_type=draw._meta.label_lower,
        record_id=str(draw.pk),
        kind="edit",
        verb="draw",
        label="随机抽取回头看",
        by=DRAWING,
        now=now,
        data={**said, "candidates": len(hazards), "drawn": chosen},
    )
    due_on = local_day(now) + TIME_TO_LOOK
    looks = [looking_back_on(hazards[number], due_on=due_on, draw=draw, now=now) for number in chosen]
    LookBack.objects.bulk_create(looks)
    engine.begin_many(looks, by=DRAWING, now=now, label="抽中回头看", data=said)
    return looks


def _closed_in(month: date) -> dict[str, dict[str, Hazard]]:
    """County → number → ordinary hazard closed in that month."""
    midnight = (
        datetime.combine(month, time(), CHINA),
        datetime.combine(_last_day(month) + timedelta(days=1), time(), CHINA),
    )
    hazards = list(
        Hazard.objects.filter(
            closed_at__gte=midnight[0], closed_at__lt=midnight[1], status=HazardStatus.CLOSED, level=HazardLevel.GENERAL
        )
        .exclude(look_backs__isnull=False)
        .select_related("enterprise__supervising_unit", "responsible_unit__superior", "supervising_unit")
    )
    around = {above for hazard in hazards for above in ancestors(hazard.region_path)}
    counties = set(
        Region.objects.filter(path__in=around, level=RegionLevel.COUNTY).values_list("path", flat=True)
        if around
        else ()
    )
    found: dict[str, dict[str, Hazard]] = defaultdict(dict)
    for hazard in hazards:
        county = next((path for path in ancestors(hazard.region_path) if path in counties), hazard.region_path)
        found[county][hazard.number] = hazard
    return dict(found)


def _last_day(month: date) -> date:
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
