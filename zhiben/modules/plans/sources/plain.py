"""Plain text and Markdown: kept as it is, so that places in the text are places in the file."""

from zhiben.modules.plans.reading.source import SourceText

from .encodings import decode_chinese
from .opened import Opened


def read_plain(content: bytes, *, name: str) -> Opened:
    text, _ = decode_chinese(content)
    damaged = text.count("\ufffd")
    warnings = (f"有 {damaged} 个字损坏，已用“\ufffd”标出，请对照原文",) if damaged else ()
    media_type = "text/markdown" if name.lower().endswith((".md", ".markdown")) else "text/plain"
    return Opened(SourceText(text=text, name=name, media_type=media_type), warnings)
