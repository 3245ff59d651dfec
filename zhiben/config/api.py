"""The interface as a whole: which module's endpoints stand where."""

from ninja import NinjaAPI

from zhiben.core.api import changes, files, me, organisation
from zhiben.core.api.door import routes_of
from zhiben.core.api.problems import answer_problems
from zhiben.core.api.reading import CarefulParser
from zhiben.modules.criteria import api as criteria
from zhiben.modules.hazards import api as hazards
from zhiben.modules.hazards.api_exchange import exchange as dual_prevention
from zhiben.modules.plans import api as plans
from zhiben.modules.registry import api as registry
from zhiben.modules.registry import list_api
from zhiben.modules.tasks import api as tasks

DESCRIPTION = (
    "治本的数据接口。在 Authorization 标头中给出令牌（Bearer zb_…），令牌由安全保密管理员发放，权限是所属岗位的权限，"
    "再按令牌的权限范围收窄。列表用游标翻页；写入须带 Idempotency-Key，重发不会办两次；"
    "时间一律带时区，金额和小数用文字表示；错误按 RFC 9457 用中文说明。"
)

api = NinjaAPI(
    title="治本数据接口",
    version="1.0.0",
    description=DESCRIPTION,
    urls_namespace="api-v1",
    openapi_url=None,
    docs_url=None,
    parser=CarefulParser(),
)
answer_problems(api)
api.add_router("/me", me.router)
api.add_router("/criteria", criteria.criteria)
api.add_router("/enterprises", registry.router)
api.add_router("/enterprise-lists", list_api.lists)
api.add_router("/list-entries", list_api.entries)
api.add_router("/hazards", hazards.hazards)
api.add_router("/look-backs", hazards.look_backs)
api.add_router("/reviews", hazards.reviews)
api.add_router("/dual-prevention", dual_prevention)
api.add_router("/tasks", tasks.tasks)
api.add_router("/obligations", tasks.obligations)
api.add_router("/occurrences", tasks.occurrences)
api.add_router("/plans", plans.plans)
api.add_router("/plan-items", plans.items)
api.add_router("/organisation/regions", organisation.regions)
api.add_router("/organisation/units", organisation.units)
api.add_router("/organisation/people", organisation.people)
api.add_router("/files", files.router)
api.add_router("/changes", changes.router)

urlpatterns = routes_of(api)
