"""Hazards as points on a map, and links to them among other words."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, JsonResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from zhiben.core.web.pages.detail import find
from zhiben.core.web.pages.record import RecordPages
from zhiben.modules.hazards.models import Hazard

from .photos import photos_of

Feature = dict[str, Any]


def linked(hazard: Hazard | None) -> SafeString | None:
    return format_html('<a href="{}">{}</a>', hazard.get_absolute_url(), hazard) if hazard else None


def place_of(hazard: Hazard) -> tuple[Any, Any] | None:
    """Of the hazard, else of its site or enterprise; degrees of WGS 84."""
    for holder in (hazard, hazard.enterprise):
        if holder is not None and holder.latitude is not None and holder.longitude is not None:
            return holder.latitude, holder.longitude
    return None


def point(name: str, latitude: Any, longitude: Any, grade: int, *, label: str = "", link: str = "") -> Feature:
    """`grade` 1–5 is its colour on the map; `label` says it in words."""
    properties = {"name": name, "grade": grade} | ({"label": label} if label else {}) | ({"link": link} if link else {})
    place = {"type": "Point", "coordinates": [float(longitude), float(latitude)]}
    return {"type": "Feature", "geometry": place, "properties": properties}


def collection(points: list[Feature]) -> JsonResponse:
    return JsonResponse({"type": "FeatureCollection", "features": points})


def on_map(pages: RecordPages, request: HttpRequest, pk: UUID) -> JsonResponse:
    """One hazard with its landmarks: the enterprise, and where the photos were taken."""
    hazard = find(pages, request, pk)
    points = []
    if (firm := hazard.enterprise) and firm.latitude is not None and firm.longitude is not None:
        points.append(point(firm.name, firm.latitude, firm.longitude, 4, label="企业登记的位置"))
    for kind, photos in photos_of(hazard).items():
        for photo in photos:
            if (facts := photo.facts) and facts.has_place:
                words = {"before": "整改前照片", "after": "整改后照片"}.get(kind, "照片")
                points.append(point(photo.attachment.name, facts.latitude, facts.longitude, 5, label=words))
    if hazard.latitude is not None:
        points.append(point(hazard.place, hazard.latitude, hazard.longitude, 1, label="隐患"))
    return collection(points)
