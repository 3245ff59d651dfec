"""The tables of the closed loop: the hazard, what is planned and proved about it, what is looked at again."""

from .following import DualReport, LookBack, LookBackStatus, Review, ReviewStatus
from .hazard import Category, Channel, Hazard, HazardLevel, HazardNumber, HazardStatus
from .links import HazardLink, LinkKind
from .plans import RectificationPlan
from .policy import HazardPolicy

__all__ = [
    "Category",
    "Channel",
    "DualReport",
    "Hazard",
    "HazardLevel",
    "HazardLink",
    "HazardNumber",
    "HazardPolicy",
    "HazardStatus",
    "LinkKind",
    "LookBack",
    "LookBackStatus",
    "RectificationPlan",
    "Review",
    "ReviewStatus",
]
