"""Templates: what is refused and in which words, what the sandbox lets through, whose template counts."""

import re
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import TemplateError
from lxml import etree

from zhiben.core.documents.filling import Sandbox, filled, scope_for
from zhiben.core.documents.kinds import declared, fields_of, register, said
from zhiben.core.documents.layout.packing import unpacked
from zhiben.core.documents.letterhead import LetterheadText, letterhead_of
from zhiben.core.documents.models import DocumentTemplate
from zhiben.core.documents.package import opened
from zhiben.core.documents.services import (
    TemplateRefused,
    add_template,
    check_template,
    default_template,
    put_in_force,
    render_docx,
    template_row,
    withdraw,
)
from zhiben.core.documents.words import FILTERS
from zhiben.core.refusal import Refused

from .conftest import changed, reworded, zipped
from .notice import NOTICE, Duty, Notice, notice

HEAD = LetterheadText(*(["甲"] * 9))


def said_of(content: bytes) -> str:
    return "\n".join(map(str, check_template(NOTICE, content, sample=notice(), letterhead=HEAD)))


def text_of(docx: bytes) -> str:
    root = etree.fromstring(unpacked(docx)["word/document.xml"])
    return "\n".join("".join(paragraph.itertext("{*}t")) for paragraph in root.iter("{*}p"))


def fill(content: bytes, **changes: object) -> str:
    return text_of(filled(content, context=notice(**changes), letterhead=HEAD))


# ── what is right ────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_default_template_is_right_and_comes_out_whole():
    assert check_template(NOTICE, default_template(NOTICE), sample=notice(), letterhead=HEAD) == []
    text = fill(default_template(NOTICE))
    for words in (
        "办结率90.0%（36/40）",
        "（一）第1镇人民政府",
        "2.更新老旧电梯台账，2026年4月30日前完成。",
        "2026年4月2日印发",
    ):
        assert words in text
    assert "{" not in text
    assert "情况紧急" not in text
    assert "情况紧急。" in fill(default_template(NOTICE), urgent=True)


def test_the_same_template_and_figures_give_the_same_bytes():
    one, other = (filled(default_template(NOTICE), context=notice(), letterhead=HEAD) for _ in range(2))
    assert one == other


def test_rows_come_and_go_with_the_figures():
    table = etree.fromstring(
        unpacked(filled(default_template(NOTICE), context=notice(), letterhead=HEAD))["word/document.xml"]
    )
    assert len(list(table.iter("{*}tr"))) == 1 + 3
    assert fill(default_template(NOTICE), units=(), names=()).count("镇人民政府") == 0


def test_word_may_split_a_tag_into_runs():
    pieces = reworded(("{{ total }}", "{</w:t></w:r><w:r><w:t>{ to</w:t></w:r><w:r><w:t>tal }</w:t></w:r><w:r><w:t>}"))
    assert said_of(pieces) == ""
    assert "共有任务40项" in fill(pieces)


def test_a_title_is_cut_where_it_is_filled():
    root = etree.fromstring(
        unpacked(filled(default_template(NOTICE), context=notice(), letterhead=HEAD))["word/document.xml"]
    )
    (title,) = [
        p
        for p in root.iter("{*}p")
        if p.find("{*}pPr/{*}pStyle") is not None and p.find("{*}pPr/{*}pStyle").values()[0] == "Title"
    ]
    assert len(list(title.iter("{*}br"))) == 1


# ── what is wrong, and is said beside its words ──────────────────────────────────────────────────────────────────

