"""The tables of the closed loop: the hazard, what is planned and proved about it, what is looked at again."""

from .exchange import DualPreventionDelivery
from .following import Draw, DualReport, Excuse, LookBack, LookBackStatus, Review, ReviewStatus
from .hazard import (
    OPEN_STATUSES,
    UNDER_RECTIFICATION,
    Category,
    Channel,
    Hazard,
    HazardLevel,
    HazardNumber,
    HazardStatus,
    told_as,
)
from .links import HazardLink, LinkKind
from .photos import Doubt, DoubtKind, PictureHash
from .plans import ProgressReport, RectificationPlan
from .policy import HazardPolicy

__all__ = [
    "OPEN_STATUSES",
    "UNDER_RECTIFICATION",
    "Category",
    "Channel",
    "Doubt",
    "DoubtKind",
    "Draw",
    "DualPreventionDelivery",
    "DualReport",
    "Excuse",
    "Hazard",
    "HazardLevel",
    "HazardLink",
    "HazardNumber",
    "HazardPolicy",
    "HazardStatus",
    "LinkKind",
    "LookBack",
    "LookBackStatus",
    "PictureHash",
    "ProgressReport",
    "RectificationPlan",
    "Review",
    "ReviewStatus",
    "told_as",
]
