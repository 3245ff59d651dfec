"""Every address of the registry, with the keys of a plant's own things, tried by those to whom it is not theirs: a
neighbour, the next town, another county, an administrator of the audit. Whoever adds an address is in it."""

import re
from datetime import timedelta

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from zhiben.core import clock
from zhiben.core.api.testing import caller
from zhiben.core.clock import local_day
from zhiben.core.files.models import Attachment
from zhiben.core.files.services import receive_upload
from zhiben.core.web.testing import rows_of_book
from zhiben.modules.registry import duties
from zhiben.modules.registry.models import Duty, Equipment
from zhiben.modules.registry.services import add_part

from .next_town import settle_next_town
from .test_duties import filed
from .test_lists import a_list, listed
from .test_parties import paper, proposed

STRANGERS = ("outsider", "next_town", "neighbour", "audit_administrator")
OWN = ("云帆化工", "工业路 8 号", "13800000001", "澄溪防腐工程队", "13800000009")
"""What nobody of these may read anywhere."""


@pytest.fixture(autouse=True)
def at_that_time(monkeypatch, now):
    monkeypatch.setattr(clock, "now", lambda: now)
    monkeypatch.setattr(clock, "machine_now", lambda: now)


@pytest.fixture
def strangers(cast, now):
    settle_next_town(cast, now)
    return STRANGERS


@pytest.fixture
def things(cast, plant, now, to):
    """What the plant has in the registry: {model label: key}, and what else stands in an address."""
    duties.keep_shipped()
    duty = Duty.objects.get(key="training")
    proof = receive_upload(b"%PDF-1.4 evidence", name="记录.pdf", by=cast.plant_officer, now=now)
    evidence = filed(cast, now, plant, duty, proof)
    engagement = proposed(cast, now, plant)
    licence = paper(cast, now, engagement)
    tank = add_part(enterprise=plant, of=Equipment, name="储罐", number="V-101", **to)
    entry = listed(cast, now, a_list(cast, now), plant, due_on=local_day(now) + timedelta(days=60))
    return {
        "enterprises": plant.pk, "coverage": plant.pk, "classes/enterprises": plant.pk, "registry/enterprises": plant.pk,
        "engagements": engagement.pk, "evidence": evidence.pk, "entries": entry.pk, "lists": entry.list.pk,
    }, {"part_id": tank.pk, "paper_id": licence.pk, "key": "equipment", "verb": "stop", "what": "override", "step": "x",
        "request_id": 1, "line": 1, "form": "docx", "slug": "training"}  # fmt: skip


def routes(patterns=None, before=""):
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        address = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, address)
        elif isinstance(pattern, URLPattern):
            yield address


def filled(route, keys, others):
    """The address with the plant's keys in it; None where it is about something else."""

    def value(found):
        name = found.group(2)
        if name == "key" and route.startswith("registry/coverage"):
            return "training"
        if name in others:
            return str(others[name])
        if name in ("pk", "enterprise"):
            before = route[: found.start()].strip("/")
            key = next((keys[end] for end in sorted(keys, key=len, reverse=True) if before.endswith(end)), None)
            return str(key) if key else "<"
        return "<"

    address = re.sub(r"<(\w+):(\w+)>", value, route)
    return None if "<" in address else f"/{address}"


def everything(answer):
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    if content[:2] == b"PK":
        return "\n".join(" ".join(row) for row in rows_of_book(content))
    return content.decode(errors="replace")


def test_no_address_of_the_registry_opens_what_is_another_plants(cast, plant, things, strangers):
    keys, others = things
    own = [route for route in routes() if route.startswith(("registry/", "enterprises/"))]
    every = {filled(route, keys, others) for route in own} - {None}
    about = sorted(address for address in every if any(str(keys[name]) in address for name in keys if name != "lists"))
    general = sorted(every - set(about))
    assert len(about) > 40, about
    for each in Attachment.objects.all():
        about += [f"/files/{each.pk}/", f"/files/{each.pk}/published/"]
    for name in strangers:
        client = cast.client(name)
        for address in about:
            for answer in (client.get(address), client.post(address, {"reason": "试一试", "name": "改名"})):
                assert answer.status_code in (404, 405), (name, address, answer.status_code)
        for address in (
            *general,
            "/search/?q=云帆",
            "/lookup/units/?q=云帆",
            "/enterprises/?q=云帆",
            f"/enterprises/?unit={plant.unit.pk}",
        ):
            answer = client.get(address)
            assert answer.status_code in (200, 302, 403, 404, 405), (name, address)
            said = everything(answer) if answer.status_code == 200 else ""
            for word in OWN[1:] if "q=" in address else OWN:
                assert word not in said, (name, address, said[max(0, said.find(word) - 200) : said.find(word) + 50])
            if "q=" in address:
                assert "云帆化工" not in said, (name, address)
    plant.refresh_from_db()
    assert (plant.name, plant.status) == ("云帆化工有限公司", "operating")


def test_no_token_reads_another_plants_file(cast, plant, things, strangers, now):
    keys, _ = things
    for name in ("outsider", "next_town", "neighbour"):
        call = caller(cast.people[name], now=now)
        described = call.get("/openapi.json").json()["paths"]
        paths = [path for path, kinds in described.items() if "get" in kinds and "{" not in path]
        assert len(paths) > 15
        for path in paths:
            answer = call.get(path.removeprefix("/api/v1"))
            said = answer.content.decode()
            for word in (*OWN, str(plant.pk), str(keys["engagements"]), str(keys["evidence"]), str(keys["entries"])):
                assert word not in said, (name, path, word)
