from django.urls import path

from . import pages

app_name = "exchange"
urlpatterns = [
    path("imports/", pages.mine, name="mine"),
    path("import/<str:key>/", pages.begin, name="begin"),
    path("import/<str:key>/template/", pages.template, name="template"),
    path("imports/<uuid:pk>/", pages.show, name="run"),
    path("imports/<uuid:pk>/layout/", pages.layout, name="layout"),
    path("imports/<uuid:pk>/columns/", pages.columns, name="columns"),
    path("imports/<uuid:pk>/mend/", pages.mend, name="mend"),
    path("imports/<uuid:pk>/returned/", pages.returned, name="returned"),
    path("imports/<uuid:pk>/confirm/", pages.confirm, name="confirm"),
    path("imports/<uuid:pk>/cancel/", pages.cancel, name="cancel"),
    path("imports/<uuid:pk>/again/", pages.again, name="again"),
    path("imports/<uuid:pk>/problems/", pages.problems, name="problems"),
    path("imports/<uuid:pk>/result/", pages.result, name="result"),
]
