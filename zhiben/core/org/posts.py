"""Verbs on posts and delegations, with the rules of who may hold what.

三员分立 (GB/T 22239-2019, 8.1.5): the system administrator, the security administrator and the auditor are three
persons; none of them does business in the system; nobody grants a right to themselves. A post one merely stands in
for counts as held.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction

from zhiben.core.audit import services as audit
from zhiben.core.audit.models import Kind
from zhiben.core.calendar import full_day
from zhiben.core.clock import local_day
from zhiben.core.refusal import Refused

from .models import Dated, Delegation, Person, Post, Unit, UnitKind
from .roles import ADMINISTRATORS, Role
from .trail import leave_line

if TYPE_CHECKING:
    from zhiben.core.access.acting import By

_OFFICE = {Role.UNIT_OFFICER, Role.UNIT_LEADER}
_REGULATES = {Role.REGULATOR, Role.REGULATOR_CHIEF}
_COMPANY = {Role.ENTERPRISE_HEAD, Role.SAFETY_OFFICER, Role.WORKER, Role.EXPERT}
ROLES_OF_KIND: dict[UnitKind, frozenset[Role]] = {
    UnitKind.GOVERNMENT: frozenset(_OFFICE | {Role.GOVERNMENT_LEADER}),
    UnitKind.PARTY: frozenset(_OFFICE | {Role.GOVERNMENT_LEADER}),
    UnitKind.COMMITTEE_OFFICE: frozenset(_OFFICE | _REGULATES | {Role.COMMITTEE_OFFICER, Role.COMMITTEE_CHIEF}),
    UnitKind.DEPARTMENT: frozenset(_OFFICE | _REGULATES | {Role.EXPERT}),
    UnitKind.TOWN: frozenset(_OFFICE | _REGULATES | {Role.GRID_OFFICER, Role.GOVERNMENT_LEADER}),
    UnitKind.PARK: frozenset(_OFFICE | _REGULATES | {Role.GRID_OFFICER, Role.GOVERNMENT_LEADER}),
    UnitKind.VILLAGE: frozenset(_OFFICE | {Role.GRID_OFFICER}),
    UnitKind.ENTERPRISE: frozenset(_OFFICE | _COMPANY),
    UnitKind.INSTITUTION: frozenset(_OFFICE | _COMPANY),
}
"""The roles that make sense in each kind of unit; administrators may sit anywhere but in an enterprise."""


@transaction.atomic
def appoint(
    *,
    person: Person,
    unit: Unit,
    role: Role,
    title: str = "",
    sectors: Iterable[str] = (),
    valid_from: date | None = None,
    valid_to: date | None = None,
    by: "By",
    now: datetime,
) -> Post:
    """Give a person a post. Without `valid_from` it begins on the day of `now`."""
    role = Role(role)
    start = valid_from or local_day(now)
    post = Post(
        person=person, unit=unit, role=role, title=title, sectors=list(sectors), valid_from=start, valid_to=valid_to
    )
    if sentence := appointment_refusal(post, by=by):
        raise Refused(sentence, "role")
    post.save()
    leave_line(post, "appoint", "任命", by=by, now=now, **_told(post))
    return post


@transaction.atomic
def appoint_many(*, posts: Sequence[Post], by: "By", now: datetime) -> list[tuple[Post, str | None]]:
    """Give many posts (not saved yet, with their `person` and `unit`), with the same number of queries whatever their
    number. Each is judged by itself, the earlier ones of the set counting as held: returns them in their order, each
    with the sentence why it was refused; None for one that is now held. Without `valid_from` they begin on the day of
    `now`."""
    list(Person.objects.select_for_update().filter(pk__in={post.person_id for post in posts}).order_by("pk"))
    for post in posts:
        post.valid_from = post.valid_from or local_day(now)
    results = list(zip(posts, appointment_refusals(posts, by=by), strict=True))
    made = Post.objects.bulk_create([post for post, refusal in results if refusal is None])
    audit.append_many(
        [
            audit.NewLine(
                record_type="org.post", record_id=str(post.pk), kind=Kind.EDIT, verb="appoint", label="任命",
                by=by, now=now, data=_told(post),
            )
            for post in made
        ]
    )  # fmt: skip
    return results


@transaction.atomic
def end_post(*, post: Post, last_day: date, by: "By", now: datetime) -> Post:
    """The post ends with `last_day`; so does whoever stands in for it."""
    if post.valid_from and last_day < post.valid_from:
        raise Refused(f"该岗位自{full_day(post.valid_from)}起生效，离任日不能早于这一天。", "last_day")
    post.valid_to = last_day
    post.save(update_fields=["valid_to"])
    leave_line(post, "end_post", "离任", by=by, now=now, person=post.person.name, last_day=str(last_day))
    return post


@transaction.atomic
def delegate(
    *, post: Post, deputy: Person, valid_from: date, valid_to: date, reason: str = "", by: "By", now: datetime
) -> Delegation:
    """Let another person act from one's own post for some days. It ends by itself."""
    delegation = Delegation(post=post, deputy=deputy, valid_from=valid_from, valid_to=valid_to, reason=reason)
    if sentence := delegation_refusal(delegation, by=by, now=now):
        raise Refused(sentence)
    delegation.save()
    leave_line(
        post, "delegate", "设置代理", by=by, now=now,
        deputy=deputy.name, valid_from=str(valid_from), valid_to=str(valid_to), because=reason,
    )  # fmt: skip
    return delegation


