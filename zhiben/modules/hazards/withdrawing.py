"""撤销: what turns out to be no hazard. It is no way round closing: whoever may not close it alone does not withdraw it
alone."""

from zhiben.core.access.acting import Acting

from .apart import own_work
from .models import Hazard


def is_for_the_closing_unit(hazard: Hazard, acting: Acting) -> str | None:
    if hazard.is_major:
        return "重大事故隐患不能直接撤销，请用「申请撤销」，由销号单位负责人审批"
    if hazard.closing_unit_id != hazard.supervising_unit_id:
        return f"这条隐患由{hazard.closing_unit}销号，请用「申请撤销」，由其负责人审批"
    return None if hazard.is_internal else own_work(hazard, acting)


def is_for_the_supervisor(hazard: Hazard, acting: Acting) -> str | None:
    if not hazard.is_major and hazard.closing_unit_id == hazard.supervising_unit_id:
        return "这条一般隐患由本单位销号，请直接用「撤销」"
    return own_work(hazard, acting)
