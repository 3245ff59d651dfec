"""The addresses of supervision, duties, lists, classes and parties, all under /registry/."""

from django.urls import include, path

from . import duties, lists, matrix, more_panels  # noqa: F401 — panels register themselves

supervision = (
    [
        path("matrix/", matrix.matrix, name="matrix"),
        path("matrix/gaps/", matrix.blind_spots, name="blind_spots"),
        path("matrix/derive/", matrix.derive_again, name="derive_again"),
        path("matrix/claims/<int:claim_id>/withdraw/", matrix.withdraw_claim, name="withdraw_claim"),
        path("matrix/<int:region_id>/<slug:sector>/", matrix.cell, name="cell"),
    ],
    "supervision",
)

coverage = (
    [
        path("coverage/", duties.show_coverage, name="table"),
        path("coverage/<slug:key>/", duties.covered_enterprises, name="enterprises"),
        path("coverage/<uuid:pk>/<slug:key>/file/", duties.file_one, name="file"),
        path("coverage/<uuid:pk>/<slug:key>/waive/", duties.waive, name="waive"),
    ],
    "coverage",
)

enterprise_lists = (
    [
        path("lists/", lists.overview, name="overview"),
        path("lists/<uuid:pk>/entries/new/", lists.add_entry, name="add_entry"),
        path("lists/<uuid:pk>/industries/new/", lists.add_industry, name="add_industry"),
        path("lists/<uuid:pk>/industries/<int:industry_id>/", lists.change_industry, name="change_industry"),
        path("lists/<uuid:pk>/industries/<int:industry_id>/remove/", lists.remove_industry, name="remove_industry"),
        path("lists/<uuid:pk>/industries/<int:industry_id>/enterprises/", lists.enterprises_of_industry, name="under"),
    ],
    "lists",
)

urlpatterns = [
    path("registry/", include(supervision)),
    path("registry/", include(coverage)),
    path("registry/", include(enterprise_lists)),
    path("registry/", include(matrix.DisputePages.urls())),
    path("registry/", include(duties.DutyPages.urls())),
    path("registry/", include(duties.EvidencePages.urls())),
    path("registry/", include(lists.EnterpriseListPages.urls())),
    path("registry/", include(lists.ListEntryPages.urls())),
]
