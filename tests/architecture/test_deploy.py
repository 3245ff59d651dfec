"""What stands in `deploy/` and in the operations page is what the program has: commands, variables, metrics."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from django.core.management import get_commands, load_command_class

from zhiben.config import cli
from zhiben.config.prometheus import gauges, instruments

from .program import ROOT

DEPLOY = ROOT / "deploy"
OPERATIONS = ROOT / "docs" / "operations.md"
UNITS = sorted(path for path in (DEPLOY / "systemd").iterdir() if path.suffix in (".service", ".timer", ".target"))
SHELL = [path for path in DEPLOY.rglob("*") if path.is_file() and path.read_bytes().startswith(b"#!/bin/sh")]


def named_commands(text: str) -> set[tuple[str, ...]]:
    """`zhiben certificate make` as ("certificate", "make"): command, and the word after it where there is one."""
    found = re.findall(r"(?:^|[\s`/(\[])zhiben[ ,]+([a-z]+)(?:[ ,]+([a-z]+(?:-[a-z]+)*)\b(?![./=:]))?", text)
    return {tuple(word for word in words if word) for words in found}


def commands_in(path: Path) -> str:
    """Of a page only what stands as code; of a file all."""
    text = path.read_text("utf-8")
    if path.suffix != ".md":
        return text
    return "\n".join(map("".join, re.findall(r"```sh\n(.*?)```|`(zhiben [^`]+)`", text, re.S)))


def documented_table() -> set[str]:
    table = OPERATIONS.read_text("utf-8").split("## Environment variables")[1].split("\n## ")[0]
    return set(re.findall(r"`((?:ZHIBEN|DATABASE)_[A-Z_]+)`", table))


def exists(words: tuple[str, ...]) -> bool:
    name, *rest = words
    if words[:2] == ("plans", "extract"):
        return True
    apps = get_commands()
    if name not in apps:
        return False
    parser = load_command_class(apps[name], name).create_parser("zhiben", name)
    inner = [action.choices for action in parser._actions if hasattr(action.choices, "keys")]
    return not rest or not inner or rest[0] in inner[0]


@pytest.mark.parametrize(
    "path",
    [OPERATIONS, *UNITS, DEPLOY / "compose/compose.yaml", DEPLOY / "compose/Dockerfile"],
    ids=lambda path: path.name,
)
def test_every_command_that_is_named_exists(path: Path) -> None:
    named = named_commands(commands_in(path))
    assert [words for words in sorted(named) if not exists(words)] == []
    if path == OPERATIONS:
        assert {("certificate", "make"), ("database", "roles"), ("doctor",)} <= named


def test_the_list_of_commands_names_what_exists() -> None:
    listed = {
        (words.split()[0], inner)
        for _, commands in cli.AREAS
        for words, _ in commands
        for inner in (words.split()[1:2] or [""])[0].split("|")
        if re.fullmatch(r"[a-z]*", inner)
    }
    assert [words for words in sorted(listed) if not exists(tuple(filter(None, words)))] == []


def test_every_variable_in_deploy_is_documented() -> None:
    documented = documented_table()
    for path in DEPLOY.rglob("*"):
        if path.is_file():
            used = set(re.findall(r"\b(ZHIBEN_[A-Z_]+|DATABASE_URL)\b", path.read_text("utf-8")))
            assert used <= documented, path.name


def test_no_password_stands_in_deploy() -> None:
    for path in DEPLOY.rglob("*.example"):
        for value in re.findall(r"://\w+:([^@]+)@|SECRET_KEY=(.+)|TOKEN=(.+)", path.read_text("utf-8")):
            assert set(filter(None, value)) == {"CHANGE-ME"}, path.name


def test_compose_and_prometheus_are_yaml_and_hold_together() -> None:
    compose = yaml.safe_load((DEPLOY / "compose/compose.yaml").read_text("utf-8"))
    services = compose["services"]
    assert {"database", "migrate", "web", "redirect", "worker", "sweeper"} == set(services)
    for name, service in services.items():
        assert set(service.get("secrets", [])) <= set(compose["secrets"]), name
        named = [volume.split(":")[0] for volume in service["volumes"] if not volume.startswith(".")]
        assert set(named) <= set(compose["volumes"]), name
        assert "zhiben_migration_database_url" not in service["secrets"] or name == "migrate"
    rules = yaml.safe_load((DEPLOY / "prometheus/zhiben-alerts.yaml").read_text("utf-8"))["groups"][0]["rules"]
    sources = Path(gauges.__file__).read_text("utf-8") + Path(instruments.__file__).read_text("utf-8")
    for rule in rules:
        for metric in re.findall(r"zhiben_\w+", rule["expr"]):
            assert f'"{re.sub("_(total|bucket)$", "", metric)}"' in sources, metric


@pytest.mark.parametrize("script", SHELL, ids=lambda path: path.name)
def test_scripts_are_shell(script: Path) -> None:
    assert subprocess.run(["sh", "-n", script], check=False).returncode == 0
    assert script.stat().st_mode & 0o111


@pytest.mark.needs_service("systemd")
def test_units_are_understood_by_systemd_and_closed(tmp_path: Path) -> None:
    for unit in UNITS:
        text = unit.read_text("utf-8").replace("/opt/zhiben/.venv/bin/zhiben", sys.executable)
        (tmp_path / unit.name).write_text(
            text.replace("file:/opt", "file:/").replace("After=network-online.target postgresql.service", "")
        )
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *sorted(tmp_path.iterdir())],
        capture_output=True, text=True, check=False, env={"SYSTEMD_UNIT_PATH": f"{tmp_path}:", "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    ours = [line for line in done.stderr.splitlines() if str(tmp_path) in line or "zhiben" in line]
    assert ours == []
    for unit in UNITS:
        if unit.suffix == ".service":
            assert "ProtectSystem=strict" in unit.read_text("utf-8"), unit.name
            assert "NoNewPrivileges=yes" in unit.read_text("utf-8"), unit.name
