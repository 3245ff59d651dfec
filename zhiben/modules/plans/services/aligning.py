"""Alignment of levels: a county's plan carries out a city's; each item may name the item above that it serves."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from zhiben.core.access.acting import Acting
from zhiben.core.access.permissions import Permission, require
from zhiben.core.audit import services as audit
from zhiben.core.refusal import Refused

from ..comparing import match
from ..models import Plan, PlanItem


@transaction.atomic
def align_plan(*, plan: Plan, upper: Plan, pairs: Mapping[int, int], by: Acting, now: datetime) -> int:
    """Set the plan above and, for each item (`pairs`: item → item above), what it carries out. Returns how many."""
    require(by, Permission.MANAGE_PLANS)
    plan = Plan.objects.select_for_update(of=("self",)).get(pk=plan.pk)
    if plan.responsible_unit_id != by.post.unit_id:
        raise Refused("这份方案由其他单位编制，请由编制单位对齐")
    if _is_below(upper, plan):
        raise Refused(f"{upper}本身以这份方案为上级，不能反过来对应")
    above = {item.pk for item in upper.current_version.items.filter(dropped=False)} if upper.current_version else set()
    items = list(plan.current_version.items.all()) if plan.current_version else []
    for item in items:
        chosen = pairs.get(item.pk)
        item.upper_id = chosen if chosen in above else None
    PlanItem.objects.bulk_update(items, ["upper"], batch_size=500)
    plan.upper = upper
    plan.save(update_fields=["upper"])
    linked = [item for item in items if item.upper_id]
    audit.append(
        record_type=plan._meta.label_lower, record_id=str(plan.pk), kind="edit", verb="align", label="对齐上级方案",
        by=by, now=now, data={"upper": upper.title, "items": {str(item.pk): item.upper_id for item in linked}},
    )  # fmt: skip
    return len(linked)


def suggested_pairs(plan: Plan, upper: Plan) -> list[tuple[PlanItem, int | None]]:
    """Each item with the item above that it serves: as it was set, else the likest by title and content."""
    if plan.current_version is None or upper.current_version is None:
        return []
    items = list(plan.current_version.items.filter(dropped=False))
    above = list(upper.current_version.items.filter(dropped=False))
    known = {item.pk for item in above}
    likest = match(above, [item for item in items if item.upper_id not in known])
    return [
        (item, item.upper_id if item.upper_id in known else (likest[item.pk].pk if item.pk in likest else None))
        for item in items
    ]


def _is_below(plan: Plan, other: Plan) -> bool:
    """Whether `plan` stands somewhere below `other`."""
    seen: set[int] = set()
    lower: Plan | None = plan
    while lower and lower.upper_id and lower.pk not in seen:
        seen.add(lower.pk)
        if lower.upper_id == other.pk:
            return True
        lower = lower.upper
    return False
