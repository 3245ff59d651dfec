"""双重预防机制数据交换：隐患表. One hazard is one row; every later change of it makes it due again.

Names and codes as several public implementations of the national chain agree (`codes`); to be compared with the official
text (V1.3) before anybody calls it certified. A row that lacks what is required is not sent: it is listed, with the reason.
"""

import base64
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from zhiben.core.access.acting import Acting, By, Machine
from zhiben.core.clock import CHINA
from zhiben.core.files.pictures import published_copy
from zhiben.core.ids import new_id
from zhiben.core.org.sectors import Sector
from zhiben.modules.registry.models import Enterprise

from . import codes
from .models import DualPreventionDelivery, Hazard
from .photos import AFTER, BEFORE, photos_of

MOST_AT_ONCE = 200
LOOKED_AT = 5
"""Times as many are looked at as are wanted: some lack something."""
COUNTED = 1000
"""Counts go no further: above it the page says 1000+."""
MUCH = 50_000
"""Rows of one way of looking."""
LARGEST_PHOTO = 5 << 20
"""Bytes of base64."""
COMPANY_CODE = 9
"""Figures."""
LABELS = {
    "dangerName": "隐患名称", "registrant": "登记人", "dangerDesc": "隐患描述", "dangerReason": "原因分析",
    "controlMeasures": "整改（控制）措施", "liablePerson": "整改责任人", "checkAcceptPerson": "验收人",
    "checkAcceptComment": "验收意见", "createBy": "创建人", "updateBy": "最近修改人",
}  # fmt: skip
LONGEST = {
    "dangerName": 100, "registrant": 50, "dangerDesc": 500, "dangerReason": 500, "controlMeasures": 500,
    "liablePerson": 50, "checkAcceptPerson": 50, "checkAcceptComment": 500, "createBy": 50, "updateBy": 50,
}  # fmt: skip
"""A Chinese character counts as two. **Not of the official text**: estimates, which the page names as such."""
REQUIRED = {
    "companyCode": "企业档案里没有填写 9 位企业编码",
    "dangerDesc": "没有隐患情况",
    "registrant": "没有发现人或登记人",
    "controlMeasures": "还没有整改措施，企业报送五定方案后才能送",
    "liablePerson": "没有整改责任人，企业报送五定方案后才能送",
    "dangerManageDeadline": "还没有整改期限，交办后才能送",
}
REQUIRED_ONCE_ACCEPTED = {
    "checkAcceptPerson": "已验收，但没有验收人",
    "checkAcceptTime": "已验收，但没有验收时间",
}
TOLD_OF_ENTERPRISE = {"company_code", "head_name", "officer_name"}
"""Fields of the enterprise that stand in the rows of its hazards."""
_TEN_THOUSAND = 10_000


@dataclass(frozen=True)
class Batch:
    id: UUID
    rows: list[dict[str, Any]]
    refused: int
    """How many of those looked at lack something."""


def due(by: By) -> QuerySet[Hazard]:
    """Never acknowledged, or changed since: of the enterprises that take part, within sight."""
    return _due(taking_part(by))


def _due(rows: QuerySet[Hazard]) -> QuerySet[Hazard]:
    never = Q(delivery=None) | Q(delivery__acknowledged_change=None)
    return rows.filter(never | ~Q(delivery__acknowledged_change=F("changed_at")))


def taking_part(by: By) -> QuerySet[Hazard]:
    """The hazards within sight of the enterprises that take part."""
    rows = Hazard.objects.all() if isinstance(by, Machine) else Hazard.objects.visible_to(by)
    return rows.filter(_takes_part("enterprise__"))


def _takes_part(path: str = "") -> Q:
    """Chemical enterprises, and whoever else has a code of that registration; `path` leads to the enterprise."""
    return Q((f"{path}sector", Sector.CHEMICALS)) | Q((f"{path}company_code__gt", ""))


