from django.urls import path

from . import channels, mine

app_name = "notices"
urlpatterns = [
    path("me/notices/", mine.show, name="mine"),
    path("me/notices/address/", mine.ask_for_code, name="ask_for_code"),
    path("me/notices/address/code/", mine.confirm_code, name="confirm_code"),
    path("me/notices/address/forget/", mine.forget_address, name="forget_address"),
    path("me/notices/try/<str:medium>/", mine.try_it, name="try"),
    path("notices/<str:record_type>/<str:record_id>/", mine.record, name="record"),
    path("channels/", channels.show, name="channels"),
    path("channels/again/", channels.again, name="again"),
    path("channels/robots/new/", channels.add, name="add_robot"),
    path("channels/robots/<int:pk>/", channels.change, name="change_robot"),
    path("channels/robots/<int:pk>/remove/", channels.remove, name="remove_robot"),
    path("channels/robots/<int:pk>/try/", channels.try_it, name="try_robot"),
]
