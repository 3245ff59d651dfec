from django.apps import AppConfig


class CriteriaConfig(AppConfig):
    name = "zhiben.modules.criteria"
    label = "criteria"
    verbose_name = "判定标准"
    default_auto_field = "django.db.models.BigAutoField"
