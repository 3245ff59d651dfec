"""Plans on their way: uploaded as a file, read by the real reader, checked item by item, published."""

from datetime import datetime
from pathlib import Path

from zhiben.core.access.acting import Acting
from zhiben.core.files.services import receive_upload
from zhiben.core.jobs.running import run_pending
from zhiben.modules.plans.models import PlanVersion
from zhiben.modules.plans.services.editing import check_item
from zhiben.modules.plans.services.intake import upload_plan
from zhiben.modules.plans.services.publishing import publish_version

PLANS = Path(__file__).parent / "plans"


def upload(file: str, *, by: Acting, now: datetime) -> PlanVersion:
    """From the file to the draft on the review page. The clock of the demonstration stands at `now`."""
    text = PLANS / file
    name = text.read_text(encoding="utf-8").partition("《")[2].partition("》")[0]
    received = receive_upload(text.read_bytes(), name=f"{name}.txt", by=by, now=now)
    version = upload_plan(upload=received, by=by, now=now)
    run_pending()
    return PlanVersion.objects.get(pk=version.pk)


def check_and_publish(version: PlanVersion, *, by: Acting, now: datetime) -> PlanVersion:
    for item in version.items.order_by("position"):
        check_item(item=item, checked=True, by=by, now=now)
    version.refresh_from_db()
    return publish_version(version=version, by=by, now=now)
