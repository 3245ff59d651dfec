"""The README of a module says where each of its rules is."""

import re
from pathlib import Path

import pytest

from .program import PACKAGE

READMES = sorted((PACKAGE / "modules").glob("*/README.md"))
WITH_A_TABLE = [readme for readme in READMES if "| 文件 |" in readme.read_text()]
OF_EVERY_MODULE = {"__init__", "apps", "forms", "models", "testing", "urls"}


@pytest.mark.parametrize("readme", READMES, ids=lambda readme: readme.parent.name)
def test_every_file_it_names_is_there(readme: Path) -> None:
    assert [name for name in named_in(readme) if not (readme.parent / f"{name}.py").exists()] == []


@pytest.mark.parametrize("readme", WITH_A_TABLE, ids=lambda readme: readme.parent.name)
def test_a_table_of_files_leaves_none_out(readme: Path) -> None:
    files = [*readme.parent.glob("*.py"), *readme.parent.glob("judging/*.py")]
    there = {str(path.relative_to(readme.parent).with_suffix("")) for path in files if path.stem not in OF_EVERY_MODULE}
    assert there - named_in(readme) == set()


def named_in(readme: Path) -> set[str]:
    return set(re.findall(r"`([\w/]+)\.py`", readme.read_text()))
