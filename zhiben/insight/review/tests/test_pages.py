"""The page as the cast sees it: every figure against the list that it opens, and the paper that goes out."""

import re
from datetime import date
from io import BytesIO

import pytest
from docx import Document

from zhiben.core.audit.models import AuditLine
from zhiben.core.jobs.running import run_pending
from zhiben.core.web.testing import check_page, counted
from zhiben.insight.models import ReviewHead
from zhiben.insight.review import remembering
from zhiben.insight.review.document import context_of
from zhiben.insight.review.measures import PARTS
from zhiben.insight.tests.links import Links, opened

from .conftest import at

PAGE = "/review/"
MARCH = f"{PAGE}?month=2026-03"
HEAD = {
    "number": "澄安委办〔2026〕17号", "signer": "", "to": "各乡镇人民政府", "copies_to": "市安委办",
    "issued_on": "2026-04-05", "demand_by": "2026-04-20",
}  # fmt: skip


def shown(client, address=MARCH) -> Links:
    return opened(client, address)


@pytest.mark.parametrize("query", ["", "&as=supervising&sort=rate&tasks=main"])
def test_every_number_opens_the_records_that_it_counts(cast, spring, april, query):
    spring.fire(spring.tasks["overdue"], "withdraw", cast.office, april, reason="方案调整")
    client = cast.client("office")
    numbers = {
        (address, int(words))
        for address, words in shown(client, MARCH + query).found
        if address.startswith("/review/records/") and words.strip().isdigit()
    }
    assert len(numbers) > 40
    for address, number in numbers:
        answer = client.get(address)
        assert answer.context["count"] == len(answer.context["rows"]) == number, address


def test_no_figure_stands_on_the_paper_without_its_records(cast, spring, april):
    """Every count that the sentences name is a link."""
    answer = cast.client("office").get(MARCH)
    for name in ("overall", "problems", "demands"):
        for each in answer.context[name]:
            prose = each[-1] if isinstance(each, tuple) else each
            for text, address in prose:
                if not address:
                    assert not re.search(r"(?<!增加)(?<!减少)(?<!涉及)\d+[件项](?!（)", text), text


def test_a_record_says_how_it_stood_and_how_it_stands(cast, spring, april):
    spring.extend(spring.tasks["overdue"], cast.housing_leader, date(2026, 10, 30), april)
    spring.fire(
        spring.tasks["never accepted"],
        "reassign",
        cast.office,
        april,
        responsible_unit=cast.bureau_leader.unit,
        reason="调整",
    )
    page = shown(cast.client("office"), "/review/records/?month=2026-03&as=region&figure=overdue")
    assert "办理中，逾期 40 天" in page.text
    assert "期限改为2026年10月30日" in page.text
    assert "改由县应急管理局承办" in page.text
    mine = shown(cast.client("housing_leader"), "/review/records/?month=2026-03&as=responsible&figure=overdue")
    assert "已不在本岗位的查看范围" in mine.text, "it was theirs then, and is not theirs now"


def test_a_list_of_nothing_is_not_found(cast, spring, april):
    client = cast.client("office")
    for rubbish in ("figure=x", "figure=total&unit=u999", "figure=total&unit=rubbish", ""):
        assert client.get(f"/review/records/?month=2026-03&{rubbish}").status_code == 404
    assert client.get("/review/?month=rubbish&as=rubbish&programme=rubbish").status_code == 200


def test_only_posts_that_oversee_open_it(cast, spring, april):
    addresses = [MARCH, "/review/records/?month=2026-03&figure=total", "/review/download/docx/?month=2026-03"]
    for outsider in ("plant_officer", "system_administrator"):
        for address in addresses:
            check_page(cast, address, insider="office", outsider=outsider)
    stranger = cast.client("outsider")
    assert "还没有可以调度的任务" in shown(stranger).text
    assert "柳溪镇" not in shown(stranger).text
    assert [stranger.get(address).status_code for address in addresses[1:]] == [404, 404]
    assert cast.client("plant_officer").post("/review/head/", HEAD).status_code == 404


