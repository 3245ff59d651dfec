"""What duties, lists, parties and classes show on the page of an enterprise."""

from zhiben.core.web.pages.record import Panel

from ..panels import register
from . import classes, duties

register(
    Panel("监管类别", "registry/panels/class.html", classes.class_panel),
    Panel("企业责任落实", "registry/panels/duties.html", duties.duties_panel),
)
