"""The styles, fonts and settings of an official document. An office that edits a template in Word finds them by name."""

from lxml import etree

from . import standard as s
from .word import W, fonts, paragraph, run, size, w, xml

NAMES = {
    "Body": "公文正文",
    "Corner": "份号密级紧急程度",
    "IssuerMark": "发文机关标志",
    "Number": "发文字号",
    "Title": "公文标题",
    "To": "主送机关",
    "Heading1": "heading 1",
    "Heading2": "heading 2",
    "Heading3": "heading 3",
    "Heading4": "heading 4",
    "Enclosures": "附件说明",
    "SignedBy": "发文机关署名",
    "SignedOn": "成文日期",
    "PlainBy": "不盖章的署名",
    "PlainOn": "不盖章的日期",
    "Note": "附注",
    "AnnexMark": "附件序号",
    "AnnexTitle": "附件标题",
    "Caption": "表题图题",
    "Cell": "表格文字",
    "HeadCell": "表头文字",
    "Picture": "图片",
    "Colophon": "版记",
    "ColophonRule": "版记分隔线",
    "PageNumber": "页码",
}
"""Id → name. What is settled by the length of a text is found by name: WPS gives styles other ids."""


def styles() -> bytes:
    double = {"firstLineChars": 200, "firstLine": s.characters(2)}
    root = w(
        "styles",
        w(
            "docDefaults",
            w("rPrDefault", w("rPr", fonts(s.FANG), *size(s.SIZE_3), _language())),
            w("pPrDefault", w("pPr", w("spacing", before=0, after=0))),
        ),
        w(
            "style",
            w("name", val="Normal"),
            w("qFormat"),
            w("pPr", w("widowControl", val=0), w("autoSpaceDE", val=0), w("autoSpaceDN", val=0), w("snapToGrid", val=0), _spacing(), w("jc", val="both")),
            w("rPr", fonts(s.FANG), w("spacing", val=s.CLOSER), *size(s.SIZE_3), _language()),
            type="paragraph",
            default=1,
            styleId="Normal",
        ),
        _table_style(),
        _style("Body", w("ind", **double)),
        _style("Corner", font=s.HEI),
        _style("IssuerMark", w("keepNext"), w("jc", val="center"), font=s.SONG_TITLE, points=s.MARK_SIZE, red=True),
        _style("Number", w("jc", val="center")),
        _style("Title", w("keepNext"), w("keepLines"), w("jc", val="center"), font=s.SONG_TITLE, points=s.SIZE_2),
        _style("To", w("jc", val="left")),
        *(
            _style(f"Heading{level}", w("keepNext"), w("ind", **double), w("outlineLvl", val=level - 1), font=font)
            for level, font in ((1, s.HEI), (2, s.KAI), (3, s.FANG), (4, s.FANG))
        ),
        _style("Enclosures", w("jc", val="left")),
        _style("SignedBy", w("keepNext"), w("jc", val="right")),
        _style("SignedOn", w("jc", val="right")),
        _style("PlainBy", w("keepNext"), w("jc", val="right")),
        _style("PlainOn", w("jc", val="right")),
        _style("Note", w("ind", **double)),
        _style("AnnexMark", w("keepNext"), w("pageBreakBefore"), font=s.HEI),
        _style("AnnexTitle", w("keepNext"), w("jc", val="center"), w("outlineLvl", val=0), font=s.SONG_TITLE, points=s.SIZE_2),
        _style("Caption", w("keepNext"), w("spacing", before=120, after=60, line=400, lineRule="exact"),
               w("jc", val="center"), font=s.HEI, points=s.SIZE_4),
        _style("Cell", w("snapToGrid", val=0), w("spacing", before=30, after=30, line=360, lineRule="exact"),
               w("jc", val="left"), points=12.0),
        _style("HeadCell", w("snapToGrid", val=0), w("spacing", before=30, after=30, line=360, lineRule="exact"),
               w("jc", val="center"), font=s.HEI, points=12.0),
        _style("Picture", w("keepNext"), w("spacing", before=120, line=240, lineRule="auto"), w("jc", val="center")),
        _style("Colophon", w("snapToGrid", val=0), w("spacing", line=480, lineRule="exact"), points=s.SIZE_4),
        _style("ColophonRule", w("snapToGrid", val=0), w("spacing", line=160, lineRule="exact"), points=8.0),
        _style("PageNumber", w("snapToGrid", val=0), w("spacing", line=280, lineRule="exact"), font=s.SONG, points=s.SIZE_4),
    )  # fmt: skip
    return xml(root)


