"""The addresses of supervision, duties, lists, classes and parties, all under /registry/."""

from django.urls import include, path

from . import matrix

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

urlpatterns = [
    path("registry/", include(supervision)),
    path("registry/", include(matrix.DisputePages.urls())),
]
