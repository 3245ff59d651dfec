"""One way to write everything: what the grammar reads instead of the text as it came.

Full-width forms, compatibility characters and look-alike radicals are folded (NFKC), Traditional characters
become Simplified, invisible characters and the pinyin that some sites leave behind (權(quán)) disappear.
White space is kept: where it is stray is decided by whoever knows the lines.
"""

import re
import unicodedata
from functools import lru_cache

from .mapped import Edit, MappedText
from .radicals import LOOK_ALIKES
from .traditional import simplified

# ①, ②… number items and must stay different from 1, 2…; … and — are punctuation of their own.
_KEPT = {chr(code) for code in (*range(0x2460, 0x2474), *range(0x2776, 0x2780), *range(0x2780, 0x2794))} | set("…—")
_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u200f"
_LINE_ENDS = {"\u2028": "\n", "\u2029": "\n", "\x0b": "\n", "\x85": "\n", "\r": "\n"}
_TONES = "āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜńňǹ"
_PINYIN = re.compile(rf"[(\uff08](?<=[一-鿿].)([a-zü{_TONES}]{{1,6}})[)\uff09]")
_SHORT = 200
"""Characters up to which a text is remembered: whoever asks once, mostly asks again."""
_RARE = re.compile(rf"\r\n|[{_INVISIBLE}㈠-㉃㋀-㏿⑴-⒵¼-¾Ⅰ-ⅿ]")


class _Folding(dict):
    """A translation table that fills itself: each character folded to one character."""

    def __init__(self, keep_punctuation: bool) -> None:
        super().__init__()
        self.keep_punctuation = keep_punctuation

    def __missing__(self, code: int) -> str:
        character = chr(code)
        folded = _LINE_ENDS.get(character) or LOOK_ALIKES.get(character) or unicodedata.normalize("NFKC", character)
        if character in _KEPT or len(folded) != 1:
            folded = character
        if self.keep_punctuation and unicodedata.category(character)[0] == "P" and character not in "％＆＠":
            folded = character
        self[code] = folded
        return folded


_FOLD = _Folding(keep_punctuation=False)
_PRINT = _Folding(keep_punctuation=True)


class _FoldingCharacters(dict):
    """The same by characters: quicker than `translate` for a short text."""

    def __missing__(self, character: str) -> str:
        folded = self[character] = _FOLD[ord(character)]
        return folded


_FOLDED = _FoldingCharacters()


def _rare_edits(text: str) -> list[Edit]:
    edits: list[Edit] = []
    for match in _RARE.finditer(text):
        found = match.group()
        if found == "\r\n":
            edits.append((match.start(), match.end(), "\n"))
        elif found in _INVISIBLE:
            edits.append((match.start(), match.end(), ""))
        elif len(expanded := unicodedata.normalize("NFKC", found)) > 1:
            edits.append((match.start(), match.end(), expanded))
    return edits


def _pinyin_edits(text: str) -> list[Edit]:
    """Pinyin in brackets after a character: with a tone mark, or after a Traditional character (們(men))."""
    return [
        (match.start(), match.end(), "")
        for match in _PINYIN.finditer(text)
        if any(letter in _TONES for letter in match.group(1))
        or simplified(text[match.start() - 1]) != text[match.start() - 1]
    ]


def normalised(original: MappedText) -> MappedText:
    """The text folded; `printed` keeps the document's own characters and punctuation.

    >>> clean = normalised(MappedText.of("（一）⻔類２０２４年"))
    >>> clean.text, clean.printed
    ('(一)门类2024年', '（一）门類2024年')
    """
    text = original.edited(_rare_edits(original.text))
    text = text.edited(_pinyin_edits(text.text))
    return MappedText(simplified(text.text.translate(_FOLD)), text.printed.translate(_PRINT), text.offsets)


def normalised_text(text: str) -> str:
    """The same for a short string without a map: names to compare, words to look up.

    >>> normalised_text("應急管理局（辦）")
    '应急管理局(办)'
    """
    if text.isascii() and text.isprintable():
        return text
    return _normalised_text(text) if len(text) <= _SHORT else _normalised_text.__wrapped__(text)


@lru_cache(16_384)
def _normalised_text(text: str) -> str:
    if _RARE.search(text) or _PINYIN.search(text):
        return normalised(MappedText.of(text)).text
    return simplified("".join(map(_FOLDED.__getitem__, text)))  # nothing that changes its length: no map is needed
