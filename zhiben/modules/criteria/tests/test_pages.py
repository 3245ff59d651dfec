"""Reading the criteria in the browser and through the interface."""

import re
from datetime import datetime
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from django.test import Client

from zhiben.core import clock
from zhiben.core.api.testing import caller
from zhiben.core.web.testing import counted, rows_of_book
from zhiben.modules.criteria.comparing import compare
from zhiben.modules.criteria.models import Criterion, Standard

pytestmark = pytest.mark.django_db


@pytest.fixture
def addresses(cast: Any) -> list[str]:
    first = Criterion.objects.get(key="应急管理部令第10号|第7条|(三)")
    old, new = (Standard.objects.get(doc_no=f"应急管理部令第{number}号") for number in (4, 21))
    return [
        "/criteria/",
        "/criteria/?q=积水",
        "/criteria/?trades=煤矿&found_on=2024-01-01",
        f"/criteria/{first.pk}/",
        f"/criteria/standards/{new.pk}/",
        f"/criteria/standards/{new.pk}/versions/{old.pk}/",
        "/criteria/try/?description=后厨煤气罐躺着用",
        "/criteria/candidates/?description=后厨煤气罐躺着用",
        "/criteria/checklist/?trades=工贸-粉尘涉爆&trades=消防",
    ]


def test_who_reads_records_or_reports_hazards_reads_the_criteria(cast: Any, addresses: list[str]) -> None:
    for address in addresses:
        assert Client().get(address)["Location"].startswith("/login/"), address
        answer, queries = counted(cast.client("office"), address)
        assert answer.status_code == 200, address
        assert queries <= 20, address
        assert cast.client("plant_officer").get(address).status_code == 200, address
        assert cast.client("system_administrator").get(address).status_code == 404, address


def test_what_is_not_there_is_not_found(cast: Any) -> None:
    client = cast.client("office")
    for address in (
        "/criteria/999999/", "/criteria/standards/999999/", "/criteria/standards/1/versions/999999/",
        "/criteria/checklist/pdf/?trades=消防", "/criteria/checklist/xlsx/",
    ):  # fmt: skip
        assert client.get(address).status_code == 404, address


def test_odd_parameters_break_nothing(cast: Any) -> None:
    client = cast.client("office")
    for address in (
        "/criteria/?found_on=2026-13-45", "/criteria/?page=x", "/criteria/?trades=没有",
        f"/criteria/try/?description={'长' * 3000}&criterion=²", "/criteria/candidates/?found_on=0000-00-00&description=x",
    ):  # fmt: skip
        assert client.get(address).status_code == 200, address
    assert client.get("/criteria/?q=%00").status_code == 400


def test_what_people_call_it_is_found_behind_what_the_standard_says(cast: Any) -> None:
    client = cast.client("office")
    page = client.get("/criteria/?q=钢瓶").content.decode()
    assert "液氯钢瓶" in page
    assert "因词汇“" in page
    assert "因词汇“" not in client.get("/criteria/?q=安监总管三").content.decode()
    nothing = client.get("/criteria/?q=没有这种说法的词").content.decode()
    assert "没有找到这样的情形" in nothing
    assert "这一天没有施行的标准" not in nothing


def test_a_typed_description_shows_candidates_with_their_reason(cast: Any) -> None:
    page = (
        cast.client("office")
        .get("/criteria/try/?description=塔机力矩限制器被短接&trades=房屋市政工程")
        .content.decode()
    )
    assert "各项都对得上" in page
    assert "短接" in page
    assert "还要核实" in page


def test_two_versions_stand_side_by_side() -> None:
    old, new = (list(Standard.objects.get(doc_no=f"应急管理部令第{number}号").criteria.all()) for number in (4, 21))
    pairs = compare(old, new)
    assert [pair.new for pair in pairs if pair.new] == new
    assert {pair.old for pair in pairs if pair.old} == set(old)
    assert {pair.kind for pair in pairs} >= {"added", "removed", "changed"}
    assert [pair.kind for pair in compare(new, new)] == ["same"] * len(new)


def test_a_checklist_can_be_taken_along(cast: Any) -> None:
    client = cast.client("office")
    count = Criterion.objects.filter(sector="工贸-粉尘涉爆").count()
    page = client.get("/criteria/checklist/?trades=工贸-粉尘涉爆").content.decode()
    assert f"共 {count} 条" in page
    assert re.search(r"<dt>找</dt><dd><div>[^<]+、[^<]+</div>", page)
    assert "<dt>量</dt><dd><div>" in page
    assert "<dt>查</dt><dd><div>" in page
    book = client.get("/criteria/checklist/xlsx/?trades=工贸-粉尘涉爆").content
    assert len([row for row in rows_of_book(book) if row[0].strip().isdigit()]) == count
    document = client.get("/criteria/checklist/docx/?trades=工贸-粉尘涉爆").content
    assert "怎么查" in ZipFile(BytesIO(document)).read("word/document.xml").decode()
    assert (
        "这一天没有施行的标准"
        in client.get("/criteria/checklist/?trades=工贸-粉尘涉爆&found_on=1999-01-01").content.decode()
    )


def test_the_interface_judges_and_keeps_nothing(cast: Any, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "machine_now", lambda: now)
    ask = caller(cast.office, "criteria:read", now=now)
    answer = ask.get("/criteria/judge", description="塔机力矩限制器被短接", found_on="2026-11-21").json()
    assert answer["candidates"][0]["kind"] == "match"
    assert answer["gaps"] == []
    assert ask.get("/criteria/judge", description="x").status_code == 422
    listed = ask.get("/criteria", sector="煤矿", in_force_on="2024-01-01").json()
    assert {each["doc_no"] for each in listed["items"]} == {"应急管理部令第4号"}
    assert caller(cast.chief, "tasks:read", now=now).get("/criteria").status_code == 403
