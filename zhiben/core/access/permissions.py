"""What each role may do, whatever the record: the whole of it on one page.

A permission opens a kind of work. Which records are within reach is `scope`; who takes which step is the step table
of each module. Roles of administration follow GB/T 22239-2019 (8.1.5): those who keep the system, those who grant
rights and those who read the trail are three different persons, and none of them sees a business record.
"""

from django.db import models

from zhiben.core.org.roles import Role
from zhiben.core.refusal import Refused

from .acting import By, Machine


class Permission(models.TextChoices):
    READ_RECORDS = "read_records", "查看业务记录"
    OVERSEE_REGION = "oversee_region", "查看本辖区的记录"
    READ_RESTRICTED = "read_restricted", "查看限知悉的记录"
    EXPORT_RECORDS = "export_records", "导出业务记录"
    MANAGE_PLANS = "manage_plans", "读入、核对和发布方案"
    DISPATCH_TASKS = "dispatch_tasks", "交办任务"
    MANAGE_OBLIGATIONS = "manage_obligations", "设定定期工作"
    MANAGE_TEMPLATES = "manage_templates", "维护公文模板和版头"
    MANAGE_ENTERPRISES = "manage_enterprises", "维护企业档案"
    MANAGE_SUPERVISION = "manage_supervision", "设定监管分工和责任清单"
    REPORT_HAZARDS = "report_hazards", "登记隐患"
    MANAGE_HAZARD_RULES = "manage_hazard_rules", "设定隐患治理规则"

    MANAGE_ORGANISATION = "manage_organisation", "维护区域、单位、人员和机构"
    MANAGE_ACCOUNTS = "manage_accounts", "开设、停用账号，重置密码"
    KEEP_SYSTEM = "keep_system", "查看系统运行状况和后台作业"
    APPOINT = "appoint", "任免岗位（授权）"
    MANAGE_SECURITY = "manage_security", "解除登录锁定，强制退出登录"
    READ_TRAIL = "read_trail", "查阅全部留痕并校验"


P = Permission
_READS = {P.READ_RECORDS, P.EXPORT_RECORDS}
_SETS_UP = {P.MANAGE_PLANS, P.DISPATCH_TASKS, P.MANAGE_OBLIGATIONS, P.MANAGE_TEMPLATES}
_LOOKS_AFTER = {P.MANAGE_ENTERPRISES, P.REPORT_HAZARDS}
_SETS_RULES = {P.MANAGE_SUPERVISION, P.MANAGE_HAZARD_RULES}

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.COMMITTEE_OFFICER: frozenset(_READS | _SETS_UP | _LOOKS_AFTER | _SETS_RULES | {P.OVERSEE_REGION}),
    Role.COMMITTEE_CHIEF: frozenset(
        _READS | _SETS_UP | _LOOKS_AFTER | _SETS_RULES | {P.OVERSEE_REGION, P.READ_RESTRICTED}
    ),
    Role.UNIT_OFFICER: frozenset(_READS | _SETS_UP | _LOOKS_AFTER | {P.OVERSEE_REGION}),
    Role.UNIT_LEADER: frozenset(_READS | _SETS_UP | _LOOKS_AFTER | _SETS_RULES | {P.OVERSEE_REGION, P.READ_RESTRICTED}),
    Role.GOVERNMENT_LEADER: frozenset(_READS | {P.OVERSEE_REGION, P.READ_RESTRICTED}),
    Role.REGULATOR: frozenset(_READS | _LOOKS_AFTER | {P.DISPATCH_TASKS, P.OVERSEE_REGION}),
    Role.REGULATOR_CHIEF: frozenset(_READS | _LOOKS_AFTER | {P.DISPATCH_TASKS, P.OVERSEE_REGION, P.READ_RESTRICTED}),
    Role.GRID_OFFICER: frozenset({P.READ_RECORDS, P.OVERSEE_REGION, P.REPORT_HAZARDS}),
    Role.ENTERPRISE_HEAD: frozenset(_READS | {P.REPORT_HAZARDS}),
    Role.SAFETY_OFFICER: frozenset(_READS | {P.REPORT_HAZARDS}),
    Role.WORKER: frozenset(),
    Role.EXPERT: frozenset(),
    Role.SYSTEM_ADMINISTRATOR: frozenset({P.MANAGE_ORGANISATION, P.MANAGE_ACCOUNTS, P.KEEP_SYSTEM}),
    Role.SECURITY_ADMINISTRATOR: frozenset({P.APPOINT, P.MANAGE_SECURITY}),
    Role.AUDIT_ADMINISTRATOR: frozenset({P.READ_TRAIL}),
}


def may(by: By | None, permission: Permission) -> bool:
    """Whether the post from which `by` acts carries the permission. A machine acts for rules, and carries all."""
    if by is None:
        return False
    return isinstance(by, Machine) or permission in PERMISSIONS[by.role]


class NotPermitted(Refused):
    """The post carries no such right."""


def require(by: By | None, permission: Permission) -> None:
    if not may(by, permission):
        raise NotPermitted(f"您当前的岗位不能{permission.label}。请切换岗位，或联系安全保密管理员授权。")
