"""A real Chromium against the running server. Pictures of every page go to `.artifacts/` at desktop and phone size."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Browser, Locator, Page, sync_playwright

from tests.browser.illustrating import illustrate
from tests.stories.conftest import give, story
from zhiben.conftest import assembled_cast

__all__ = ["give", "story"]

PICTURES = Path(__file__).resolve().parents[2] / ".artifacts"
DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


def program() -> str:
    """The Chromium of this machine."""
    return next(found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name)))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    # Playwright keeps an event loop in this thread, which Django takes for asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program(), args=FLAGS)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def cast(transactional_db):
    return assembled_cast()


class Desk:
    """Somebody of the cast in front of a browser. Whatever goes wrong in the page fails the test."""

    def __init__(self, name: str, page: Page, root: str) -> None:
        self.name, self.page, self.root = name, page, root
        self.troubles: list[str] = []
        page.on("pageerror", lambda error: self.troubles.append(str(error)))
        page.on("console", lambda line: self._complains(line.text) if line.type == "error" else None)
        page.on("response", lambda answer: self.troubles.append(answer.url) if answer.status >= 500 else None)
        page.on("request", lambda asked: self._stays_here(asked.url))

    def go(self, path: str) -> None:
        self.page.goto(self.root + path)

    def picture(self, name: str, *, full: bool = False) -> None:
        """At desktop and phone size, and nothing may stick out sideways."""
        PICTURES.mkdir(exist_ok=True)
        for size, label in ((PHONE, "phone"), (DESKTOP, "desktop")):
            self.page.set_viewport_size(size)
            self.page.wait_for_timeout(150)
            self.page.screenshot(path=PICTURES / f"{name}-{label}.png", full_page=full)
            wide = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide <= 1, f"{name} is {wide} px wider than a {label}"

    def illustrate(self, name: str, *, phone: bool = False, of: Locator | None = None) -> None:
        """A picture for the manual."""
        illustrate(self.page, name, phone=phone, of=of)

    def _complains(self, line: str) -> None:
        # Chromium reports every refused form (4xx) in its console; that is how a refusal is meant to travel.
        if "the server responded with a status of 4" not in line:
            self.troubles.append(line)

    def _stays_here(self, url: str) -> None:
        if not url.startswith((self.root, "data:", "blob:")):
            self.troubles.append(f"asks the internet for {url}")


@pytest.fixture
def desks(chromium, live_server, cast) -> Iterator:
    """`desks("office")`: that member of the cast, logged in, at a browser of their own."""
    open_desks: dict[str, Desk] = {}

    def desk(name: str) -> Desk:
        if name not in open_desks:
            context = chromium.new_context(viewport=DESKTOP, locale="zh-CN", timezone_id="Asia/Shanghai")
            context.set_default_timeout(10_000)
            session = cast.client(name).cookies[settings.SESSION_COOKIE_NAME].value
            context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}])
            open_desks[name] = Desk(name, context.new_page(), live_server.url)
        return open_desks[name]

    yield desk
    for each in open_desks.values():
        each.page.context.close()
    troubles = [f"{each.name}: {trouble}" for each in open_desks.values() for trouble in each.troubles]
    assert not troubles, troubles
