"""The tables of the registry, a file for each part of an enterprise's file."""

from .classing import ClassCondition, ClassOverride, ClassRule, Comparison, Score, SupervisionClass
from .duties import Duty, DutyEvidence, DutyWaiver, EvidenceStatus
from .engagements import Engagement, EngagementKind, EngagementStatus, PaperKind, Qualification
from .enterprises import EXISTING, Enterprise, EnterpriseStatus, Part, Scale
from .lists import EnterpriseList, EntryStatus, ListedIndustry, ListEntry, ListKind
from .parties import Expert, Institution, Insurer, Party, PartyKind, Policy, PreventionVisit
from .parts import Equipment, EquipmentState, Licence, Process, Site, Staff
from .supervision import (
    DisputeStatus,
    Stance,
    SupervisionClaim,
    SupervisionDispute,
    SupervisionLine,
)

__all__ = [
    "EXISTING",
    "ClassCondition",
    "ClassOverride",
    "ClassRule",
    "Comparison",
    "DisputeStatus",
    "Duty",
    "DutyEvidence",
    "DutyWaiver",
    "Engagement",
    "EngagementKind",
    "EngagementStatus",
    "Enterprise",
    "EnterpriseList",
    "EnterpriseStatus",
    "EntryStatus",
    "Equipment",
    "EquipmentState",
    "EvidenceStatus",
    "Expert",
    "Institution",
    "Insurer",
    "Licence",
    "ListEntry",
    "ListKind",
    "ListedIndustry",
    "PaperKind",
    "Part",
    "Party",
    "PartyKind",
    "Policy",
    "PreventionVisit",
    "Process",
    "Qualification",
    "Scale",
    "Score",
    "Site",
    "Staff",
    "Stance",
    "SupervisionClaim",
    "SupervisionClass",
    "SupervisionDispute",
    "SupervisionLine",
]
