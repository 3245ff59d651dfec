from django.apps import AppConfig


class InsightConfig(AppConfig):
    """The top floor: it reads everything below and changes nothing of it."""

    name = "zhiben.insight"
    label = "insight"
    verbose_name = "分析与报告"

    def ready(self) -> None:
        from zhiben.core.documents.kinds import register

        from .review.document import MONTHLY_REVIEW

        register(MONTHLY_REVIEW)
