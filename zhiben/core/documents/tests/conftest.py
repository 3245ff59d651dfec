from collections.abc import Iterator
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from zhiben.core.documents.kinds import KINDS, DocumentKind, register
from zhiben.core.documents.layout.packing import unpacked
from zhiben.core.documents.services import default_template
from zhiben.core.files.services import receive_upload

from .notice import NOTICE


@pytest.fixture
def notice_kind() -> Iterator[DocumentKind]:
    register(NOTICE)
    yield NOTICE
    del KINDS[NOTICE.key]


@pytest.fixture
def bring(cast, now):
    """A file as an officer brings it."""

    def upload(content: bytes, *, by="office", name="通报模板.docx"):
        return receive_upload(content, name=name, by=getattr(cast, by), now=now)

    return upload


def changed(**parts: bytes | None) -> bytes:
    """The default template with some of its parts replaced (`document=…`), added (`"word/x.bin"=…`) or left out."""
    kept = unpacked(default_template(NOTICE))
    for name, content in parts.items():
        full = name if "/" in name or name.startswith("[") else f"word/{name}.xml"
        if content is None:
            kept.pop(full)
        else:
            kept[full] = content
    return zipped(kept)


def zipped(parts: dict[str, bytes]) -> bytes:
    out = BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def reworded(*swaps: tuple[str, str]) -> bytes:
    """The default template with words of its text changed, as an office would in Word."""
    document = unpacked(default_template(NOTICE))["word/document.xml"].decode()
    for old, new in swaps:
        assert old in document, old
        document = document.replace(old, new, 1)
    return changed(document=document.encode())
