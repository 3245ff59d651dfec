from django.apps import AppConfig


class HazardsConfig(AppConfig):
    name = "zhiben.modules.hazards"
    label = "hazards"
    verbose_name = "隐患治理"
    default_auto_field = "django.db.models.BigAutoField"