WRONG = {
    "字段 {{ totl }} 不存在，是否想写 {{ total }}？": ("{{ total }}", "{{ totl }}"),
    "字段 {{ unit.nam }} 不存在，是否想写 {{ unit.name }}？": ("{{ unit.name }}", "{{ unit.nam }}"),
    "字段 {{ letterhead.isuer }} 不存在，是否想写 {{ letterhead.issuer }}？": ("{{ letterhead.issuer }}", "{{ letterhead.isuer }}"),
    "没有叫“百分率”的筛选器，是否想写“百分比”？": ("rate|百分比", "rate|百分率"),
    "全角": ("{{ total }}", "｛｛ total ｝｝"),
    "之间有空格": ("{{ total }}", "{ { total } }"),
    "没有写完整": ("{{ total }}", "{{ total }"),
    "改成英文的": ("默认('各乡镇人民政府')", "默认(‘各乡镇人民政府’)"),
    "后面没有 {% endif %}": ("{%p endif %}", "结束"),
    "前面没有对应的 {% if %}": ("{%p if urgent %}", "开始"),
    "请让 {%p … %} 独占一段": ("{%p if urgent %}", "说明{%p if urgent %}"),
    "只能写在表格里": ("{%p if urgent %}", "{%tr if urgent %}"),
    "模板里只能用 for、if": ("{{ total }}", "{% do total %}"),
    "units 是清单，不能直接写出": ("{{ total }}", "{{ units }}"),
    "是一组内容": ("{{ total }}", "{{ letterhead }}"),
    "total 不是清单，不能循环": ("for unit in units", "for unit in total"),
    "不能循环 units": ("for duty in unit.duties", "for duty in units"),
    "不能调用函数": ("{{ total }}", "{{ total() }}"),
    "不能做计算": ("{{ total }}", "{{ total * 9999999 }}"),
    "不能用方括号取值": ("{{ total }}", "{{ units[0] }}"),
    "标记的写法不对": ("{{ total }}", "{{ total | }}"),
    "筛选器“百分比”只能用于数字": ("rate|百分比", "title|百分比"),
}  # fmt: skip


@pytest.mark.parametrize("sentence", WRONG)
def test_what_is_wrong_is_said(sentence):
    assert sentence in said_of(reworded(WRONG[sentence]))


def test_it_is_said_beside_the_words_it_is_about():
    (problem,) = check_template(NOTICE, reworded(("{{ total }}", "{{ totl }}")))
    assert re.match(r"第 \d+ 段“共有任务\{\{ totl \}\}项", problem.where)
    (problem,) = check_template(NOTICE, reworded(("{{ unit.all }}", "{{ unit.al }}")))
    assert problem.where.startswith("第 1 个表格第 3 行")


ATTACKS = (
    "{{ ''.__class__.__mro__ }}", "{{ total.__class__ }}", "{{ context._x }}", "{{ self._TemplateReference__context }}",
    "{{ title.upper() }}", "{{ title.__init__ }}", "{{ units.append }}", "{{ loop }}", "{{ range(10) }}", "{{ cycler }}",
    "{% for i in range(1000000000) %}x{% endfor %}", "{% for i in 'aaaa' %}x{% endfor %}", "{% set x = 1 %}",
    "{% import 'os' as o %}", "{% include '/etc/passwd' %}", "{% macro m() %}{% endmacro %}", "{{ total is defined }}",
    "{{ 'a' * 1000000000 }}", "{{ 9 ** 999999999 }}", "{{ title|attr('__class__') }}", "{{ title|safe }}", "{{ units|map('x') }}",
    "{{ units[0].__class__ }}", "{{ letterhead.__dict__ }}", "{% for unit in units recursive %}{{ loop(units) }}{% endfor %}",
    "{{ unit.name }}", "{% filter upper %}x{% endfilter %}", "{% call x() %}{% endcall %}", "{{ total.__add__(1) }}",
)  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_reaches_beyond_the_declared_fields(attack):
    """At the upload, and, should it get past, in the sandbox."""
    content = reworded(("{{ total }}", attack.replace("&", "&amp;").replace("<", "&lt;")))
    assert said_of(content) != ""
    with pytest.raises(Refused):
        filled(content, context=notice(), letterhead=HEAD)
    with pytest.raises((Refused, TemplateError)):
        Sandbox(scope_for(Notice)).from_string(attack).render(total=1, title="x", units=[])


