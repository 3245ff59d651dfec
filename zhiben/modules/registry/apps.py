from typing import Any

from django.apps import AppConfig
from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models.signals import post_migrate


class RegistryConfig(AppConfig):
    name = "zhiben.modules.registry"
    label = "registry"
    verbose_name = "一企一档"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from zhiben.core.workflow.sweep import register_periodic

        # lives and reactions register themselves
        from . import admission, classing, disputes, dividing, evidence, list_life, reactions  # noqa: F401

        register_periodic("registry.turn_lines", dividing.turn_lines)
        register_periodic("registry.expire_evidence", evidence.expire_evidence)
        register_periodic("registry.classify_today", classing.classify_today)
        post_migrate.connect(keep_after_migrate, sender=self, dispatch_uid="registry.keep_duties")


def keep_after_migrate(*, using: str = DEFAULT_DB_ALIAS, **signal: Any) -> None:
    """The duties that are shipped stand in the table as soon as the table is there; where only another module was
    migrated, or this one was taken back, there may be none."""
    from .duties import keep_shipped
    from .models import Duty

    if using == DEFAULT_DB_ALIAS and Duty._meta.db_table in connection.introspection.table_names():
        keep_shipped()