@transaction.atomic
def hand_out(*, by: By, now: datetime, limit: int = MOST_AT_ONCE, photos: bool = False) -> Batch:
    """The next batch: what was never looked at first, then what was handed out longest ago without an answer. What lacks
    something goes to the end, and is looked at again: perhaps it was only the enterprise's code."""
    not_just_now = Q(delivery=None) | ~Q(delivery__examined_at=now)
    wanted = due(by).filter(not_just_now).order_by(F("delivery__examined_at").asc(nulls_first=True), "changed_at", "id")
    hazards = wanted.select_related("enterprise", "found_by", "reported_by", "verified_by", "closed_by")
    batch, rows, refused = new_id(), [], 0
    kept: list[DualPreventionDelivery] = []
    for hazard in hazards.prefetch_related("plans")[: limit * LOOKED_AT]:
        row = row_of(hazard)
        missing = missing_of(row)
        kept.append(
            DualPreventionDelivery(
                hazard=hazard,
                examined_at=now,
                changed_at=hazard.changed_at,
                missing=missing,
                batch=None if missing else batch,
                digest="" if missing else _digest(row),
            )
        )
        refused += bool(missing)
        if not missing:
            rows.append(row | (photos_in(hazard) if photos else {}))
        if len(rows) == limit:
            break
    DualPreventionDelivery.objects.bulk_create(
        kept,
        update_conflicts=True,
        unique_fields=("hazard",),
        update_fields=("examined_at", "changed_at", "digest", "batch", "missing"),
    )
    return Batch(batch, rows, refused)


def acknowledge(*, batch: UUID, by: By, now: datetime) -> int:
    """The other side has it. What was handed out again meanwhile, in a later batch, waits for that one's answer. Returns
    how many rows; said twice, it is true once."""
    rows = DualPreventionDelivery.objects.filter(batch=batch)
    if not isinstance(by, Machine):
        rows = rows.filter(hazard__in=Hazard.objects.visible_to(by).values("pk"))
    return rows.update(acknowledged_change=F("changed_at"), acknowledged_at=now)


def row_of(hazard: Hazard) -> dict[str, Any]:
    """As text and numbers of the exchange, whatever may be missing in it."""
    plan = next(iter(hazard.plans.all()), None)
    enterprise = hazard.enterprise
    assert enterprise is not None
    registrant = str(hazard.found_by or hazard.found_by_name or hazard.reported_by or "系统")
    accepted = codes.STATE_OF[hazard.status] == codes.ACCEPTED and hazard.status not in codes.DELETED_AS
    cost = hazard.spent if hazard.spent is not None else (plan.funds if plan else None) or 0
    liable = (plan.liable_person if plan else "") or enterprise.officer_name or enterprise.head_name
    measures = (plan.measures if plan else "") or hazard.summary or hazard.immediate_measures
    deadline = hazard.rectify_by or (hazard.found_on if hazard.fixed_on_spot or accepted else None)
    acceptor = hazard.verified_by or hazard.closed_by
    row: dict[str, Any] = {
        "id": str(hazard.pk),
        "companyCode": enterprise.company_code,
        "hazardCode": hazard.number,
        "riskMeasureId": hazard.origin_id if hazard.origin_type == "risks.measure" else "",
        "checkRecordId": hazard.origin_id if hazard.origin_type == "risks.check" else "",
        "dangerName": hazard.told,
        "dangerLevel": codes.LEVEL_OF[hazard.level],
        "registTime": _moment(hazard.reported_at),
        "registrant": registrant,
        "dangerSrc": hazard.inspection_kind or codes.OTHER_SOURCE,
        "dangerManageType": 0 if hazard.fixed_on_spot else 1,
        "hazardDangerType": hazard.discipline or codes.OTHER_DISCIPLINE,
        "hazardCategory": 1 if registrant == enterprise.head_name else 0,
        "dangerDesc": hazard.description,
        "dangerReason": hazard.danger or hazard.criterion_reason,
        "controlMeasures": measures,
        "cost": f"{cost / _TEN_THOUSAND:.2f}",
        "liablePerson": liable,
        "dangerManageDeadline": _day(deadline),
        "checkAcceptPerson": str(acceptor or "") if accepted else "",
        "checkAcceptTime": _moment(hazard.verified_at or hazard.closed_at) if accepted else "",
        "checkAcceptComment": hazard.finding if accepted else "",
        "dangerState": codes.STATE_OF[hazard.status],
        "deleted": 1 if hazard.status in codes.DELETED_AS else 0,
        "createBy": str(hazard.reported_by or "系统"),
        "createDate": _moment(hazard.reported_at),
        "updateBy": str(hazard.closed_by or hazard.verified_by or hazard.reported_by or "系统"),
        "updateDate": _moment(hazard.changed_at),
    }
    return {name: shortened(value, LONGEST[name]) if name in LONGEST else value for name, value in row.items()}


