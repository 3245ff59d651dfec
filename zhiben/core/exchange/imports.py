"""The targets of core itself; modules name their own in their `imports.py`."""

from .declaration import register
from .organisation.people import PeopleImport
from .organisation.regions import RegionImport
from .organisation.units import UnitImport

for target in (RegionImport, UnitImport, PeopleImport):
    register(target)