def test_values_are_text_and_nothing_else():
    text = fill(default_template(NOTICE), title="{{ total }}<w:p>&amp;{% endfor %}")
    assert "{{ total }}<w:p>&amp;{% endfor %}" in text


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=60), st.text(alphabet="安全𠮷𪚥\x00\x0b\x0c\x07\ud800\uffff\n\r\t<>&{}%\"' ", max_size=60))
def test_no_text_breaks_the_document(title, name):
    context = notice(title=title, names=(name,), units=(), issued_on=notice().issued_on)
    docx = filled(reworded(("共有任务", "{{ names }}")), context=context, letterhead=HEAD)
    assert opened(docx)


# ── what is brought in ───────────────────────────────────────────────────────────────────────────────────────────

RELS = b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">%s</Relationships>'
_OFFICE = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships/"


def relation(kind: bytes, target: bytes, mode: bytes = b"External") -> bytes:
    return RELS % (b'<Relationship Id="rId9" Type="%s%s" Target="%s" TargetMode="%s"/>' % (_OFFICE, kind, target, mode))


def brought(case: str) -> bytes:
    types = unpacked(default_template(NOTICE))["[Content_Types].xml"]
    return {
        "plain": lambda: b"no archive",
        "empty": lambda: b"",
        "zip": lambda: zipped({"a.txt": b"x"}),
        "encrypted": lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
        "macro": lambda: changed(**{"word/vbaProject.bin": b"x"}),
        "docm": lambda: changed(**{"[Content_Types].xml": types.replace(
            b"openxmlformats-officedocument.wordprocessingml.document.main+xml", b"ms-word.document.macroEnabled.main+xml")}),
        "picture": lambda: changed(**{"word/_rels/header9.xml.rels": relation(b"image", b"http://example.org/a.png")}),
        "template": lambda: changed(**{"word/_rels/settings.xml.rels": relation(b"attachedTemplate", b"\\\\host\\a.dotm")}),
        "ole": lambda: changed(**{"word/embeddings/oleObject1.bin": b"x"}),
        "activex": lambda: changed(**{"word/activeX/activeX1.xml": b"<a/>"}),
        "entities": lambda: changed(document=b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'),
        "broken": lambda: changed(document=b"<w:document"),
        "bomb": lambda: changed(**{"word/media/a.xml": b"<a>" + b" " * 9_000_000 + b"</a>"}),
        "large": lambda: b"PK\x03\x04" + b"\0" * (11 << 20),
        "field": lambda: reworded(("<w:t", '<w:instrText>INCLUDEPICTURE "http://x/y.png"</w:instrText><w:t')),
        "link": lambda: changed(**{"word/_rels/footer1.xml.rels": relation(b"hyperlink", b"http://example.org/")}),
    }[case]()  # fmt: skip


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("plain", "不是 Word 文档"), ("empty", "不是 Word 文档"), ("zip", "不是 Word 文档"), ("encrypted", "取消密码"),
        ("macro", "宏"), ("docm", "带宏的文档"), ("picture", "外部的图片"), ("template", "外部的模板"), ("ole", "嵌入的对象"),
        ("activex", "控件"), ("entities", "DOCTYPE"), ("broken", "已损坏"), ("bomb", "过大"), ("large", "超过 10 MB"),
        ("field", "读取外部内容的域"),
    ],
)  # fmt: skip
def test_what_may_do_harm_is_refused_in_a_sentence(case, words):
    (problem,) = check_template(NOTICE, brought(case))
    assert words in problem.sentence


def test_a_link_to_follow_is_no_harm():
    assert check_template(NOTICE, brought("link")) == []


# ── whose template counts ────────────────────────────────────────────────────────────────────────────────────────


