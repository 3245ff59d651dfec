from django.urls import path

from . import views

app_name = "files"
urlpatterns = [
    path("upload/", views.upload, name="upload"),
    path("uploads/<int:upload_id>/", views.download_upload, name="download_upload"),
    path("<int:attachment_id>/", views.download, name="download"),
    path("<int:attachment_id>/thumbnail-<int:size>.jpg", views.thumbnail, name="thumbnail"),
]
