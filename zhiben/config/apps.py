from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "zhiben.config"
    label = "config"
    verbose_name = "系统"

    def ready(self) -> None:
        from . import checks  # noqa: F401
        from .certificates import upkeep  # noqa: F401
