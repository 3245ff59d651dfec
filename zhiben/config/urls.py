from django.urls import URLPattern, URLResolver, include, path

from zhiben.config import demonstration, health
from zhiben.config.certificates import pages as certificates

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("install/", include(certificates)),
    path("", include("zhiben.core.accounts.urls")),
    path("", include("zhiben.core.access.urls")),
    path("files/", include("zhiben.core.files.urls")),
    path("", include("zhiben.core.web.urls")),
    path("", include("zhiben.core.web.organisation.urls")),
    path("", include("zhiben.modules.tasks.urls")),
    path("", include("zhiben.modules.plans.urls")),
    path("", include("zhiben.insight.urls")),
    path("", include(demonstration)),
]
