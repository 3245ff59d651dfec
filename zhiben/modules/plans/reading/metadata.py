"""The document's own facts: title, number, who signed it and when, the years it covers."""

import re
from datetime import date

from zhiben.core.text.dates import date_expressions, month_end

from .document import Document
from .ledger import MetadataReading, Span
from .vocabulary import PLAN_TITLE

OWN_TITLE = 0.95  # the confidence of a title that stands on a line of its own
_TITLE_END = re.compile(
    r"(?:方案|计划|清单|意见|要点|办法|措施|分工|台账|(?:分工|任务|分解|责任|进度|一览)表)(?:\(.{1,24}\))?(?:\(20\d\d年?[-—–~至]{1,2}20\d\d年?\))?$"
)
_PERIOD_LINE = re.compile(r"\(?20\d\d年?[-—–~至]{1,2}20\d\d年?\)?|\((?:试行|征求意见稿|送审稿|讨论稿|印发稿)\)")
_NOT_TITLE = re.compile(
    r"[。;!?,]|^(?:为|根据|按照|现将|经|请|各|附|结合|当前|时间|来源|索引|主题|标题|名称|发文|信息|首页|关键词)|^[一二三四五六七八九十]+、|已经|印发给|:"
)
_NOTICE_TITLE = re.compile(r"关于.{2,120}的?(?:通知|函|意见)$")
_ISSUED = re.compile(r"(?:印发|下发|发布|转发)(?:了)?《(?P<title>[^《》]{4,90}?)》")
_YEARS = re.compile(r"(?P<first>20\d\d)年?(?:1月(?:1日)?)?(?:[-—–~]{1,2}|至|到)(?P<last>20\d\d)(?:年|(?=[)〉》]))")
# 自2024年5月开始,至2026年12月结束; 从即日起至2026年12月: a range in words.
_FROM_TO = re.compile(
    r"(?:自|从)?(?:(?P<first>20\d\d)年\d{1,2}月(?:\d{1,2}日|底|初)?|即日)(?:起|开始|启动){1,2},?(?:到|至)(?P<last>20\d\d)年"
)
_DOC_NO = re.compile(r"(?P<value>[一-鿿]{1,14}[〔\[(【](?P<year>20\d\d)[〕\])】]第?\d{1,5}号)")
_LABELLED = r"(?:^|(?<=[\n|]))[^\n:|]{{0,0}}(?:{words})(?:[:|]|(?=[一-鿿\d]))[|: ]*"
_DOC_NO_LABEL = re.compile(r"(?:发文字号|文件编号|文件字号|发文文号|公文字号|公文文号|文号|字号|编号)[:|]{0,3}\s?")
_DATE_LABEL = re.compile(
    r"(?:发文日期|成文日期|成文时间|发文时间|印发日期|印发时间|签发日期|生成日期|制发日期|落款日期)[:|]{0,3}\s?"
)
_ISSUER_LABEL = re.compile(
    r"(?:发文机关|发文单位|制发机关|发文机构|发布机构|发布机关|发布单位|公开责任部门|信息来源|制定机关)[:|]{0,3}\s?"
)
_BODY_END = "(?:委员会|委员会办公室|安委会|安委办|办公室|政府|管委会|局|厅|部|公司|集团|厂|矿|中心|院|学校|大学|中学|小学|学院|幼儿园|医院|领导小组|指挥部|街道办事处|办事处|支队|大队|站|社|党委|银行|所)"
_SIGNED = re.compile(
    rf"(?P<body>(?!年\)|号)[一-鿿][一-鿿()]{{2,35}}?{_BODY_END})(?P<seal>\(?(?:盖章|印章|代章|公章)?\)?)\n?(?P<date>(?:20\d\d|二[〇○零一二三四五六七八九]{{3}})年[\d一二三四五六七八九十]{{1,3}}月[\d一二三四五六七八九十]{{1,3}}日)(?![前起至以-]|发|,|之)"
)
_ONLY_DATE = re.compile(
    r"(?:20\d\d|二[〇○零一二三四五六七八九]{3})年[\d一二三四五六七八九十]{1,3}月[\d一二三四五六七八九十]{1,3}日"
)
_BODY = re.compile(rf"[一-鿿()]{{2,36}}?{_BODY_END}(?!办公室|委员会)(?:\(?(?:盖章|章)\)?)?")
_BY_TITLE = re.compile(r"^(?P<body>[一-鿿()]{3,36}?)(?:关于)(?:印发|下发|转发|做好|开展|组织|深入|认真)")
_RED_HEAD = re.compile(rf"^(?P<body>[一-鿿()]{{3,36}}{_BODY_END})(?:文件|便函)$")


def _reading(document: Document, span: Span, confidence: float, value: str | None = None) -> MetadataReading:
    return MetadataReading(
        value if value is not None else document.printed(*span), span=document.origin(*span), confidence=confidence
    )


