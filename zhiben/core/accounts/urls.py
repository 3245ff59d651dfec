from django.urls import path

from . import views

app_name = "accounts"
urlpatterns = [
    path("login/", views.Login.as_view(), name="login"),
    path("logout/", views.log_out, name="logout"),
    path("me/password/", views.change_password, name="password"),
    path("me/sessions/", views.list_sessions, name="sessions"),
    path("me/sessions/<int:pk>/end/", views.end_session, name="end_session"),
    path("me/sessions/end-others/", views.end_other_sessions, name="end_other_sessions"),
]
