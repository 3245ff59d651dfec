"""The addresses of supervision, duties, lists, classes and parties, all under /registry/."""

from django.urls import include, path

from . import class_rules, classes, duties, matrix, more_panels  # noqa: F401 — panels register themselves

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

classing = (
    [
        path("classes/", classes.table, name="table"),
        path("classes/enterprises/", classes.enterprises, name="enterprises"),
        path("classes/again/", classes.classify_again, name="again"),
        path("classes/enterprises/<uuid:pk>/<slug:what>/", classes.say, name="say"),
        path("classes/rules/new/", class_rules.new_rule, name="new_rule"),
        path("classes/rules/<int:pk>/edit/", class_rules.edit_rule, name="edit_rule"),
        path("classes/rules/<int:pk>/<slug:verb>/", class_rules.act, name="act"),
    ],
    "classing",
)

urlpatterns = [
    path("registry/", include(supervision)),
    path("registry/", include(coverage)),
    path("registry/", include(classing)),
    path("registry/", include(matrix.DisputePages.urls())),
    path("registry/", include(class_rules.ClassRulePages.urls())),
    path("registry/", include(duties.DutyPages.urls())),
    path("registry/", include(duties.EvidencePages.urls())),
]