def title_of(document: Document, head_end: int) -> MetadataReading | None:
    """The plan's own title before `head_end`; else what was issued (印发《…》); else the notice's."""
    spans = list(document.paragraphs(0, head_end))
    found = _own_title(document, spans)
    if found:
        return _reading(document, found, OWN_TITLE)
    text = document.text
    if issued := _ISSUED.search(text, 0, max(head_end, 1500)):
        return _reading(document, issued.span("title"), 0.85)
    spans = list(document.pieces(0, min(head_end, 6000)))
    if found := _own_title(document, spans):
        return _reading(document, found, 0.75)
    for start, end in spans:
        if _NOTICE_TITLE.search(text[start:end]) and len(text[start:end]) <= 120:
            return _reading(document, (start, end), 0.7)
    opening = re.match(
        r"[^\n。,;]{4,70}?(?:方案|计划)(?:\([^()]{2,20}\))?(?=为|根据|按照|一、|第一|[一-鿿]{4,36}20\d\d年\d)",
        text[:300],
    )
    return _reading(document, opening.span(), 0.6) if opening else None


def _own_title(document: Document, spans: list[Span]) -> Span | None:
    """The last line before the text that reads like a plan's title, with the line of its years.

    A title broken over two lines is taken whole.
    """
    text = document.text
    for index in range(len(spans) - 1, -1, -1):
        start, end = spans[index]
        line = text[start:end]
        if len(line) > 90 or _NOT_TITLE.search(line) or not _TITLE_END.search(line):
            continue
        if index + 1 < len(spans) and _PERIOD_LINE.fullmatch(text[slice(*spans[index + 1])]):
            end = spans[index + 1][1]
        before = text[slice(*spans[index - 1])] if index else ""
        if before and len(line) <= 20 and not _NOT_TITLE.search(before) and _is_title_part(before, line):
            start = spans[index - 1][0]
        if _NOTICE_TITLE.search(text[start:end]):
            continue
        return start, end
    return None


def _is_title_part(before: str, line: str) -> bool:
    """XX县安全生产治本攻坚三年 + 行动方案: the first half of a title, not a document number or a heading."""
    if (
        len(before) > 40
        or _DOC_NO.search(before)
        or _TITLE_END.search(before)
        or before.endswith(("文件", "号", "通知", ")", "日"))
    ):
        return False
    return ("安全" in before or "三年" in before or before.endswith(("公司", "委员会", "政府", "集团", "厂"))) and (
        "安全" not in line or len(line) <= 20
    )


def notice_title(document: Document, limit: int) -> Span | None:
    """The title of the notice that carries the plan (X关于印发…的通知)."""
    for start, end in document.pieces(0, limit):
        if (
            end - start <= 130
            and "关于" in document.text[start:end]
            and document.text[start:end].endswith(("通知", "函"))
        ):
            return start, end
    return None


def document_number_of(document: Document, head_end: int) -> MetadataReading | None:
    """The document's own number: after its label, or alone on its line; never one that is only cited."""
    text = document.text
    limit = min(len(text), max(head_end, 400))
    for label in _DOC_NO_LABEL.finditer(text, 0, limit):
        if found := _DOC_NO.match(text, label.end()):
            return _reading(document, found.span("value"), 0.95)
    for found in _DOC_NO.finditer(text, 0, limit):
        start, end = found.span("value")
        year = found.start("year") - 1
        start = max((at for at in range(start, year) if document.mapped.offsets[at] in document.gaps), default=start)
        alone = (start == 0 or text[start - 1] == "\n" or document.mapped.offsets[start] in document.gaps) and (
            end >= len(text)
            or text[end] == "\n"
            or document.mapped.offsets[end] in document.gaps
            or text.startswith("关于", end)
        )
        if alone:
            return _reading(document, (start, end), 0.9)
        if (noticed := text.rfind("的通知", start, year)) >= 0:  # all on one line: …的通知X安〔2024〕8号各单位:
            return _reading(document, (noticed + 3, end), 0.8)
        after_head = re.search(r"文件$", text[max(0, start - 2) : start])
        inner = re.search(r"文件(?P<value>[一-鿿]{1,10}[〔\[]20\d\d[〕\]]\d{1,5}号)", text[start:end])
        if after_head or inner:
            begin = start + inner.start("value") if inner else start
            return _reading(document, (begin, end), 0.8)
    return None


def signature_of(document: Document, head_end: int) -> tuple[MetadataReading | None, MetadataReading | None]:
    """The signing body and the day, from the foot of the notice or of the plan."""
    text = document.text
    regions = [(0, head_end), (max(head_end, len(text) - 1500), len(text))]
    for start, end in regions:
        for found in _SIGNED.finditer(text, start, end):
            if not _stands_alone(document, found):
                continue
            body = found.span("body")
            return _reading(document, body, 0.95), _date_reading(document, found.span("date"), 0.95)
    for start, end in regions:
        for begin, stop in document.paragraphs(start, end):
            if _ONLY_DATE.fullmatch(text, begin, stop):
                return None, _date_reading(document, (begin, stop), 0.9)
    return None, None


