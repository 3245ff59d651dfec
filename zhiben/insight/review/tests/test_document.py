"""The paper from the default template: what is there is there with its label, what is not leaves none behind."""

from dataclasses import replace
from datetime import date
from io import BytesIO

import pytest
from docx import Document

from zhiben.core.documents.filling import filled
from zhiben.core.documents.letterhead import letterhead_of
from zhiben.core.documents.services import check_template, default_template
from zhiben.core.files.office import convert
from zhiben.insight.review.document import MONTHLY_REVIEW, MonthlyReview, context_of

from .conftest import at


@pytest.fixture
def march(spring) -> MonthlyReview:
    return context_of(spring.review("2026-03", at(4, 5)))


def paragraphs(template: bytes, context: MonthlyReview, cast) -> list[str]:
    content = filled(template, context=context, letterhead=letterhead_of(cast.office.unit))
    return [each.text for each in Document(BytesIO(content)).paragraphs if each.text.strip()]


def test_optional_lines_come_with_their_content(march, cast):
    template = default_template(MONTHLY_REVIEW)
    with_all = replace(march, signer="高远", copies_to="市安委办", contact="联系人：安宁，电话：0990-1234567")
    said = paragraphs(template, with_all, cast)
    for line in (
        f"{march.number}\t签发人：高远",
        "抄送：市安委办。",
        "（联系人：安宁，电话：0990-1234567）",
        "附件1",
        "附件2",
    ):
        assert line in said
    assert "附件：1.\t逾期任务清单" in said
    assert "2.\t下一步到期任务清单" in said

    without = replace(march, signer="", copies_to="", contact="", overdue=[])
    said = paragraphs(template, without, cast)
    assert march.number in said
    for word in ("签发人", "抄送", "联系人", "逾期任务清单", "附件1"):
        assert not any(word in line for line in said), word
    assert "附件：下一步到期任务清单" in said, "one annex has no number"
    assert "附件" in said
    assert not any("附件" in line for line in paragraphs(template, replace(without, upcoming=[]), cast))


def test_who_was_not_on_time_is_named_with_the_rate(march):
    assert march.below_all.startswith("按期办结率低于100%的单位")
    assert "柳溪镇0.0%（0/1）" in march.below_all


@pytest.mark.needs_service("libreoffice")
def test_the_template_saved_by_another_program_still_works(march, cast):
    """Other names of styles, other runs, other order of the parts."""
    template = convert(default_template(MONTHLY_REVIEW), extension="docx", to="docx", seconds=120)
    bare = replace(march, signer="", copies_to="", contact="", overdue=[], issued_on=date(2026, 4, 5))
    assert check_template(MONTHLY_REVIEW, template, sample=bare) == []
    ours = paragraphs(default_template(MONTHLY_REVIEW), bare, cast)
    assert [line.replace("\t", "") for line in paragraphs(template, bare, cast)] == [
        line.replace("\t", "") for line in ours
    ]
