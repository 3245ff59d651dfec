from django.urls import include, path

from .pages import browse, checklists, trying

patterns = [
    path("", browse.index, name="index"),
    path("<int:pk>/", browse.criterion, name="criterion"),
    path("standards/<int:pk>/", browse.standard, name="standard"),
    path("standards/<int:pk>/versions/<int:other>/", browse.versions, name="versions"),
    path("try/", trying.show, name="try"),
    path("candidates/", trying.candidates, name="candidates"),
    path("checklist/", checklists.show, name="checklist"),
    path("checklist/<str:form>/", checklists.download, name="checklist_file"),
]
urlpatterns = [path("criteria/", include((patterns, "criteria")))]
