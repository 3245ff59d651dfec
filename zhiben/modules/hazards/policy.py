"""Which numbers hold where: the nearest region upwards that has chosen its own, else those of the program."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from zhiben.core.access.acting import By, Machine
from zhiben.core.access.permissions import Permission, require
from zhiben.core.audit import services as audit
from zhiben.core.org.models import Region
from zhiben.core.org.paths import ancestors, contains
from zhiben.core.refusal import Refused

from .clearing import EARLIEST, LATEST
from .models import HazardPolicy

CHOSEN = tuple(field.name for field in HazardPolicy._meta.concrete_fields if field.name not in ("id", "region"))


def policy_of(region_path: str) -> HazardPolicy:
    """What holds in a region; one query."""
    return policies_of([region_path])[region_path]


def policies_of(region_paths: Iterable[str]) -> dict[str, HazardPolicy]:
    """What holds in each of these regions; one query for all."""
    paths = set(region_paths)
    around = {above for path in paths for above in ancestors(path)}
    chosen = {
        policy.region.path: policy
        for policy in HazardPolicy.objects.filter(region__path__in=around).select_related("region")
    }
    return {
        path: next((chosen[above] for above in reversed(ancestors(path)) if above in chosen), HazardPolicy())
        for path in paths
    }


@transaction.atomic
def set_policy(*, region: Region, by: By, now: datetime, **numbers: Any) -> HazardPolicy:
    """Choose numbers for a region and all below it that has none of its own; what is not named stays as it holds now.
    Records under way keep the days they were given. Raises Refused, NotPermitted."""
    require(by, Permission.MANAGE_HAZARD_RULES)
    if not isinstance(by, Machine) and not contains(by.unit.region_path, region.path):
        raise Refused("只能设定本辖区的隐患治理规则")
    if unknown := set(numbers) - set(CHOSEN):
        raise ValueError(f"a policy has no {sorted(unknown)}")
    holds = policy_of(region.path)
    policy = HazardPolicy.objects.select_for_update().filter(region=region).first()
    if policy is None:
        policy = HazardPolicy(region=region, **{name: getattr(holds, name) for name in CHOSEN})
    said = {}
    for name, value in numbers.items():
        if (before := getattr(holds, name)) != value:
            said[name] = {"from": _plain(before), "to": _plain(value)}
        setattr(policy, name, value)
    _refuse_nonsense(policy)
    policy.save()
    if said:
        audit.append(
            record_type=HazardPolicy._meta.label_lower,
            record_id=str(policy.pk),
            kind="edit",
            verb="set_policy",
            label="设定隐患治理规则",
            by=by,
            now=now,
            data={"changed": said, "region": region.name},
        )
    return policy


def _refuse_nonsense(policy: HazardPolicy) -> None:
    try:
        policy.clean_fields(exclude=("region",))
    except ValidationError as problem:
        name, messages = next(iter(problem.message_dict.items()))
        raise Refused(f"请重新填写「{_label(name)}」：{''.join(messages)}", name) from None
    if not EARLIEST <= policy.clearance_from <= LATEST:
        raise Refused("动态清零起算日应在 2000 年到 2100 年之间", "clearance_from")
    if policy.look_back_share > 100:
        raise Refused("抽取比例是百分数，应在 0 到 100 之间", "look_back_share")
    for name in ("judge_days", "plan_days", "verify_days", "general_days", "major_days", "review_days"):
        if getattr(policy, name) < 1:
            raise Refused(f"「{_label(name)}」不能小于 1，请重新填写", name)


def _label(name: str) -> str:
    field: Any = HazardPolicy._meta.get_field(name)
    return str(field.verbose_name)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
