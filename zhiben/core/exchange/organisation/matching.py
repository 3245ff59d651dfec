"""Whether somebody in a list is somebody we know: by login, by mobile, by unit and name. What is doubtful is named."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.db.models.functions import Lower

from zhiben.core.accounts.models import User
from zhiben.core.clock import local_day
from zhiben.core.org.models import Person, Post, ProposedPost, Unit
from zhiben.core.org.roles import Role

from ..declaration import Context
from ..naming import reach_of, within_reach


@dataclass(frozen=True)
class Match:
    person: Person | None = None
    """None without a problem: somebody new."""
    field: str = ""
    problem: str = ""


@dataclass
class Known:
    """The people that the rows of one chunk may mean, found with a constant number of queries."""

    reach: str
    mobiles_in_file: set[Any]
    by_username: dict[str, Person | None]
    """Login name in small letters → its owner; None for an account of nobody."""
    by_mobile: dict[str, list[Person]]
    by_seat: dict[tuple[str, int], dict[int, Person]]
    """(name, unit) → the people of that name who have, had or shall have a post there."""
    posts: dict[int, list[Post]]
    """All posts of each."""
    in_force: dict[tuple[int, int], set[Role]]
    proposals: dict[tuple[int, int, str], ProposedPost]

    @classmethod
    def of(cls, plans: Iterable[Any], at: Context) -> "Known":
        plans = list(plans)
        names, units = {plan.name for plan in plans}, {plan.unit.pk for plan in plans if plan.unit}
        logins = {plan.username.lower() for plan in plans if plan.username}
        users = User.objects.annotate(folded=Lower("username")).filter(folded__in=logins).select_related("person")
        by_username = {user.username.lower(): getattr(user, "person", None) for user in users}
        by_mobile: dict[str, list[Person]] = defaultdict(list)
        mobiles = {plan.mobile for plan in plans if plan.mobile}
        for person in Person.objects.filter(mobile__in=mobiles).select_related("user"):
            by_mobile[person.mobile].append(person)
        by_seat: dict[tuple[str, int], dict[int, Person]] = defaultdict(dict)
        for model in (Post, ProposedPost):
            seats = model._default_manager.filter(unit__in=units, person__name__in=names)
            for seat in seats.select_related("person__user"):
                by_seat[seat.person.name, seat.unit_id][seat.person_id] = seat.person
        everybody = {person.pk for person in by_username.values() if person}
        everybody |= {person.pk for people in by_mobile.values() for person in people}
        everybody |= {pk for people in by_seat.values() for pk in people}
        known = cls(
            reach_of(at.by), at.whole.values("mobile"), by_username, by_mobile, by_seat,
            defaultdict(list), defaultdict(set), {},
        )  # fmt: skip
        known._find_posts(everybody, at)
        return known

    def _find_posts(self, people: set[int], at: Context) -> None:
        today = local_day(at.now)
        for post in Post.objects.filter(Q(person__in=people)).select_related("unit"):
            self.posts[post.person_id].append(post)
            if post.valid_to is None or post.valid_to >= today:
                self.in_force[post.person_id, post.unit_id].add(Role(post.role))
        for proposal in ProposedPost.objects.filter(person__in=people):
            self.proposals[proposal.person_id, proposal.unit_id, proposal.role] = proposal

    def match(self, name: str, mobile: str, username: str, unit: Unit | None) -> Match:
        match = self._by_login(name, username) or self._by_mobile(name, mobile, unit)
        match = match or self._by_seat(name, mobile, username, unit) or Match()
        if match.person is not None and not self._is_reached(match.person):
            field = "username" if username else "mobile" if mobile else "name"
            return Match(
                None, field, "这个人登记在您管理范围以外的单位，请联系上级系统管理员办理，或核对手机号和登录名。"
            )
        return match

    def _by_login(self, name: str, username: str) -> Match | None:
        if username.lower() not in self.by_username:
            return None
        owner = self.by_username[username.lower()]
        if owner is None or owner.name != name:
            return Match(None, "username", f"登录名“{username}”已被使用，请另选一个。")
        return Match(owner)

    def _by_mobile(self, name: str, mobile: str, unit: Unit | None) -> Match | None:
        owners = self.by_mobile.get(mobile, []) if mobile else []
        called = [owner for owner in owners if owner.name == name]
        if len(called) > 1 and unit is not None:
            called = [owner for owner in called if owner.pk in self.by_seat[name, unit.pk]] or called
        if len(called) == 1:
            return Match(called[0])
        if called:
            return Match(None, "mobile", f"系统里有 {len(called)} 位“{name}”用这个手机号，请填写登录名以便区分。")
        if owners:
            reached = [owner.name for owner in owners if self._is_reached(owner)]
            whose = f"“{reached[0]}”" if reached else "另一个人"
            sentence = f"这个手机号已登记为{whose}的。如果是同一个人，请改正姓名；如果不是，请核对手机号。"
            return Match(None, "mobile", sentence)
        return None

    def _by_seat(self, name: str, mobile: str, username: str, unit: Unit | None) -> Match | None:
        if unit is None:
            return None
        people = list(self.by_seat[name, unit.pk].values())
        if mobile:  # whoever stands in this file under another number is another person
            people = [each for each in people if not each.mobile or each.mobile not in self.mobiles_in_file]
        if username:  # and so is whoever has another login
            people = [each for each in people if each.user is None]
        if len(people) > 1:
            return Match(None, "mobile", f"“{unit}”有 {len(people)} 位“{name}”，请填写手机号或登录名以便区分。")
        if not people:
            return None
        [person] = people
        if mobile and person.mobile and person.mobile != mobile:
            return Match(
                None, "mobile",
                f"“{unit}”已有一位“{name}”（手机{mobile_tail(person.mobile)}）。如果是本人换了手机，请先在“人员”中修改；"
                "如果是同名的另一个人，请先在“人员”中单独登记。",
            )  # fmt: skip
        return Match(person)

    def _is_reached(self, person: Person) -> bool:
        posts = self.posts.get(person.pk, [])
        return not posts or any(within_reach(self.reach, post.unit.region_path) for post in posts)

    def posts_of(self, person: Person | None, unit: Unit) -> set[Role]:
        return self.in_force.get((person.pk, unit.pk), set()) if person else set()

    def proposed(self, person: Person | None, unit: Unit, role: Role) -> ProposedPost | None:
        return self.proposals.get((person.pk, unit.pk, role)) if person else None

    def username_of(self, person: Person | None) -> str | None:
        return person.user.username if person is not None and person.user is not None else None


def mobile_tail(mobile: str) -> str:
    """So much of a number that its owner is told apart, and nobody else can call it."""
    return f"尾号 {mobile[-4:]}"
