from django.apps import AppConfig


class FilesConfig(AppConfig):
    name = "zhiben.core.files"
    label = "files"
    verbose_name = "文件"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import upkeep  # noqa: F401
