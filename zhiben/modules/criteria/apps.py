from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CriteriaConfig(AppConfig):
    name = "zhiben.modules.criteria"
    label = "criteria"
    verbose_name = "判定标准"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from .loading import keep_after_migrate

        post_migrate.connect(keep_after_migrate, sender=self, dispatch_uid="criteria.keep")
