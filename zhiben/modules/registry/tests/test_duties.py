"""What enterprises owe: filed, checked by another, and counted with numerator and denominator."""

import tomllib
from datetime import timedelta
from decimal import Decimal

import pytest

from zhiben.core import clock
from zhiben.core.audit.services import lines_of
from zhiben.core.clock import local_day
from zhiben.core.events.services import deliver_pending
from zhiben.core.files.services import receive_upload
from zhiben.core.org.sectors import Sector
from zhiben.core.refusal import Refused
from zhiben.core.web.testing import PagesTest, check_page
from zhiben.core.workflow.engine import StepRefused, fire
from zhiben.core.workflow.models import WorkItem
from zhiben.modules.registry import coverage, duties, parties
from zhiben.modules.registry.applying import duties_of
from zhiben.modules.registry.models import Duty, DutyEvidence, DutyWaiver, Enterprise, Insurer
from zhiben.modules.registry.pages.duties import DutyPages, EvidencePages
from zhiben.modules.registry.services import NewEnterprise, change_enterprise, register_enterprise


@pytest.fixture(autouse=True)
def shipped(db):
    duties.keep_shipped()


@pytest.fixture
def upload(cast, now):
    return receive_upload(b"%PDF-1.4 evidence", name="记录.pdf", by=cast.plant_officer, now=now)


@pytest.fixture
def training() -> Duty:
    return Duty.objects.get(key="training")


@pytest.fixture
def workshop(cast, now, plant) -> Enterprise:
    """A second enterprise, of another trade, without any evidence."""
    new = NewEnterprise(name="柳溪机械厂", region=cast.town.unit.region, sector=Sector.INDUSTRY, staff_count=12)
    return register_enterprise(enterprise=new, by=cast.bureau_officer, now=now)


def filed(cast, now, plant, duty, upload, by="plant_officer") -> DutyEvidence:
    return duties.file_evidence(
        enterprise=plant, duty=duty, description="全员培训 24 学时", files=[upload], by=getattr(cast, by), now=now
    )


def share(cast, duty, now, **filters):
    (line,) = coverage.table(
        enterprises=Enterprise.objects.filter(**filters), duties=[duty], region=cast.county, by="region",
        day=local_day(now),
    )[1]  # fmt: skip
    return line[1].covered, line[1].owing


class TestWhoOwesWhat:
    def test_by_sector_trade_size_and_only_while_at_work(self, plant, workshop):
        assert {"insurance", "organisation"} <= {duty.key for duty in duties_of(plant)}
        owed = {duty.key for duty in duties_of(workshop)}
        assert "training" in owed
        assert owed.isdisjoint({"insurance", "organisation", "dust"})
        workshop.trades = ["工贸-粉尘涉爆"]
        workshop.save()
        assert "dust" in {duty.key for duty in duties_of(workshop)}
        workshop.status = "suspended"
        assert duties_of(workshop) == []

    def test_counting_and_asking_agree(self, plant, workshop):
        workshop.trades = ["工贸-粉尘涉爆", "工贸-机械"]
        workshop.save()
        for duty in Duty.objects.all():
            counted = set(coverage.owing(Enterprise.objects.all(), duty))
            assert counted == {each for each in (plant, workshop) if duty in duties_of(each)}, duty

    def test_shipped_twice_changes_nothing(self, db):
        assert duties.keep_shipped() == 0

    def test_an_article_says_how_far_it_was_checked(self):
        shipped = tomllib.loads(duties.SHIPPED.read_text("utf-8"))
        for key, given in shipped.items():
            said = Duty.objects.get(key=key).basis
            for cited, source in given["citations"]:
                mark = said.split(cited, 1)[1].split("；")[0]
                assert (duties.CHECKED in mark) is source.startswith("https://www."), cited
                assert source in ("", "retold") or "gov.cn/" in source, "only the page of whoever issued it"
                assert (duties.UNCHECKED in mark) is (source == ""), cited


