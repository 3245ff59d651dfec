from django.urls import path

from . import views

app_name = "access"
urlpatterns = [
    path("posts/switch/", views.switch_post, name="switch"),
]
