"""From what an officer writes to the criteria that may apply: local, explained, never a verdict. Needs no Django."""

from .engine import judge
from .judgement import Candidate, Judgement

__all__ = ["Candidate", "Judgement", "judge"]
