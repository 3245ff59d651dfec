"""The tables of the registry, a file for each part of an enterprise's file."""

from .enterprises import Enterprise, EnterpriseStatus, Equipment, EquipmentState, Licence, Process, Scale, Site, Staff

__all__ = [
    "Enterprise",
    "EnterpriseStatus",
    "Equipment",
    "EquipmentState",
    "Licence",
    "Process",
    "Scale",
    "Site",
    "Staff",
]
