"""The test every page inherits: nobody gets in without a login, an outsider finds nothing, an insider is served, and
the number of queries does not grow with the number of rows.

    class TestTaskPages(PagesTest):
        pages, insider = TaskPages, "bureau_officer"

        def make(self, cast, now, count):
            return [dispatch_task(…, by=cast.office, now=now) for _ in range(count)]

An odd page is checked with `check_page(cast, address, insider="office")`.
"""

import zipfile
from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from typing import Any, ClassVar
from xml.etree import ElementTree

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from zhiben.core.access.permissions import PERMISSIONS
from zhiben.core.workflow.offers import offers

from .pages.record import RecordPages

FEW, MANY = 5, 50
MOST_QUERIES = 40
"""More than this for one page is a page that asks row by row, however few the rows."""


def check_page(
    cast: Any, address: str, *, insider: str, outsider: str = "outsider", most_queries: int = MOST_QUERIES
) -> None:
    """One address: login first, 404 for the outsider, 200 for the insider within a number of queries."""
    _sent_to_login(address)
    assert cast.client(outsider).get(address).status_code == 404, f"{outsider} 不应看到 {address}"
    answer, queries = counted(cast.client(insider), address)
    assert answer.status_code == 200, f"{insider} 打不开 {address}"
    assert queries <= most_queries, f"{address} 用了 {queries} 次查询"


def counted(client: Client, address: str) -> tuple[Any, int]:
    """The answer, and how many queries it took."""
    with CaptureQueriesContext(connection) as seen:
        answer = client.get(address)
    return answer, len(seen)


def rows_of_book(content: bytes) -> list[list[str]]:
    """The cells of the first sheet of an xlsx file from its line of heads on, all as text. The heads are the last line
    that stays in place when one scrolls."""
    book = zipfile.ZipFile(BytesIO(content))
    space = {"x": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
    shared = []
    if "xl/sharedStrings.xml" in book.namelist():
        tree = ElementTree.fromstring(book.read("xl/sharedStrings.xml"))  # noqa: S314 (a file this program has just written)
        shared = [
            "".join(part.text or "" for part in each.iter(f"{{{space['x']}}}t")) for each in tree.findall("x:si", space)
        ]
    sheet = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))  # noqa: S314 (as above)
    pane = sheet.find(".//x:pane", space)
    above = int(pane.get("ySplit", 1)) - 1 if pane is not None else 0
    return [[_cell(cell, shared, space) for cell in row] for row in sheet.findall(".//x:row", space)[above:]]


def _cell(cell: ElementTree.Element, shared: list[str], space: dict[str, str]) -> str:
    text = "".join(part.text or "" for part in cell.iter() if part.tag.endswith(("}v", "}t")))
    assert cell.find("x:f", space) is None, f"a formula in a list that was exported: {text}"
    return shared[int(text)] if cell.get("t") == "s" else text


def _sent_to_login(address: str) -> None:
    answer = Client().get(address)
    assert answer.status_code == 302, f"未登录也能打开 {address}"
    assert answer["Location"].startswith("/login/"), answer["Location"]


