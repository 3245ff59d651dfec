"""Makes small documents of every kind for the tests."""

import io
import zipfile
from collections.abc import Sequence

import docx
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from PIL import Image, ImageDraw, ImageFont

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
TypedLine = tuple[float, float, float, str]  # x and y of the baseline from the page's foot, size, text (all in points)


def pdf(pages: Sequence[Sequence[TypedLine]], drawings: Sequence[str] = ()) -> bytes:
    """A PDF set in a Chinese font that is named and not embedded; A4, 595 × 842 points."""
    objects: list[bytes] = [b"", b""]  # catalogue and page tree, filled in below

    def add(body: bytes) -> int:
        objects.append(body)
        return len(objects)

    font = add(
        b"<</Type/Font/Subtype/Type0/BaseFont/STSong-Light/Encoding/UniGB-UCS2-H/DescendantFonts[<</Type/Font"
        b"/Subtype/CIDFontType0/BaseFont/STSong-Light/DW 1000/CIDSystemInfo<</Registry(Adobe)/Ordering(GB1)"
        b"/Supplement 2>>/FontDescriptor<</Type/FontDescriptor/FontName/STSong-Light/Flags 4/ItalicAngle 0"
        b"/Ascent 880/Descent -120/CapHeight 880/StemV 80/FontBBox[0 -120 1000 880]>>>>]>>"
    )
    kids = []
    for number, lines in enumerate(pages):
        drawing = drawings[number] if number < len(drawings) else ""
        typed = "".join(
            f"BT /F1 {size} Tf 1 0 0 1 {x} {y} Tm <{text.encode('utf-16-be').hex()}> Tj ET\n"
            for x, y, size, text in lines
        )
        content = (drawing + "\n" + typed).encode()
        stream = add(b"<</Length %d>>stream\n%s\nendstream" % (len(content), content))
        resources = f"<</Font<</F1 {font} 0 R>>>>"
        page = f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents {stream} 0 R/Resources{resources}>>"
        kids.append(f"{add(page.encode())} 0 R")
    objects[0] = b"<</Type/Catalog/Pages 2 0 R>>"
    objects[1] = f"<</Type/Pages/Count {len(kids)}/Kids[{' '.join(kids)}]>>".encode()
    out = io.BytesIO(b"%PDF-1.4\n")
    out.seek(0, io.SEEK_END)
    places = []
    for number, body in enumerate(objects, start=1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    table = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    out.write(b"".join(b"%010d 00000 n \n" % place for place in places))
    out.write(b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, table))
    return out.getvalue()


def typeset(paragraphs: Sequence[str], *, size: float = 16, measure: int = 28, top: float = 760) -> list[TypedLine]:
    """Paragraphs with a first-line indent of two characters, broken into lines of so many characters."""
    lines, y = [], top
    for paragraph in paragraphs:
        rest, indent = paragraph, 2
        while rest:
            lines.append((70 + indent * size, y, size, rest[: measure - indent]))
            rest, indent = rest[measure - indent :], 0
            y -= size * 1.75
    return lines


def scanned_pdf(pictures: Sequence[Image.Image]) -> bytes:
    out = io.BytesIO()
    pictures[0].save(out, "PDF", save_all=True, append_images=list(pictures[1:]), resolution=150)
    return out.getvalue()


def page_picture(lines: Sequence[str]) -> Image.Image:
    """A page in the font that Pillow brings along, which has no Chinese."""
    picture = Image.new("RGB", (1240, 1754), "white")
    draw = ImageDraw.Draw(picture)
    for row, line in enumerate(lines):
        draw.text((150, 200 + 80 * row), line, fill="black", font=ImageFont.load_default(44))
    return picture


def picture_file(picture: Image.Image, file_format: str) -> bytes:
    out = io.BytesIO()
    picture.save(out, file_format)
    return out.getvalue()


