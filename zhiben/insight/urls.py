from django.urls import include, path

from . import overview

urlpatterns = [
    path("review/", include("zhiben.insight.review.urls")),
    path("overview/", overview.page, name="overview"),
    path("overview/chart/<slug:which>/", overview.chart, name="overview_chart"),
]
