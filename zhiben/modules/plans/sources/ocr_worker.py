"""The recogniser's own process: `python -m … ORIGINAL FOLDER PAGE…` writes FOLDER/PAGE.json and one line a page."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pypdfium2 as pdfium
from PIL import Image, ImageOps, ImageSequence

from . import limits

Box = tuple[str, float, float, float, float, float]  # text, left, right, top, bottom, confidence


def main(arguments: list[str]) -> int:
    from rapidocr import RapidOCR  # slow to import, and an optional extra

    original, folder, pages = Path(arguments[0]), Path(arguments[1]), [int(page) for page in arguments[2:]]
    recogniser = RapidOCR(params={"Global.log_level": "critical", "Global.max_side_len": limits.OCR_SIDE})
    for page, picture in _pictures(original, pages):
        _write(folder / f"{page}.json", _recognised(recogniser, picture))
        sys.stdout.write(f"{page}\n")
        sys.stdout.flush()
    return 0


def _pictures(original: Path, pages: list[int]) -> Any:
    with original.open("rb") as stream:
        is_pdf = b"%PDF-" in stream.read(1024)
    yield from (_pdf_pages if is_pdf else _frames)(original, pages)


def _pdf_pages(original: Path, pages: list[int]) -> Any:
    document = pdfium.PdfDocument(original)
    for number in pages:
        page = document[number - 1]
        scale = min(limits.OCR_DPI / 72, limits.OCR_SIDE / max(page.get_size()))
        yield number, page.render(scale=scale).to_pil().convert("RGB")
        page.close()


def _frames(original: Path, pages: list[int]) -> Any:
    """A photograph has one frame; a fax in TIFF several."""
    Image.MAX_IMAGE_PIXELS = limits.OCR_PIXELS
    with Image.open(original) as picture:
        for number, frame in enumerate(ImageSequence.Iterator(picture), start=1):
            if number in pages:
                upright = ImageOps.exif_transpose(frame).convert("RGB")
                upright.thumbnail((limits.OCR_SIDE, limits.OCR_SIDE))
                yield number, upright


def _recognised(recogniser: Callable[[Any], Any], picture: Image.Image) -> dict[str, Any]:
    found = recogniser(np.asarray(picture)[:, :, ::-1])  # the recogniser expects blue, green, red
    if found.txts is None:
        return {"lines": [], "confidence": 0.0}
    boxes: list[Box] = []
    for text, score, corners in zip(found.txts, found.scores, found.boxes, strict=True):
        xs, ys = corners[:, 0], corners[:, 1]
        boxes.append((text, float(xs.min()), float(xs.max()), float(ys.min()), float(ys.max()), float(score)))
    characters = sum(len(box[0]) for box in boxes) or 1
    confidence = sum(box[5] * len(box[0]) for box in boxes) / characters
    return {"lines": printed_lines(boxes), "confidence": round(confidence, 3)}


def printed_lines(boxes: list[Box]) -> list[tuple[str, float, float, float, float, float]]:
    """Pieces found side by side become one line, top to bottom: (text, left, right, top, bottom, size)."""
    rows: list[list[Box]] = []
    for box in sorted(boxes, key=lambda box: (box[3] + box[4]) / 2):
        middle = (box[3] + box[4]) / 2
        if rows and middle < max(other[4] for other in rows[-1]) - 0.3 * (box[4] - box[3]):
            rows[-1].append(box)
        else:
            rows.append([box])
    lines = []
    for row in rows:
        row.sort(key=lambda box: box[1])
        text, previous = "", None
        for box in row:
            apart = previous is not None and box[1] - previous[2] > (box[4] - box[3])
            text += (" " if apart else "") + box[0]
            previous = box
        top, bottom = min(box[3] for box in row), max(box[4] for box in row)
        size = max(median(box[4] - box[3] for box in row), 1.0)
        lines.append((text, row[0][1], max(box[2] for box in row), top, bottom, size))
    return lines


def _write(path: Path, page: dict[str, Any]) -> None:
    temporary = path.with_suffix(f".{os.getpid()}.part")
    temporary.write_text(json.dumps(page, ensure_ascii=False), "utf-8")
    temporary.replace(path)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
