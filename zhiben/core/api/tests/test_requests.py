"""Bad input of every kind: a sentence and a status below 500, and nothing is done."""

from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.test.client import encode_multipart

from zhiben.core import clock
from zhiben.core.api.models import ApiAnswer
from zhiben.core.api.testing import ROOT, caller, give_token, is_problem
from zhiben.core.files.models import Upload
from zhiben.core.files.services import add_file
from zhiben.core.org.models import Region
from zhiben.modules.tasks.models import Task

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def at_ten(monkeypatch, now):
    monkeypatch.setattr(clock, "machine_now", lambda: now)


@pytest.fixture
def office(cast, now):
    return caller(cast.office, now=now)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422), (b"{", 400), (b"[]", 422), (b"null", 422), (b'"x"', 422), (b"{}", 422), (b"\xff\xfe", 400),
        (b'{"title": NaN}', 400), (b'{"title": "\\u0000"}', 400), (b'{"title": "\\ud800"}', 400),
        (b"[" * 100_000, 400), (b'{"a":' * 50 + b"1" + b"}" * 50, 400),
        (b'{"title": ' + b"9" * 5000 + b"}", 400), (b'{"title": ' + b"9" * 30 + b"}", 400),
        (b'{"title": "x", "due_on": "2026-13-01"}', 422), (b'{"title": "x", "nobody": 1}', 422),
        (b'{"title": "' + b"x" * 3_000_000 + b'"}', 413),
    ],
)  # fmt: skip
def test_a_body_that_cannot_be_taken(office, body, status):
    is_problem(office.post("/tasks", body), status)
    assert not Task.objects.exists()
    assert not ApiAnswer.objects.exists()


def test_a_body_of_another_kind(office):
    headers = {**office.headers, "Idempotency-Key": "k"}
    for content_type in ("text/plain", "application/xml", "", "multipart/form-data"):
        answer = Client().post(f"{ROOT}/tasks", b"{}", content_type=content_type, headers=headers)
        assert is_problem(answer, 415)["title"] == "请求的格式不对"


@pytest.mark.parametrize("key", ["", " ", "键", "x" * 129, "a b"])
def test_a_write_without_its_key(office, key):
    headers = {**office.headers, "Idempotency-Key": key}
    body = {"items": [{"id": "0197a1f0-5b1c-7d1e-9f00-3c5f2d9e8a11", "step": "accept"}]}
    answer = Client().post(f"{ROOT}/tasks/bulk", body, content_type="application/json", headers=headers)
    assert "Idempotency-Key" in is_problem(answer, 400)["errors"]


@pytest.mark.parametrize(
    "path",
    [
        "/nowhere", "/tasks/", "/tasks/1", "/tasks/00000000-0000-0000-0000-000000000000", "/tasks/%00", "/tasks/%ff",
        "/organisation/units/0", "/organisation/units/-1", "/organisation/units/" + "9" * 30, "/files/1/content", "/",
        "/tasks/%0A", "/../healthz", "/%E2%80%AE",
    ],
)  # fmt: skip
def test_an_address_where_nothing_is(office, path):
    answer = office.get(path)
    assert answer.status_code in (404, 422)
    is_problem(answer, answer.status_code)


@pytest.mark.parametrize("method", ["put", "delete", "patch", "options", "trace"])
def test_a_method_that_is_not_offered(office, method):
    answer = getattr(office.client, method)(f"{ROOT}/tasks", headers=office.headers)
    is_problem(answer, 405)
    assert set(answer["Allow"].replace(" ", "").split(",")) == {"GET", "POST"}


def test_what_is_asked_for_twice_is_not_guessed(office):
    found = is_problem(
        office.client.get("/api/v1/tasks?limit=1&limit=2&status=running&status=x", headers=office.headers), 422
    )
    assert "status.1：只能是 pending、running" in found["detail"]
    twice = office.client.get("/api/v1/tasks?limit=1&limit=2&status=running&status=pending", headers=office.headers)
    assert is_problem(twice, 422)["errors"] == {"limit": "只能写一次"}
    is_problem(office.client.get("/api/v1/changes?after=&after=latest", headers=office.headers), 422)


