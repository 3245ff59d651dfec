"""Hazards as points on a map, and links to them among other words."""

from typing import Any

from django.http import JsonResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from zhiben.modules.hazards.models import Hazard

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
