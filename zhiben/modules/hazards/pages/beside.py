"""What stands in a step's dialog above the questions: nobody judges, accepts or verifies without looking."""

from collections.abc import Mapping
from typing import Any

from zhiben.core.web.pages.at import At
from zhiben.modules.criteria.services import candidates_for, gaps
from zhiben.modules.hazards.asking import question_of
from zhiben.modules.hazards.models import Hazard
from zhiben.modules.hazards.others import also_used_in

from .photos import photos_of


def candidates_now(hazard: Hazard, at: At) -> Mapping[str, Any]:
    """The criteria that may apply, by the description, the names of the photos and the day of discovery; the one that was chosen is marked."""
    asked = question_of(hazard)
    suggestions = candidates_for(**asked)
    return {
        "hazard": hazard,
        "suggestions": suggestions,
        "before_is_listed": hazard.criterion_id in {each.criterion.pk for each in suggestions},
        "gaps": gaps(**asked),
        "photos": photos_of(hazard)["before"],
    }


def about_plan(hazard: Hazard, at: At) -> Mapping[str, Any] | None:
    plan = hazard.plans.select_related("filed_by").first()
    return {"hazard": hazard, "plan": plan, "photos": photos_of(hazard)["before"]} if plan else None


def about_rectification(hazard: Hazard, at: At) -> Mapping[str, Any]:
    """The plan, what was reported, the photos before and after side by side, and what is doubtful about them."""
    photos, doubts = photos_of(hazard), list(hazard.doubts.all())
    others = also_used_in(doubts, at.acting)
    return {
        "hazard": hazard,
        "plan": hazard.plans.filter(accepted_at__isnull=False).first(),
        "before": photos["before"],
        "after": photos["after"],
        "doubts": [(each, others.get(each.pk, ())) for each in doubts],
    }
