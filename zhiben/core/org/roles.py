"""The roles a post can carry. What a role may do is the matrix in `core.access.permissions`."""

from django.db import models


class Role(models.TextChoices):
    # the safety committee's office (安委办)
    COMMITTEE_OFFICER = "committee_officer", "安委办经办"
    COMMITTEE_CHIEF = "committee_chief", "安委办主任"
    # a department, town, park or village that is given work
    UNIT_OFFICER = "unit_officer", "安全经办"
    UNIT_LEADER = "unit_leader", "单位负责人"
    # a government
    GOVERNMENT_LEADER = "government_leader", "政府领导"
    # whoever supervises enterprises
    REGULATOR = "regulator", "监管人员"
    REGULATOR_CHIEF = "regulator_chief", "监管负责人"
    GRID_OFFICER = "grid_officer", "网格员"
    # an enterprise
    ENTERPRISE_HEAD = "enterprise_head", "企业主要负责人"
    SAFETY_OFFICER = "safety_officer", "安全管理员"
    WORKER = "worker", "从业人员"
    EXPERT = "expert", "安全专家"
    # 三员分立: nobody holds two of these
    SYSTEM_ADMINISTRATOR = "system_administrator", "系统管理员"
    SECURITY_ADMINISTRATOR = "security_administrator", "安全保密管理员"
    AUDIT_ADMINISTRATOR = "audit_administrator", "安全审计员"


ADMINISTRATORS = frozenset({Role.SYSTEM_ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR, Role.AUDIT_ADMINISTRATOR})

# The same function is done under another name in another kind of unit: work that climbs from a town's officer
# to the committee's office finds the officer there, and never the chief's desk.
HANDLERS = frozenset(
    {Role.COMMITTEE_OFFICER, Role.UNIT_OFFICER, Role.REGULATOR, Role.GRID_OFFICER, Role.SAFETY_OFFICER}
)
HEADS = frozenset(
    {Role.COMMITTEE_CHIEF, Role.UNIT_LEADER, Role.GOVERNMENT_LEADER, Role.REGULATOR_CHIEF, Role.ENTERPRISE_HEAD}
)


def same_function(role: Role) -> frozenset[Role]:
    """The roles which do, in their kind of unit, what `role` does in its own.

    >>> Role.UNIT_LEADER in same_function(Role.REGULATOR_CHIEF)
    True
    """
    return next((function for function in (HANDLERS, HEADS) if role in function), frozenset({role}))
