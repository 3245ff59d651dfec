"""Photos as evidence: what may be handed in as one, and what is doubtful in it. A doubt refuses nothing; whoever
verifies sees it."""

from collections.abc import Iterable, Sequence
from datetime import datetime, time, timedelta
from decimal import Decimal
from math import asin, cos, radians, sin, sqrt
from typing import Any

from django.db.models import Avg

from zhiben.core.access.acting import Acting, By
from zhiben.core.calendar import full_day
from zhiben.core.clock import CHINA, local_day
from zhiben.core.files.models import Attachment, PictureFacts, StoredFile, Upload
from zhiben.core.files.pictures import MOST_PIXELS, published_copy
from zhiben.core.files.services import bring, store_file
from zhiben.core.org.paths import WIDTH, within
from zhiben.core.refusal import Refused
from zhiben.modules.registry.models import Enterprise

from .models import Doubt, DoubtKind, Hazard
from .pictures import bits_apart, remember

BEFORE = "整改前照片"
AFTER = "整改后照片"
ON_SITE = "复查现场照片"
LOOKED_AGAIN = "回头看照片"
SHOWN_BEFORE = {ON_SITE: (BEFORE, AFTER), LOOKED_AGAIN: (BEFORE, AFTER, ON_SITE)}
"""Whose photos a new one must not repeat: whoever verifies on site does not hand in the enterprise's pictures."""

PHOTO_LIMIT = 30 << 20
"""Bytes. A phone's photo has 3 to 12 million; what is larger is no photo, or one that nobody can open on site."""
FAR = 2.0
"""Kilometres from the enterprise: a large works with its port and pipelines is no further across."""
ELSEWHERE = 100.0
"""Kilometres: no longer the same county, perhaps not the same province."""
OLD_BY = timedelta(days=60)
"""Before it was found: a photo out of a drawer."""
NEARLY_THE_SAME = 3
"""Bits: the same picture saved, cut or sent once more, not a second one from the same spot."""
COUNTY_DEPTH = 3 * WIDTH
USED_ELSEWHERE = "这张照片已用在另一条隐患"
"""Which one is said to whoever may open it (`others.also_used_in`)."""

Position = tuple[Decimal, Decimal]


def photo_objection(upload: Upload) -> str | None:
    """Why this is no photo to hand in; None when it is one."""
    if upload.file.size > PHOTO_LIMIT:
        size = f"{upload.file.size / (1 << 20):.0f} MB"
        return f"“{upload.name}”有 {size}，照片请控制在 {PHOTO_LIMIT >> 20} MB 以内，请压缩后或重新拍摄上传"
    if not upload.file.media_type.startswith("image/"):
        return f"“{upload.name}”不是照片，请上传 JPG、PNG 等格式的照片"
    facts = getattr(upload.file, "picture_facts", None)
    if facts is None:
        return f"“{upload.name}”打不开，可能已损坏，或像素过多，请重新拍摄或另选一张"
    if facts.width * facts.height > MOST_PIXELS:
        return (
            f"“{upload.name}”的像素过多，请控制在 {MOST_PIXELS // 10_000} 万像素以内，请用普通模式重新拍摄或压缩后上传"
        )
    return None


def photos_only(value: list[Upload], record: Any, now: datetime) -> str | None:
    return next(filter(None, map(photo_objection, value)), None)


def without_traces(upload: Upload, number: int, *, by: By, now: datetime) -> Upload:
    """The same picture once more, for what the public told: its name is its number, and it says neither where, when nor
    with what it was taken. The enterprise sees it, and is not to see who took it. Raises Refused."""
    copy = published_copy(upload.file.digest)
    if copy is None:
        raise Refused(f"“{upload.name}”打不开，可能已损坏，请另选一张", "before_photos")
    name = f"举报照片{number}{copy.suffix}"
    with copy.open("rb") as content:
        file = store_file(content=content, name=name, by=by, now=now)
    if isinstance(by, Acting):
        return bring(file, name=name, by=by, now=now)
    return Upload.objects.create(file=file, name=name, uploaded_by_id=upload.uploaded_by_id, uploaded_at=now)


def photos_of(hazard: Hazard, label: str) -> list[Attachment]:
    """The photos of one purpose, in the order in which they were handed in."""
    kept = Attachment.objects.filter(record_type=hazard._meta.label_lower, record_id=str(hazard.pk), label=label)
    return list(kept.select_related("file__picture_facts"))


def look_at(hazard: Hazard, uploads: Sequence[Upload], *, used_as: str, now: datetime) -> list[Doubt]:
    """Remember how these photos look, and keep what is doubtful in them. They are attached already."""
    if not uploads:
        return []
    files = {upload.file_id: upload for upload in uploads}
    looks = remember([upload.file for upload in files.values()])
    facts = PictureFacts.objects.in_bulk(list(files))
    reference = _where(hazard)
    doubts = []
    for file_id, upload in files.items():
        found = [
            *_doubts_of_place(facts.get(file_id), reference),
            *_doubts_of_time(facts.get(file_id), hazard, used_as, now),
            *_doubts_of_likeness(hazard, upload.file, used_as, looks),
        ]
        doubts += [
            Doubt(
                hazard=hazard,
                file=upload.file,
                name=upload.name,
                used_as=used_as,
                kind=kind,
                sentence=sentence,
                found_at=now,
            )
            for kind, sentence in found
        ]
    return Doubt.objects.bulk_create(doubts)


