"""What a phone has to fetch before it shows anything."""

import gzip

import pytest

from zhiben.core.web import assets

pytestmark = pytest.mark.needs_service("frontend")
MOST = 300 * 1024


def test_the_first_load_is_light():
    manifest = assets._manifest()
    files = {manifest["src/main.ts"]["file"], *manifest["src/main.ts"].get("css", ()), manifest["icons.svg"]["file"]}
    wanted = list(manifest["src/main.ts"].get("imports", ()))
    while wanted:
        part = manifest[wanted.pop()]
        files |= {part["file"], *part.get("css", ())}
        wanted += part.get("imports", ())
    assert sum(len(gzip.compress((assets.BUILD / name).read_bytes())) for name in files) < MOST


def test_charts_and_the_map_are_fetched_only_where_shown():
    entry = assets._manifest()["src/main.ts"]
    assert {"src/charts.ts", "src/map.ts"} <= set(entry["dynamicImports"])
