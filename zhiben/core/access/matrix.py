"""The role matrix as a page of documentation, made from the code that decides."""

from collections.abc import Iterable, Sequence

from zhiben.core.org.posts import ROLES_OF_KIND
from zhiben.core.org.roles import ADMINISTRATORS, HEADS, Role, same_function

from .actors import Actor, AnyOf, Members, OneLevelUp, SectorRegulator
from .permissions import PERMISSIONS, Permission

StepRow = tuple[str, str, Sequence[Role]]
"""A workflow's name, a step's label, and the roles that may take it."""


def roles_of(actor: Actor) -> list[Role]:
    """The roles that an actor's declaration speaks of; who stands in for an empty seat is not among them. An actor of
    a module's own is listed if it says `roles`."""
    if isinstance(actor, AnyOf):
        found = {role for each in actor.actors for role in roles_of(each)}
    elif isinstance(actor, OneLevelUp):
        found = {other for role in actor.roles for other in same_function(role)}
    elif isinstance(actor, SectorRegulator):
        found = {Role.REGULATOR}
    elif isinstance(actor, Members):
        found = set(HEADS)
    else:
        found = set(getattr(actor, "roles", ()))
    return [role for role in Role if role in found]


def role_matrix_markdown(steps: Iterable[StepRow] = ()) -> str:
    """Roles × permissions, roles × steps, roles × kinds of unit, as Markdown."""
    parts = [
        "# 角色权限表",
        "由程序生成，请勿手工修改。“●”表示该角色有此权限。查看范围另由记录的承办单位、交办单位、区域和行业决定。",
        "## 权限",
        _table(
            "权限", ((str(each.label), [role for role in Role if each in PERMISSIONS[role]]) for each in Permission)
        ),
    ]
    by_workflow: dict[str, list[tuple[str, Sequence[Role]]]] = {}
    for workflow, step, roles in steps:
        by_workflow.setdefault(workflow, []).append((step, roles))
    for workflow, rows in by_workflow.items():
        parts += [f"## {workflow}的步骤", _table("步骤", rows)]
    kinds = ((str(kind.label), [*roles, *_may_sit_in(kind.value)]) for kind, roles in ROLES_OF_KIND.items())
    parts += ["## 各类单位可设的岗位", _table("单位类别", kinds)]
    parts += ["## 三员分立", _SEPARATION]
    return "\n\n".join(parts) + "\n"


_SEPARATION = "\n".join(
    (
        "依据 GB/T 22239-2019 第 8.1.5 条:",
        "",
        "- 系统管理员、安全保密管理员、安全审计员由三人分别担任，一人不得兼任其中两员。",
        "- 任何一员不得同时担任业务岗位，也看不到业务记录；代理期间同样适用。",
        "- 岗位由安全保密管理员任免，不能给自己任命。",
        "- 全部任免、代理、重置密码都留痕，由安全审计员查阅。",
    )
)


def _may_sit_in(kind: str) -> list[Role]:
    return [] if kind == "enterprise" else sorted(ADMINISTRATORS)


def _table(corner: str, rows: Iterable[tuple[str, Sequence[Role]]]) -> str:
    head = f"| {corner} | " + " | ".join(str(role.label) for role in Role) + " |"
    rule = "| --- |" + " :-: |" * len(Role)
    body = (f"| {name} | " + " | ".join("●" if role in roles else "" for role in Role) + " |" for name, roles in rows)
    return "\n".join((head, rule, *body))