def kilometres_between(one: Position, other: Position) -> float:
    """Along the great circle (haversine), for a round earth of 6,371 km."""
    latitude, longitude, other_latitude, other_longitude = (radians(float(each)) for each in (*one, *other))
    half = sin((other_latitude - latitude) / 2) ** 2
    half += cos(latitude) * cos(other_latitude) * sin((other_longitude - longitude) / 2) ** 2
    return 2 * 6371.0 * asin(sqrt(half))


def _where(hazard: Hazard) -> tuple[str, Position, float] | None:
    """(what it is, its position, from how many km on it is far): the hazard, where that lies at its site or enterprise;
    for its position may itself have been read from a photo."""
    known, own = _known_place(hazard), _position_of(hazard)
    if own is None or (known and kilometres_between(own, known[1]) > known[2]):
        return known
    return "隐患位置", own, FAR


def _known_place(hazard: Hazard) -> tuple[str, Position, float] | None:
    """The site, the enterprise, else the middle of the enterprises of the county."""
    for name, holder in (("场所", hazard.site), ("企业", hazard.enterprise)):
        if position := _position_of(holder):
            return name, position, FAR
    around = Enterprise.objects.filter(within(hazard.region_path[:COUNTY_DEPTH])).exclude(latitude=None)
    middle = around.aggregate(Avg("latitude"), Avg("longitude"))
    if middle["latitude__avg"] is None or middle["longitude__avg"] is None:
        return None
    return "本县", (middle["latitude__avg"], middle["longitude__avg"]), ELSEWHERE


def _position_of(holder: Any) -> Position | None:
    if holder is None or holder.latitude is None or holder.longitude is None:
        return None
    return holder.latitude, holder.longitude


def _doubts_of_place(
    facts: PictureFacts | None, reference: tuple[str, Position, float] | None
) -> Iterable[tuple[str, str]]:
    if facts is None or facts.latitude is None or facts.longitude is None or reference is None:
        return
    name, position, far = reference
    apart = kilometres_between(position, (facts.latitude, facts.longitude))
    if apart >= ELSEWHERE:
        yield DoubtKind.PLACE, f"照片记录的拍摄位置距{name}约 {apart:.0f} 公里，很可能在外县或外省拍摄，请核实"
    elif apart > far:
        yield DoubtKind.PLACE, f"照片记录的拍摄位置距{name}约 {apart:.1f} 公里，请核实是否在现场拍摄"


def _doubts_of_time(
    facts: PictureFacts | None, hazard: Hazard, used_as: str, now: datetime
) -> Iterable[tuple[str, str]]:
    if facts is None or facts.taken_at is None:
        return
    day = local_day(facts.taken_at)
    shows = _shows_what_came_after(hazard, used_as)
    if facts.taken_at > now + timedelta(days=1):
        yield DoubtKind.TIME, f"照片记录的拍摄时间是 {full_day(day)}，晚于上传时间，请核实设备时钟"
    elif shows and facts.taken_at < shows[1]:
        word, moment = shows
        yield (
            DoubtKind.TIME,
            f"照片拍摄于 {full_day(day)}，早于{word}（{full_day(local_day(moment))}），不能说明整改后的情况",
        )
    elif used_as == BEFORE and day < hazard.found_on - OLD_BY:
        yield DoubtKind.TIME, f"照片拍摄于 {full_day(day)}，比发现日期早 {(hazard.found_on - day).days} 天，请核实"


def _shows_what_came_after(hazard: Hazard, used_as: str) -> tuple[str, datetime] | None:
    """(what it is, its moment) after which a photo of this use must have been taken."""
    found = datetime.combine(hazard.found_on, time(), CHINA)
    ordered = ("交办", hazard.ordered_at) if hazard.ordered_at else ("发现", found)
    if used_as == BEFORE:
        return None
    if used_as == ON_SITE and hazard.rectified_at:
        return "报送复查", hazard.rectified_at
    if used_as == LOOKED_AGAIN and hazard.closed_at:
        return "销号", hazard.closed_at
    return ordered


def _doubts_of_likeness(
    hazard: Hazard, file: StoredFile, used_as: str, looks: dict[int, int | None]
) -> Iterable[tuple[str, str]]:
    here = {"record_type": hazard._meta.label_lower, "record_id": str(hazard.pk)}
    elsewhere = Attachment.objects.filter(record_type=here["record_type"], file=file).exclude(**here)
    if other := elsewhere.order_by("pk").first():
        yield DoubtKind.SAME, f"{USED_ELSEWHERE}（{other.label}），请核实"
    if used_as == BEFORE:
        return
    for label in SHOWN_BEFORE.get(used_as, (BEFORE,)):
        earlier = photos_of(hazard, label)
        if any(each.file_id == file.pk for each in earlier):
            yield DoubtKind.SAME, f"这张照片就是已交的{label}，不能说明{_what_it_should_show(used_as)}的情况"
            return
        before = remember([each.file for each in earlier])
        for each in earlier:
            apart = bits_apart(looks.get(file.pk), before.get(each.file_id))
            if apart is not None and apart <= NEARLY_THE_SAME:
                yield (
                    DoubtKind.SAME,
                    f"这张照片与{label}“{each.name}”几乎相同，请核实是否为{_what_it_should_show(used_as)}拍摄",
                )
                return


def _what_it_should_show(used_as: str) -> str:
    return {ON_SITE: "复查现场", LOOKED_AGAIN: "回头看时"}.get(used_as, "整改后")