class TestEvidence:
    def test_filed_checked_by_another_and_counted(self, cast, now, plant, workshop, training, upload):
        assert share(cast, training, now) == (0, 2)
        evidence = filed(cast, now, plant, training, upload)
        assert share(cast, training, now) == (0, 2), "what nobody has checked does not count"
        with pytest.raises(Refused, match="已有一份佐证"):
            filed(cast, now, plant, training, upload)
        with pytest.raises(StepRefused):
            fire(evidence, "accept", by=cast.plant_head, now=now)
        evidence = fire(evidence, "accept", by=cast.bureau_officer, now=now, finding="属实")
        assert evidence.valid_until == local_day(now) + timedelta(days=365)
        assert share(cast, training, now) == (1, 2)
        assert share(cast, training, now + timedelta(days=366)) == (0, 2), "evidence runs out by itself"
        assert duties.expire_evidence(now + timedelta(days=366)) == 1
        evidence.refresh_from_db()
        assert evidence.status == "expired"

    def test_a_policy_proves_by_itself_that_the_enterprise_is_insured(self, cast, now, plant, upload, monkeypatch):
        monkeypatch.setattr(clock, "now", lambda: now)
        monkeypatch.setattr(clock, "machine_now", lambda: now)
        duty, today, to = Duty.objects.get(key="insurance"), local_day(now), {"by": cast.bureau_officer, "now": now}
        insurer = parties.add_party(of=Insurer, region=cast.county, name="云岭财险", field="安责险", **to)
        span = {"begins_on": today + timedelta(days=1), "ends_on": today + timedelta(days=20)}
        policy = parties.add_policy(enterprise=plant, insurer=insurer, number="P-9", amount=Decimal(500), **span, **to)
        assert share(cast, duty, now) == (0, 1), "it begins tomorrow"
        assert [share(cast, duty, now + timedelta(days=n)) for n in (1, 20, 21)] == [(1, 1), (1, 1), (0, 1)]
        policy = parties.change_policy(policy=policy, begins_on=today, **to)
        page = cast.client("bureau_officer").get(plant.get_absolute_url()).content.decode()
        listed = cast.client("chief").get("/registry/coverage/insurance/?show=covered").content.decode()
        for said in (page, listed):
            assert "安责险保单 P-9" in said
            assert policy.get_absolute_url() in said
        assert "已落实 1 项" in page
        duties.waive_duty(enterprise=plant, duty=duty, reason="已停产", **to)
        assert share(cast, duty, now) == (0, 0), "who owes nothing is no part of it, insured or not"
        duties.withdraw_waiver(waiver=plant.waivers.get(), **to)
        evidence = filed(cast, now, plant, duty, upload)
        fire(evidence, "accept", by=cast.bureau_officer, now=now, finding="属实")
        assert share(cast, duty, now) == (1, 1), "counted once"
        assert share(cast, Duty.objects.get(key="training"), now) == (0, 1), "it proves nothing else"
        fire(evidence, "revoke", by=cast.bureau_officer, now=now, reason="保单号不符")
        parties.change_policy(policy=policy, is_cancelled=True, **to)
        assert share(cast, duty, now) == (0, 1)

    def test_who_filed_for_the_enterprise_does_not_check(self, cast, now, plant, training, upload):
        evidence = filed(cast, now, plant, training, upload, by="bureau_officer")
        with pytest.raises(StepRefused):
            fire(evidence, "accept", by=cast.bureau_officer, now=now)
        fire(evidence, "accept", by=cast.bureau_leader, now=now)

    def test_returned_filed_again_and_revoked(self, cast, now, plant, training, upload):
        evidence = filed(cast, now, plant, training, upload)
        evidence = fire(evidence, "return", by=cast.bureau_officer, now=now, reason="缺签到表")
        evidence = fire(evidence, "file_again", by=cast.plant_officer, now=now, description="补签到表")
        evidence = fire(evidence, "accept", by=cast.bureau_officer, now=now)
        evidence = fire(evidence, "revoke", by=cast.bureau_leader, now=now, reason="抽查不实")
        assert evidence.valid_until is None
        assert share(cast, training, now) == (0, 1)

    def test_what_may_not_be_filed(self, cast, now, plant, training, upload):
        dust = Duty.objects.get(key="dust")
        with pytest.raises(Refused, match="不适用"):
            filed(cast, now, plant, dust, upload)
        for given, says in (({"description": " "}, "请写明"), ({"files": []}, "请上传")):
            what = {"description": "做了", "files": [upload]} | given
            with pytest.raises(Refused, match=says):
                duties.file_evidence(enterprise=plant, duty=training, by=cast.plant_officer, now=now, **what)
        with pytest.raises(Refused, match="不归本单位"):
            filed(cast, now, plant, training, upload, by="outsider")

    def test_whoever_supervises_the_enterprise_now_checks_what_it_filed(self, cast, now, plant, training, upload):
        evidence = filed(cast, now, plant, training, upload)
        change_enterprise(enterprise=plant, sector=Sector.GAS, by=cast.bureau_officer, now=now)
        deliver_pending(now=now)
        evidence.refresh_from_db()
        assert (evidence.supervising_unit, evidence.sector) == (cast.housing_officer.unit, Sector.GAS)
        assert set(WorkItem.objects.filter(record_id=str(evidence.pk)).values_list("seat", flat=True)) & set(
            cast.housing_officer.seats
        )
        assert lines_of("registry.dutyevidence", str(evidence.pk)).last().label == "随企业监管变更"
        fire(plant, "close", by=cast.housing_officer, now=now, reason="注销")
        deliver_pending(now=now)
        evidence.refresh_from_db()
        assert evidence.status == "withdrawn", "nobody waits for what nobody can answer"
        assert not WorkItem.objects.filter(record_id=str(evidence.pk)).exists()

    def test_what_was_waived_leaves_the_denominator_by_name(self, cast, now, plant, workshop, training):
        with pytest.raises(Refused, match="请写明为什么"):
            duties.waive_duty(enterprise=workshop, duty=training, reason="", by=cast.bureau_officer, now=now)
        with pytest.raises(Refused, match="请切换岗位"):
            duties.waive_duty(enterprise=plant, duty=training, reason="不需要", by=cast.plant_officer, now=now)
        waiver = duties.waive_duty(
            enterprise=workshop, duty=training, reason="只有业主一人", by=cast.bureau_officer, now=now
        )
        assert share(cast, training, now) == (0, 1)
        duties.withdraw_waiver(waiver=waiver, by=cast.bureau_officer, now=now)
        assert share(cast, training, now) == (0, 2)


