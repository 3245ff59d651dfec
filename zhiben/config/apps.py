from django.apps import AppConfig

from zhiben.core.jobs.observing import OBSERVERS


class ConfigConfig(AppConfig):
    name = "zhiben.config"
    label = "config"
    verbose_name = "系统"

    def ready(self) -> None:
        from . import checks  # noqa: F401
        from .certificates import upkeep  # noqa: F401
        from .prometheus.instruments import count_work

        if count_work not in OBSERVERS:
            OBSERVERS.append(count_work)
