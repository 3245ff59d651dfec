from django.urls import path

from . import views

app_name = "api"
urlpatterns = [
    path("tokens/", views.tokens, name="tokens"),
    path("tokens/new/", views.make, name="make"),
    path("tokens/posts/", views.posts, name="posts"),
    path("tokens/<int:pk>/revoke/", views.revoke, name="revoke"),
]
