from django.urls import path

from . import face, home, inbox, installable, job_pages, lookups, profile, searching, storage
from .components import pages as components

app_name = "web"
urlpatterns = [
    path("", home.show, name="home"),
    path("sent/", home.sent, name="sent"),
    path("inbox/", inbox.show, name="inbox"),
    path("inbox/read/", inbox.read_all, name="read_all"),
    path("inbox/<int:pk>/", inbox.open_notice, name="notice"),
    path("jobs/", job_pages.mine, name="jobs"),
    path("jobs/<uuid:pk>/", job_pages.show, name="job"),
    path("jobs/<uuid:pk>/again/", job_pages.again, name="job_again"),
    path("search/", searching.show, name="search"),
    path("me/", profile.show, name="me"),
    path("keys/", face.keys, name="keys"),
    path("manifest.webmanifest", installable.manifest, name="manifest"),
    path("sw.js", installable.service_worker, name="service_worker"),
    path("offline/", installable.offline, name="offline"),
    path("storage/", storage.show, name="storage"),
    path("storage/<int:unit_id>/", storage.quota, name="quota"),
    path("components/", components.show, name="components"),
    path("components/chart.json", components.chart, name="component_chart"),
    path("components/<slug:pk>/<slug:step>/", components.step, name="component_step"),
    path("lookup/units/", lookups.units, name="units"),
    path("lookup/people/", lookups.people, name="people"),
]
