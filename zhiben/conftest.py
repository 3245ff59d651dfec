"""THE FIXED CAST. Every story is told with the same few people, made by the same services as in real life:

- a plant (云帆化工): safety officer `plant_officer`, head `plant_head`
- a town (柳溪镇) with a single officer: `town`
- a county department (应急管理局): `bureau_officer`, `bureau_leader`; the officer also regulates chemicals
  (`regulator`), the leader is also the chief regulator (`regulator_chief`)
- a second department (住房和城乡建设局): `housing_officer`, `housing_leader`
- the office of the county's safety committee: `office`, `chief`
- the county's leader in charge: `governor`
- the three administrators: `system_administrator`, `security_administrator`, `audit_administrator`
- one `outsider`, officer of the committee's office of another county of the same city, who must see nothing

`cast.office` is an `Acting`, `cast.office.unit` its unit, `cast.client("office")` a browser logged in as that post.
`cast.county`, `cast.city`, `cast.committee` (the county's safety committee, all departments and the town its members).
"""

import pickle
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, TypeVar

import pytest
from django.apps import apps
from django.test import Client

from zhiben.core.access.acting import Acting, Machine
from zhiben.core.access.middleware import SESSION_KEY
from zhiben.core.org.models import Body, BodyKind, Region, RegionLevel, Unit, UnitKind
from zhiben.core.org.roles import Role
from zhiben.core.org.sectors import EVERY_SECTOR, Sector

NOW = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)
"""Tuesday 10 March 2026, ten in the morning in Beijing."""
IN_OFFICE_SINCE = date(2020, 1, 1)
CAST_LIVES_IN = ("org", "accounts", "audit")
FOUNDER = Machine("初始化")
Made = TypeVar("Made")


@dataclass
class Cast:
    city: Region
    county: Region
    other_county: Region
    committee: Body
    people: dict[str, Acting] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Acting:
        try:
            return self.__dict__["people"][name]
        except KeyError:
            raise AttributeError(f"nobody in the cast is called {name}") from None

    def client(self, name: str) -> Client:
        """A browser in which this member is logged in and wears this hat."""
        acting = self.people[name]
        client = Client()
        assert acting.person.user is not None
        client.force_login(acting.person.user, backend="django.contrib.auth.backends.ModelBackend")
        session = client.session
        session[SESSION_KEY] = acting.post.pk
        session.save()
        return client


@pytest.fixture
def now() -> datetime:
    return NOW


_gathered: dict[Callable[[datetime], Any], bytes] = {}
"""What was made the first time, with all its rows as the services made them: making them anew for each of a thousand
tests would take longer than the tests."""


@pytest.fixture
def cast(db: None) -> Cast:
    return assembled_cast()


def assembled_cast() -> Cast:
    """The cast in an empty database, for whoever asks for another kind of database than `db`."""
    return assembled(gather_cast)


def assembled(gather: Callable[[datetime], Made]) -> Made:
    """What `gather` makes in an empty database, of units and persons alone."""
    if gather not in _gathered:
        made = gather(NOW)
        tables = [
            list(model._base_manager.all()) for model in apps.get_models() if model._meta.app_label in CAST_LIVES_IN
        ]
        _gathered[gather] = pickle.dumps((tables, made))
        return made
    tables, made = pickle.loads(_gathered[gather])
    for rows in tables:
        if rows:
            type(rows[0])._base_manager.bulk_create(rows)
    return made


