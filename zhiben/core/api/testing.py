"""The test every endpoint inherits: no token 401, a missing scope 403, another unit's token 404, the right one 200, and the
number of queries bounded.

    class TestTaskApi(ApiTest):
        api, insider = TaskApi, "bureau_officer"

        def make(self, cast, now, count):
            return [dispatch_task(…, by=cast.office, now=now) for _ in range(count)]
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from zhiben.core import clock
from zhiben.core.access.acting import Acting, Machine
from zhiben.core.org import services as org
from zhiben.core.org.models import Unit, UnitKind
from zhiben.core.org.paths import ancestors
from zhiben.core.org.roles import Role

from .problems import MEDIA_TYPE
from .records import RecordApi
from .scopes import known_scopes
from .tokens import MadeToken, make_token

FEW, MANY = 3, 30
MOST_QUERIES = 30
ROOT = "/api/v1"


def give_token(acting: Acting, *scopes: str, now: datetime, **more: Any) -> MadeToken:
    """A token for this post, given out by a security administrator of its own unit's region."""
    founder = Machine("初始化")
    around = Unit.objects.filter(region_path__in=ancestors(acting.unit.region_path))
    seat = around.exclude(kind=UnitKind.ENTERPRISE).order_by("-region_path", "pk")[0]
    keeper = org.register_person(name="管密", by=founder, now=now)
    post = org.appoint(
        person=keeper,
        unit=seat,
        role=Role.SECURITY_ADMINISTRATOR,
        valid_from=clock.local_day(now).replace(year=2020),
        by=founder,
        now=now,
    )
    given = {"name": "市数据平台", "days": 30, "scopes": scopes or tuple(known_scopes()), **more}
    return make_token(post=acting.post, by=Acting(keeper, post), now=now, **given)


class Caller:
    """Another system with its token."""

    def __init__(self, secret: str = "", **environment: Any) -> None:
        self.client = Client(**environment)
        self.headers = {"Authorization": f"Bearer {secret}"} if secret else {}

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(ROOT + path, query, headers=self.headers)

    def post(self, path: str, body: Any = None, *, key: str = "", **headers: str) -> Any:
        """`key` is the idempotency key; a new one when left out."""
        sent = {**self.headers, "Idempotency-Key": key or str(uuid4()), **headers}
        content = body if isinstance(body, bytes) else json.dumps(body if body is not None else {})
        return self.client.post(ROOT + path, content, content_type="application/json", headers=sent)


def caller(acting: Acting, *scopes: str, now: datetime, **more: Any) -> Caller:
    return Caller(give_token(acting, *scopes, now=now, **more).secret)


def is_problem(answer: Any, status: int) -> dict[str, Any]:
    """The problem, which is one, and says in Chinese what to do."""
    assert answer.status_code == status, (answer.status_code, answer.content.decode())
    assert answer["Content-Type"] == MEDIA_TYPE
    problem: dict[str, Any] = answer.json()
    assert problem["status"] == status
    assert problem["detail"]
    return problem


class ApiTest:
    """Subclass it once for each RecordApi; set `api`, `insider` and `make`."""

    api: ClassVar[type[RecordApi]]
    insider: ClassVar[str]
    outsider: ClassVar[str] = "outsider"

    def make(self, cast: Any, now: datetime, count: int) -> Sequence[Any]:
        """So many records within sight of the insider and out of sight of the outsider."""
        raise NotImplementedError

    @pytest.fixture(autouse=True)
    def at_ten(self, monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
        monkeypatch.setattr(clock, "machine_now", lambda: now)

    def _paths(self, record: Any) -> list[str]:
        path = f"/{self.api.path}"
        return [path, f"{path}/{record.pk}"] if self.api.one_by_one else [path]

    def test_without_a_token_and_with_a_login_nothing_opens(self, cast: Any, now: datetime) -> None:
        record = self.make(cast, now, 1)[0]
        for path in self._paths(record):
            is_problem(Caller().get(path), 401)
            answer = cast.client(self.insider).get(ROOT + path)
            assert answer.status_code == 401, "网页登录不应打开接口"
        workflow = self.api().workflow
        if self.api.one_by_one and workflow:
            step = workflow.steps[0].name
            for path in (f"/{self.api.path}/bulk", f"/{self.api.path}/{record.pk}/steps/{step}"):
                is_problem(Caller().post(path, {}), 401)

    def test_a_token_without_the_scope_is_told_which_it_needs(self, cast: Any, now: datetime) -> None:
        record = self.make(cast, now, 1)[0]
        other = next(key for key in known_scopes() if not key.startswith(self.api.scope))
        asking = caller(getattr(cast, self.insider), other, now=now)
        for path in self._paths(record):
            assert f"{self.api.scope}:read" in is_problem(asking.get(path), 403)["detail"]
        if self.api.one_by_one and self.api().workflow:
            is_problem(asking.post(f"/{self.api.path}/bulk", {"items": [{"id": str(record.pk), "step": "x"}]}), 403)

    def test_a_token_of_another_unit_finds_nothing(self, cast: Any, now: datetime) -> None:
        record = self.make(cast, now, 1)[0]
        asking = caller(getattr(cast, self.outsider), now=now)
        listed = asking.get(f"/{self.api.path}")
        assert listed.status_code == 200
        assert str(record.pk) not in [str(each["id"]) for each in listed.json()["items"]]
        if not self.api.one_by_one:
            return
        is_problem(asking.get(f"/{self.api.path}/{record.pk}"), 404)
        if workflow := self.api().workflow:
            for step in workflow.steps:
                is_problem(asking.post(f"/{self.api.path}/{record.pk}/steps/{step.name}", {}), 404)

    def test_the_right_token_reads_pages_of_a_bounded_number_of_queries(self, cast: Any, now: datetime) -> None:
        asking = caller(getattr(cast, self.insider), now=now)
        records = list(self.make(cast, now, FEW))
        few = self._count(asking, f"/{self.api.path}")
        records += self.make(cast, now, MANY - FEW)
        many = self._count(asking, f"/{self.api.path}")
        assert many <= max(few, 8), f"{FEW} 件用 {few} 次查询，{MANY} 件用 {many} 次"
        found: list[str] = []
        cursor = ""
        while cursor is not None:
            page = asking.get(f"/{self.api.path}", cursor=cursor, limit=7).json()
            found += [str(each["id"]) for each in page["items"]]
            cursor = page["next"]
        assert len(found) == len(set(found)), "同一条不应出现在两页上"
        assert {str(record.pk) for record in records} <= set(found)
        if self.api.one_by_one:
            path = f"/{self.api.path}/{records[0].pk}"
            assert self._count(asking, path) <= MOST_QUERIES
            assert str(asking.get(path).json()["id"]) == str(records[0].pk)

    def _count(self, asking: Caller, path: str) -> int:
        asking.get(path)
        with CaptureQueriesContext(connection) as seen:
            answer = asking.get(path)
        assert answer.status_code == 200, answer.content.decode()
        return len(seen)
