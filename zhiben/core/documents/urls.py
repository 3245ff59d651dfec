from django.urls import path

from . import pages, previewing

app_name = "documents"
urlpatterns = [
    path("templates/", pages.templates, name="templates"),
    path("templates/<str:key>/", pages.kind, name="kind"),
    path("templates/<str:key>/default.docx", pages.default, name="default"),
    path("templates/<str:key>/preview/", pages.preview, name="ask_preview"),
    path("templates/<str:key>/<int:pk>/template.docx", pages.version, name="version"),
    path("templates/<str:key>/<int:pk>/enact/", pages.enact, name="enact"),
    path("templates/<str:key>/<int:pk>/withdraw/", pages.withdraw, name="withdraw"),
    path("previews/<uuid:pk>/", previewing.show, name="preview"),
    path("previews/<uuid:pk>/<int:number>.webp", previewing.page, name="preview_page"),
    path("letterhead/", pages.letterhead, name="letterhead"),
]