def test_the_queries_of_the_page_are_bounded(cast, spring, april):
    client = cast.client("office")
    client.get(MARCH)
    remembering.forget()  # the first view of a month
    _, few = counted(client, MARCH)
    for acting in (cast.bureau_leader, cast.housing_leader, cast.town) * 4:
        spring.give(acting, date(2026, 3, 20), at(3, 3))
    _, many = counted(client, MARCH)
    assert many <= few


def test_the_head_is_kept_and_what_is_wrong_with_it_is_said(cast, spring, april):
    client = cast.client("office")
    answer = client.post("/review/head/?month=2026-03&as=region", {**HEAD, "demand_by": "2026-04-01"})
    assert answer.status_code == 422
    assert "整改时限不能早于成文日期" in answer.content.decode()
    assert "澄安委办〔2026〕17号" in answer.content.decode(), "what was typed is kept"
    assert client.post("/review/head/?month=2026-03&as=region", HEAD).status_code == 302
    page = shown(client).text
    assert "澄安委办〔2026〕17号" in page
    assert "于2026年4月20日前报送办结" in page
    assert "17号" not in shown(client, f"{PAGE}?month=2026-02").text, "each review has its own"
    line = AuditLine.objects.get(record_type="insight.reviewhead")
    assert (line.kind, line.data["changed"]["to"]["to"]) == ("edit", "各乡镇人民政府")
    client.post("/review/head/?month=2026-03&as=region", HEAD)
    assert ReviewHead.objects.count() == AuditLine.objects.filter(record_type="insight.reviewhead").count() == 1


def text_of(document) -> str:
    return "\n".join(paragraph.text for paragraph in document.paragraphs)


def test_the_word_file_says_what_the_figures_say(cast, spring, april):
    client = cast.client("office")
    client.post("/review/head/?month=2026-03&as=region", HEAD)
    answer = client.get("/review/download/docx/?month=2026-03&as=region")
    assert answer.status_code == 200
    document = Document(BytesIO(answer.content))
    context = context_of(spring.review("2026-03", april, perspective="region"))
    text = text_of(document)
    for sentence in (context.lead, *context.overall, context.units_lead, *context.notes):
        assert sentence in text
    for point in (*context.problems, *context.demands):
        assert point.heading in text
        assert point.text in text
    figures = context.figures
    assert f"共有任务{figures.total}件（主任务{figures.main}件、分解任务{figures.share}件）" in text
    assert f"按期办结率{figures.timeliness}（{figures.on_time}/{figures.fallen_due}）" in text
    assert "{" not in text
    by_unit = next(table for table in document.tables if table.rows[0].cells[0].text == "单位")
    rows = [[cell.text for cell in row.cells] for row in by_unit.rows]
    lines = [[int(cell) for cell in row[1:8]] for row in rows[1:-1] if row[1].isdigit()]
    total = [int(cell) for cell in rows[-1][1:8]]
    assert [sum(column) for column in zip(*lines, strict=True)] == total, "the units add up to the sum"
    assert all(line[0] == sum(line[1:]) for line in [*lines, total]), "the parts add up to the total"
    assert total == [getattr(figures, name) for name in ("total", *(part.name for part in PARTS))]
    line = AuditLine.objects.get(record_type="insight.review")
    assert (line.kind, line.data["format"], line.data["total"]) == ("export", "docx", figures.total)


@pytest.mark.needs_service("libreoffice")
def test_the_pdf_is_made_in_the_background(cast, spring, april):
    client = cast.client("office")
    answer = client.get("/review/download/pdf/?month=2026-03&as=region", follow=True)
    assert answer.status_code == 200
    run_pending()
    job = client.get(answer.request["PATH_INFO"])
    page = Links(job.content.decode())
    address = next(address for address, words in page.found if "下载" in words)
    assert b"".join(client.get(address).streaming_content).startswith(b"%PDF")
    assert AuditLine.objects.get(record_type="insight.review").data["format"] == "pdf"
