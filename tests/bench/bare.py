"""Two bare views beside the product: the same fifty rows, and one row inserted, with nothing around them."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, JsonResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt

from zhiben.core import clock
from zhiben.modules.tasks.api import TaskApi
from zhiben.modules.tasks.models import Feedback, Task

_columns = TaskApi().columns


@login_not_required
def rows(request: HttpRequest) -> JsonResponse:
    found = Task.objects.filter(responsible_unit=request.GET["unit"]).order_by("due_on", "id")
    return JsonResponse({"items": list(found.values(*_columns)[:50])})


@csrf_exempt
@login_not_required
def insert(request: HttpRequest) -> JsonResponse:
    task = Task.objects.only("responsible_unit", "progress").get(pk=request.GET["task"])
    Feedback.objects.create(
        task=task,
        at=clock.now(),
        by_id=request.GET["person"],
        unit_id=task.responsible_unit_id,
        percent_before=1,
        percent=2,
        text="推进中",
    )
    return JsonResponse({})


urlpatterns = [
    path("bare/rows", rows),
    path("bare/insert", insert),
    path("", include("zhiben.config.urls")),
]