def gather_cast(now: datetime) -> Cast:
    """The cast in an empty database, by the services."""
    from zhiben.core.org import services as org

    to: dict[str, Any] = {"by": FOUNDER, "now": now}
    province = org.open_region(name="云岭省", level=RegionLevel.PROVINCE, code="990000000000", **to)
    city = org.open_region(name="安澜市", level=RegionLevel.CITY, parent=province, code="990100000000", **to)
    county = org.open_region(name="澄溪县", level=RegionLevel.COUNTY, parent=city, code="990121000000", **to)
    other_county = org.open_region(name="远山县", level=RegionLevel.COUNTY, parent=city, code="990122000000", **to)
    town = org.open_region(name="柳溪镇", level=RegionLevel.TOWN, parent=county, code="990121101000", **to)

    def unit(name: str, short_name: str, kind: UnitKind, region: Region, **more: Any) -> Unit:
        return org.open_unit(name=name, short_name=short_name, kind=kind, region=region, **more, **to)

    government = unit("澄溪县人民政府", "县政府", UnitKind.GOVERNMENT, county)
    office = unit("澄溪县安全生产委员会办公室", "县安委办", UnitKind.COMMITTEE_OFFICE, county)
    chemicals = (Sector.CHEMICALS, Sector.INDUSTRY)
    bureau = unit("澄溪县应急管理局", "县应急管理局", UnitKind.DEPARTMENT, county, sectors=chemicals)
    building = (Sector.CONSTRUCTION, Sector.GAS)
    housing = unit("澄溪县住房和城乡建设局", "县住建局", UnitKind.DEPARTMENT, county, sectors=building)
    liuxi = unit("柳溪镇人民政府", "柳溪镇", UnitKind.TOWN, town)
    plant = unit("云帆化工有限公司", "云帆化工", UnitKind.ENTERPRISE, town)
    other_office = unit("远山县安全生产委员会办公室", "远山县安委办", UnitKind.COMMITTEE_OFFICE, other_county)

    committee = org.form_body(name="澄溪县安全生产委员会", kind=BodyKind.COMMITTEE, region=county, office=office, **to)
    for member in (bureau, housing, liuxi):
        org.add_member(body=committee, unit=member, **to)

    cast = Cast(city, county, other_county, committee)

    def join(key: str, name: str, where: Unit, role: Role, title: str = "", sectors: tuple[str, ...] = ()) -> None:
        cast.people[key] = _appoint_newcomer(key, name, where, role, title, sectors, now)

    def also(key: str, whom: str, role: Role, sectors: tuple[str, ...] = ()) -> None:
        person, where = cast.people[whom].person, cast.people[whom].unit
        post = org.appoint(person=person, unit=where, role=role, sectors=sectors, valid_from=IN_OFFICE_SINCE, **to)
        cast.people[key] = Acting(person, post)

    join("governor", "高远", government, Role.GOVERNMENT_LEADER, "副县长")
    join("office", "安宁", office, Role.COMMITTEE_OFFICER, "安委办科员")
    join("chief", "主策", office, Role.COMMITTEE_CHIEF, "安委办主任")
    join("bureau_officer", "应勤", bureau, Role.UNIT_OFFICER, "危化科科员")
    join("bureau_leader", "应明", bureau, Role.UNIT_LEADER, "局长")
    also("regulator", "bureau_officer", Role.REGULATOR, (Sector.CHEMICALS,))
    also("regulator_chief", "bureau_leader", Role.REGULATOR_CHIEF, (EVERY_SECTOR,))
    join("housing_officer", "住安", housing, Role.UNIT_OFFICER, "质安站科员")
    join("housing_leader", "住成", housing, Role.UNIT_LEADER, "局长")
    join("town", "柳青", liuxi, Role.UNIT_OFFICER, "安全专干")
    join("plant_officer", "云安", plant, Role.SAFETY_OFFICER, "安全科长")
    join("plant_head", "云帆", plant, Role.ENTERPRISE_HEAD, "总经理")
    join("system_administrator", "管系", government, Role.SYSTEM_ADMINISTRATOR)
    join("security_administrator", "管密", government, Role.SECURITY_ADMINISTRATOR)
    join("audit_administrator", "管审", government, Role.AUDIT_ADMINISTRATOR)
    join("outsider", "远客", other_office, Role.COMMITTEE_OFFICER, "安委办科员")
    return cast


def _appoint_newcomer(
    key: str, name: str, unit: Unit, role: Role, title: str, sectors: tuple[str, ...], now: datetime
) -> Acting:
    from zhiben.core.accounts import services as accounts
    from zhiben.core.org import services as org

    accounts.open_account(username=key, password=f"{key}-walks-in-2026", by=FOUNDER, now=now)
    person = org.register_person(name=name, username=key, by=FOUNDER, now=now)
    post = org.appoint(
        person=person,
        unit=unit,
        role=role,
        title=title,
        sectors=sectors,
        valid_from=IN_OFFICE_SINCE,
        by=FOUNDER,
        now=now,
    )
    return Acting(person, post)
