import pytest

from zhiben.modules.plans.sources.docx import read_docx
from zhiben.modules.plans.sources.number_formats import written
from zhiben.modules.plans.sources.unreadable import Unreadable

from . import papers
from .papers import abstract_list, in_list, level, list_of, paragraph, word

OUTLINE = abstract_list(
    1,
    level(0, "chineseCountingThousand", "%1、"),
    level(1, "chineseCountingThousand", "（%2）"),
    level(2, "decimal", "%3."),
) + list_of(1, 1)


def text_of(content: bytes) -> str:
    return read_docx(content, name="方案.docx").source.text


@pytest.mark.parametrize(
    ("number", "number_format", "printed"),
    [
        (1, "chineseCounting", "一"),
        (10, "chineseCountingThousand", "十"),
        (12, "chineseCountingThousand", "十二"),
        (20, "japaneseCounting", "二十"),
        (105, "chineseCounting", "一百零五"),
        (110, "chineseCounting", "一百一十"),
        (1010, "chineseCounting", "一千零一十"),
        (23, "ideographDigital", "二三"),
        (12, "chineseLegalSimplified", "壹拾贰"),
        (3, "decimalEnclosedCircle", "③"),
        (3, "decimalFullWidth", "\uff13"),
        (4, "ideographTraditional", "丁"),
        (14, "lowerRoman", "xiv"),
        (28, "upperLetter", "BB"),
        (7, "decimalZero", "07"),
        (7, "a format nobody knows", "7"),
    ],
)
def test_word_writes_automatic_numbers_in_many_ways(number, number_format, printed):
    assert written(number, number_format) == printed


def test_automatic_numbers_are_part_of_what_is_read():
    body = "".join(
        paragraph(text, in_list(1, at))
        for text, at in (
            ("总体要求", 0),
            ("主要任务", 0),
            ("教育培训行动", 1),
            ("组织培训。", 2),
            ("2026年底前全员持证。", 2),
            ("隐患清零行动", 1),
            ("建立台账。", 2),
        )
    )
    assert text_of(word(body, numbering=OUTLINE)).split("\n") == [
        "一、总体要求",
        "二、主要任务",
        "（一）教育培训行动",
        "1. 组织培训。",
        "2. 2026年底前全员持证。",
        "（二）隐患清零行动",
        "1. 建立台账。",
    ]


def test_tasks_numbered_through_the_whole_plan_do_not_restart_under_each_action():
    through = abstract_list(
        1, level(0, "chineseCounting", "（%1）"), level(1, "decimal", "%2、", '<w:lvlRestart w:val="0"/>')
    )
    body = "".join(paragraph(str(at), in_list(1, at)) for at in (0, 1, 1, 0, 1))
    printed = text_of(word(body, numbering=through + list_of(1, 1))).split("\n")
    assert printed == ["（一）0", "1、1", "2、1", "（二）0", "3、1"]


def test_a_second_list_of_the_same_kind_goes_on_counting_unless_it_starts_anew():
    override = '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride>'
    numbering = abstract_list(1, level(0, "decimal", "%1、")) + list_of(1, 1) + list_of(2, 1) + list_of(3, 1, override)
    body = "".join(paragraph("项", in_list(list_id, 0)) for list_id in (1, 1, 2, 3, 3))
    assert text_of(word(body, numbering=numbering)).split("\n") == ["1、项", "2、项", "3、项", "1、项", "2、项"]


def test_numbers_come_from_the_style_and_can_be_switched_off_in_the_paragraph():
    styles = (
        '<w:style w:type="paragraph" w:styleId="H"><w:name w:val="heading 1"/><w:pPr><w:numPr><w:numId w:val="1"/>'
        '</w:numPr></w:pPr></w:style><w:style w:type="paragraph" w:styleId="K"><w:name w:val="own"/>'
        '<w:basedOn w:val="H"/></w:style>'
    )
    body = (
        paragraph("总则", '<w:pStyle w:val="H"/>')
        + paragraph("任务", '<w:pStyle w:val="K"/>')
        + paragraph("附件", '<w:pStyle w:val="H"/><w:numPr><w:numId w:val="0"/></w:numPr>')
    )
    numbering = abstract_list(1, level(0, "chineseCounting", "第%1条 ", '<w:pStyle w:val="H"/>')) + list_of(1, 1)
    assert text_of(word(body, numbering=numbering, styles=styles)).split("\n") == ["第一条总则", "第二条任务", "附件"]


def test_bullets_add_nothing():
    numbering = abstract_list(1, level(0, "bullet", "\uf0b7")) + list_of(1, 1)
    assert text_of(word(paragraph("责任单位：县应急局", in_list(1, 0)), numbering=numbering)) == "责任单位：县应急局"


