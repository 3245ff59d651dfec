"""The addresses of supervision, duties, lists, classes and parties, all under /registry/."""

from django.urls import include, path

from . import (
    class_rules,
    classes,
    duties,
    engagements,
    lists,
    matrix,
    more_panels,  # noqa: F401 — panels register themselves
    parties,
)

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
    path("registry/", include(classing)),
    path("registry/", include(enterprise_lists)),
    path("registry/", include(matrix.DisputePages.urls())),
    path("registry/", include(class_rules.ClassRulePages.urls())),
    path("registry/", include(duties.DutyPages.urls())),
    path("registry/", include(duties.EvidencePages.urls())),
    path("registry/", include(lists.EnterpriseListPages.urls())),
    path("registry/", include(lists.ListEntryPages.urls())),
    path("registry/", include(engagements.EngagementPages.urls())),
    path("registry/", include(parties.PolicyPages.urls())),
    path("registry/", include(parties.ExpertPages.urls())),
    path("registry/", include(parties.InstitutionPages.urls())),
    path("registry/", include(parties.InsurerPages.urls())),
]
