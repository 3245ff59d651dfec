from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    name = "zhiben.core.exchange"
    label = "exchange"
    verbose_name = "导入"
    default_auto_field = "django.db.models.BigAutoField"
