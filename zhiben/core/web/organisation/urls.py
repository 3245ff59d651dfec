from django.urls import include, path

from . import first_passwords, my_delegations, views
from .pages import BodyPages, DelegationPages, JobPages, PersonPages, PostPages, RegionPages, TrailPages, UnitPages
from .proposals import ProposalPages, review

own = [
    path("me/delegations/", my_delegations.show, name="my_delegations"),
    path("me/delegations/<int:pk>/end/", my_delegations.end, name="end_delegation"),
    path("people/first-passwords/", first_passwords.make, name="first_passwords"),
    path("proposals/review/", review, name="review_proposals"),
    path("people/<int:pk>/account/open/", views.open_account, name="open_account"),
    path("people/<int:pk>/account/reset/", views.reset_password, name="reset_password"),
    path("people/<int:pk>/account/switch/", views.switch_account, name="switch_account"),
    path("people/<int:pk>/account/free/", views.free_account, name="free_account"),
    path("people/<int:pk>/appoint/", views.appoint, name="appoint"),
    path("appointments/<int:pk>/end/", views.end_post, name="end_post"),
    path("units/<int:pk>/close/", views.close_unit, name="close_unit"),
    path("bodies/<int:pk>/members/", views.add_member, name="add_member"),
    path("bodies/<int:pk>/members/<int:member_id>/end/", views.end_membership, name="end_membership"),
    path("lookup/regions/", views.look_up_regions, name="region_lookup"),
]
urlpatterns = [
    path("", include((own, "organisation"))),
    *(
        route
        for pages in (
            UnitPages,
            PersonPages,
            PostPages,
            ProposalPages,
            DelegationPages,
            BodyPages,
            RegionPages,
            JobPages,
            TrailPages,
        )
        for route in pages.urls()
    ),
]
