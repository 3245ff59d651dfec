from django.urls import URLPattern, URLResolver, include, path

from .pages import parts
from .pages.enterprises import EnterprisePages

FILE = "enterprises/<uuid:pk>/"

odd: list[URLPattern | URLResolver] = [
    path("enterprises/due/", parts.due, name="due"),
    path(f"{FILE}parts/<slug:key>/", parts.all_of_kind, name="parts"),
    path(f"{FILE}parts/<slug:key>/new/", parts.add, name="add_part"),
    path(f"{FILE}parts/<slug:key>/<int:part_id>/", parts.change, name="change_part"),
    path(f"{FILE}equipment/<int:part_id>/inspect/", parts.inspect, name="inspect"),
    path(f"{FILE}equipment/<int:part_id>/turn/<slug:verb>/", parts.turn, name="turn"),
]
"""Pages that are not like every other; those of the supervision matrix stand in the same namespace."""

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include((odd, "registry"))),
    *EnterprisePages.urls(),
]
