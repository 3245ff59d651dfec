from django.apps import AppConfig


class RegistryConfig(AppConfig):
    name = "zhiben.modules.registry"
    label = "registry"
    verbose_name = "一企一档"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from zhiben.core.workflow.sweep import register_periodic

        from . import disputes, dividing  # noqa: F401 — the life of a dispute registers itself

        register_periodic("registry.turn_lines", dividing.turn_lines)
