import pytest

from zhiben.core.access.acting import Machine
from zhiben.core.access.actors import AnyOf, Holder, Named, OneLevelUp, SectorRegulator
from zhiben.core.access.matrix import role_matrix_markdown, roles_of
from zhiben.core.access.permissions import PERMISSIONS, NotPermitted, Permission, may, require
from zhiben.core.org.roles import ADMINISTRATORS, Role

BUSINESS = {Permission.READ_RECORDS, Permission.EXPORT_RECORDS, Permission.MANAGE_PLANS, Permission.DISPATCH_TASKS}


def test_every_role_has_a_line():
    assert set(PERMISSIONS) == set(Role)


def test_no_administrator_sees_or_does_business():
    for role in ADMINISTRATORS:
        assert not PERMISSIONS[role] & BUSINESS


def test_no_right_of_administration_is_shared():
    for one in ADMINISTRATORS:
        for role in set(Role) - {one}:
            assert not PERMISSIONS[one] & PERMISSIONS[role]


def test_every_permission_is_held_by_somebody():
    assert set().union(*PERMISSIONS.values()) == set(Permission)


def test_who_may_not_is_told_what_to_do(cast):
    require(cast.office, Permission.MANAGE_PLANS)
    assert may(Machine("导入"), Permission.MANAGE_PLANS)
    assert not may(None, Permission.READ_RECORDS)
    with pytest.raises(NotPermitted, match="请切换岗位"):
        require(cast.plant_officer, Permission.MANAGE_PLANS)


def test_the_roles_of_an_actor_are_those_it_names():
    either = AnyOf(Holder(Role.UNIT_OFFICER), OneLevelUp(Role.EXPERT), SectorRegulator(), Named("checker"))
    assert roles_of(either) == [Role.UNIT_OFFICER, Role.REGULATOR, Role.EXPERT]


def test_the_matrix_says_what_the_code_says():
    page = role_matrix_markdown([("任务", "接收", [Role.UNIT_OFFICER])])
    for permission in Permission:
        row = next(line for line in page.splitlines() if line.startswith(f"| {permission.label} |"))
        marks = [cell.strip() == "●" for cell in row.split("|")[2:-1]]
        assert marks == [permission in PERMISSIONS[role] for role in Role]
    assert "## 任务的步骤" in page
