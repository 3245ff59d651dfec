"""Who acts: never a bare user. Rights come from the post; separation of duties compares persons."""

from dataclasses import dataclass, field
from datetime import datetime

from zhiben.core import clock
from zhiben.core.org.models import Delegation, Person, Post, Unit
from zhiben.core.org.roles import Role
from zhiben.core.org.sectors import EVERY_SECTOR

from .seats import person_seat, unit_seat


@dataclass(frozen=True)
class Acting:
    """A person, acting from a post: their own, or one they stand in for (`on_behalf_of` is then its holder).
    `via` names the machine through which they act, where they do not act by their own hand; the trail says it."""

    person: Person
    post: Post
    on_behalf_of: Person | None = None
    via: str = field(default="", compare=False)

    @property
    def unit(self) -> Unit:
        return self.post.unit

    @property
    def role(self) -> Role:
        return Role(self.post.role)

    @property
    def seats(self) -> tuple[str, ...]:
        """The seats this actor occupies: the post's, one for each sector of the post, and the one that bears
        the person's own name (for a deputy: the name of the person stood in for)."""
        unit_id, role = self.post.unit_id, self.role
        sectors = (unit_seat(unit_id, role, sector) for sector in self.post.sectors if sector != EVERY_SECTOR)
        return (unit_seat(unit_id, role), *sectors, person_seat(self.on_behalf_of or self.person))

    def __str__(self) -> str:
        if self.on_behalf_of:
            return f"{self.person}（代{self.on_behalf_of}，{self.post}）"
        return f"{self.person}（{self.post}）"


@dataclass(frozen=True)
class Machine:
    """The system itself: the sweeper, a rule that follows from another record. It may only take steps held by
    `TheSystem`."""

    name: str

    def __str__(self) -> str:
        return self.name


By = Acting | Machine


def hats(user_id: int, now: datetime) -> list[Acting]:
    """Everything this account may act as on the day of `now`: own posts first, then those stood in for."""
    day = clock.local_day(now)
    posts = Post.objects.valid_on(day).filter(person__user=user_id).select_related("person", "unit__region")
    delegations = (
        Delegation.objects.valid_on(day)
        .filter(deputy__user=user_id)
        .select_related("deputy", "post__person", "post__unit__region")
        .order_by("pk")
    )
    own = [Acting(post.person, post) for post in posts.order_by("pk")]
    lent = [Acting(each.deputy, each.post, each.post.person) for each in delegations if each.post.holds_on(day)]
    return own + lent
