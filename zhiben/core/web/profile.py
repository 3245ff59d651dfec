"""我的: the posts one holds, whom one stands in for, who stands in, and where one is logged in."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from zhiben.core.access.permissions import PERMISSIONS, Permission
from zhiben.core.clock import local_day
from zhiben.core.org.models import Delegation


def show(request: HttpRequest) -> HttpResponse:
    if request.acting is None:
        return render(request, "web/no_post.html")
    person, day = request.acting.person, local_day(request.now)
    lent = Delegation.objects.filter(post__person=person).select_related("deputy", "post__unit").order_by("-pk")
    context = {
        "person": person,
        "hats": [
            {"acting": hat, "may": [each.label for each in Permission if each in PERMISSIONS[hat.role]]}
            for hat in request.hats
        ],
        "lent": [each for each in lent[:20] if each.valid_to is None or each.valid_to >= day],
    }
    return render(request, "web/me.html", context)
