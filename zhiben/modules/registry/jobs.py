"""What the registry does in the background."""

from typing import Any

from zhiben.core.jobs.services import Running, job

from .dividing import follow_supervision
from .reminding import remind


@job("registry.follow_supervision", attempts=5)
def follow(running: Running, *, sector: str, region_path: str) -> dict[str, Any]:
    """Enterprises come under the unit that the matrix names today."""
    moved = follow_supervision(
        sector=sector, region_path=region_path, by=running.by, now=running.now, progress=running.progress
    )
    return {"moved": moved}


@job("registry.remind", attempts=5)
def tell_what_ends(running: Running) -> dict[str, Any]:
    """Today's round of what ends soon in enterprises."""
    return {"things": remind(running.now)}
