from django.urls import path

from . import views

app_name = "review"
urlpatterns = [
    path("", views.page, name="page"),
    path("records/", views.records, name="records"),
    path("download/docx/", views.download, {"form": "docx"}, name="docx"),
    path("download/pdf/", views.download, {"form": "pdf"}, name="pdf"),
    path("head/", views.head, name="head"),
]
