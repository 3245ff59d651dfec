"""The addresses of supervision, duties, lists, classes and parties, all under /registry/."""

from django.urls import include, path

from . import duties, engagements, matrix, more_panels, parties  # noqa: F401 — panels register themselves

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

odd = (
    [
        path("enterprises/<uuid:pk>/engagements/new/", engagements.propose, name="propose"),
        path("engagements/<uuid:pk>/papers/new/", engagements.add_paper, name="add_paper"),
        path("engagements/<uuid:pk>/papers/<int:paper_id>/", engagements.change_paper, name="change_paper"),
        path("engagements/<uuid:pk>/papers/<int:paper_id>/check/", engagements.check_paper, name="check_paper"),
        path("enterprises/<uuid:pk>/policies/new/", parties.add_policy, name="add_policy"),
        path("policies/<int:pk>/visits/new/", parties.add_visit, name="add_visit"),
    ],
    "parties",
)

urlpatterns = [
    path("registry/", include(odd)),
    path("registry/", include(supervision)),
    path("registry/", include(coverage)),
    path("registry/", include(matrix.DisputePages.urls())),
    path("registry/", include(duties.DutyPages.urls())),
    path("registry/", include(duties.EvidencePages.urls())),
    path("registry/", include(engagements.EngagementPages.urls())),
    path("registry/", include(parties.PolicyPages.urls())),
    path("registry/", include(parties.ExpertPages.urls())),
    path("registry/", include(parties.InstitutionPages.urls())),
    path("registry/", include(parties.InsurerPages.urls())),
]
