"""Posts that are proposed and wait for whoever may appoint (待任命).

三员分立: the system administrator brings the list of people with the places they shall have; the security
administrator alone grants. A proposal carries no right at all: it is a line to be confirmed or dropped.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction

from zhiben.core.audit import services as audit
from zhiben.core.audit.models import Kind

from .models import Person, Post, ProposedPost, Unit, UnitKind
from .posts import appoint_many, role_refusal
from .roles import ADMINISTRATORS, Role

if TYPE_CHECKING:
    from zhiben.core.access.acting import By


@dataclass(frozen=True, kw_only=True)
class NewProposal:
    person: Person
    unit: Unit
    role: Role
    title: str = ""
    sectors: tuple[str, ...] = ()


@dataclass(frozen=True)
class Confirmed:
    """What became of a proposal: the post, or why there is none; a refused proposal goes on waiting."""

    proposal: ProposedPost
    post: Post | None = None
    refusal: str = ""


def proposal_refusal(unit: Unit, role: Role) -> str | None:
    """Why such a post may not even be proposed; None when it may. Judged again, in full, when it is confirmed."""
    if role in ADMINISTRATORS:
        return f"“{role.label}”属于三员，不能批量拟任，请由安全保密管理员在该人员的页面单独任命。"
    return role_refusal(UnitKind(unit.kind), role)


@transaction.atomic
def propose_posts(*, proposals: Sequence[NewProposal], by: "By", now: datetime) -> list[ProposedPost]:
    """Put many proposals forward. The same person, unit and role proposed again takes the place of the older one."""
    made = ProposedPost.objects.bulk_create(
        [
            ProposedPost(
                person=new.person,
                unit=new.unit,
                role=new.role,
                title=new.title,
                sectors=list(new.sectors),
                proposed_by_name=str(getattr(by, "person", by)),
                proposed_at=now,
            )
            for new in proposals
        ],
        update_conflicts=True,
        unique_fields=["person", "unit", "role"],
        update_fields=["title", "sectors", "proposed_by_name", "proposed_at"],
    )
    audit.append_many([_line(each, "propose_post", "拟任岗位", by, now) for each in made])
    return made


@transaction.atomic
def confirm_proposals(*, proposals: Sequence[ProposedPost], by: "By", now: datetime) -> list[Confirmed]:
    """Appoint everybody proposed here, each judged by itself by the rules of `appoint`. What has been confirmed or
    dropped by somebody else in the meantime is not taken up again."""
    waiting = (
        ProposedPost.objects.select_for_update(of=("self",))
        .select_related("person", "unit")
        .order_by("pk")
        .in_bulk([proposal.pk for proposal in proposals])
    )
    wanted = list(waiting.values())
    posts = [
        Post(person=each.person, unit=each.unit, role=each.role, title=each.title, sectors=each.sectors)
        for each in wanted
    ]
    results = appoint_many(posts=posts, by=by, now=now)
    confirmed = [
        Confirmed(each, None if refusal else post, refusal or "")
        for each, (post, refusal) in zip(wanted, results, strict=True)
    ]
    ProposedPost.objects.filter(pk__in=[each.proposal.pk for each in confirmed if each.post]).delete()
    return confirmed


@transaction.atomic
def drop_proposals(*, proposals: Sequence[ProposedPost], by: "By", now: datetime) -> int:
    """They will not be appointed; returns how many were still waiting."""
    waiting = ProposedPost.objects.select_for_update(of=("self",)).select_related("person", "unit").order_by("pk")
    dropped = list(waiting.filter(pk__in=[proposal.pk for proposal in proposals]))
    audit.append_many([_line(each, "drop_proposal", "不予任命", by, now) for each in dropped])
    ProposedPost.objects.filter(pk__in=[each.pk for each in dropped]).delete()
    return len(dropped)


def _line(proposal: ProposedPost, verb: str, label: str, by: "By", now: datetime) -> audit.NewLine:
    data: dict[str, Any] = {"unit": proposal.unit.name, "role": str(Role(proposal.role).label), "title": proposal.title}
    return audit.NewLine(
        record_type="org.person", record_id=str(proposal.person_id), kind=Kind.EDIT, verb=verb, label=label,
        by=by, now=now, data=data,
    )  # fmt: skip