class PagesTest:
    """Subclass it once for each RecordPages; set `pages`, `insider` and `make`."""

    pages: ClassVar[type[RecordPages]]
    insider: ClassVar[str]
    """A member of the cast who may see what `make` makes."""
    outsider: ClassVar[str] = "outsider"
    perspective: ClassVar[str] = ""
    """The perspective in which the insider finds the records; the first with anything, when left out."""

    def make(self, cast: Any, now: datetime, count: int) -> Sequence[Any]:
        """So many records within sight of the insider and out of sight of the outsider, made by the real services."""
        raise NotImplementedError

    # ---- what every page keeps

    def test_every_permission_is_in_the_matrix(self) -> None:
        declared = {self.pages.permission, self.pages.creates} - {None}
        assert declared <= set().union(*PERMISSIONS.values())

    def test_without_a_login_nothing_opens(self, cast: Any, now: datetime) -> None:
        for address in self._addresses(self.make(cast, now, 1)[0]):
            _sent_to_login(address)

    def test_an_outsider_finds_nothing(self, cast: Any, now: datetime) -> None:
        record = self.make(cast, now, 1)[0]
        client = cast.client(self.outsider)
        for address in self._addresses(record):
            if str(record.pk) in address:
                assert client.get(address).status_code == 404, f"{self.outsider} 不应打开 {address}"
        pages = self.pages()
        posts = [
            "claim",
            "release",
            *(["comment"] if pages.commentable else []),
            *(["attach"] if pages.attachable else []),
        ]
        for view in posts:
            assert client.post(pages.address(view, record.pk)).status_code == 404, f"{self.outsider} 不应办理 {view}"
        listed = client.get(self._list())
        assert listed.status_code in (200, 404)
        if listed.status_code == 200:
            assert pages.address("detail", record.pk) not in listed.content.decode()

    def test_an_insider_is_served(self, cast: Any, now: datetime) -> None:
        record = self.make(cast, now, 1)[0]
        client = cast.client(self.insider)
        for address in (
            self._list(),
            self.pages().address("detail", record.pk),
            self.pages().address("proof", record.pk),
        ):
            assert client.get(address).status_code == 200, f"{self.insider} 打不开 {address}"
        assert self.pages().address("detail", record.pk) in client.get(self._list()).content.decode()

    def test_every_step_offered_opens_its_dialog(self, cast: Any, now: datetime) -> None:
        record, acting = self.make(cast, now, 1)[0], getattr(cast, self.insider)
        if not self.pages().workflow:
            return
        for offer in offers(record, acting, now):
            answer = cast.client(self.insider).get(self.pages().address("step", record.pk, offer.step.name))
            assert answer.status_code == 200
            assert offer.step.label in answer.content.decode()

    def test_more_rows_ask_no_more_queries(self, cast: Any, now: datetime) -> None:
        client = cast.client(self.insider)
        self.make(cast, now, FEW)
        client.get(self._list())  # what is cached for the whole process is not counted
        _, few = counted(client, self._list())
        self.make(cast, now, MANY - FEW)
        _, many = counted(client, self._list())
        assert many <= few, f"{FEW} 行用 {few} 次查询，{MANY} 行用 {many} 次"
        assert many <= MOST_QUERIES

    def test_a_record_page_asks_a_bounded_number_of_queries(self, cast: Any, now: datetime) -> None:
        record = self.make(cast, now, 1)[0]
        _, queries = counted(cast.client(self.insider), self.pages().address("detail", record.pk))
        assert queries <= MOST_QUERIES, f"记录页用了 {queries} 次查询"

    def test_the_export_is_what_is_seen(self, cast: Any, now: datetime) -> None:
        pages = self.pages()
        if not pages.exportable:
            return
        records = self.make(cast, now, 3)
        client = cast.client(self.insider)
        rows = rows_of_book(b"".join(client.get(self._list("export")).streaming_content))
        assert rows[0] == [column.label for column in pages.all_columns if column.shown or column.link]
        assert len(rows) >= len(records) + 1
        outside = cast.client(self.outsider).get(pages.address("export"))
        if outside.status_code == 200:
            assert rows_of_book(b"".join(outside.streaming_content))[1:] == []

    # ---- addresses

    def _list(self, view: str = "list") -> str:
        address = self.pages().address(view)
        return f"{address}?as={self.perspective}" if self.perspective else address

    def _addresses(self, record: Any) -> list[str]:
        pages = self.pages()
        found = [pages.address("list"), pages.address("detail", record.pk), pages.address("proof", record.pk)]
        if pages.exportable:
            found.append(pages.address("export"))
        if pages.form:
            found.append(pages.address("edit", record.pk))
            if pages.creates:
                found.append(pages.address("new"))
        if pages.workflow:
            found += [pages.address("step", record.pk, step.name) for step in pages.workflow.steps]
        return found
