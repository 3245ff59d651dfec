"""The menu as placed: what belongs together stands together."""

from typing import Any

import pytest
from lxml import html


@pytest.mark.django_db
def test_the_pages_of_a_line_lead_to_each_other(cast: Any) -> None:
    client = cast.client("office")
    page = _page(client, "/hazards/clearing/")
    assert page.xpath("//nav[@aria-label='同类页面']/a/text()") == ["动态清零", "四张清单"]
    assert page.xpath("//nav[@aria-label='同类页面']/a[@aria-current]/text()") == ["动态清零"]
    (line,) = page.xpath("//nav[@id='menu']//a[@aria-current]")
    assert line.text_content() == "动态清零、四张清单"
    other = _page(client, "/hazards/four-lists/")
    assert other.xpath("//nav[@id='menu']//a[@aria-current]")[0].get("href") == "/hazards/clearing/"
    assert not _page(client, "/").xpath("//nav[@aria-label='同类页面']")


def _page(client: Any, address: str) -> Any:
    return html.fromstring(client.get(address).content.decode())
