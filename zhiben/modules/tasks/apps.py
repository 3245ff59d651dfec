from django.apps import AppConfig


class TasksConfig(AppConfig):
    name = "zhiben.modules.tasks"
    label = "tasks"
    verbose_name = "任务"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from zhiben.core.workflow.sweep import register_periodic

        from . import milestones, obligations

        register_periodic("tasks.open_due_occurrences", obligations.open_due_occurrences)
        register_periodic("tasks.close_missed_occurrences", obligations.close_missed_occurrences)
        register_periodic("tasks.turn_to_next_milestones", milestones.turn_to_next_milestones)
