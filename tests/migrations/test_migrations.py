"""The tables of both databases are made by the migrations alone, and the migrations know every model."""

import io

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

OURS = sorted(app.label for app in apps.get_app_configs() if app.name.startswith("zhiben.") and app.models_module)

pytestmark = pytest.mark.django_db


def test_no_model_has_changed_without_a_migration() -> None:
    told = io.StringIO()
    try:
        call_command("makemigrations", *OURS, "--check", "--dry-run", stdout=told)
    except SystemExit:
        pytest.fail(told.getvalue())


@pytest.mark.parametrize("app", OURS)
def test_the_history_of_an_app_has_one_end(app: str) -> None:
    assert len(MigrationLoader(connection).graph.leaf_nodes(app)) <= 1


def test_the_database_has_the_columns_that_the_models_name() -> None:
    """Each table answers a question for every one of its columns; a migration that forgot one is named."""
    for model in apps.get_models():
        if model._meta.app_label in OURS and model._meta.managed:
            columns = [field.column for field in model._meta.concrete_fields]
            with connection.cursor() as cursor:
                found = {column.name for column in connection.introspection.get_table_description(cursor, model._meta.db_table)}
            assert set(columns) <= found, model._meta.label
