from django.apps import AppConfig


class RegistryConfig(AppConfig):
    name = "zhiben.modules.registry"
    label = "registry"
    verbose_name = "一企一档"
    default_auto_field = "django.db.models.BigAutoField"
