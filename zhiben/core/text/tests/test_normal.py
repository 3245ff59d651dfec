import pytest

from zhiben.core.text.mapped import MappedText
from zhiben.core.text.normal import normalised, normalised_text
from zhiben.core.text.radicals import LOOK_ALIKES
from zhiben.core.text.traditional import simplified


@pytest.mark.parametrize(
    ("printed", "read"),
    [
        ("２０２４年１２月", "2024年12月"),
        ("（一）强化责任；", "(一)强化责任;"),
        ("⺠⻋⻔⻛", "民车门风"),
        ("⼀⽕", "一火"),
        ("㈠⑵⒊", "(一)(2)3."),
        ("①②", "①②"),
        ("應急管理局", "应急管理局"),
        ("權(quán)限内(nèi)容", "权限内容"),
        ("我們(men)的", "我们的"),
        ("企业(qiye)", "企业(qiye)"),
        ("安\u200b全\ufeff", "安全"),
        ("甲\r\n乙\r丙", "甲\n乙\n丙"),
        ("…—", "…—"),
    ],
)
def test_one_way_to_write_everything(printed: str, read: str) -> None:
    assert normalised_text(printed) == read


def test_every_character_leads_back_to_the_original() -> None:
    original = "㈠加強\u200b重點領(lǐng)域監管。\r\n２．"
    clean = normalised(MappedText.of(original))
    assert clean.text == "(一)加强重点领域监管。\n2."
    assert len(clean.text) == len(clean.printed) == len(clean.offsets)
    start = clean.text.index("领域")
    assert original[slice(*clean.origin(start, start + 2))] == "領(lǐng)域"
    assert original[slice(*clean.origin(0, 3))] == "㈠"


def test_the_document_keeps_its_own_script_and_punctuation() -> None:
    assert normalised(MappedText.of("（應急⻔）１％")).printed == "（應急门）1%"


def test_simplifying_never_moves_a_character() -> None:
    text = "乾燥、著名、後臺、裏面、皇后"
    assert len(simplified(text)) == len(text)
    assert simplified(text) == "干燥、著名、后台、里面、皇后"


def test_no_radical_stands_for_itself() -> None:
    assert all("\u2e80" <= radical <= "\u2ef3" and radical != plain for radical, plain in LOOK_ALIKES.items())
    assert len(LOOK_ALIKES) == 114
