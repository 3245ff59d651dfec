from django.apps import AppConfig


class HazardsConfig(AppConfig):
    name = "zhiben.modules.hazards"
    label = "hazards"
    verbose_name = "隐患治理"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from zhiben.core.workflow.sweep import register_periodic

        from . import drawing, figures  # noqa: F401 — the figures register themselves

        register_periodic("hazards.draw_last_month", drawing.draw_last_month)

        from zhiben.core.web.pages.record import Panel
        from zhiben.modules.registry import panels

        from .pages.mine import of_enterprise

        panels.register(Panel("隐患", "hazards/panels/of_enterprise.html", of_enterprise))