def archive(members: dict[str, bytes], *, encoding: str | None = None) -> bytes:
    """A zip; with an encoding, its names are written in it and not flagged as UTF-8, as Chinese Windows does."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            entry = _ForeignName(name, encoding) if encoding else zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            file.writestr(entry, content)
    return out.getvalue()


class _ForeignName(zipfile.ZipInfo):
    def __init__(self, name: str, encoding: str) -> None:
        super().__init__(name)
        self._raw = name.encode(encoding)

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:
        return self._raw, self.flag_bits


def word(
    body: str, *, numbering: str = "", styles: str = "", extra: dict[str, bytes] | None = None, links: str = ""
) -> bytes:
    """A docx from the XML inside `w:body`, `w:numbering` and `w:styles`."""
    spaces = (
        f'xmlns:w="{WORD}" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
        'xmlns:v="urn:schemas-microsoft-com:vml" xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"'
    )
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    packages = "http://schemas.openxmlformats.org/package/2006"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{packages}/content-types"><Override PartName="/word/document.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{packages}/relationships"><Relationship Id="r1" '
        f'Type="{office}/officeDocument" Target="word/document.xml"/></Relationships>',
        "word/_rels/document.xml.rels": f'<Relationships xmlns="{packages}/relationships">{links}</Relationships>',
        "word/document.xml": f"<w:document {spaces}><w:body>{body}</w:body></w:document>",
        "word/numbering.xml": f"<w:numbering {spaces}>{numbering}</w:numbering>",
        "word/styles.xml": f"<w:styles {spaces}>{styles}</w:styles>",
    }
    members = {name: ("<?xml version='1.0' encoding='UTF-8'?>" + xml).encode() for name, xml in parts.items()}
    return archive(members | (extra or {}))


def paragraph(text: str, properties: str = "") -> str:
    return f"<w:p><w:pPr>{properties}</w:pPr><w:r><w:t xml:space='preserve'>{text}</w:t></w:r></w:p>"


def in_list(list_id: int, level: int) -> str:
    return f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{list_id}"/></w:numPr>'


def level(at: int, number_format: str, pattern: str, extra: str = "", start: int = 1) -> str:
    return (
        f'<w:lvl w:ilvl="{at}"><w:start w:val="{start}"/><w:numFmt w:val="{number_format}"/>{extra}'
        f'<w:lvlText w:val="{pattern}"/></w:lvl>'
    )


def abstract_list(abstract_id: int, *levels: str) -> str:
    return f'<w:abstractNum w:abstractNumId="{abstract_id}">{"".join(levels)}</w:abstractNum>'


def list_of(list_id: int, abstract_id: int, override: str = "") -> str:
    return f'<w:num w:numId="{list_id}"><w:abstractNumId w:val="{abstract_id}"/>{override}</w:num>'


def division_table() -> bytes:
    """A plan as offices make it: numbered by Word, with a 任务分工表 whose cells are merged both ways."""
    document = docx.Document()
    numbering = document.part.numbering_part.element
    levels = level(0, "chineseCountingThousand", "%1、") + level(1, "chineseCountingThousand", "（%2）")
    abstract = parse_xml(f'<w:abstractNum {nsdecls("w")} w:abstractNumId="90">{levels}</w:abstractNum>')
    numbering.insert(0, abstract)
    numbering.append(parse_xml(f'<w:num {nsdecls("w")} w:numId="90"><w:abstractNumId w:val="90"/></w:num>'))
    for text, at in (("总体要求", 0), ("主要任务", 0), ("开展培训行动", 1)):
        added = document.add_paragraph(text)
        properties = f'<w:numPr {nsdecls("w")}><w:ilvl w:val="{at}"/><w:numId w:val="90"/></w:numPr>'
        added._p.get_or_add_pPr().append(parse_xml(properties))
    table = document.add_table(rows=4, cols=3)
    for row, texts in enumerate(
        (("序号", "任务", "单位"), ("1", "全员培训", "县应急局"), ("2", "上门检查", ""), ("备注", "", ""))
    ):
        for column, text in enumerate(texts):
            table.cell(row, column).text = text
    table.cell(1, 2).merge(table.cell(2, 2))
    table.cell(3, 0).merge(table.cell(3, 2))
    document.add_paragraph("以上任务请抓好落实。")
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()
