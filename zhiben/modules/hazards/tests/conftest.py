from datetime import datetime

import pytest

from zhiben.core.clock import CHINA
from zhiben.modules.hazards.models import Hazard
from zhiben.modules.hazards.testing import a_hazard, a_photo
from zhiben.modules.registry.testing import enrol_plant


def at(day: str, hour: int = 10) -> datetime:
    return datetime.fromisoformat(day).replace(hour=hour, tzinfo=CHINA)


@pytest.fixture
def plant(cast, now):
    return enrol_plant(cast, now)


@pytest.fixture
def found(cast, plant, now):
    """Record the blocked lane, or whatever else is asked for."""

    def found(**more) -> Hazard:
        return a_hazard(cast, plant, more.pop("now", now), **more)

    return found


@pytest.fixture
def photo(now):
    def photo(acting, seed=9, **more):
        return a_photo(acting, more.pop("now", now), seed, **more)

    return photo
