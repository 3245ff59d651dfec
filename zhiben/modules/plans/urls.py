from django.urls import include, path

from .pages import align, publish, review, upload
from .pages.plans import LedgerPages, PlanPages, VersionPages

drafts = [
    path("upload/", upload.show, name="upload"),
    path("<int:version_id>/", review.show, name="review"),
    path("<int:version_id>/reading/", review.reading, name="reading"),
    path("<int:version_id>/items/<int:item_id>/", review.item_form, name="item"),
    path("<int:version_id>/do/<slug:operation>/", review.operate, name="operate"),
    path("<int:version_id>/publish/", publish.show, name="publish"),
    path("<int:version_id>/difference/", publish.difference, name="difference"),
]

urlpatterns = [
    path("drafts/", include((drafts, "drafts"))),
    path("plans/<int:plan_id>/align/", align.show, name="plan_alignment"),
    path("plan-versions/<int:pk>/steps/publish/", publish.step),
    *PlanPages.urls(),
    *VersionPages.urls(),
    *LedgerPages.urls(),
]
