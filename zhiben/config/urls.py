from django.urls import URLPattern, URLResolver, include, path

from zhiben.config import api, demonstration, health
from zhiben.config.certificates import pages as certificates
from zhiben.config.prometheus.pages import metrics

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", metrics),
    path("install/", include(certificates)),
    path("", include("zhiben.core.accounts.urls")),
    path("", include("zhiben.core.access.urls")),
    path("files/", include("zhiben.core.files.urls")),
    path("", include("zhiben.core.web.urls")),
    path("", include("zhiben.core.web.organisation.urls")),
    path("", include("zhiben.core.web.notices.urls")),
    path("", include("zhiben.core.exchange.urls")),
    path("", include("zhiben.core.api.urls")),
    path("api/v1/", include((api.urlpatterns, "api-v1"))),
    path("", include("zhiben.core.webhooks.urls")),
    path("documents/", include("zhiben.core.documents.urls")),
    path("", include("zhiben.modules.registry.urls")),
    path("", include("zhiben.modules.registry.pages.routes")),
    path("", include("zhiben.modules.criteria.urls")),
    path("", include("zhiben.modules.hazards.urls")),
    path("", include("zhiben.modules.tasks.urls")),
    path("", include("zhiben.modules.plans.urls")),
    path("", include("zhiben.insight.urls")),
    path("", include(demonstration)),
]
