from django.urls import path

from . import views
from .pages import ObligationPages, OccurrencePages, TaskPages

urlpatterns = [
    path("tasks/chart/", views.wall_chart, name="wall_chart"),
    path("tasks/<uuid:pk>/steps/feed_back/", views.feed_back, name="feed_back"),
    path("obligations/calendar/", views.duty_calendar, name="duty_calendar"),
    *TaskPages.urls(),
    *ObligationPages.urls(),
    *OccurrencePages.urls(),
]