def test_the_division_table_keeps_its_grid_and_merged_cells_come_once():
    source = read_docx(papers.division_table(), name="分工表.docx").source
    assert source.text.startswith("一、总体要求\n二、主要任务\n（一）开展培训行动\n")
    assert source.text.endswith("\n以上任务请抓好落实。")
    cells = [
        (block.row, block.column, block.row_span, block.column_span, source.text[block.start : block.end])
        for block in source.blocks
        if block.kind == "cell"
    ]
    assert cells == [
        (0, 0, 1, 1, "序号"),
        (0, 1, 1, 1, "任务"),
        (0, 2, 1, 1, "单位"),
        (1, 0, 1, 1, "1"),
        (1, 1, 1, 1, "全员培训"),
        (1, 2, 2, 1, "县应急局"),
        (2, 0, 1, 1, "2"),
        (2, 1, 1, 1, "上门检查"),
        (3, 0, 1, 3, "备注"),
    ]


def cell(content: str, properties: str = "") -> str:
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{content}</w:tc>"


def table(*rows: str) -> str:
    return "<w:tbl>" + "".join(f"<w:tr>{row}</w:tr>" for row in rows) + "</w:tbl>"


def test_a_table_inside_a_table_follows_the_one_that_holds_it():
    inner = table(cell(paragraph("甲")) + cell(paragraph("乙")))
    outer = table(cell(paragraph("外一") + inner + paragraph("外一下")) + cell(paragraph("外二")))
    source = read_docx(word(outer), name="").source
    found = [(block.table, source.text[block.start : block.end]) for block in source.blocks]
    assert found == [(0, "外一\n外一下"), (0, "外二"), (1, "甲"), (1, "乙")]


def test_a_frame_of_one_cell_is_not_a_table():
    source = read_docx(word(table(cell(paragraph("一、任务") + paragraph("1.检查。")))), name="").source
    assert [block.kind for block in source.blocks] == ["paragraph", "paragraph"]


def test_tracked_changes_are_read_as_accepted():
    body = (
        "<w:p><w:r><w:t>由</w:t></w:r><w:del><w:r><w:delText>公安局</w:delText></w:r></w:del>"
        "<w:ins><w:r><w:t>应急局</w:t></w:r></w:ins><w:moveFrom><w:r><w:t>旧处</w:t></w:r></w:moveFrom><w:r><w:t>负责</w:t></w:r></w:p>"
        "<w:p><w:pPr><w:rPr><w:del/></w:rPr></w:pPr><w:r><w:t>前半句，</w:t></w:r></w:p>" + paragraph("后半句。")
    )
    assert text_of(word(body)) == "由应急局负责\n前半句，后半句。"


def test_text_boxes_are_read_once_and_hidden_text_contents_and_field_codes_are_not():
    box = "<w:txbxContent>" + paragraph("框内文字") + "</w:txbxContent>"
    body = (
        f"<w:p><w:r><w:t>正文</w:t></w:r><w:r><mc:AlternateContent><mc:Choice Requires='wps'>{box}</mc:Choice>"
        f"<mc:Fallback><w:pict>{box}</w:pict></mc:Fallback></mc:AlternateContent></w:r></w:p>"
        + paragraph("总体要求 1", '<w:pStyle w:val="TOC1"/>')
        + "<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>隐藏</w:t></w:r><w:r><w:instrText>PAGE</w:instrText></w:r>"
        "<w:r><w:t>看得见</w:t><w:br/><w:t>换一行</w:t></w:r></w:p>"
    )
    styles = '<w:style w:type="paragraph" w:styleId="TOC1"><w:name w:val="toc 1"/></w:style>'
    assert text_of(word(body, styles=styles)) == "正文\n框内文字\n看得见\n换一行"


def test_macros_are_not_run_and_outside_links_not_followed_and_the_reader_is_told():
    link = (
        '<Relationship Id="r9" Target="http://example.invalid/x.dotm" TargetMode="External" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/attachedTemplate"/>'
    )
    opened = read_docx(word(paragraph("正文"), extra={"word/vbaProject.bin": b"macro"}, links=link), name="方案.docm")
    assert opened.source.text == "正文"
    assert any("没有运行宏" in sentence for sentence in opened.warnings)
    assert any("没有访问这些链接" in sentence for sentence in opened.warnings)


def test_entities_are_not_expanded(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("机密")
    evil = (
        f'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'
        f'<w:document xmlns:w="{papers.WORD}"><w:body><w:p><w:r><w:t>正文&x;</w:t></w:r></w:p></w:body></w:document>'
    )
    content = papers.archive(
        {"[Content_Types].xml": b"<Types>wordprocessingml</Types>", "word/document.xml": evil.encode()}
    )
    assert "机密" not in text_of(content)


@pytest.mark.parametrize("content", [b"PK\x03\x04 cut off", papers.archive({"word/other.xml": b"<a/>"})])
def test_a_damaged_document_says_what_to_do(content):
    with pytest.raises(Unreadable, match="另存为"):
        read_docx(content, name="坏.docx")


def test_a_document_of_pictures_only_says_so():
    with pytest.raises(Unreadable, match="没有文字"):
        read_docx(word("<w:p/>"), name="图.docx")
