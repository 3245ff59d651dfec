"""The promises of set-up: what is documented, what is skipped, what is required."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from .program import PACKAGE, ROOT

PYTEST = [
    sys.executable,
    "-m",
    "pytest",
    "-q",
    "-n0",
    "-c",
    "pyproject.toml",
    "-p",
    "conftest",
    "-p",
    "no:cacheprovider",
]
OPERATIONS = ROOT / "docs" / "operations.md"


def test_every_environment_variable_is_documented_and_none_is_invented() -> None:
    text = "".join(path.read_text("utf-8") for path in (PACKAGE / "config").rglob("*.py") if "tests" not in path.parts)
    read = set(re.findall(r"(?:env\.\w+|environ\.get)\(\s*\"([A-Z_]+)\"", text))
    table = OPERATIONS.read_text("utf-8").split("## Environment variables")[1].split("\n## ")[0]
    assert set(re.findall(r"`((?:ZHIBEN|DATABASE)_[A-Z_]+)`", table)) == read


def test_the_rest_of_the_program_reads_settings_and_not_the_environment() -> None:
    found = [
        str(path.relative_to(ROOT))
        for path in PACKAGE.rglob("*.py")
        if not path.is_relative_to(PACKAGE / "config") and "tests" not in path.parts
        if re.search(r"environ.*(ZHIBEN|DATABASE)_|getenv", path.read_text("utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize(("ci", "outcome"), [("", "1 skipped"), ("true", "1 failed")])
def test_a_skipped_service_test_fails_where_checks_decide(tmp_path: Path, ci: str, outcome: str) -> None:
    (tmp_path / "test_sample.py").write_text(
        "import pytest\n\n\n@pytest.mark.needs_service('ocr')\ndef test_reads_a_scan():\n    pytest.skip('no models')\n"
    )
    done = subprocess.run(
        [*PYTEST, "--rootdir", str(tmp_path), str(tmp_path / "test_sample.py")],
        cwd=ROOT,
        env={**os.environ, "CI": ci, "ZHIBEN_CI": "", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcome in done.stdout, done.stdout + done.stderr


def test_every_dependency_says_why_it_is_there() -> None:
    text = (ROOT / "pyproject.toml").read_text("utf-8").split("[build-system]")[0]
    wanted = re.findall(r"^    \"([a-z0-9-]+)[^\"]*\",(.*)$", text, re.M)
    assert len(wanted) > 20
    assert [name for name, reason in wanted if "# " not in reason] == []


def test_every_version_is_locked() -> None:
    import tomllib

    locked = {package["name"] for package in tomllib.loads((ROOT / "uv.lock").read_text("utf-8"))["package"]}
    text = (ROOT / "pyproject.toml").read_text("utf-8").split("[build-system]")[0]
    assert set(re.findall(r"^    \"([a-z0-9-]+)", text, re.M)) <= locked
