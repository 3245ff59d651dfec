from django.urls import path

from . import views

app_name = "review"
urlpatterns = [
    path("", views.page, name="page"),
    path("records/", views.records, name="records"),
    path("head/", views.head, name="head"),
]
