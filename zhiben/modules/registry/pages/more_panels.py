"""What duties, lists, parties and classes show on the page of an enterprise."""

from zhiben.core.web.pages.record import Panel

from ..panels import register
from . import classes, duties, engagements, lists, parties

register(
    Panel("监管类别", "registry/panels/class.html", classes.class_panel),
    Panel("企业责任落实", "registry/panels/duties.html", duties.duties_panel),
    Panel("所在清单", "registry/panels/lists.html", lists.lists_panel),
    Panel("外包外租", "registry/panels/engagements.html", engagements.engaged_by),
    Panel("安责险", "registry/panels/policies.html", parties.policies_of),
    Panel("在其他企业承包、承租", "registry/panels/elsewhere.html", engagements.at_work_elsewhere, side=True),
)
