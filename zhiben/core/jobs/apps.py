from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "zhiben.core.jobs"
    label = "jobs"
    verbose_name = "后台作业"
    default_auto_field = "django.db.models.BigAutoField"
