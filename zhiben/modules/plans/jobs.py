"""Reading a document takes from a second to many minutes (scanned pages), so it is a job."""

from typing import Any

from django.conf import settings

from zhiben.core.access.acting import Acting
from zhiben.core.clock import local_day
from zhiben.core.files.services import path_of
from zhiben.core.jobs.services import Running, job

from .models import PlanVersion, VersionStatus
from .reading.read import read_plan
from .services.addressing import resolver_for
from .services.intake import fail, further_version
from .services.layout import lay_out
from .sources.open import open_each
from .sources.opened import Opened
from .sources.unreadable import Unreadable


@job("plans.read_document")
def read_document(running: Running, *, version_id: int) -> Any:
    """Open the file, read the text, lay out the draft. A file that cannot be read leaves its sentence on the page."""
    versions = PlanVersion.objects.select_related("plan__region", "document__file", "responsible_unit")
    version = versions.get(pk=version_id)
    if version.status != VersionStatus.READING or version.document is None:
        return None
    by = running.by
    assert isinstance(by, Acting)  # an upload is always somebody's
    path = path_of(version.document.file)
    pages = settings.ZHIBEN_DATA / "ocr" / version.document.file.digest
    outcomes = list(
        open_each(
            path, version.document.name, ocr_dir=pages,
            progress=lambda done, total: running.progress(done, total + 1, f"正在识别第 {done} 页，共 {total} 页"),
        )
    )  # fmt: skip
    readable = [outcome for outcome in outcomes if isinstance(outcome, Opened)]
    failed = [outcome for outcome in outcomes if isinstance(outcome, Unreadable)]
    if not readable:
        with running.finishing():
            fail(version=version, sentence=str(failed[0]), now=running.now)
        return None
    readings = []
    for done, opened in enumerate(readable):
        running.progress(done, len(readable), f"正在读取「{opened.source.name}」")
        readings.append(read_plan(opened.source))
    resolver = resolver_for(version.plan.region, local_day(running.now))
    with running.finishing() as outcome:
        drafts = []
        for place, (opened, ledger) in enumerate(zip(readable, readings, strict=True)):
            name = opened.source.name or version.document.name
            target = version if place == 0 else further_version(
                version=version, name=name, place=place, by=by, now=running.now
            )  # fmt: skip
            warnings = [*opened.warnings, *(f"{each.name}:{each}" for each in failed if place == 0)]
            lay_out(
                version=target, source=opened.source, ledger=ledger, warnings=warnings, resolver=resolver,
                now=running.now,
            )  # fmt: skip
            drafts.append({"version": target.pk, "tasks": len(ledger.tasks)})
        outcome.result = {"drafts": drafts}
    return None
