"""Pictures of the body: turned as the camera was held, without what the camera noted, no wider than the text."""

from dataclasses import dataclass
from io import BytesIO

from lxml import etree
from PIL import Image, ImageOps

from zhiben.core.refusal import Refused

from . import standard as s
from .word import NAMESPACES

_EMU = 36_000  # to a millimetre
_MOST_PIXELS = 1842
"""Across: 156 mm at 300 dots an inch; more only makes the file heavy."""
_TALLEST = 180.0
"""Millimetres: the picture and its caption on one page."""
_LARGEST = 80_000_000
"""Pixels that are opened at all."""


@dataclass(frozen=True)
class Prepared:
    content: bytes
    extension: str
    width: float
    height: float
    """Both in millimetres."""


def prepared(content: bytes) -> Prepared:
    """Raises Refused for what is no picture."""
    try:
        with Image.open(BytesIO(content)) as opened:
            if opened.width * opened.height > _LARGEST:
                raise Refused("图片太大，放不进公文。请缩小到 8000 万像素以内再用。", "picture")
            upright = ImageOps.exif_transpose(opened)
            has_edges = opened.format in ("PNG", "GIF", "BMP")  # a drawing: JPEG would smear it
            picture = upright.convert("RGBA" if has_edges and "A" in upright.getbands() else "RGB")
    except Refused:
        raise
    except Exception as damaged:  # Pillow fails in many ways on damaged files
        raise Refused("图片打不开，可能已损坏。请重新导出为 JPG 或 PNG 再用。", "picture") from damaged
    picture.thumbnail((_MOST_PIXELS, _MOST_PIXELS * 2))
    out = BytesIO()
    if has_edges:
        picture.save(out, "PNG")
    else:
        picture.save(out, "JPEG", quality=88)
    width = min(s.TEXT[0], picture.width * 25.4 / 96)
    height = width * picture.height / picture.width
    if height > _TALLEST:
        width, height = width * _TALLEST / height, _TALLEST
    return Prepared(out.getvalue(), "png" if has_edges else "jpg", width, height)


def drawing(picture: Prepared, *, relation: str, number: int, description: str) -> etree._Element:
    """The run that shows it, in line with the text."""
    across, down = round(picture.width * _EMU), round(picture.height * _EMU)
    name = f"图片 {number}"
    run = etree.fromstring(
        f"""<w:r xmlns:w="{NAMESPACES["w"]}" xmlns:wp="{NAMESPACES["wp"]}" xmlns:a="{NAMESPACES["a"]}"
          xmlns:pic="{NAMESPACES["pic"]}" xmlns:r="{NAMESPACES["r"]}"><w:drawing>
        <wp:inline distT="0" distB="0" distL="0" distR="0"><wp:extent cx="{across}" cy="{down}"/>
          <wp:docPr id="{number}" name="{name}"/><a:graphic><a:graphicData uri="{NAMESPACES["pic"]}"><pic:pic>
            <pic:nvPicPr><pic:cNvPr id="{number}" name="{name}"/><pic:cNvPicPr/></pic:nvPicPr>
            <pic:blipFill><a:blip r:embed="{relation}"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill>
            <pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="{across}" cy="{down}"/></a:xfrm>
              <a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr>
          </pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r>""",
        etree.XMLParser(remove_blank_text=True),
    )
    (shown,) = run.iter(f"{{{NAMESPACES['wp']}}}docPr")
    shown.set("descr", description)
    return run
