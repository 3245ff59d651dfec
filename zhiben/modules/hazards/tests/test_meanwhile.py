"""What changes between discovery and decision, walked through pages: the standard is superseded, the officer moves."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from zhiben.core import clock
from zhiben.core.access.acting import Acting
from zhiben.core.audit.services import lines_of
from zhiben.core.org import services as org
from zhiben.core.org.roles import Role
from zhiben.core.workflow.engine import fire
from zhiben.modules.criteria.services import keep
from zhiben.modules.hazards.models import DualReport, Hazard
from zhiben.modules.hazards.models import HazardStatus as S

from .conftest import FIVE, FOR_MAJOR, at

pytestmark = pytest.mark.django_db
GAS = "回采工作面瓦斯浓度达到 1.6%，超限后没有停产撤人，仍在割煤"
OLD, NEW = "应急管理部令第4号", "应急管理部令第21号"


@pytest.fixture
def today(monkeypatch):
    """Move the clock of the pages."""

    def today(moment):
        monkeypatch.setattr(clock, "now", lambda: moment)
        return moment

    return today


def test_a_criterion_is_superseded_between_discovery_and_judgement(cast, plant, found, now, today):
    """Order 4 held until 30 June 2026, order 21 holds since: what was found in June is offered and keeps the old one."""
    keep(by=cast.system_administrator, now=now)
    plant.trades = ["煤矿"]
    plant.save()
    today(at("2026-06-20"))
    sent = {"enterprise": plant.pk, "place": "3201 工作面", "description": GAS, "found_on": "2026-06-20",
            "level": "major", "channel": "inspection", "id": "019a0000-0000-7000-8000-000000000001"}  # fmt: skip
    client = cast.client("bureau_officer")
    assert client.post(reverse("hazards:new"), sent).status_code == 302
    today(at("2026-07-06"))
    hazard = Hazard.objects.get()
    address = reverse("hazards:step", args=[hazard.pk, "judge"])
    dialog = client.get(address).content.decode()
    assert f'value="{OLD}|' in dialog
    assert f'value="{NEW}|' not in dialog
    judged = {"judged_level": "major", "criterion_reason": "瓦斯超限作业", "key": "k"}
    refused = client.post(address, judged | {"criterion_key": f"{NEW}|第5条|(一)"})
    assert refused.status_code == 422
    assert "判定以发现之日（2026年6月20日）适用的标准为准" in refused.content.decode()
    key = dialog.split(f'value="{OLD}|')[1].split('"')[0]
    assert client.post(address, judged | {"criterion_key": f"{OLD}|{key}"}).status_code == 302
    hazard.refresh_from_db()
    assert (hazard.status, hazard.criterion.standard.doc_no) == (S.JUDGED, OLD)
    assert OLD in client.get(hazard.get_absolute_url()).content.decode()
    long_ago = found(place="3202 工作面", description=GAS, found_on=date(2019, 6, 5), before_photos=[])
    dialog = client.get(reverse("hazards:step", args=[long_ago.pk, "judge"])).content.decode()
    assert "不在目录中" in dialog, "of that day the catalogue has no version, and says so"
    assert f'value="{OLD}|' not in dialog


def test_a_regulator_moves_to_another_unit(cast, found, photo, now, today):
    """The desk goes on without him; what he did stays his, whichever hat he wears."""
    today(now)
    hazard, ordered = found(), {"judged_level": "major", "criterion_reason": "整条通道堵死", "rectify_by": "2026-03-20"}
    client = cast.client("bureau_officer")
    address = reverse("hazards:step", args=[hazard.pk, "judge_and_order"])
    assert client.post(address, ordered | {"key": "k"}).status_code == 302
    founder = {"by": cast.security_administrator, "now": now}
    for acting in (cast.bureau_officer, cast.regulator):
        org.end_post(post=acting.post, last_day=date(2026, 3, 10), **founder)
    housing = {"unit": cast.housing_officer.unit, "role": Role.UNIT_OFFICER, "valid_from": date(2026, 3, 11)}
    post = org.appoint(person=cast.bureau_officer.person, **housing, **founder)
    cast.people["moved"] = Acting(cast.bureau_officer.person, post)
    later = today(now + timedelta(days=1))

    for browser in (client, cast.client("moved")):
        assert browser.get(hazard.get_absolute_url()).status_code == 404
        assert browser.post(reverse("hazards:step", args=[hazard.pk, "redate"]), ordered).status_code == 404
        assert hazard.place not in browser.get("/").content.decode()
    act = {"by": cast.plant_officer, "now": later}
    fire(hazard, "file_plan", **act, **FIVE, **FOR_MAJOR)
    page = cast.client("bureau_leader").get("/").content.decode()
    assert hazard.place in page, "whoever sits at the desk now has it in front of them"
    ((line,),) = [[each for each in lines_of("hazards.hazard", hazard.pk) if each.label == "判定并交办"]]
    assert (line.actor_name, "县应急管理局" in line.actor_post) == ("应勤", True)
    assert "应勤" in cast.client("bureau_leader").get(hazard.get_absolute_url()).content.decode()

    fire(hazard, "accept_plan", by=cast.bureau_leader, now=later)
    hand = {"transfer_to": cast.housing_officer.unit, "reason": "燃气设施由住建部门监管"}
    fire(hazard, "offer_transfer", by=cast.bureau_leader, now=later, **hand)
    fire(hazard, "accept_transfer", by=cast.housing_leader, now=later)
    for seed, to in enumerate(DualReport.To.values):
        proof = {
            "report_to": to,
            "reported_on": date(2026, 3, 11),
            "report_proof": [photo(cast.plant_officer, 90 + seed)],
        }
        fire(hazard, "register_dual_report", **act, **proof)
    fire(hazard, "submit", **act, summary="已清空", after_photos=[photo(cast.plant_officer)])
    moved = cast.client("moved")
    page = moved.get(hazard.get_absolute_url())
    assert page.status_code == 200, "it has come to his new unit"
    verify = reverse("hazards:step", args=[hazard.pk, "verify"])
    assert "由交办人以外的人复查" in page.content.decode()
    assert moved.post(verify, {"finding": "好", "on_site": "1"}).status_code == 409
    seen = {"finding": "好", "on_site": True, "site_photos": [photo(cast.housing_officer, 30)]}
    assert fire(hazard, "verify", by=cast.housing_officer, now=later, **seen).status == S.VERIFIED