def missing_of(row: dict[str, Any]) -> list[str]:
    """Sentences on what is required and not there; a row that is deleted needs no more than its key and the code."""
    required = {"companyCode": REQUIRED["companyCode"]} if row["deleted"] else dict(REQUIRED)
    if row["dangerState"] == codes.ACCEPTED and not row["deleted"]:
        required |= REQUIRED_ONCE_ACCEPTED
    missing = [sentence for name, sentence in required.items() if row[name] in ("", None)]
    code = row["companyCode"]
    if code and not (len(code) == COMPANY_CODE and code.isascii() and code.isdecimal()):
        missing.append(f"企业编码“{code}”不是 {COMPANY_CODE} 位数字，请在企业档案里改正")
    return missing


def photos_in(hazard: Hazard) -> dict[str, str]:
    """The first photo before and after, made for publishing (no place, no device), as base64; "" where there is none or
    it would be larger than the exchange takes."""
    return {"dangerImg": _picture(hazard, BEFORE), "dangerAcceptImg": _picture(hazard, AFTER)}


def refused(by: By) -> QuerySet[DualPreventionDelivery]:
    """What was looked at and could not be sent, with what is missing."""
    rows = DualPreventionDelivery.objects.filter(_is_seen(by), ~_is_as_acknowledged(by), batch=None)
    return rows.select_related("hazard__enterprise", "hazard__responsible_unit").order_by("-examined_at", "pk")


def counts(by: By) -> dict[str, int]:
    """Of the enterprises within sight: due, refused among them, handed out and unanswered, acknowledged as they stand;
    each counted no further than `COUNTED` + 1, as lists are."""
    out = DualPreventionDelivery.objects.exclude(batch=None)
    asked = {
        "refused": refused(by),
        "handed": out.filter(_is_seen(by), ~_is_as_acknowledged(by)),
        "sent": DualPreventionDelivery.objects.filter(_is_as_acknowledged(by)),
    }
    return {"due": _count_due(by)} | {name: rows.order_by()[: COUNTED + 1].count() for name, rows in asked.items()}


def _count_due(by: By) -> int:
    """Of those who see much, found by the enterprises that take part; else among what is seen."""
    if isinstance(by, Acting) and all(map(_few, Hazard.objects.views_of(by))):
        return min(due(by).count(), COUNTED + 1)
    parties = Enterprise.objects.filter(_takes_part())
    rows = _due(Hazard.objects.filter(enterprise__in=parties.values("pk")))
    if isinstance(by, Acting):
        rows = rows.filter(Exists(Hazard.objects.visible_to(by).filter(pk=OuterRef("pk"))))
    return rows.order_by()[: COUNTED + 1].count()


def _few(rows: QuerySet[Hazard]) -> bool:
    return rows.order_by()[: MUCH + 1].count() <= MUCH


def _is_seen(by: By) -> Exists:
    return Exists(taking_part(by).filter(pk=OuterRef("hazard_id")))


def _is_as_acknowledged(by: By) -> Exists:
    return Exists(taking_part(by).filter(pk=OuterRef("hazard_id"), changed_at=OuterRef("acknowledged_change")))


def width(text: str) -> int:
    """
    >>> width("隐患ab")
    6
    """
    return sum(1 if character.isascii() else 2 for character in text)


def shortened(text: str, most: int) -> str:
    """
    >>> shortened("消防通道堵塞", 8)
    '消防通…'
    """
    text = " ".join(str(text).split())
    if width(text) <= most:
        return text
    while width(text) > most - 2:
        text = text[:-1]
    return f"{text}…"


def lines(by: By, now: datetime) -> Iterator[tuple[Batch, dict[str, Any]]]:
    """Every row that is due, a batch after another, each once."""
    while True:
        batch = hand_out(by=by, now=now)
        yield from ((batch, row) for row in batch.rows)
        if not batch.rows and not batch.refused:
            return


def _picture(hazard: Hazard, label: str) -> str:
    for attachment in photos_of(hazard, label):
        copy = published_copy(attachment.file.digest)
        if copy is not None:
            text = base64.b64encode(copy.read_bytes()).decode()
            if len(text) <= LARGEST_PHOTO:
                return text
    return ""


def _digest(row: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(row, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def _moment(moment: datetime | None) -> str:
    return moment.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S") if moment else ""


def _day(day: date | None) -> str:
    return f"{day:%Y-%m-%d} 00:00:00" if day else ""