class TestEvidencePages(PagesTest):
    pages, insider = EvidencePages, "bureau_officer"

    def make(self, cast, now, count):
        plant = Enterprise.objects.first()
        if plant is None:
            from zhiben.modules.registry.testing import enrol_plant

            plant = enrol_plant(cast, now)
        upload = receive_upload(b"%PDF-1.4 evidence", name="记录.pdf", by=cast.plant_officer, now=now)
        made = []
        for number in range(count):
            duty = duties.set_duty(
                by=cast.office, now=now + timedelta(seconds=number + Duty.objects.count()), name=f"地方事项{number}",
                requirement="…", basis="…", evidence="记录",
            )  # fmt: skip
            made.append(filed(cast, now, plant, duty, upload))
        return made


class TestDutyPages(PagesTest):
    pages, insider = DutyPages, "office"

    def make(self, cast, now, count):
        before = Duty.objects.count()
        return [
            duties.set_duty(
                by=cast.office, now=now + timedelta(seconds=before + number), name=f"地方事项{before + number}",
                requirement="…", basis="…", evidence="记录",
            )
            for number in range(count)
        ]  # fmt: skip


class TestPages:
    def test_coverage_and_the_enterprises_behind_each_number(self, cast, now, plant, workshop, training):
        region = f"?region={cast.county.pk}"
        for address in (f"/registry/coverage/{region}", f"/registry/coverage/training/{region}"):
            check_page(cast, address, insider="office")
            assert cast.client("plant_officer").get(address).status_code == 404
        client = cast.client("office")
        assert "0/2" in client.get("/registry/coverage/?by=sector").content.decode()
        listed = client.get(f"/registry/coverage/training/{region}&show=uncovered&key={plant.region_path}&by=region")
        assert "柳溪机械厂" in listed.content.decode()
        listed = client.get(f"/registry/coverage/training/{region}&by=sector&key=industry").content.decode()
        assert "柳溪机械厂" in listed
        assert "云帆化工" not in listed
        assert client.get("/registry/coverage/no-such-duty/").status_code == 404
        assert client.get(f"/registry/coverage/training/{region}&key=%25&page=x").status_code == 200

    def test_an_enterprise_files_on_its_page(self, cast, now, plant, training, upload):
        address = f"/registry/coverage/{plant.pk}/training/file/"
        check_page(cast, address, insider="plant_officer")
        client = cast.client("plant_officer")
        assert "报送佐证" in client.get(plant.get_absolute_url()).content.decode()
        refused = client.post(address, {"description": "培训做完了"})
        assert refused.status_code == 422
        assert "培训做完了" in refused.content.decode()
        given = {"description": "培训做完了", "kept_files": upload.pk}
        assert cast.client("outsider").post(address, given).status_code == 404
        assert client.post(address, given).status_code == 302
        assert DutyEvidence.objects.get().status == "filed"

    def test_waived_from_the_page_by_those_who_may(self, cast, now, plant, training):
        address = f"/registry/coverage/{plant.pk}/training/waive/"
        assert cast.client("plant_officer").post(address, {"reason": "不用"}).status_code == 404
        assert cast.client("outsider").post(address, {"reason": "不用"}).status_code == 404
        cast.client("bureau_officer").post(address, {"reason": "只有业主一人"})
        assert DutyWaiver.objects.get().reason == "只有业主一人"
        cast.client("bureau_officer").post(address, {"withdraw": "1"})
        assert not DutyWaiver.objects.exists()
