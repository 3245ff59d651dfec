import pytest

from zhiben.modules.plans.sources.open import open_source
from zhiben.modules.plans.sources.unreadable import Unreadable

PLAN = "某县安全生产治本攻坚三年行动方案\n一、主要任务\n1.开展培训。2026年底前完成。（县应急局负责）\n"
TRADITIONAL = "某縣安全生產治本攻堅三年行動方案\n一、主要任務\n1.開展培訓,由縣應急管理局負責組織各單位落實責任。\n"


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("utf-8", PLAN),
        ("utf-8-sig", PLAN),
        ("utf-16", PLAN),
        ("utf-16-le", PLAN),
        ("utf-16-be", PLAN),
        ("utf-32", PLAN),
        ("gb2312", PLAN),
        ("gbk", PLAN),
        ("gb18030", PLAN + "\U00020000镕䶮"),
        ("big5", TRADITIONAL),
        ("gbk", TRADITIONAL),
        ("utf-8", TRADITIONAL),
    ],
)
def test_text_is_read_in_every_chinese_encoding(encoding, text):
    assert open_source(text.encode(encoding), "方案.txt")[0].text == text


def test_places_in_plain_text_are_places_in_the_file():
    text = "  一、任务  \n\n\n1、检查\n"
    source = open_source(text.encode(), "a.txt")[0]
    assert source.text == text
    assert source.blocks == ()


def test_windows_line_ends_become_plain_ones():
    assert open_source("一\r\n二\r三".encode(), "a.txt")[0].text == "一\n二\n三"


def test_a_few_damaged_bytes_are_marked_and_told():
    from zhiben.modules.plans.sources.open import open_each

    damaged = (PLAN * 20).encode("gb18030").replace("培".encode("gb18030"), b"\xff\xff", 1)
    (opened,) = open_each(damaged, "a.txt")
    assert "\ufffd" in opened.source.text
    assert "损坏" in opened.warnings[0]


@pytest.mark.parametrize(
    "content", [bytes(range(256)) * 50, PLAN.encode("utf-8")[1:-1].replace(b"\n", b"\x01\x02\x03")]
)
def test_what_is_not_text_is_refused_with_a_sentence(content):
    with pytest.raises(Unreadable):
        open_source(content, "方案.txt")


def test_markdown_is_kept_as_it_is():
    text = "# 方案\n\n| 序号 | 任务 |\n|---|---|\n| 1 | 检查 |\n"
    source = open_source(text.encode(), "方案.md")[0]
    assert (source.text, source.media_type) == (text, "text/markdown")


PAGE = """<!DOCTYPE html><html><head><meta charset="{charset}"><title>标题</title><style>p{{}}</style></head><body>
<nav><a href="/">首页</a></nav><script>var a = "脚本";</script>
<table class="meta"><tr><td>发文字号</td><td>某安〔2026〕2号</td></tr>
<tr><td>发文日期</td><td>2026-02-26</td></tr></table>
<div id="zoom"><p>某县安全生产治本攻坚三年行动方案</p><p><span>一、</span><b>主要</b>任务<br>1.开展&nbsp;培训。</p>
<p style="display: none">看不见</p>
<table border=1><tr><th>序号<th>任务<th>单位</tr>
<tr><td>1<td>培训<td rowspan="2">县应急局</tr><tr><td>2<td>检查</tr><tr><td colspan=3>备注</table></div>
<footer>版权所有</footer></body></html>"""


@pytest.mark.parametrize("charset", ["utf-8", "gb2312", "gbk"])
@pytest.mark.parametrize("name", ["方案.html", "方案.txt", "方案.doc"])
def test_a_web_page_is_read_without_its_furniture_whatever_its_name(charset, name):
    source = open_source(PAGE.format(charset=charset).encode(charset), name)[0]
    assert source.media_type == "text/html"
    assert "某县安全生产治本攻坚三年行动方案\n一、主要任务\n1.开展\xa0培训。" in source.text
    for furniture in ("首页", "脚本", "看不见", "版权", "标题"):
        assert furniture not in source.text
    cells = [
        (block.table, block.row, block.column, block.row_span, block.column_span, source.text[block.start : block.end])
        for block in source.blocks
        if block.kind == "cell"
    ]
    assert cells[:2] == [(0, 0, 0, 1, 1, "发文字号"), (0, 0, 1, 1, 1, "某安〔2026〕2号")]
    assert cells[4:] == [
        (1, 0, 0, 1, 1, "序号"),
        (1, 0, 1, 1, 1, "任务"),
        (1, 0, 2, 1, 1, "单位"),
        (1, 1, 0, 1, 1, "1"),
        (1, 1, 1, 1, 1, "培训"),
        (1, 1, 2, 2, 1, "县应急局"),
        (1, 2, 0, 1, 1, "2"),
        (1, 2, 1, 1, 1, "检查"),
        (1, 3, 0, 1, 3, "备注"),
    ]


def test_a_table_that_arranges_the_page_is_not_a_table():
    page = (
        "<table><tr><td><p>一、任务</p><table><tr><td>1</td><td>培训</td></tr></table></td><td>侧栏</td></tr></table>"
    )
    source = open_source(f"<html><body>{page}</body></html>".encode(), "a.html")[0]
    assert source.text == "一、任务\n1\n培训\n侧栏"
    assert [block.kind for block in source.blocks] == ["paragraph", "cell", "cell", "paragraph"]


def test_list_numbers_that_a_browser_prints_are_read():
    page = "<html><body><ol start=3><li>培训<li><p>检查</p></ol><ol type=a><li>甲</ol></body></html>"
    assert open_source(page.encode(), "a.html")[0].text == "3.培训\n4.检查\na.甲"


def test_a_page_saved_as_one_file_is_read():
    page = (
        "MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=B\r\n\r\n--B\r\n"
        'Content-Type: text/html; charset="utf-8"\r\nContent-Transfer-Encoding: 8bit\r\n\r\n'
        "<html><body><p>一、任务</p></body></html>\r\n--B--\r\n"
    )
    assert open_source(page.encode(), "方案.mht")[0].text == "一、任务"


@pytest.mark.parametrize("page", ["<html><body><script>x</script></body></html>", "<html>" + "<div>" * 5000 + "字"])
def test_a_page_that_cannot_be_read_says_so(page):
    with pytest.raises(Unreadable, match="网页"):
        open_source(page.encode(), "a.html")
