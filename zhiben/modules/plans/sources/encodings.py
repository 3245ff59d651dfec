"""The encoding of a Chinese text file: UTF-8, UTF-16, GB18030 (with GBK and GB2312 inside it) or Big5."""

import codecs

from charset_normalizer import from_bytes

from .unreadable import Unreadable

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: its mark begins with the same two bytes
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# The commonest characters of official prose in both scripts, and its punctuation. A wrong encoding yields rare ones.
_COMMON = frozenset(
    ",.;:?!()，。、；：？！（）《》“”〔〕的一是在不了有和人这這中大为為上个個国國我以要他时時来來用们們生到作地于於出"
    "就分对對成会會可主发發年动動同工也能下过過子说說产產种種面而方后後多定行学學法所民得经經十三之进進着著等部度"
    "家电電力里裡如水化高自二理起小物现現实實加量都两兩体體制机機当當使点點从從业業本去把性好应應开開它合还還因由其些"
    "安全责責任单單位各级級管局府隐隱患治重及区區县縣市企事故检檢查整改排督落负負与與领領导導委员員组組织織"
)
_DAMAGE = 0.005  # share of unreadable characters up to which a file counts as slightly damaged and not as mis-decoded
_SURE = 0.15  # share of common characters above which Chinese prose is believed; real prose has 0.35 and more


def decode_chinese(content: bytes) -> tuple[str, str]:
    """The text and the name of its encoding. Damaged characters come out as U+FFFD. Raises `Unreadable`."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return _readable(content[len(mark) :].decode(encoding, errors="replace")), encoding
    try:
        return _readable(content.decode("utf-8")), "utf-8"
    except UnicodeDecodeError:
        pass
    names = ("utf-16-le", "utf-16-be") if b"\0" in content[:4096] else ("utf-8", "gb18030", "big5hkscs")
    attempts = [(content.decode(name, errors="replace"), name) for name in names]
    text, encoding = max(attempts, key=lambda attempt: _likeness(attempt[0]))
    if _likeness(text) < _SURE:
        guess = from_bytes(content[:200_000]).best()
        if guess is None:
            raise _unknown()
        encoding = guess.encoding
        text = content.decode(encoding, errors="replace")
    return _readable(text), encoding


def _likeness(text: str) -> float:
    """How much this looks like Chinese official prose, 0 to 1; unreadable characters weigh tenfold."""
    sample = text[:50_000]
    foreign = [character for character in sample if character > "\x7f"]
    if not foreign:
        return 0.0
    common = sum(character in _COMMON for character in foreign) / len(foreign)
    return common - 10 * sample.count("\ufffd") / len(sample)


def _readable(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "").removeprefix("\ufeff")
    controls = sum(character < " " and character not in "\n\t\f\x1b" for character in text[:50_000])
    damaged = text.count("\ufffd")
    if damaged > _DAMAGE * len(text) + 3 or controls > 0.01 * min(len(text), 50_000) + 3:
        raise _unknown()
    return text


def _unknown() -> Unreadable:
    return Unreadable("认不出文字的编码，读出来是乱码", "请用记事本打开后另存为 UTF-8 编码再上传")
