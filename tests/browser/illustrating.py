"""Pictures for the user manual, taken where the tests walk: always into `.artifacts/manual/`, and with `make manual`
(ZHIBEN_MANUAL=1) into `docs/manual/images/`, small enough to be kept with the text."""

import os
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Locator, Page

ROOT = Path(__file__).resolve().parents[2]
MANUAL = ROOT / "docs/manual/images"
WIDE = {"width": 1200, "height": 760}
PHONE = {"width": 390, "height": 780}
COLOURS = 96
MOST_BYTES = 80 * 1024


def illustrate(page: Page, name: str, *, phone: bool = False, of: Locator | None = None) -> None:
    """One picture of what is seen now; `of` a part of the page only."""
    before = page.viewport_size
    page.set_viewport_size(PHONE if phone else WIDE)
    page.wait_for_timeout(200)
    taken = (of or page).screenshot()
    if before:
        page.set_viewport_size(before)
    folders = [ROOT / ".artifacts/manual", *([MANUAL] if os.environ.get("ZHIBEN_MANUAL") == "1" else [])]
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.png").write_bytes(_small(taken, name))


def _small(taken: bytes, name: str) -> bytes:
    """Few colours: screens have few, and the manual travels with the program."""
    out = BytesIO()
    picture = Image.open(BytesIO(taken)).convert("RGB")
    picture.quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    assert out.tell() <= MOST_BYTES, f"{name} has {out.tell() >> 10} KB; the manual takes {MOST_BYTES >> 10}"
    return out.getvalue()
