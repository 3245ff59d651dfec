from django.apps import AppConfig


class NotifyConfig(AppConfig):
    name = "zhiben.core.notify"
    label = "notify"
    verbose_name = "消息"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import checks, upkeep  # noqa: F401
