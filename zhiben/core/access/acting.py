"""Who acts: never a bare user. Rights come from the post; separation of duties compares persons."""

from dataclasses import dataclass

from zhiben.core.org.models import Person, Post, Unit
from zhiben.core.org.roles import Role

from .seats import person_seat, unit_seat


@dataclass(frozen=True)
class Acting:
    """A person, acting from a post: their own, or one they stand in for (`on_behalf_of` is then its holder)."""

    person: Person
    post: Post
    on_behalf_of: Person | None = None

    @property
    def unit(self) -> Unit:
        return self.post.unit

    @property
    def role(self) -> Role:
        return Role(self.post.role)

    @property
    def seats(self) -> tuple[str, ...]:
        """The seats this actor occupies: the post's, and the one that bears the person's own name."""
        return (unit_seat(self.post.unit_id, self.role), person_seat(self.on_behalf_of or self.person))

    def __str__(self) -> str:
        if self.on_behalf_of:
            return f"{self.person}(代{self.on_behalf_of},{self.post})"
        return f"{self.person}({self.post})"


@dataclass(frozen=True)
class Machine:
    """The system itself: the sweeper, a rule that follows from another record. It may only take steps held by `TheSystem`."""

    name: str

    def __str__(self) -> str:
        return self.name


By = Acting | Machine
