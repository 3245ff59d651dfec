from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class JobsConfig(AppConfig):
    name = "zhiben.core.jobs"
    label = "jobs"
    verbose_name = "后台作业"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import upkeep  # noqa: F401

        autodiscover_modules("jobs")
