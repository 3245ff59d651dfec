"""What the registry does in the background."""

from typing import Any

from django.urls import reverse

from zhiben.core.access.acting import Acting
from zhiben.core.jobs.services import Running, job
from zhiben.core.refusal import Refused

from .class_rules import changing_refusal
from .classing import classify_region, is_needed, try_rule
from .dividing import follow_supervision
from .models.classing import ClassRule
from .reminding import remind


@job("registry.follow_supervision", attempts=5)
def follow(running: Running, *, sector: str, region_path: str) -> dict[str, Any]:
    """Enterprises come under the unit that the matrix names today."""
    moved = follow_supervision(
        sector=sector, region_path=region_path, by=running.by, now=running.now, progress=running.progress
    )
    return {"moved": moved}


@job("registry.remind", attempts=5)
def tell_what_ends(running: Running) -> dict[str, Any]:
    """Today's round of what ends soon in enterprises."""
    return {"things": remind(running.now)}


@job("registry.classify", attempts=5)
def classify(running: Running, *, region_path: str, sector: str) -> dict[str, Any]:
    """Enterprises come into the class that the rules and overrides of today give them."""
    if not is_needed():
        return {"summary": "没有生效的分级规则，没有计算。"}
    changed = classify_region(
        region_path=region_path, sector=sector, by=running.by, now=running.now, progress=running.progress
    )
    return {
        "summary": f"监管类别已计算完，有 {changed} 家企业的类别变了。",
        "next": [{"label": "看各区域的监管类别", "address": reverse("classing:table")}],
    }


@job("registry.try_rule", attempts=3)
def try_one(running: Running, *, rule: int) -> None:
    """What a draft would change, kept with the draft for whoever decides about it."""
    draft = ClassRule.objects.select_related("unit").filter(pk=rule, valid_from=None).first()
    by = running.by
    if draft is None or not isinstance(by, Acting):
        raise Refused("这版规则已生效或已删除，不用试算。")
    if refusal := changing_refusal(draft, by):
        raise Refused(refusal)
    found = try_rule(rule=draft, now=running.now, progress=running.progress)
    with running.finishing() as outcome:
        ClassRule.objects.filter(pk=draft.pk, valid_from=None).update(preview=found)
        moved = sum(change["count"] for change in found["changes"] if change["from"] != change["to"])
        outcome.result = {
            "summary": f"试算完成：涉及 {found['total']} 家企业，其中 {moved} 家的类别会变。",
            "next": [{"label": "看试算结果", "address": draft.get_absolute_url()}],
        }
