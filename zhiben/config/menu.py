"""Where each module's menu entries stand: groups follow the work of the person, not the modules of the program."""

from zhiben.config import demonstration
from zhiben.core.api import views as api
from zhiben.core.documents import pages as documents
from zhiben.core.exchange import pages as exchange
from zhiben.core.web import home, storage
from zhiben.core.web.components import pages as components
from zhiben.core.web.menu import MenuGroup
from zhiben.core.web.notices import channels
from zhiben.core.web.organisation import pages as organisation
from zhiben.core.webhooks import views as webhooks
from zhiben.insight import overview
from zhiben.insight.review import views as review
from zhiben.modules.criteria.pages import browse as criteria
from zhiben.modules.hazards.pages import menu as hazards
from zhiben.modules.plans.pages import plans
from zhiben.modules.registry.pages import classes, duties, engagements, enterprises, lists, matrix, parties
from zhiben.modules.tasks import pages as tasks

MENU: tuple[MenuGroup, ...] = (
    MenuGroup("我的工作", home.menu),
    MenuGroup("方案与任务", (*plans.menu, *tasks.menu)),
    MenuGroup("隐患治理", (*hazards.menu, *criteria.menu)),
    MenuGroup(
        "企业档案",
        (
            *enterprises.menu,
            *classes.menu,
            *duties.menu,
            *lists.menu,
            *engagements.menu,
            *parties.menu,
            *matrix.menu,
        ),
    ),
    MenuGroup("分析与报告", (*overview.menu, *review.menu)),
    MenuGroup(
        "系统",
        (
            *documents.menu,
            *organisation.menu,
            *exchange.menu,
            *channels.menu,
            *storage.menu,
            *components.menu,
            *api.menu,
            *webhooks.menu,
            *demonstration.menu,
        ),
    ),
)
