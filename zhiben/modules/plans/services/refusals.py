"""Refusals that carry more than their sentence."""

from zhiben.core.refusal import Refused

from ..models import PlanVersion


class StaleEdit(Refused):
    """Somebody else changed the same piece after this page was shown. `theirs`: what they did, one line each."""

    def __init__(self, sentence: str, theirs: tuple[str, ...]) -> None:
        super().__init__(sentence)
        self.theirs = theirs


class AlreadyUploaded(Refused):
    """The same file, to the last byte, is already in this unit's plans: `version` is where."""

    def __init__(self, sentence: str, version: PlanVersion | None) -> None:
        super().__init__(sentence)
        self.version = version