def test_a_request_passes_nothing_that_only_pages_need(office):
    answer = office.get("/me")
    assert answer.status_code == 200
    assert not answer.cookies
    assert not answer.has_header("Vary")
    assert answer["Content-Length"] == str(len(answer.content))
    assert answer["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert answer["X-Request-ID"]
    assert not hasattr(answer.wsgi_request, "session")
    assert (
        "域名"
        in is_problem(office.client.get("/api/v1/me", headers={**office.headers, "Host": "evil.example"}), 400)[
            "detail"
        ]
    )


def test_nothing_of_our_inside_is_said_when_we_fail(office, monkeypatch):
    def fail(*_, **__):
        raise ZeroDivisionError("secret")

    monkeypatch.setattr("zhiben.core.api.records.page", fail)
    assert "secret" not in is_problem(office.get("/tasks"), 500)["detail"]


def test_a_file_is_brought_once_and_fetched_by_whoever_may_see_its_record(cast, now, office):
    def bring(content: bytes, key: str, name: str = "记录.txt"):
        boundary = "x"
        body = encode_multipart(boundary, {"file": SimpleUploadedFile(name, content)})
        headers = {**office.headers, "Idempotency-Key": key}
        return Client().post(
            f"{ROOT}/files", body, content_type=f"multipart/form-data; boundary={boundary}", headers=headers
        )

    first, again = bring("检查记录".encode(), "f1"), bring("检查记录".encode(), "f1")
    assert (first.status_code, again.json()) == (201, first.json())
    assert Upload.objects.count() == 1
    is_problem(bring("另一份".encode(), "f1"), 422)
    is_problem(bring(b"MZ\x90\x00" + b"\x00" * 500, "f2", "x.exe"), 422)
    is_problem(bring(b"", "f3"), 422)
    headers = {**office.headers, "Idempotency-Key": "f4"}
    broken = Client().post(
        f"{ROOT}/files", b"--x\r\nbroken", content_type="multipart/form-data; boundary=x", headers=headers
    )
    assert 400 <= broken.status_code < 500
    no_boundary = Client().post(f"{ROOT}/files", b"x", content_type="multipart/form-data", headers=headers)
    assert 400 <= no_boundary.status_code < 500

    upload = Upload.objects.get()
    region = Region.objects.get(pk=cast.county.pk)
    attached = add_file(
        record_type="org.region", record_id=str(region.pk), file=upload.file, name="x.txt", by=cast.office, now=now
    )
    is_problem(office.get(f"/files/{attached.pk}/content"), 404)


def test_the_organisation_is_read_within_ones_region(cast, now, office):
    regions = office.get("/organisation/regions").json()["items"]
    assert [each["name"] for each in regions] == ["澄溪县", "柳溪镇"]
    assert office.get("/organisation/regions", code="990121101000").json()["items"][0]["name"] == "柳溪镇"
    units = office.get("/organisation/units", limit=200).json()["items"]
    assert "远山县安全生产委员会办公室" not in {each["name"] for each in units}
    is_problem(office.get(f"/organisation/units/{cast.outsider.unit.pk}"), 404)
    people = office.get("/organisation/people", unit=cast.town.unit.pk).json()["items"]
    assert [(each["person"]["name"], each["role"]) for each in people] == [("柳青", "unit_officer")]
    assert "mobile" not in people[0]
    is_problem(office.get("/organisation/people", role="king"), 422)


def test_a_member_of_the_public_holds_no_token_that_reads(cast, now):
    """A post without the right to read records reads none, whatever its scopes."""
    from zhiben.core.org import services as org
    from zhiben.core.org.roles import Role

    to = {"by": cast.system_administrator, "now": now}
    person = org.register_person(name="工友", **to)
    post = org.appoint(
        person=person, unit=cast.plant_officer.unit, role=Role.WORKER, valid_from=date(2026, 1, 1),
        by=cast.security_administrator, now=now,
    )  # fmt: skip
    worker = caller(type(cast.office)(person, post), now=now)
    for path in ("/tasks", "/obligations", "/occurrences", "/organisation/units", "/organisation/people"):
        assert worker.get(path).json()["items"] == []
    assert give_token(cast.office, now=now).token.scopes
