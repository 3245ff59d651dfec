"""PDFium, one thread at a time: the library keeps state of its own for the whole process and crashes it otherwise."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock

import pypdfium2

_ALONE = RLock()


@contextmanager
def opened_pdf(content: bytes | Path) -> Iterator[pypdfium2.PdfDocument]:
    """A PDF to read or draw from, closed with all its pages at the end; other threads of this process wait meanwhile.

    Nothing taken from the document may outlive the block: what is collected later is closed by whichever thread
    collects it. Raises `pypdfium2.PdfiumError` where the content cannot be opened.
    """
    with _ALONE:
        document = pypdfium2.PdfDocument(content)
        try:
            yield document
        finally:
            document.close()
