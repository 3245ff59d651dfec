from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date, datetime
from typing import Any

import pytest
from django.db import connection

from zhiben.core.clock import CHINA
from zhiben.core.workflow.engine import fire
from zhiben.modules.hazards.models import DualReport, Hazard
from zhiben.modules.hazards.testing import a_hazard, a_photo
from zhiben.modules.registry.testing import enrol_plant

FIVE: dict[str, Any] = {
    "liable_person": "云安",
    "measures": "清走托盘，划黄线，装摄像头",
    "funds": "8000",
    "plan_rectify_by": date(2026, 3, 20),
    "contingency_plan": "清理期间安排专人值守，备好移动消防炮",
}
FOR_MAJOR = {
    "goals": "通道常年畅通，宽度不小于 4 米",
    "bodies": "总经理牵头，安全科、仓储部负责",
    "safety_measures": "清理期间停止该侧装卸作业",
}
BLOCKED = "柳溪镇四号仓库唯一的消防车通道被砌墙封死"


def at(day: str, hour: int = 10) -> datetime:
    return datetime.fromisoformat(day).replace(hour=hour, tzinfo=CHINA)


@pytest.fixture
def plant(cast, now):
    return enrol_plant(cast, now)


@pytest.fixture
def found(cast, plant, now):
    """Record the blocked lane, or whatever else is asked for."""

    def found(**more) -> Hazard:
        return a_hazard(cast, more.pop("plant", plant), more.pop("now", now), **more)

    return found


@pytest.fixture
def photo(now):
    def photo(acting, seed=9, **more):
        return a_photo(acting, more.pop("now", now), seed, **more)

    return photo


@pytest.fixture
def rectifying(cast, found, now):
    """Ordered until 20 March, planned, accepted; `major` with all that a major one needs."""

    def rectifying(*, level: str = "general", **more) -> Hazard:
        hazard = found(**more)
        regulator, owner = {"by": cast.bureau_officer, "now": now}, {"by": cast.plant_officer, "now": now}
        ground = {
            "criterion_reason": "占用消防车通道，火灾时无法扑救" if level == "major" else "占用面积小，已疏通一半"
        }
        fire(hazard, "judge_and_order", **regulator, judged_level=level, rectify_by=date(2026, 3, 20), **ground)
        fire(hazard, "file_plan", **owner, **FIVE, **(FOR_MAJOR if level == "major" else {}))
        return fire(hazard, "accept_plan", **regulator)

    return rectifying


@pytest.fixture
def meanwhile():
    """Begins a call on a connection of its own while the test goes on: `.result(seconds)` waits for it, and raises what
    it raised."""
    with ThreadPoolExecutor() as pool:

        def meanwhile(call: Callable[[], Any]) -> Future[Any]:
            def run() -> Any:
                try:
                    return call()
                finally:
                    connection.close()

            return pool.submit(run)

        yield meanwhile


@pytest.fixture
def handed_in(cast, rectifying, photo, now):
    def handed_in(**more) -> Hazard:
        hazard = rectifying(**more)
        owner = {"by": cast.plant_officer, "now": now}
        if hazard.is_major:
            for seed, to in enumerate(DualReport.To.values):
                proof = [photo(cast.plant_officer, 90 + seed)]
                day = date(2026, 3, 10)
                fire(hazard, "register_dual_report", **owner, report_to=to, reported_on=day, report_proof=proof)
        return fire(hazard, "submit", **owner, summary="已清空并划线", after_photos=[photo(cast.plant_officer)])

    return handed_in
