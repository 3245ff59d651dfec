from django.urls import path

from . import views

app_name = "webhooks"
urlpatterns = [
    path("webhooks/", views.subscriptions, name="list"),
    path("webhooks/new/", views.subscribe, name="new"),
    path("webhooks/<uuid:pk>/", views.show, name="detail"),
    path("webhooks/<uuid:pk>/edit/", views.change, name="edit"),
    path("webhooks/<uuid:pk>/test/", views.test, name="test"),
    path("webhooks/<uuid:pk>/pause/", views.pause, name="pause"),
    path("webhooks/<uuid:pk>/resume/", views.resume, name="resume"),
    path("webhooks/<uuid:pk>/again/", views.send_again, name="again"),
    path("webhooks/<uuid:pk>/secret/", views.renew_secret, name="secret"),
    path("webhooks/<uuid:pk>/remove/", views.unsubscribe, name="remove"),
]
