"""A number of five thousand figures in an address or a form is a page, a sentence or a 404, and never an error of ours:
Python refuses to read it, and no database keeps it. `core.web.keys` is the one place where such numbers are read."""

import re
from pathlib import Path

import pytest

HOME = Path(__file__).resolve().parents[2] / "zhiben"
LONG = "9" * 5000
READS_BY_ITSELF = re.compile(r"\.isdigit\(\)|\bint\((?:request|self\.post|self\.params|params)\b")


def test_pages_read_numbers_in_one_place():
    pages = {*HOME.glob("**/pages/**/*.py"), *HOME.glob("**/pages.py"), *HOME.glob("**/views.py")}
    pages |= set(HOME.glob("core/web/**/*.py"))
    guilty = [
        str(page.relative_to(HOME))
        for page in sorted(pages)
        if "tests" not in page.parts and page.name != "keys.py" and READS_BY_ITSELF.search(page.read_text())
    ]
    assert guilty == [], "read keys with zhiben.core.web.keys"


@pytest.mark.django_db
def test_addresses_with_endless_numbers_are_answered(cast):
    office = cast.client("office")
    for address in (
        f"/?after={LONG}", f"/inbox/?before={LONG}", f"/hazards/policy/?region={LONG}",
        f"/hazards/?region={LONG}&criterion={LONG}&unit={LONG}&own_region={LONG}", f"/enterprises/?region={LONG}",
        f"/registry/matrix/?region={LONG}", f"/plans/align/{LONG}/", f"/criteria/?page={LONG}",
        f"/hazards/new/candidates/?criterion={LONG}&description=x", f"/tasks/?unit={LONG}",
    ):  # fmt: skip
        answer = office.get(address)
        assert answer.status_code in (200, 302, 404), address[:40]
    kept = {"kept_before_photos": LONG, "unit": LONG, "site": LONG, "criterion": LONG}
    assert office.post("/hazards/new/", kept).status_code == 422
