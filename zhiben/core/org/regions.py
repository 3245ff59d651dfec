"""Verbs on regions: set up, code, rename, move, merge, close. What was true stays on record with its days."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.apps import apps
from django.db import models, transaction
from django.db.models import Value
from django.db.models.functions import Concat, Substr

from zhiben.core.refusal import Refused

from .models import Region, RegionCode, RegionFormerName, RegionLevel, Unit
from .paths import RegionPathField, contains, next_step, step, within
from .trail import leave_line

if TYPE_CHECKING:
    from zhiben.core.access.acting import By


@transaction.atomic
def open_region(
    *,
    name: str,
    level: RegionLevel,
    parent: Region | None = None,
    code: str = "",
    is_functional: bool = False,
    by: "By",
    now: datetime,
) -> Region:
    """Set up a region below `parent`. A park or new district outside the official codes has none."""
    refuse_unless_below(name, level, parent, is_functional=is_functional)
    region = Region(
        name=name, level=level, parent=parent, is_functional=is_functional, path=_free_path(parent), valid_from=None
    )
    region.save()
    if code:
        _bear_code(region, code, None)
    leave_line(region, "open_region", "设立区域", by=by, now=now, name=name, code=code, path=region.path)
    return region


@transaction.atomic
def change_code(*, region: Region, code: str, on: date, by: "By", now: datetime) -> RegionCode:
    """From `on` the region bears another code; the old one is kept up to the day before."""
    old = list(region.codes.filter(valid_to=None))
    for each in old:
        each.valid_to = on - timedelta(days=1)
        each.save(update_fields=["valid_to"])
    borne = _bear_code(region, code, on)
    leave_line(
        region, "change_code", "变更区划代码", by=by, now=now, old=[each.code for each in old], new=code, on=str(on)
    )
    return borne


@transaction.atomic
def rename_region(*, region: Region, name: str, on: date, by: "By", now: datetime) -> Region:
    """From `on` the region is called otherwise; documents that speak of the former name still find it."""
    before = region.former_names.order_by("-valid_to").first()
    RegionFormerName.objects.create(
        region=region,
        name=region.name,
        valid_from=before.valid_to + timedelta(days=1) if before and before.valid_to else None,
        valid_to=on - timedelta(days=1),
    )
    leave_line(region, "rename_region", "区域更名", by=by, now=now, old=region.name, new=name, on=str(on))
    region.name = name
    region.save(update_fields=["name"])
    return region


@transaction.atomic
def move_region(*, region: Region, parent: Region, by: "By", now: datetime) -> Region:
    """Put the region, with all below it, under another parent. Every row of every table that repeats a path of the
    subtree is rewritten, one statement a table."""
    parent = Region.objects.get(pk=parent.pk)
    region = Region.objects.select_for_update().get(pk=region.pk)
    if contains(region.path, parent.path):
        raise Refused(f"不能把“{region.name}”移到它自己的下级“{parent.name}”之下。", "parent")
    old, new = region.path, _free_path(parent)
    Region.objects.filter(pk=region.pk).update(parent=parent)
    _rewrite(Region, "path", old, new)
    _rewrite_copies(old, new)
    region.refresh_from_db()
    leave_line(region, "move_region", "调整隶属关系", by=by, now=now, old_path=old, new_path=new, parent=parent.name)
    return region


@transaction.atomic
def merge_regions(*, region: Region, into: Region, on: date, by: "By", now: datetime) -> Region:
    """From `on` the region is part of `into`: what lies below it and its units move there, it stays as history."""
    region.refresh_from_db()
    into.refresh_from_db()
    if contains(region.path, into.path):
        raise Refused(f"“{region.name}”不能并入它自己或它的下级。", "into")
    for child in Region.objects.filter(parent=region):
        move_region(region=child, parent=into, by=by, now=now)
    Unit.objects.filter(region=region).update(region=into)
    _rewrite_copies(region.path, into.path, below=False)
    last_day = on - timedelta(days=1)
    region.codes.filter(valid_to=None).update(valid_to=last_day)
    region.merged_into, region.valid_to = into, last_day
    region.save(update_fields=["merged_into", "valid_to"])
    leave_line(region, "merge_regions", "并入其他区域", by=by, now=now, into=into.name, on=str(on))
    return into


@transaction.atomic
def close_region(*, region: Region, last_day: date, by: "By", now: datetime) -> Region:
    """The region no longer exists after `last_day`. Refused while units or regions in it still exist."""
    after = last_day + timedelta(days=1)
    if region.units.valid_on(after).exists() or region.children.valid_on(after).exists():
        raise Refused(f"“{region.name}”还有单位或下级区域，请先把它们撤销或移到别处。")
    region.codes.filter(valid_to=None).update(valid_to=last_day)
    region.valid_to = last_day
    region.save(update_fields=["valid_to"])
    leave_line(region, "close_region", "撤销区域", by=by, now=now, last_day=str(last_day))
    return region


def region_of_code(code: str, *, day: date) -> Region | None:
    """The region that bears the 12-digit code on that day. A shorter code is completed with zeros."""
    row = RegionCode.objects.valid_on(day).filter(code=code.ljust(12, "0")).select_related("region").first()
    return row.region if row else None


def refuse_unless_below(name: str, level: RegionLevel, parent: Region | None, *, is_functional: bool) -> None:
    if parent is not None and level <= parent.level and not is_functional:
        raise Refused(f"{name}的层级应低于上级区域“{parent.name}”。", "level")


def refuse_unless_free(codes: Iterable[str], *, except_for: Region | None = None) -> None:
    """Refuse what is no code, and a code that another region bears."""
    wanted = set(codes)
    for code in wanted:
        if len(code) != 12 or not code.isdecimal() or not code.isascii():
            raise Refused(f"区划代码应为 12 位数字，“{code}”不是。", "code")
    holders = RegionCode.objects.filter(code__in=wanted, valid_to=None).exclude(region=except_for)
    if holder := holders.select_related("region").first():
        raise Refused(f"代码 {holder.code} 正由“{holder.region.name}”使用。", "code")


def _bear_code(region: Region, code: str, on: date | None) -> RegionCode:
    refuse_unless_free([code], except_for=region)
    return RegionCode.objects.create(region=region, code=code, valid_from=on)


def _free_path(parent: Region | None) -> str:
    last = Region.objects.select_for_update().filter(parent=parent).order_by("-path").first()
    if last is not None:
        return next_step(last.path)
    return (parent.path if parent else "") + step(1)


def _rewrite(model: type[models.Model], column: str, old: str, new: str, *, below: bool = True) -> None:
    rows = model._base_manager.filter(within(old, column) if below else models.Q(**{column: old}))
    rows.update(**{column: Concat(Value(new), Substr(column, len(old) + 1))})


def _rewrite_copies(old: str, new: str, *, below: bool = True) -> None:
    for model in apps.get_models():
        for column in model._meta.concrete_fields:
            if isinstance(column, RegionPathField) and model is not Region and column.model is model:
                _rewrite(model, column.attname, old, new, below=below)