def test_the_nearest_superior_lends_its_template(cast, now, bring, notice_kind):
    content = reworded(("共有任务", "安委办统计任务"))
    row = add_template(kind=NOTICE, unit=cast.office.unit, upload=bring(content), note="", by=cast.office, now=now)
    assert template_row(NOTICE, cast.town.unit) is None, "not yet in force"
    put_in_force(template=row, by=cast.office, now=now)
    assert template_row(NOTICE, cast.town.unit) == row
    assert "安委办统计任务40项" in text_of(render_docx(NOTICE, notice(), unit=cast.town.unit))
    own = add_template(
        kind=NOTICE, unit=cast.town.unit, upload=bring(reworded(("共有任务", "本镇任务")), by="town"), note="", by=cast.town,
        now=now,
    )  # fmt: skip
    put_in_force(template=own, by=cast.town, now=now + timedelta(hours=1))
    assert "本镇任务" in text_of(render_docx(NOTICE, notice(), unit=cast.town.unit))
    withdraw(template=own, by=cast.town, now=now + timedelta(hours=2))
    assert template_row(NOTICE, cast.town.unit) == row
    with pytest.raises(Refused, match="没有启用"):
        withdraw(template=own, by=cast.town, now=now)


def test_only_ones_own_unit_and_only_who_may(cast, now, bring, notice_kind):
    upload = bring(default_template(NOTICE))
    for by, words in ((cast.outsider, "本单位"), (cast.regulator, "岗位")):
        with pytest.raises(Refused, match=words):
            add_template(kind=NOTICE, unit=cast.office.unit, upload=upload, note="", by=by, now=now)
    with pytest.raises(TemplateRefused) as refused:
        add_template(
            kind=NOTICE, unit=cast.office.unit, upload=bring(reworded(("{{ total }}", "{{ x.y }}"))), note="", by=cast.office,
            now=now,
        )  # fmt: skip
    assert refused.value.problems
    assert not DocumentTemplate.objects.exists()


def test_a_template_that_an_upgrade_left_behind_says_so(cast, now, bring, notice_kind):
    row = add_template(
        kind=NOTICE, unit=cast.office.unit, upload=bring(default_template(NOTICE)), note="", by=cast.office, now=now
    )
    put_in_force(template=row, by=cast.office, now=now)
    with pytest.raises(TypeError):
        render_docx(NOTICE, Duty("x", notice().issued_on), unit=cast.office.unit)
    from zhiben.core.files.services import path_of

    path_of(row.file).unlink()
    with pytest.raises(Refused, match="从备份恢复"):
        render_docx(NOTICE, notice(), unit=cast.office.unit)


def test_an_unfilled_letterhead_follows_from_the_unit(cast):
    assert letterhead_of(cast.office.unit).issuer == "澄溪县安全生产委员会办公室文件"
    assert letterhead_of(cast.town.unit).printed_by == "柳溪镇人民政府"


# ── kinds and filters ────────────────────────────────────────────────────────────────────────────────────────────


def test_a_context_is_explained_or_refused():
    from dataclasses import dataclass, replace

    @dataclass(frozen=True)
    class Unexplained:
        total: int

    @dataclass(frozen=True)
    class Odd:
        total: object = said("什么")

    for context in (Unexplained, Odd):
        with pytest.raises(TypeError):
            register(replace(NOTICE, key="tests.odd", context=context))
    assert [row.path for row in fields_of(Notice)][6:8] == ["units", "unit.name"]
    assert declared(Notice)["units"].kind == "清单"


def test_every_filter_does_what_the_page_says():
    values = notice()
    context = {
        "issued_on": values.issued_on, "month": values.issued_on.replace(month=3), "rate": 0.905, "change": 2.5,
        "amount": 1234567, "total": 40, "note": "", "names": ("甲镇", "乙镇"), "units": (1,) * 13,
    }  # fmt: skip
    for each in FILTERS.values():
        if "loop" in each.example:
            assert each.function(1, 2) == each.result
            continue
        source = re.fullmatch(r"\{\{ (\w+)\|\w+(?:\((.*)\))? \}\}", each.example)
        arguments = [] if not source[2] else [int(source[2]) if source[2].isdigit() else source[2].strip("'")]
        assert str(each.function(context[source[1]], *arguments)) == each.result, each.name
