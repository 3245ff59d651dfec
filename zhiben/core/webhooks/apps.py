from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    name = "zhiben.core.webhooks"
    label = "webhooks"
    verbose_name = "推送"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from zhiben.core.web import addresses

        from . import upkeep  # noqa: F401

        addresses.register("webhooks.subscription", "webhooks:detail")
