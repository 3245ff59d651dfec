"""The button that prints the whole dossier: Word at once where it is short, else in the background with progress."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from io import BytesIO
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import FileResponse, Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect

from zhiben.core.access.acting import Acting
from zhiben.core.access.permissions import Permission, require
from zhiben.core.audit import services as audit
from zhiben.core.audit.proof import LineProof, Proof, prove
from zhiben.core.files.services import attachments_of
from zhiben.core.ids import new_id
from zhiben.core.jobs.services import enqueue
from zhiben.core.web.pages.detail import find
from zhiben.modules.hazards.dossier import Dossier, Line, in_one, word_file
from zhiben.modules.hazards.models import Hazard, LookBack
from zhiben.modules.hazards.others import also_used_in, within_sight

from .records import HazardPages, extensions_asked
from .trail import Happened, followers_of, trail_of

AT_ONCE = 6
"""Photos that a dossier may have to be made while one waits."""
FORMS = {"docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "pdf": "application/pdf"}
JOB = "hazards.dossier"
LONGEST = 400
"""Characters of a line of the trail on paper; the whole is on the page."""


def make(pages: HazardPages, request: HttpRequest, pk: UUID, form: str) -> HttpResponseBase:
    require(request.acting, Permission.EXPORT_RECORDS)
    if form not in FORMS:
        raise Http404
    hazard = find(pages, request, pk)
    photos = attachments_of(pages.record_type, str(hazard.pk)).filter(file__media_type__startswith="image/").count()
    if form == "pdf" or photos > AT_ONCE:
        asked = enqueue(
            JOB, args={"hazard": str(hazard.pk), "form": form}, key=f"{JOB}:{new_id()}", by=request.acting,
            now=request.now, label=f"打印档案 {hazard.number}",
        )  # fmt: skip
        return redirect("web:job", pk=asked.pk)
    dossier = dossier_of(hazard, by=request.acting, now=request.now)
    content = word_file(dossier)
    trace(dossier, content, form, by=request.acting, now=request.now)
    return FileResponse(BytesIO(content), as_attachment=True, filename=dossier.name(form), content_type=FORMS[form])


def dossier_of(hazard: Hazard, *, by: Acting, now: datetime) -> Dossier:
    pages = HazardPages()
    followers = followers_of(hazard, by)
    happened = trail_of(pages, hazard, followers, by)
    look_backs = [record for _, record in followers if isinstance(record, LookBack)]
    others = (hazard.recurs_from_id, hazard.duplicate_of_id, *(look.new_hazard_id for look in look_backs))
    proofs = {(pages.record_type, str(hazard.pk)): prove(pages.record_type, str(hazard.pk))}
    for _, record in followers:
        key = (record._meta.label_lower, str(record.pk))
        proofs[key] = prove(*key)
    by_line = {(*key, line.seq): line for key, proof in proofs.items() for line in proof.lines}
    return Dossier(
        hazard=hazard,
        lines=[_line(each, by_line) for each in happened],
        proof=_proven(list(proofs.values())),
        extensions=extensions_asked(hazard),
        look_backs=look_backs,
        made_by=str(by),
        made_at=now,
        within_sight=within_sight({key for key in others if key}, by),
        also_used_in=also_used_in(list(hazard.doubts.all()), by),
    )


def _proven(proofs: Sequence[Proof]) -> str:
    """One sentence for every line that is printed: the hazard's own and those of what followed it."""
    if broken := next((each for each in proofs if each.lines and not each.ok), None):
        return broken.sentence
    return replace(proofs[0], lines=tuple(line for each in proofs for line in each.lines)).sentence


def _line(happened: Happened, proofs: dict[tuple[str, str, int], LineProof]) -> Line:
    line = happened.line
    found = proofs.get((line.record_type, line.record_id, line.seq))
    who = f"{line.actor_name}{f'（代{line.behalf_name}）' if line.behalf_name else ''} {line.actor_post}".strip()
    parts: list[Any] = [f"{change.label}：{change.after}" for change in happened.entry.changes]
    said = in_one((line.reason, *parts))
    return Line(
        at=line.at,
        label=f"{happened.about}：{line.label}" if happened.about else line.label,
        by=who,
        said=said if len(said) <= LONGEST else f"{said[:LONGEST]}…",
        digest=line.digest,
        sealed_on=(found.sealed_on or "") if found else "",
    )


@transaction.atomic
def trace(dossier: Dossier, content: bytes, form: str, *, by: Acting, now: datetime) -> None:
    """What left the house, and its digest: beside the hazard's trail, not in it, for printing changes nothing."""
    audit.append(
        record_type="hazards.dossier", record_id=str(new_id()), kind="export", verb="export", label="打印隐患治理档案",
        by=by, now=now,
        data={"number": dossier.hazard.number, "format": form, "digest": sha256(content).hexdigest(),
              "lines": len(dossier.lines)},
    )  # fmt: skip
