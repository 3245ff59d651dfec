from django.apps import AppConfig
from django.forms import Field


class WebConfig(AppConfig):
    name = "zhiben.core.web"
    label = "web"
    verbose_name = "页面"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Django says that this field is required; a person is told what to do
        Field.default_error_messages["required"] = "请填写这一项。"
