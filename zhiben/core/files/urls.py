from django.urls import path

from . import tus, views

app_name = "files"
urlpatterns = [
    path("upload/", views.upload, name="upload"),
    path("resumable/", tus.collection, name="resumable"),
    path("resumable/<uuid:pk>/", tus.member, name="resumable_upload"),
    path("uploads/<int:upload_id>/", views.download_upload, name="download_upload"),
    path("<int:attachment_id>/", views.download, name="download"),
    path("<int:attachment_id>/thumbnail-<int:size>.jpg", views.thumbnail, name="thumbnail"),
    path("<int:attachment_id>/preview/", views.preview, name="preview"),
    path("<int:attachment_id>/published/", views.published, name="published"),
]
