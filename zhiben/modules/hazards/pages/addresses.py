"""The addresses under /hazards/ that are not like every other record's."""

from django.urls import URLPattern, path

from zhiben.core.web.pages.routes import guarded

from . import (
    clearing,
    dossier,
    dual_prevention,
    four_lists,
    likenesses,
    look_backs,
    lookups,
    mine,
    policy,
    poster,
    reporting,
    trail,
)


def odd_addresses() -> list[URLPattern]:
    from .records import HazardPages, on_map

    return [
        path("new/", reporting.new, name="new"),
        path("new/questions/", reporting.questions, name="questions"),
        path("new/twins/", reporting.twins, name="twins"),
        path("new/candidates/", reporting.candidates, name="candidates"),
        path("new/enterprise/", reporting.enterprise, name="enterprise"),
        path("new/photo-place/", reporting.photo_place, name="photo_place"),
        path("new/around/", reporting.around, name="around"),
        path("lookup/enterprises/", lookups.enterprises, name="enterprises"),
        path("lookup/criteria/<slug:by>/", lookups.criteria, name="criteria"),
        path("mine/", mine.show, name="mine"),
        path("clearing/", clearing.show, name="clearing"),
        path("poster/<uuid:enterprise>/", poster.show, name="poster"),
        path("four-lists/", four_lists.show, name="four_lists"),
        path("policy/", policy.show, name="policy"),
        path("dual-prevention/", dual_prevention.show, name="dual_prevention"),
        path("likenesses/", likenesses.show, name="likenesses"),
        path("likenesses/<int:pk>/", likenesses.compare, name="likeness"),
        path("look-backs/map/", look_backs.on_map, name="look_back_map"),
        path("<uuid:pk>/map/", guarded(HazardPages, on_map), name="map"),
        path("<uuid:pk>/lines/<int:line>/", guarded(HazardPages, trail.line_proof), name="line_proof"),
        path("<uuid:pk>/dossier.<slug:form>", guarded(HazardPages, dossier.make), name="dossier"),
    ]
