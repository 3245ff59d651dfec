"""Who can see a record, said to the people who look at it. The rule itself is `scope`."""

from typing import Any

from zhiben.core.org.models import Region
from zhiben.core.org.paths import ancestors

from .scope import Confidentiality, Scoped


def seen_by(record: Any) -> list[str]:
    """One sentence for each way in which somebody sees it; empty for records without scope columns. A unit is called
    承办 or 交办 only where the model's own ways of looking speak of that.

    Two queries at most.
    """
    if not isinstance(record, Scoped):
        return []
    is_assigned = record.perspectives is Scoped.perspectives
    sentences = []
    for name in ("responsible_unit", "supervising_unit"):
        if unit := getattr(record, name):
            label = getattr(record._meta.get_field(name), "verbose_name", "") if is_assigned else ""
            sentences.append(f"{label}{unit}的在岗人员")
    restricted = record.confidentiality != Confidentiality.ORDINARY
    regions = Region.objects.filter(path__in=ancestors(record.region_path)).order_by("path")
    names = "、".join(region.name for region in regions)
    if names:
        who = "有权知悉的负责人" if restricted else "党委政府、安委办和分管这一行业的部门"
        sentences.append(f"{names}{who}")
    if restricted:
        sentences.append("这是限知悉的记录，其他岗位看不到，也搜不到")
    return sentences