@transaction.atomic
def end_delegation(*, delegation: Delegation, by: "By", now: datetime) -> Delegation:
    """Take it back before its time: the deputy acts no more from this moment on. Either of the two may."""
    person = getattr(by, "person", None)
    if person is not None and person.pk not in (delegation.post.person_id, delegation.deputy_id):
        raise Refused("只有委托人或代理人本人可以结束这项代理。")
    leave_line(delegation.post, "end_delegation", "结束代理", by=by, now=now, deputy=delegation.deputy.name)
    delegation.delete()
    return delegation


def appointment_refusal(post: Post, *, by: "By") -> str | None:
    """Why this appointment may not be made, as a sentence; None when it may."""
    return appointment_refusals([post], by=by)[0]


def appointment_refusals(posts: Sequence[Post], *, by: "By") -> list[str | None]:
    """The same for many, in their order; whoever comes earlier among them counts as appointed."""
    people = {post.person_id for post in posts}
    held: dict[int, list[Post]] = defaultdict(list)
    for each in Post.objects.filter(person__in=people):
        held[each.person_id].append(each)
    lent: dict[int, list[Delegation]] = defaultdict(list)
    for delegation in Delegation.objects.filter(deputy__in=people).select_related("post"):
        lent[delegation.deputy_id].append(delegation)
    sentences = []
    for post in posts:
        sentences.append(sentence := _appointment_refusal(post, held, lent, by))
        if sentence is None:
            held[post.person_id].append(post)
    return sentences


def _appointment_refusal(
    post: Post, held_by: Mapping[int, list[Post]], lent_to: Mapping[int, list[Delegation]], by: "By"
) -> str | None:
    role = Role(post.role)
    if post.valid_from and post.valid_to and post.valid_to < post.valid_from:
        return "离任日不能早于任职日，请核对日期。"
    if sentence := role_refusal(UnitKind(post.unit.kind), role):
        return sentence
    if (granter := getattr(by, "person", None)) is not None and granter.pk == post.person_id:
        return "不能给自己任命岗位，请由另一位安全保密管理员办理。"
    held = [each for each in held_by.get(post.person_id, ()) if _overlap(each, post)]
    if any(each.unit_id == post.unit_id and each.role == role for each in held):
        return f"{post.person.name}已在“{post.unit}”任{role.label}，不必重复任命。"
    lent = [Role(each.post.role) for each in lent_to.get(post.person_id, ()) if _overlap(each, post)]
    return _separation_refusal(post.person, role, [Role(each.role) for each in held] + lent)


def role_refusal(kind: UnitKind, role: Role) -> str | None:
    """Why a unit of this kind has no such post; None when it has."""
    if role in ROLES_OF_KIND[kind] or (role in ADMINISTRATORS and kind != UnitKind.ENTERPRISE):
        return None
    return f"“{kind.label}”不设“{role.label}”岗位，请选择其他角色。"


def delegation_refusal(delegation: Delegation, *, by: "By", now: datetime) -> str | None:
    """Why this delegation may not be made, as a sentence; None when it may."""
    post, deputy = delegation.post, delegation.deputy
    start, end = delegation.valid_from, delegation.valid_to
    person = getattr(by, "person", None)
    if person is not None and (person.pk != post.person_id or by.on_behalf_of is not None):  # type: ignore[union-attr]
        return "只能委托他人代理自己的岗位。"
    if deputy.pk == post.person_id:
        return "不能委托自己，请选择另一位代理人。"
    if start is None or end is None:
        return "请填写代理的起止日期。"
    if end < start:
        return "代理的结束日不能早于开始日，请核对日期。"
    if end < local_day(now):
        return "代理的结束日已经过去，请核对日期。"
    if not (post.holds_on(start) and post.holds_on(end)):
        return f"代理期间超出了岗位“{post}”的任期，请缩短代理时间。"
    if any(_overlap(each, delegation) for each in Delegation.objects.filter(post=post, deputy=deputy)):
        return f"{deputy.name}在这段时间内已经代理这个岗位。"
    held = [Role(each.role) for each in Post.objects.filter(person=deputy) if _overlap(each, delegation)]
    return _separation_refusal(deputy, Role(post.role), held + _lent_roles(deputy, delegation))


def _separation_refusal(person: Person, role: Role, held: list[Role]) -> str | None:
    other = next((each for each in held if each in ADMINISTRATORS and each != role), None)
    if role in ADMINISTRATORS and other:
        return f"三员分立：{person.name}已是{other.label}，不能再任{role.label}，请另选人员。"
    if other:
        return f"三员分立：{person.name}是{other.label}，不能承担业务岗位“{role.label}”，请另选人员。"
    business = next((each for each in held if each not in ADMINISTRATORS), None)
    if role in ADMINISTRATORS and business:
        return f"三员分立：{person.name}担任业务岗位“{business.label}”，不能再任{role.label}，请另选人员。"
    return None


def _lent_roles(person: Person, span: Dated) -> list[Role]:
    lent = Delegation.objects.filter(deputy=person).select_related("post")
    return [Role(each.post.role) for each in lent if _overlap(each, span)]


def _told(post: Post) -> dict[str, Any]:
    return {
        "person": post.person.name,
        "unit": post.unit.name,
        "role": str(Role(post.role).label),
        "valid_from": str(post.valid_from),
        "valid_to": str(post.valid_to or ""),
    }


def _overlap(one: Dated, other: Dated) -> bool:
    begins = one.valid_from is None or other.valid_to is None or one.valid_from <= other.valid_to
    ends = one.valid_to is None or other.valid_from is None or other.valid_from <= one.valid_to
    return begins and ends
