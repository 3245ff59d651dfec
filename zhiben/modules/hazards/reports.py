"""What somebody found, as it is said to the service, and everything that may be wrong with it."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from zhiben.core.access.acting import Acting, By
from zhiben.core.access.scope import Confidentiality
from zhiben.core.calendar import full_day
from zhiben.core.clock import local_day
from zhiben.core.files.models import Upload
from zhiben.core.org.models import Person, Unit, UnitKind
from zhiben.core.org.paths import contains
from zhiben.core.refusal import Refused
from zhiben.modules.criteria.models import Criterion
from zhiben.modules.registry.models import Enterprise, Site

from .models import Category, Channel, Hazard, HazardLevel, HazardStatus
from .past import Five
from .photos import photo_objection
from .planning import LONGEST

EARLIEST = date(2000, 1, 1)
LONGEST_TEXTS = {"place": 128, "description": 5000}
"""Characters."""
_CHOICES = {
    "level": frozenset(HazardLevel.values),
    "channel": frozenset(Channel.values),
    "category": frozenset(("", *Category.values)),
}
_SAYING = re.compile(r"[^\W_]")
_TURNING = dict.fromkeys((0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)))


@dataclass(kw_only=True, slots=True)
class Past:
    """How far a hazard had come where it was led before: what a ledger says of it. It begins in that state
    (`HAZARD_LIFE.enters`)."""

    status: HazardStatus
    rectified_on: date | None = None
    verified_on: date | None = None
    closed_on: date | None = None
    """None for a closed one whose day nobody wrote down: closed on the day it is brought in."""
    summary: str = ""
    finding: str = ""
    spent: Decimal | None = None


@dataclass(kw_only=True, slots=True)
class Report:
    """What somebody found. Either an `enterprise` or, where none is responsible, a `unit` that must rectify.

    `id`: made where it was recorded (UUIDv7); sent again, it is the same hazard. `level` is a proposal."""

    place: str
    description: str
    found_on: date
    channel: str = Channel.INSPECTION
    enterprise: Enterprise | None = None
    unit: Unit | None = None
    site: Site | None = None
    sector: str = ""
    """Of what is not an enterprise; an enterprise brings its own."""
    danger: str = ""
    category: str = ""
    discipline: int | None = None
    immediate_measures: str = ""
    level: str = HazardLevel.GENERAL
    criterion: Criterion | None = None
    criterion_reason: str = ""
    inspection_kind: int | None = None
    origin_type: str = ""
    origin_id: str = ""
    origin_label: str = ""
    found_by: Person | None = None
    found_by_name: str = ""
    found_by_unit: Unit | None = None
    latitude: Decimal | None = None
    longitude: Decimal | None = None
    rectify_by: date | None = None
    before_photos: Sequence[Upload] = ()
    recurs_from: Hazard | None = None
    confidentiality: int = Confidentiality.ORDINARY
    past: Past | None = None
    five: Five | None = None
    """What a ledger already says of the five 定."""
    id: UUID | None = None

    @property
    def responsible_unit(self) -> Unit:
        unit = self.enterprise.unit if self.enterprise else self.unit
        if unit is None:
            raise Refused("请选择隐患所在的企业；不属于企业的，请选择负责整改的单位", "enterprise")
        return unit

    @property
    def region_path(self) -> str:
        return self.enterprise.region_path if self.enterprise else self.responsible_unit.region_path


def refuse(report: Report, *, by: By, now: datetime) -> None:
    """Raises Refused with the first thing that is wrong with a report, named by its field."""
    for field, sentence in objections(report, by=by, now=now):
        raise Refused(sentence, field)


def objections(report: Report, *, by: By, now: datetime) -> Iterable[tuple[str, str]]:
    """(field, sentence) for everything that is wrong with a report."""
    today = local_day(now)
    if report.enterprise is None and report.unit is None:
        yield "enterprise", "请选择隐患所在的企业；不属于企业的，请选择负责整改的单位"
    elif not _within_reach(report, by):
        yield "enterprise", "没有找到这家企业，或它不在您的工作范围内"
    elif report.enterprise and report.enterprise.merged_into_id:
        yield "enterprise", gone(report.enterprise)
    if report.site and (report.enterprise is None or report.site.enterprise_id != report.enterprise.pk):
        yield "site", "所选的场所不属于这家企业，请重新选择"
    if not says_something(report.place):
        yield "place", "请写明具体位置，例如：一号厂房北侧消防车通道"
    elif len(report.place) > LONGEST_TEXTS["place"]:
        yield "place", "具体位置请控制在 128 字以内，详细情况写在隐患情况里"
    if not says_something(report.description):
        yield "description", "请写明隐患情况：什么东西、什么问题、有多严重"
    elif len(report.description) > LONGEST_TEXTS["description"]:
        yield "description", "隐患情况请控制在 5000 字以内，详情可作附件上传"
    if not EARLIEST <= report.found_on <= today:
        yield "found_on", f"发现日期不能晚于今天（{full_day(today)}），也不能早于 2000 年"
    if report.rectify_by and report.rectify_by < report.found_on:
        yield "rectify_by", "整改期限不能早于发现日期"
    elif report.rectify_by and report.rectify_by > today + LONGEST:
        yield "rectify_by", f"期限最长三年，不能晚于 {full_day(today + LONGEST)}"
    for field, choices in _CHOICES.items():
        if getattr(report, field) not in choices:
            yield field, "不在可选范围内，请重新选择"
    if sentence := finder_objection(report.channel, report.found_by_name):
        yield "found_by_name", sentence
    if sentence := position_objection(report.latitude, report.longitude):
        yield "latitude", sentence
    for upload in report.before_photos:
        if isinstance(by, Acting) and upload.uploaded_by_id != by.person.pk:
            yield "before_photos", "所选的照片已不存在，请重新上传"
        elif sentence := photo_objection(upload):
            yield "before_photos", sentence


def finder_objection(channel: str, name: str) -> str | None:
    """What is not kept is shown to nobody: who told is never written into a record that the enterprise reads."""
    if channel == Channel.PUBLIC_REPORT and name.strip():
        return "群众举报的不登记举报人姓名，以免泄露，请清空；举报材料另行保管"
    return None


def position_objection(latitude: Decimal | None, longitude: Decimal | None) -> str | None:
    if (latitude is None) != (longitude is None):
        return "经度和纬度要一起填写"
    if latitude is None or longitude is None:
        return None
    on_earth = latitude.is_finite() and longitude.is_finite() and abs(latitude) <= 90 and abs(longitude) <= 180
    return None if on_earth else "纬度应在 -90 到 90 之间，经度应在 -180 到 180 之间，请重新定位"


def says_something(text: str) -> bool:
    """Whether a text has a letter, a character or a figure in it: signs and pictures alone say nothing."""
    return _SAYING.search(text) is not None


def as_seen(text: str) -> str:
    """Without marks that turn round the direction of what follows: what is read is what was written."""
    return (text if text.isprintable() else text.translate(_TURNING)).strip()


def gone(enterprise: Enterprise) -> str:
    return f"{enterprise}已并入{enterprise.merged_into}，请登记到{enterprise.merged_into}"


def _within_reach(report: Report, by: By) -> bool:
    """An enterprise reports of itself; whoever supervises, of all that lies in their region."""
    if not isinstance(by, Acting):
        return True
    own, enterprise = by.unit, report.enterprise
    is_own = (enterprise.unit_id if enterprise else report.responsible_unit.pk) == by.post.unit_id
    if is_own or own.kind == UnitKind.ENTERPRISE:
        return is_own
    return contains(own.region_path, report.region_path) or (
        enterprise is not None and enterprise.supervising_unit_id == by.post.unit_id
    )
