import pytest

from zhiben.modules.registry.models import Enterprise
from zhiben.modules.registry.testing import enrol_plant


@pytest.fixture
def plant(cast, now) -> Enterprise:
    """云帆化工 with its file."""
    return enrol_plant(cast, now)


@pytest.fixture
def to(cast, now):
    """By the county's bureau, now."""
    return {"by": cast.bureau_officer, "now": now}