def font_table() -> bytes:
    """Each font of the standard with what may stand in for it."""
    return xml(
        w(
            "fonts",
            *(
                w("font", w("altName", val=alternates.replace(";", ",")), w("charset", val="86"),
                  w("family", val="auto"), w("pitch", val="variable"), name=font)
                for font, alternates in s.ALTERNATES.items()
            ),
        )
    )  # fmt: skip


def settings() -> bytes:
    return xml(
        w(
            "settings",
            w("zoom", percent=100),
            w("evenAndOddHeaders"),
            w("drawingGridVerticalSpacing", val=s.LINE // 2),
            w("characterSpacingControl", val="compressPunctuation"),
            w("compat", w("spaceForUL"), w("balanceSingleByteDoubleByteWidth"), w("doNotLeaveBackslashAlone"),
              w("ulTrailSpace"), w("doNotExpandShiftReturn"), w("adjustLineHeightInTable"), w("useFELayout"),
              w("compatSetting", name="compatibilityMode", uri="http://schemas.microsoft.com/office/word", val=15)),
            w("themeFontLang", val="en-US", eastAsia="zh-CN"),
        )
    )  # fmt: skip


def footer(side: str) -> bytes:
    """“— 1 —”, one character in from the outer edge: right on odd pages, left on even ones (7.5)."""
    number = [
        w("r", w("fldChar", fldCharType="begin")),
        w("r", _instruction(" PAGE ")),
        w("r", w("fldChar", fldCharType="separate")),
        run("1"),
        w("r", w("fldChar", fldCharType="end")),
    ]
    one = round(s.SIZE_4 * 20)
    indent = w("ind", right=one, left=0) if side == "right" else w("ind", left=one, right=0)
    dash = w("rFonts", hint="eastAsia")
    line = paragraph("PageNumber", run("— ", dash), *number, run(" —", dash), properties=(indent, w("jc", val=side)))
    return xml(w("ftr", line))


def _instruction(text: str) -> etree._Element:
    element = w("instrText")
    element.text = text
    return element


def _language() -> etree._Element:
    return w("lang", val="en-US", eastAsia="zh-CN", bidi="ar-SA")


def _spacing() -> etree._Element:
    return w("spacing", before=0, after=0, line=s.LINE, lineRule="exact")


_ORDER = (
    "keepNext",
    "keepLines",
    "pageBreakBefore",
    "widowControl",
    "snapToGrid",
    "spacing",
    "ind",
    "jc",
    "outlineLvl",
)


def _style(
    style: str, *properties: etree._Element, font: str = s.FANG, points: float = s.SIZE_3, red: bool = False
) -> etree._Element:
    ordered = sorted(properties, key=lambda each: _ORDER.index(each.tag.removeprefix(f"{{{W}}}")))
    return w(
        "style",
        w("name", val=NAMES[style]),
        w("basedOn", val="Normal"),
        w("next", val="Body") if style.startswith(("Heading", "Title", "To")) else None,
        w("qFormat"),
        w("pPr", *ordered) if ordered else None,
        w("rPr", fonts(font), w("color", val=s.RED) if red else None,
          w("spacing", val=0) if points != s.SIZE_3 else None,
          w("w", val=round(s.MARK_WIDTH * 100)) if style == "IssuerMark" else None, *size(points)),
        type="paragraph",
        styleId=style,
    )  # fmt: skip


def _table_style() -> etree._Element:
    margins = w("tblCellMar", w("left", w=70, type="dxa"), w("right", w=70, type="dxa"))
    return w(
        "style",
        w("name", val="Normal Table"),
        w("uiPriority", val=99),
        w("tblPr", w("tblInd", w=0, type="dxa"), margins),
        type="table",
        default=1,
        styleId="TableNormal",
    )
