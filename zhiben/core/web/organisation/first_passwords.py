"""首次登录密码表: one-time passwords for those who have an account and have never logged in, told once as a spreadsheet.

The passwords are made when the sheet is, go straight to the administrator's machine and are kept nowhere.
"""

import io
from typing import Any
from urllib.parse import quote

import xlsxwriter
from django import forms
from django.contrib import messages
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache

from zhiben.core.access.acting import Acting
from zhiben.core.access.permissions import Permission, require
from zhiben.core.accounts import services as accounts
from zhiben.core.clock import local_day
from zhiben.core.org.models import Person, Post, ProposedPost, Unit
from zhiben.core.org.paths import within
from zhiben.core.org.roles import ADMINISTRATORS

from .pages import PersonPages
from .pickers import unit_field

P = Permission
MOST_AT_ONCE = 5000
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
HEAD = (("姓名", 14), ("单位", 36), ("登录名", 22), ("一次性密码", 26))
ADVICE = "请逐人当面交给本人，不要群发。首次登录时须修改密码。重新制表后，这份表上没有用过的密码作废。"


class UnitForm(forms.Form):
    unit = unit_field("单位", required=False, help_text="只给一个单位的人制表；不填则包括所有从未登录的人。")


@never_cache
def make(request: HttpRequest) -> HttpResponse:
    require(request.acting, P.MANAGE_ACCOUNTS)
    form = UnitForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        count = _waiting(request.acting, None).count()
        context = {"form": form, "count": count, "most": MOST_AT_ONCE}
        return render(request, "web/organisation/first_passwords.html", context, status=422 if form.errors else 200)
    people = list(_waiting(request.acting, form.cleaned_data["unit"]).select_related("user")[:MOST_AT_ONCE])
    if not people:
        messages.error(request, "没有需要制表的人：有账号的人都已登录过，或还没有开账号。")
        return redirect("organisation:first_passwords")
    users = [person.user for person in people if person.user]
    opened = accounts.issue_first_passwords(users=users, by=request.acting, now=request.now)
    content = _sheet(people, {each.user.pk: each.password for each in opened})
    response = HttpResponse(content, content_type=XLSX)
    name = f"首次登录密码表-{local_day(request.now):%Y%m%d}.xlsx"
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return response


def _waiting(acting: Acting, unit: Unit | None) -> QuerySet[Person]:
    """Who belongs, or shall belong, to a unit within reach, has an account and has never used it. The administrators'
    passwords are made only on the server."""
    here = within(acting.unit.region_path, "unit__region_path")
    of_person = {"person": OuterRef("pk")} | ({"unit": unit} if unit else {})
    posts = Post.objects.filter(here, **of_person)
    proposed = ProposedPost.objects.filter(here, **of_person)
    administers = Post.objects.filter(person=OuterRef("pk"), role__in=ADMINISTRATORS)
    return (
        PersonPages()
        .rows(acting)
        .filter(Exists(posts) | Exists(proposed), ~Exists(administers))
        .filter(user__is_active=True, user__last_login=None, user__must_change_password=True)
        .order_by("name", "pk")
    )


def _sheet(people: list[Person], passwords: dict[int, str]) -> bytes:
    unit_of: dict[int, str] = {}
    for model in (ProposedPost, Post):
        for seat in model._default_manager.filter(person__in=people).select_related("unit").order_by("pk"):
            unit_of[seat.person_id] = seat.unit.name
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet("首次登录密码")
    title = book.add_format({"bold": True, "font_size": 16, "align": "center", "valign": "vcenter"})
    head = book.add_format({"bold": True, "border": 1, "bg_color": "#EEF0F3", "align": "center"})
    cell = book.add_format({"border": 1, "valign": "vcenter"})
    code = book.add_format({"border": 1, "font_name": "Consolas", "valign": "vcenter"})
    advice = book.add_format({"text_wrap": True, "valign": "vcenter"})
    sheet.merge_range(0, 0, 0, len(HEAD) - 1, "首次登录密码表", title)
    sheet.merge_range(1, 0, 1, len(HEAD) - 1, ADVICE, advice)
    sheet.set_row(0, 30)
    sheet.set_row(1, 34)
    for at, (label, width) in enumerate(HEAD):
        sheet.set_column(at, at, width)
        sheet.write_string(2, at, label, head)
    told = [person for person in people if person.user_id in passwords]
    told.sort(key=lambda person: (unit_of.get(person.pk, ""), person.name))
    for number, person in enumerate(told, 3):
        values: tuple[Any, ...] = (person.name, unit_of.get(person.pk, ""), person.user and person.user.username)
        for at, value in enumerate(values):
            sheet.write_string(number, at, str(value), cell)
        sheet.write_string(number, len(values), passwords[person.user_id or 0], code)
    sheet.freeze_panes(3, 0)
    sheet.repeat_rows(2)
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.set_footer("&C第 &P 页，共 &N 页")
    book.close()
    return buffer.getvalue()
