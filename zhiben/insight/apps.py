from django.apps import AppConfig


class InsightConfig(AppConfig):
    """The top floor: it reads everything below, keeps nothing and changes nothing."""

    name = "zhiben.insight"
    label = "insight"
    verbose_name = "分析与报告"
