"""Photos before and after, and how far from the place the camera says they were taken."""

from collections.abc import Sequence
from dataclasses import dataclass

from zhiben.core.files.models import Attachment, PictureFacts
from zhiben.core.files.services import attachments_of
from zhiben.modules.hazards.asking import caption_of
from zhiben.modules.hazards.models import Hazard
from zhiben.modules.hazards.photos import AFTER, BEFORE, FAR, kilometres_between


@dataclass(frozen=True)
class Photo:
    attachment: Attachment
    hazard: Hazard

    @property
    def facts(self) -> PictureFacts | None:
        return getattr(self.attachment.file, "picture_facts", None)

    @property
    def caption(self) -> str:
        return caption_of(self.attachment.name)

    @property
    def distance(self) -> float | None:
        """Kilometres between where it was taken and the place of the hazard; None where either is unknown."""
        facts, hazard = self.facts, self.hazard
        if facts is None or facts.latitude is None or facts.longitude is None:
            return None
        if hazard.latitude is None or hazard.longitude is None:
            return None
        return kilometres_between((facts.latitude, facts.longitude), (hazard.latitude, hazard.longitude))

    @property
    def is_far(self) -> bool:
        return self.distance is not None and self.distance > FAR

    @property
    def distance_said(self) -> str:
        far = self.distance or 0.0
        return f"{far:.1f} 公里" if far >= 1 else f"{far * 1000:.0f} 米"


def photos_of(hazard: Hazard, attached: Sequence[Attachment] | None = None) -> dict[str, list[Photo]]:
    """Photos by what they show: `before`, `after`, `other`. One query where the attachments are not given."""
    rows = attachments_of(hazard._meta.label_lower, str(hazard.pk)) if attached is None else attached
    kinds = {BEFORE: "before", AFTER: "after"}
    found: dict[str, list[Photo]] = {"before": [], "after": [], "other": []}
    for each in rows:
        if each.file.media_type.startswith("image/"):
            found[kinds.get(each.label, "other")].append(Photo(each, hazard))
    return found
