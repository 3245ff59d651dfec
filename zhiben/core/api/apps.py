from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "zhiben.core.api"
    label = "api"
    verbose_name = "接口"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import upkeep  # noqa: F401
