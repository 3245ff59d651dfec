"""Enterprises as another system meets them: read, written by code, written twice; nothing leaks."""

import pytest

from zhiben.core import clock
from zhiben.core.api.testing import ApiTest, caller, is_problem
from zhiben.modules.registry.api import EnterpriseApi
from zhiben.modules.registry.models import Enterprise
from zhiben.modules.registry.services import NewEnterprise, register_enterprises
from zhiben.modules.registry.testing import credit_code

SCOPES = ("enterprises:read", "enterprises:write")
CODE = credit_code("91990121MA00AP101")


@pytest.fixture
def at_ten(monkeypatch, now):
    monkeypatch.setattr(clock, "machine_now", lambda: now)


class TestEnterpriseApi(ApiTest):
    api, insider = EnterpriseApi, "bureau_officer"

    def make(self, cast, now, count):
        there, region = Enterprise.objects.count(), cast.town.unit.region
        new = [NewEnterprise(name=f"化工{there + n}号", region=region, sector="chemicals") for n in range(count)]
        return register_enterprises(enterprises=new, by=cast.bureau_officer, now=now)


def test_written_by_code_it_is_made_once_and_then_changed(cast, now, at_ten):
    call = caller(cast.bureau_officer, *SCOPES, now=now)
    sent = {"credit_code": CODE, "name": "接口化工厂", "region": "990121101000", "sector": "chemicals"}
    first = call.post("/enterprises", sent).json()
    assert (first["name"], first["supervising_unit"]["name"]) == ("接口化工厂", "县应急管理局")
    again = call.post("/enterprises", {"credit_code": CODE, "staff_count": 12}).json()
    assert (again["id"], again["staff_count"], again["name"]) == (first["id"], 12, "接口化工厂")
    assert Enterprise.objects.count() == 1


def test_what_is_wrong_is_said_and_what_is_not_ones_own_is_not_there(cast, plant, now, at_ten):
    call = caller(cast.bureau_officer, *SCOPES, now=now)
    is_problem(call.post("/enterprises", {"credit_code": CODE}), 422)
    is_problem(call.post("/enterprises", {"credit_code": CODE[:-1] + "?", "name": "厂", "region": "990121101000"}), 422)
    is_problem(call.post("/enterprises", {"credit_code": CODE, "name": "厂", "region": "000000000000"}), 422)
    housing = caller(cast.housing_officer, *SCOPES, now=now)
    is_problem(housing.post("/enterprises", {"credit_code": plant.credit_code, "name": "夺名"}), 404)
    own = caller(cast.plant_officer, *SCOPES, now=now)
    is_problem(own.post("/enterprises", {"credit_code": plant.credit_code, "sector": "gas"}), 422)
    plant.refresh_from_db()
    assert (plant.name, plant.sector) == ("云帆化工有限公司", "chemicals")
