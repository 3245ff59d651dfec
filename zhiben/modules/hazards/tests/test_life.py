"""From report to close-out, told with the cast's plant, its town and its county."""

from datetime import date

import pytest

from zhiben.core.workflow.engine import fire
from zhiben.modules.hazards.models import HazardStatus as S

pytestmark = pytest.mark.django_db

FIVE = {
    "liable_person": "云安",
    "measures": "清走托盘，划黄线，装摄像头",
    "funds": "8000",
    "plan_rectify_by": date(2026, 3, 20),
    "contingency_plan": "清理期间安排专人值守，备好移动消防炮",
}


def test_an_ordinary_one_goes_all_the_way(cast, found, photo, now):
    hazard = found()
    assert (hazard.status, hazard.number, hazard.supervising_unit) == (
        S.REPORTED,
        "990121-2026-000001",
        cast.bureau_officer.unit,
    )
    regulator, plant = {"by": cast.bureau_officer, "now": now}, {"by": cast.plant_officer, "now": now}
    fire(hazard, "judge", **regulator, judged_level="general", criterion_reason="占用面积小，已现场疏通一半")
    fire(hazard, "order", **regulator, rectify_by=date(2026, 3, 20))
    fire(hazard, "file_plan", **plant, **FIVE)
    fire(hazard, "accept_plan", **regulator)
    fire(hazard, "report_progress", **plant, percent=50, text="已清走一半", stage="清理", spent="3000")
    fire(hazard, "submit", **plant, summary="已清空并划线", after_photos=[photo(cast.plant_officer)])
    hazard = fire(hazard, "verify_and_close", **regulator, finding="通道畅通，标线清楚")
    assert (hazard.status, hazard.closed_by, hazard.progress) == (S.CLOSED, cast.bureau_officer.person, 100)
