"""What duties, lists, parties and classes show on the page of an enterprise."""

from zhiben.core.web.pages.record import Panel

from ..panels import register
from . import duties, lists

register(
    Panel("企业责任落实", "registry/panels/duties.html", duties.duties_panel),
    Panel("所在清单", "registry/panels/lists.html", lists.lists_panel),
)
