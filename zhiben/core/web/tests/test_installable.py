"""The site as an app on a phone: open to all, and saying nothing about anybody."""

import json

import pytest
from django.test import Client

from zhiben.core.web import assets

pytestmark = pytest.mark.django_db


def test_the_manifest_names_the_app_and_its_icons():
    response = Client().get("/manifest.webmanifest")
    manifest = json.loads(response.content)
    assert response["Content-Type"] == "application/manifest+json"
    assert (manifest["short_name"], manifest["display"], manifest["scope"]) == ("治本", "standalone", "/")
    assert {icon["sizes"] for icon in manifest["icons"]} == {"192x192", "512x512"}
    for icon in manifest["icons"]:
        assert b"".join(Client().get(icon["src"]).streaming_content).startswith(b"\x89PNG")


def test_the_page_without_a_network_names_nobody(cast):
    page = cast.client("office").get("/offline/").content.decode()
    assert "现在没有网络" in page
    assert cast.office.person.name not in page
    assert Client().get("/offline/").status_code == 200


@pytest.mark.needs_service("frontend")
def test_the_service_worker_keeps_what_was_built_and_never_a_page_of_records():
    response = Client().get("/sw.js")
    head = response.content.decode().split(";\n", 1)[0]
    given = json.loads(head.removeprefix("self.zhiben = "))
    assert given["offline"] == "/offline/"
    assert given["kept"][0] == assets.address_of("src/main.ts")
    assert all(address.startswith("/static/build/") for address in given["kept"])
    assert "no-cache" in response["Cache-Control"]