_OPENS_TEXT = re.compile("根据|按照|为(?:了|深入|认真|贯彻|进一步|全面|切实|扎实|有效|做好)")


def _stands_alone(document: Document, found: re.Match[str]) -> bool:
    """A signature begins its line (or follows a gap, or the end of the last sentence) and ends it.

    Where the whole text is on one line, what follows stands where the next line stood.
    """
    start, end = found.start("body"), found.end()
    text, offsets, gaps = document.text, document.mapped.offsets, document.gaps
    begins = start == 0 or text[start - 1] in "\n。" or offsets[start] in gaps
    begins = begins or text[max(0, start - 2) : start] == "年)"  # …方案(2024—2026年)某县安委会2024年3月5日根据…
    if begins and _OPENS_TEXT.match(text, end):
        return True
    if begins and start and text[start - 1] == "。" and text.count("\n", 0, 3000) < 5:
        return True
    return begins and (end >= len(text) or text[end] == "\n" or offsets[end] in gaps or text[end] in "附(一抄")


def _date_reading(document: Document, span: Span, confidence: float) -> MetadataReading | None:
    for found in date_expressions(document.text[slice(*span)], default_year=2024):
        if found.precision == "day" and found.year_given:
            place = (span[0] + found.start, span[0] + found.end)
            return _reading(document, place, confidence, found.end_day.isoformat())
    return None


def labelled_date(document: Document, limit: int) -> MetadataReading | None:
    """成文日期:2024年3月5日. The day a page was put online (发布日期) does not count."""
    for label in _DATE_LABEL.finditer(document.text, 0, limit):
        start = label.end()
        if reading := _date_reading(document, (start, min(start + 16, len(document.text))), 0.85):
            return reading
    return None


def issuer_of(document: Document, head_end: int, signed: MetadataReading | None) -> MetadataReading | None:
    """Signature first, then X关于印发…, the red head (X文件), the page's label."""
    if signed:
        return signed
    text = document.text
    notice = notice_title(document, head_end)
    if notice and (found := _BY_TITLE.match(text[slice(*notice)])):
        return _reading(document, (notice[0] + _after_labels(found["body"]), notice[0] + found.end("body")), 0.9)
    for start, end in document.pieces(0, min(head_end, 3000)):
        if found := _RED_HEAD.match(text[start:end]):
            return _reading(document, (start, start + found.end("body")), 0.85)
    if found := re.search(rf"(?:^|\n)(?P<body>[一-鿿()]{{3,36}}{_BODY_END})关于(?:印发|下发|转发)", text[:head_end]):
        begin, end = found.span("body")
        return _reading(document, (begin + _after_labels(found["body"]), end), 0.85)
    for label in _ISSUER_LABEL.finditer(text, 0, head_end):
        if found := _BODY.match(text, label.end()):
            return _reading(document, found.span(), 0.7)
    spans = list(document.paragraphs(max(head_end, len(text) - 600), len(text)))
    for start, end in reversed(spans[-6:]):
        if _BODY.fullmatch(text, start, end):
            return _reading(document, (start, end), 0.7)
    return None


_LABEL_WORDS = re.compile("标题|名称|主题词|题名|索引号|文号|主题分类")


def _after_labels(body: str) -> int:
    """Where the name begins in what a page's labels ran into: 主题词标题某镇人民政府.

    >>> _after_labels("主题词标题青石镇人民政府")
    5
    """
    return max((found.end() for found in _LABEL_WORDS.finditer(body)), default=0)


def period_of(document: Document, head_end: int, *, signed_year: int | None) -> tuple[date, date, Span] | None:
    """The years the plan covers: from its title or head, else the first range of years named, else one in words.

    即日 is the year of the signature.
    """
    text = document.text
    places: list[tuple[int, int]] = [(0, head_end), (0, len(text))]
    for start, end in places:
        for found in _YEARS.finditer(text, start, end):
            first, last = int(found["first"]), int(found["last"])
            if first <= last <= first + 10:
                return date(first, 1, 1), month_end(last, 12), found.span()
    for found in _FROM_TO.finditer(text):
        last = int(found["last"])
        first = int(found["first"] or (signed_year or last))
        if first <= last <= first + 10:
            return date(first, 1, 1), month_end(last, 12), found.span()
    return None


def looks_like_plan(title: MetadataReading | None) -> bool:
    """The title names a plan; a notice about something else (…报送工作的通知) is none."""
    if title is None or (title.value.rstrip("》").endswith("通知") and "印发" not in title.value):
        return False
    return PLAN_TITLE.search(title.value) is not None
