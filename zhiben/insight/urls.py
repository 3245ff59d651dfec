from django.urls import path

from . import overview

urlpatterns = [
    path("overview/", overview.page, name="overview"),
    path("overview/chart/<slug:which>/", overview.chart, name="overview_chart"),
]
