"""The pages as a process of `zhiben web` serves them. Commands, workers and tests take `wsgi`, where nothing begins."""

from zhiben.config.warming import warm_soon
from zhiben.config.wsgi import application

__all__ = ["application"]

warm_soon()
