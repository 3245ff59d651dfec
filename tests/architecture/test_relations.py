"""Tables respect the floors too: a foreign key upwards is an import that import-linter does not see."""

import tomllib

from django.apps import apps
from django.db import models

from .program import ROOT


def contract(identity: str) -> dict:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    (found,) = [one for one in contracts if one["id"] == identity]
    return found


def ranks() -> dict[str, int]:
    """Folder → height, from the same lines that import-linter reads."""
    height: dict[str, int] = {}
    order = [
        *(("zhiben.core", layer) for layer in reversed(contract("core")["layers"])),
        *(("zhiben.modules", layer) for layer in reversed(contract("modules")["layers"])),
        ("zhiben.insight", "models"),
    ]
    for number, (container, layer) in enumerate(order):
        for name in layer.split("|"):
            height[f"{container}.{name.strip(' ()')}"] = number
    return height


def folder(model: type[models.Model]) -> str:
    return ".".join(model.__module__.split(".")[:3])


def test_no_table_points_up() -> None:
    height = ranks()
    upwards = [
        f"{model._meta.label}.{field.name} -> {field.related_model._meta.label}"
        for model in apps.get_models()
        if model.__module__.startswith("zhiben.")
        for field in model._meta.get_fields()
        if field.concrete and field.is_relation and field.related_model.__module__.startswith("zhiben.")
        if height[folder(field.related_model)] > height[folder(model)]
    ]
    assert upwards == []


def test_the_trail_points_at_nothing() -> None:
    """It outlives what it describes: a record may be erased, its lines may not."""
    pointing = [
        f"{model._meta.label}.{field.name}"
        for model in apps.get_app_config("audit").get_models()
        for field in model._meta.get_fields()
        if field.is_relation and folder(field.related_model) != "zhiben.core.audit"
    ]
    assert pointing == []


def test_every_table_is_named_in_chinese() -> None:
    unnamed = [
        model._meta.label
        for model in apps.get_models()
        if model.__module__.startswith("zhiben.") and str(model._meta.verbose_name).isascii()
    ]
    assert unnamed == []
