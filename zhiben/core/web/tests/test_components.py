"""The component page: for the keeper of the system, in a demonstration for all; every part is there and painted."""

from zhiben.core.web.components.catalogue import CATALOGUE
from zhiben.core.web.testing import check_page

PAGE = "/components/"


def test_only_the_keeper_of_the_system_sees_it(cast):
    check_page(cast, PAGE, insider="system_administrator")
    check_page(cast, "/components/steps/feed_back/", insider="system_administrator")


def test_every_part_is_painted_and_does_nothing(cast, settings):
    settings.ZHIBEN_DEMO = True
    client = cast.client("bureau_officer")
    html = client.get(PAGE).content.decode()
    for _, components in CATALOGUE:
        for component in components:
            assert f'id="{component.key}"' in html
    assert "还有 2 项下级任务没有办结" in html
    assert "没有办理任何事" in client.post(PAGE, follow=True).content.decode()
    assert client.post("/components/steps/feed_back/", {"text": ""}).status_code == 422
