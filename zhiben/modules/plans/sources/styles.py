"""Paragraph styles of Word (styles.xml): only what decides the text, i.e. numbering, tables of contents, hiding."""

from lxml import etree

from .package import WORD


def value_of(element: etree._Element, child: str) -> str | None:
    """`w:val` of a child element, e.g. value_of(level, "start")."""
    found = element.find(f"{{{WORD}}}{child}")
    return None if found is None else found.get(f"{{{WORD}}}val", "")


class Styles:
    def __init__(self, tree: etree._Element | None) -> None:
        self._parents: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self._lists: dict[str, tuple[str | None, int | None]] = {}
        self._default: str | None = None
        if tree is None:
            return
        for style in tree.iter(f"{{{WORD}}}style"):
            style_id = style.get(f"{{{WORD}}}styleId", "")
            self._names[style_id] = (value_of(style, "name") or "").lower()
            self._parents[style_id] = value_of(style, "basedOn") or ""
            self._lists[style_id] = _own_list(style.find(f"{{{WORD}}}pPr"))
            if style.get(f"{{{WORD}}}default") in ("1", "true") and style.get(f"{{{WORD}}}type") == "paragraph":
                self._default = style_id

    def style_of(self, properties: etree._Element | None) -> str | None:
        named = value_of(properties, "pStyle") if properties is not None else None
        return named or self._default

    def ancestry(self, style: str | None) -> list[str]:
        """The style and those it is based on, nearest first."""
        line: list[str] = []
        while style and style not in line:
            line.append(style)
            style = self._parents.get(style)
        return line

    def list_of(self, properties: etree._Element | None) -> tuple[str | None, int | None]:
        """(numId, level) of a paragraph: its own, else its style's; numId "0" switches numbering off."""
        list_id, level = _own_list(properties)
        for style in self.ancestry(self.style_of(properties)):
            inherited_list, inherited_level = self._lists.get(style, (None, None))
            if list_id is None:
                list_id = inherited_list
                level = inherited_level if level is None else level
        return (None, None) if list_id == "0" else (list_id, level)

    def list_of_style(self, style: str) -> str | None:
        return self._lists.get(style, (None, None))[0]

    def is_contents(self, properties: etree._Element | None) -> bool:
        """A line of the table of contents, which repeats the headings with page numbers."""
        return any(self._names.get(style, "").startswith("toc ") for style in self.ancestry(self.style_of(properties)))


def _own_list(properties: etree._Element | None) -> tuple[str | None, int | None]:
    numbering = properties.find(f"{{{WORD}}}numPr") if properties is not None else None
    if numbering is None:
        return None, None
    level = value_of(numbering, "ilvl")
    return value_of(numbering, "numId"), int(level) if level is not None and level.isdecimal() else None
