"""What judging answers: candidates for a person to choose from."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["match", "hint"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A criterion that may apply. `match` only for text compared with the original, in force on the day, with every
    facet met and nothing against it; everything else is a `hint`. `score` from 0 to 1 orders and is no probability.
    """

    criteria_key: str
    kind: Kind
    score: float
    because: tuple[str, ...]
    to_establish: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Judgement:
    """At most ten candidates, best first; `gaps` say where the version of that day is not in the catalogue."""

    candidates: tuple[Candidate, ...]
    gaps: tuple[str, ...]
