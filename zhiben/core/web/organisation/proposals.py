"""待任命: what the system administrator has put forward with a list of people, and the security administrator grants.

A whole list is confirmed at once: first what it would give to whom, then what became of each.
"""

from typing import Any

from django.contrib import messages
from django.db.models import Count, Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from zhiben.core.access.permissions import Permission, require
from zhiben.core.org import services as org
from zhiben.core.org.models import ProposedPost
from zhiben.core.org.roles import Role
from zhiben.core.web.keys import key_of
from zhiben.core.web.pages.columns import Column
from zhiben.core.web.pages.filters import Choice, RegionFilter, UnitFilter
from zhiben.core.web.pages.listing import Listing

from .pages import OrganisationPages

P = Permission
MOST_AT_ONCE = 5000
REFUSED_SHOWN = 200


class ProposalPages(OrganisationPages):
    model, name, title = ProposedPost, "proposals", "待任命"
    permission = P.APPOINT
    readers = frozenset({P.APPOINT})
    region_column = "unit__region_path"
    columns = (
        Column("person", link=True),
        Column("unit"),
        Column("role"),
        Column("title"),
        Column("proposed_by_name"),
        Column("proposed_at", kind="moment"),
    )
    filters = (Choice("role"), UnitFilter("unit"), RegionFilter(field="unit__region_path"))
    search = ("person__name", "unit__name", "unit__short_name", "title")
    sort = "pk"
    facts = (("拟任", ("person", "unit", "role", "title", "proposed_by_name", Column("proposed_at", kind="moment"))),)
    list_template = "web/organisation/proposals.html"
    empty = "系统管理员导入人员后，表中的岗位会在这里等您确认。"
    help = "这些岗位还没有生效。可以先筛选，再一次确认筛选出来的全部岗位；不该给的，筛选出来后“不予任命”。"


def review(request: HttpRequest) -> HttpResponse:
    """What confirming the filtered list would give: by role, with the number of people and units; then it is done.

    What was put forward after the page was opened (`until`) is not confirmed unseen.
    """
    require(request.acting, P.APPOINT)
    listing = Listing(ProposalPages(), request)
    rows = listing.filtered.order_by("pk")
    if request.method == "POST":
        return _decide(request, rows)
    found = rows.aggregate(until=Max("pk"), people=Count("person", distinct=True), count=Count("pk"))
    by_role = rows.order_by().values("role").annotate(count=Count("pk"), units=Count("unit", distinct=True))
    context: dict[str, Any] = {
        **found,
        "roles": [(Role(row["role"]), row["count"], row["units"]) for row in by_role.order_by("role")],
        "most": MOST_AT_ONCE,
        "query": listing.query,
        "is_filtered": listing.is_filtered,
    }
    return render(request, "web/organisation/review_proposals.html", context)


def _decide(request: HttpRequest, rows: Any) -> HttpResponse:
    until = key_of(request.POST.get("until"))
    seen = list(rows.filter(pk__lte=until)[:MOST_AT_ONCE]) if until is not None else []
    if "drop" in request.POST:
        dropped = org.drop_proposals(proposals=seen, by=request.acting, now=request.now)
        messages.success(request, f"{dropped} 个岗位不予任命。")
        return redirect("proposals:list")
    results = org.confirm_proposals(proposals=seen, by=request.acting, now=request.now)
    refused = [each for each in results if each.refusal]
    messages.success(request, f"已任命 {len(results) - len(refused)} 个岗位。")
    if not refused:
        return redirect("proposals:list")
    context = {"refused": refused[:REFUSED_SHOWN], "count": len(refused)}
    return render(request, "web/organisation/refused_proposals.html", context)
