"""An Office Open XML package (ECMA-376 / ISO 29500): parts read from the zip, nothing executed, nothing fetched."""

import io
import posixpath
import zipfile

from lxml import etree

from . import limits
from .archive import DAMAGE
from .unreadable import Unreadable

# Files saved as “Strict Open XML” use other namespaces for the same elements.
_STRICT = b"http://purl.oclc.org/ooxml/wordprocessingml/main"
WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_RELATIONSHIPS = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"


class Package:
    """`parts` are names of members. `part()` gives a parsed tree, or None where the package has no such member."""

    def __init__(self, content: bytes) -> None:
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(content))
        except DAMAGE as broken:
            raise _damaged() from broken
        self.parts = self._zip.namelist()
        self._by_lower_name = {name.lower().lstrip("/"): name for name in self.parts}

    def main_part(self) -> str:
        """The name of the main document part."""
        for kind, target, is_external in self.relationships(""):
            if kind == "officeDocument" and not is_external:
                return target.lstrip("/")
        return "word/document.xml"

    def relationships(self, part: str) -> list[tuple[str, str, bool]]:
        """(kind, target, is external) of each relationship of a part; of the package itself when part is empty."""
        folder, name = posixpath.split(part)
        tree = self.part(posixpath.join(folder, "_rels", f"{name}.rels"))
        if tree is None:
            return []
        return [
            (link.get("Type", "").rpartition("/")[2], link.get("Target", ""), link.get("TargetMode") == "External")
            for link in tree.iter(_RELATIONSHIPS)
        ]

    def part(self, name: str) -> etree._Element | None:
        member = self._by_lower_name.get(name.lower().lstrip("/"))
        if member is None:
            return None
        try:
            with self._zip.open(member) as stream:
                xml = stream.read(limits.OFFICE_PART + 1)
        except DAMAGE as broken:
            raise _damaged() from broken
        if len(xml) > limits.OFFICE_PART:
            raise Unreadable("文档解压后过大，可能是恶意构造的文件", "请用 WPS 或 Word 打开核对，另存后再上传")
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=True)
        try:
            tree = etree.fromstring(xml.replace(_STRICT, WORD.encode()), parser)
        except (etree.XMLSyntaxError, ValueError) as broken:
            raise _damaged() from broken
        if tree is None:
            raise _damaged()
        return tree


def _damaged() -> Unreadable:
    return Unreadable("文档已损坏，打不开", "请用 WPS 或 Word 打开修复，另存为新文件后再上传")
