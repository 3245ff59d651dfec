"""How much a unit may keep here, so that one unit's films do not fill the disk of all."""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import F, Sum
from django.db.models.functions import Coalesce

from zhiben.core.access.acting import By
from zhiben.core.access.permissions import Permission, require
from zhiben.core.audit import services as audit
from zhiben.core.org.models import Unit

from .models import UnitStorage, Upload
from .refused import FileRefused

MEGABYTE = 1 << 20
GIGABYTE = 1 << 30


def usual_quota() -> int | None:
    """Bytes of a unit that has no quota of its own; None: no limit."""
    return settings.ZHIBEN_UNIT_QUOTA_MB * MEGABYTE or None


def room_of(unit_id: int) -> int | None:
    """Bytes the unit may still bring; None: no limit."""
    row = UnitStorage.objects.filter(pk=unit_id).first()
    quota = row.quota if row and row.quota is not None else usual_quota()
    return None if quota is None else max(0, quota - (row.used if row else 0))


def charge(unit_id: int, size: int) -> None:
    """Count `size` bytes to the unit, in the caller's transaction. Raises FileRefused when its quota is used up."""
    UnitStorage.objects.get_or_create(pk=unit_id)
    quota = Coalesce("quota", usual_quota() if usual_quota() is not None else 2**62)
    if not UnitStorage.objects.filter(pk=unit_id, used__lte=quota - size).update(used=F("used") + size):
        raise FileRefused(over_quota(unit_id))


def discharge(unit_id: int | None, size: int) -> None:
    if unit_id is not None:
        UnitStorage.objects.filter(pk=unit_id, used__gte=size).update(used=F("used") - size)


def over_quota(unit_id: int) -> str:
    row = UnitStorage.objects.filter(pk=unit_id).first()
    quota = (row.quota if row and row.quota is not None else usual_quota()) or 0
    return f"本单位的文件已接近 {in_words(quota)} 的存储上限，文件没有保存。请压缩后再传，或联系系统管理员调整上限。"


@transaction.atomic
def set_quota(*, unit: Unit, megabytes: int | None, by: By, now: datetime) -> UnitStorage:
    """Give a unit a quota of its own, in MB; None gives it the installation's again."""
    require(by, Permission.KEEP_SYSTEM)
    row, _ = UnitStorage.objects.select_for_update().get_or_create(pk=unit.pk)
    before, row.quota = row.quota, None if megabytes is None else megabytes * MEGABYTE
    if before != row.quota:
        row.save(update_fields=["quota"])
        audit.append(
            record_type="files.unitstorage",
            record_id=str(unit.pk),
            kind="edit",
            verb="set_quota",
            label="调整存储上限",
            by=by,
            now=now,
            data={"unit": unit.name, "from": before, "to": row.quota},
        )
    return row


@transaction.atomic
def recount() -> None:
    """Count anew from what is there. The counters are kept as files come and go; this is for what went unnoticed."""
    sums = dict(
        Upload.objects.filter(unit_id__isnull=False)
        .values_list("unit_id")
        .annotate(bytes=Sum("file__size"))
        .values_list("unit_id", "bytes")
    )
    for row in UnitStorage.objects.select_for_update():
        counted = sums.pop(row.pk, 0)
        if row.used != counted:
            row.used = counted
            row.save(update_fields=["used"])
    UnitStorage.objects.bulk_create(
        [UnitStorage(unit_id=unit_id, used=used) for unit_id, used in sums.items() if unit_id is not None],
        ignore_conflicts=True,
    )


def in_words(size: int) -> str:
    """20 GB; 512 MB"""
    return f"{size / GIGABYTE:.4g} GB" if size >= GIGABYTE else f"{size / MEGABYTE:.4g} MB"
