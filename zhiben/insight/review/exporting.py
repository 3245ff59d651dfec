"""The paper as a file: Word at once, PDF in the background, each with a line in the trail that says what went out."""

import hashlib
from datetime import datetime
from typing import Literal

from django.db import transaction

from zhiben.core.access.acting import Acting
from zhiben.core.access.permissions import Permission, require
from zhiben.core.audit import services as audit
from zhiben.core.documents.services import render_docx
from zhiben.core.ids import new_id
from zhiben.core.refusal import Refused

from .document import MONTHLY_REVIEW, context_of
from .figures import DoesNotAddUp
from .reading import Review

Format = Literal["docx", "pdf"]


def word_file(review: Review) -> bytes:
    """Raises Refused: a template that cannot be filled, figures that do not add up."""
    require(review.acting, Permission.EXPORT_RECORDS)
    try:
        context = context_of(review)
    except DoesNotAddUp as wrong:
        raise Refused(str(wrong)) from wrong
    return render_docx(MONTHLY_REVIEW, context, unit=review.acting.unit)


def name_of(review: Review, form: Format) -> str:
    return f"{review.telling().title}.{form}"


@transaction.atomic
def trace(*, review: Review, content: bytes, form: Format, by: Acting, now: datetime) -> None:
    counts = review.figures.whole
    audit.append(
        record_type="insight.review", record_id=str(new_id()), kind="export", verb="export", label="导出月度调度通报",
        by=by, now=now,
        data={
            "review": review.address_params,
            "format": form,
            "digest": hashlib.sha256(content).hexdigest(),
            "total": counts["total"],
            "overdue": counts["overdue"],
        },
    )  # fmt: skip
