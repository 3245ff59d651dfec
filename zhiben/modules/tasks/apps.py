from django.apps import AppConfig


class TasksConfig(AppConfig):
    name = "zhiben.modules.tasks"
    label = "tasks"
    verbose_name = "任务"
    default_auto_field = "django.db.models.BigAutoField"
