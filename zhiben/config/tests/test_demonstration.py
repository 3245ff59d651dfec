import pytest
from django.urls import reverse

from zhiben.core import clock


@pytest.fixture
def page():
    return reverse("demonstration:time")


def test_outside_a_demonstration_there_is_no_such_page(cast, page):
    client = cast.client("office")
    assert client.get(page).status_code == 404
    assert client.post(page, {"days": "1"}).status_code == 404
    assert "演示时间" not in client.get("/").content.decode()


def test_days_pass_when_the_presenter_says_so(cast, page, settings):
    settings.ZHIBEN_DEMO = True
    client = cast.client("office")
    before = clock.local_day(clock.now())
    answer = client.post(page, {"days": "3"}, follow=True)
    assert (clock.local_day(clock.now()) - before).days == 3
    assert "时间前进了 3 天" in answer.content.decode()


def test_only_the_offered_days_are_taken(cast, page, settings):
    settings.ZHIBEN_DEMO = True
    assert cast.client("office").post(page, {"days": "-400"}).status_code == 404


def test_the_menu_leads_there_in_a_demonstration(cast, page, settings):
    settings.ZHIBEN_DEMO = True
    assert page in cast.client("office").get("/").content.decode()
