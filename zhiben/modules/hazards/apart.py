"""另一个人: nobody looks over their own work. Whoever had a hand in the rectification neither accepts, verifies nor closes
it. Of a major hazard, besides: whoever ordered it does not verify it, and whoever verified it does not close it. Where the
unit has nobody else the step climbs to the unit above (`actors.Desk`); the sentences here say how it goes on."""

from collections.abc import Callable
from typing import Any

from django.db.models import Q

from zhiben.core.access.acting import Acting
from zhiben.core.org.models import Post

from .models import Hazard

Fields = list[str]
ORDERED, VERIFIED = "ordered", "verified"
GOES_ON = "；单位里没有别人的，由上一级单位的人员办理，系统已送到其待办"
WHY = {
    ORDERED: f"重大事故隐患由交办人以外的人复查，这条是您（或您代理的人）交办的，请由本单位其他人员办理{GOES_ON}",
    VERIFIED: f"重大事故隐患由复查人以外的人销号，这条是您（或您代理的人）复查的，请由本单位其他人员办理{GOES_ON}",
}


def kept_apart(record: Any, part: str = "") -> frozenset[int]:
    """Keys of the persons who may not take a step that looks over the rectification; `part`: what else, of a major
    hazard, must have been somebody else's."""
    took_part = record.took_part.get(part, ()) if part and record.is_major else ()
    return frozenset((*record.hands, *took_part))


def own_work(hazard: Hazard, acting: Acting) -> str | None:
    """Nobody judges their own work, whichever post they hold and in whose name they act; nor, from outside, that of a
    unit they belonged to while it was being rectified."""
    people = people_of(acting)
    if people & set(hazard.hands):
        return "这条隐患的整改方案、进展或整改结果是您本人报送的，请由其他人员办理"
    if acting.unit.pk == hazard.responsible_unit_id:
        return None
    there = Post.objects.filter(person__in=people, unit=hazard.responsible_unit_id)
    if there.filter(Q(valid_to=None) | Q(valid_to__gte=hazard.found_on)).exists():
        return f"您（或您代理的人）在{hazard.responsible_unit}任职或发现隐患后任过职，请由其他人员办理"
    return None


def own_work_or(part: str) -> Callable[[Hazard, Acting], str | None]:
    """`own_work`, and for a major hazard also what the same person may not have done before."""

    def refusal(hazard: Hazard, acting: Acting) -> str | None:
        if sentence := own_work(hazard, acting):
            return sentence
        return WHY[part] if people_of(acting) & kept_apart(hazard, part) else None

    return refusal


def people_of(acting: Acting) -> set[int]:
    """Who acts, and in whose name."""
    return {acting.person.pk, *([acting.on_behalf_of.pk] if acting.on_behalf_of else [])}


def lend_a_hand(record: Any, by: Acting) -> Fields:
    """Whoever has a hand in the work, and in whose name."""
    record.hands = sorted({*record.hands, *people_of(by)})
    record.save(update_fields=["hands"])  # a list: the engine saves what can be compared
    return []


def take_part(hazard: Hazard, part: str, by: Acting) -> Fields:
    """Who ordered it, or verified it, the last time."""
    hazard.took_part = {**hazard.took_part, part: sorted(people_of(by))}
    hazard.save(update_fields=["took_part"])  # as above
    return []
