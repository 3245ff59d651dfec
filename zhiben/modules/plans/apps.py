from django.apps import AppConfig


class PlansConfig(AppConfig):
    name = "zhiben.modules.plans"
    label = "plans"
    verbose_name = "方案"
    default_auto_field = "django.db.models.BigAutoField"
