"""三管三必须: who supervises, the gaps, the quarrels, and how enterprises follow."""

from datetime import date, timedelta

import pytest

from zhiben.core.clock import local_day
from zhiben.core.jobs.running import run_pending
from zhiben.core.org import services as org
from zhiben.core.org.models import Region, UnitKind
from zhiben.core.org.sectors import Sector
from zhiben.core.refusal import Refused
from zhiben.core.web.testing import PagesTest, check_page, counted
from zhiben.core.workflow.engine import StepRefused, fire
from zhiben.modules.registry import dividing, supervision
from zhiben.modules.registry.disputes import open_dispute
from zhiben.modules.registry.gaps import gaps, grid, overlaps
from zhiben.modules.registry.models import Stance, SupervisionClaim, SupervisionDispute, SupervisionLine
from zhiben.modules.registry.pages.matrix import DisputePages

DAY = date(2026, 3, 10)


@pytest.fixture
def town(cast) -> Region:
    return cast.town.unit.region


def whose(sector: str, region: Region, day: date = DAY):
    return supervision.supervisor_of(sector=sector, region_path=region.path, day=day)


def assign(cast, now, unit, sector=Sector.GAS, region=None, **more):
    given = {"basis": "澄安委〔2026〕1号", "valid_from": DAY} | more
    return dividing.assign_supervision(
        sector=sector, region=region or cast.county, unit=unit, by=cast.office, now=now, **given
    )


class TestWhoSupervises:
    def test_first_the_matrix_then_the_department_then_the_town(self, cast, now, town):
        assert whose(Sector.GAS, town) == cast.housing_officer.unit
        assert whose(Sector.MINES, town) == cast.town.unit
        assert whose("", town) == cast.town.unit
        assert whose(Sector.MINES, cast.county) is None
        assign(cast, now, cast.bureau_officer.unit)
        assert whose(Sector.GAS, town) == cast.bureau_officer.unit
        assign(cast, now, cast.town.unit, region=town)
        assert whose(Sector.GAS, town) == cast.town.unit
        assert whose(Sector.GAS, cast.county) == cast.bureau_officer.unit

    def test_the_day_decides(self, cast, now, town):
        assign(cast, now, cast.bureau_officer.unit)
        assign(cast, now, cast.town.unit, valid_from=date(2026, 6, 1))
        assert whose(Sector.GAS, town, date(2026, 3, 9)) == cast.housing_officer.unit
        assert whose(Sector.GAS, town, date(2026, 5, 31)) == cast.bureau_officer.unit
        assert whose(Sector.GAS, town, date(2026, 6, 1)) == cast.town.unit

    def test_a_whole_set_in_as_many_queries_as_one(self, cast, now, town, django_assert_max_num_queries):
        assign(cast, now, cast.bureau_officer.unit)
        pairs = [(sector, path) for sector in Sector.values for path in (town.path, cast.county.path)]
        with django_assert_max_num_queries(3):
            found = supervision.supervisors_of(pairs=pairs, day=DAY)
        assert found == {(s, p): supervision.supervisor_of(sector=s, region_path=p, day=DAY) for s, p in pairs}

    @pytest.mark.parametrize(
        ("wrong", "says"),
        [
            ({"basis": " "}, "请写明依据"),
            ({"valid_to": date(2026, 1, 1)}, "失效日不能早于"),
            ({"sector": "nonsense"}, "行业领域"),
        ],
    )
    def test_what_may_not_stand_in_the_matrix(self, cast, now, wrong, says):
        with pytest.raises(Refused, match=says):
            assign(cast, now, cast.bureau_officer.unit, **wrong)

    def test_neither_an_enterprise_nor_another_county_nor_two_at_once(self, cast, now):
        with pytest.raises(Refused, match="是企业"):
            assign(cast, now, cast.plant_officer.unit)
        with pytest.raises(Refused, match="不在澄溪县"):
            assign(cast, now, cast.outsider.unit)
        with pytest.raises(Refused, match="不在其中"):
            assign(cast, now, cast.outsider.unit, region=cast.other_county)
        assign(cast, now, cast.bureau_officer.unit)
        with pytest.raises(Refused, match="已有分工"):
            assign(cast, now, cast.town.unit)
        with pytest.raises(Refused, match="请切换岗位"):
            dividing.assign_supervision(
                sector=Sector.GAS, region=cast.county, unit=cast.town.unit, basis="…", valid_from=DAY,
                by=cast.town, now=now,
            )  # fmt: skip


class TestEnterprisesFollow:
    def test_in_the_background_with_a_line_in_their_trail(self, cast, now, plant):
        assert plant.supervising_unit == cast.bureau_officer.unit
        assign(cast, now, cast.housing_officer.unit, sector=Sector.CHEMICALS)
        run_pending()
        plant.refresh_from_db()
        assert plant.supervising_unit == cast.housing_officer.unit
        moved = dividing.follow_supervision(sector="", region_path=cast.county.path, by=cast.office, now=now)
        assert moved == 0, "what has followed is not touched again"

    def test_a_line_of_next_month_turns_on_its_day(self, cast, now, plant):
        line = assign(
            cast, now, cast.housing_officer.unit, sector=Sector.CHEMICALS,
            valid_from=DAY + timedelta(30), valid_to=DAY + timedelta(60),
        )  # fmt: skip
        assert dividing.turn_lines(now) == 0
        assert dividing.turn_lines(now + timedelta(days=30)) == 1
        line.refresh_from_db()
        assert line.next_turn == DAY + timedelta(61)
        assert dividing.turn_lines(now + timedelta(days=30)) == 0
        assert dividing.turn_lines(now + timedelta(days=61)) == 1

    def test_a_line_may_end_without_another(self, cast, now, town):
        line = assign(cast, now, cast.bureau_officer.unit)
        with pytest.raises(Refused, match="请写明为什么"):
            dividing.end_supervision(line=line, last_day=DAY, reason="", by=cast.office, now=now)
        dividing.end_supervision(line=line, last_day=DAY, reason="机构改革", by=cast.office, now=now)
        assert whose(Sector.GAS, town, DAY + timedelta(1)) == cast.housing_officer.unit


class TestGapsAndOverlaps:
    def test_an_enterprise_whose_trade_nobody_has(self, cast, now, plant, town):
        assert gaps(cast.county, DAY) == []
        plant.sector = Sector.MINES
        plant.save()
        (gap,) = gaps(cast.county, DAY)
        assert (gap.sector, gap.region, gap.count, gap.word) == (Sector.MINES, town, 1, "属地兜底")
        assign(cast, now, cast.bureau_officer.unit, sector=Sector.MINES)
        assert gaps(cast.county, DAY) == []

    def test_an_enterprise_without_a_sector_is_a_gap(self, cast, plant):
        plant.sector = ""
        plant.save()
        assert [(each.sector, each.count) for each in gaps(cast.county, DAY)] == [("", 1)]

    def test_two_departments_of_one_trade_until_the_matrix_says(self, cast, now):
        org.open_unit(
            name="澄溪县城市管理局", kind=UnitKind.DEPARTMENT, region=cast.county, sectors=(Sector.GAS,),
            by=cast.system_administrator, now=now,
        )  # fmt: skip
        (found,) = overlaps(cast.county, DAY)
        assert found.sector == Sector.GAS
        assert "澄溪县城市管理局" in found.said[0]
        assign(cast, now, cast.housing_officer.unit)
        assert overlaps(cast.county, DAY) == []

    def test_a_claim_against_the_matrix_and_a_unit_that_pushes_its_own_away(self, cast, now):
        for who, stance in ((cast.bureau_officer, Stance.CLAIM), (cast.housing_officer, Stance.DISCLAIM)):
            dividing.state_claim(
                sector=Sector.GAS, region=cast.county, stance=stance, reason="三定规定第三条", by=who, now=now
            )
        (found,) = overlaps(cast.county, DAY)
        assert [said.split("，")[0] for said in found.said] == ["县应急管理局认领", "县住建局现为监管单位"]
        dividing.state_claim(
            sector=Sector.GAS,
            region=cast.county,
            stance=Stance.DISCLAIM,
            reason="更正",
            by=cast.bureau_officer,
            now=now,
        )
        assert len(overlaps(cast.county, DAY)[0].said) == 1, "said anew it replaces what was said before"
        with pytest.raises(Refused, match="切换岗位"):
            dividing.state_claim(
                sector=Sector.GAS, region=cast.county, stance=Stance.CLAIM, reason="…", by=cast.plant_officer, now=now
            )

    def test_the_grid_has_every_sector_over_the_region_and_its_towns(self, cast, plant, town):
        columns, rows = grid(cast.county, DAY)
        assert columns == [cast.county, town]
        chemicals = next(squares for label, squares in rows if label == Sector.CHEMICALS.label)
        assert [(each.answer.unit, each.count) for each in chemicals] == [(cast.bureau_officer.unit, 1)] * 2


def quarrel(cast, now, sector=Sector.GAS) -> SupervisionDispute:
    return open_dispute(
        sector=sector, region=cast.county, respondent=cast.housing_officer.unit, matter="餐饮场所燃气由谁检查",
        argument="餐饮燃气属于燃气使用环节", by=cast.bureau_officer, now=now,
    )  # fmt: skip


class TestDispute:
    def test_argued_by_both_and_settled_into_the_matrix(self, cast, now):
        dispute = quarrel(cast, now)
        with pytest.raises(Refused, match="正在办理"):
            quarrel(cast, now)
        assert dispute.supervising_unit == cast.office.unit
        with pytest.raises(StepRefused):
            fire(dispute, "argue", by=cast.town, now=now, respondent_argument="与我无关")
        dispute = fire(dispute, "argue", by=cast.housing_officer, now=now, respondent_argument="只管管网")
        ruling = {
            "decided_unit": cast.housing_officer.unit, "decision": "由住建部门监管", "document": "澄安委〔2026〕2号",
            "effective_on": DAY,
        }  # fmt: skip
        with pytest.raises(StepRefused):
            fire(dispute, "settle", by=cast.bureau_leader, now=now, **ruling)
        dispute = fire(dispute, "settle", by=cast.office, now=now, **ruling)
        assert dispute.status == "settled"
        line = SupervisionLine.objects.get()
        assert (line.unit, line.basis) == (cast.housing_officer.unit, "澄安委〔2026〕2号")
        assert not SupervisionClaim.objects.filter(ended_at=None).exists()

    def test_a_ruling_that_cannot_stand_settles_nothing(self, cast, now):
        assign(cast, now, cast.bureau_officer.unit)
        dispute = fire(quarrel(cast, now), "argue", by=cast.housing_officer, now=now, respondent_argument="只管管网")
        with pytest.raises(Refused, match="已有分工"):
            fire(
                dispute, "settle", by=cast.office, now=now, decided_unit=cast.housing_officer.unit, decision="…",
                document="…", effective_on=DAY,
            )  # fmt: skip
        dispute.refresh_from_db()
        assert dispute.status == "argued"


class TestDisputePages(PagesTest):
    pages, insider = DisputePages, "bureau_officer"

    def make(self, cast, now, count):
        taken = set(SupervisionDispute.objects.values_list("sector", "region"))
        regions = [cast.county, cast.town.unit.region]
        free = [(s, r) for r in regions for s in Sector.values if (s, r.pk) not in taken]
        return [
            open_dispute(
                sector=sector, region=region, respondent=cast.housing_officer.unit, matter="谁管", argument="不归我管",
                by=cast.bureau_officer, now=now,
            )
            for sector, region in free[:count]
        ]  # fmt: skip


class TestPages:
    def test_who_opens_the_matrix(self, cast, now, plant):
        for address in (
            f"/registry/matrix/?region={cast.county.pk}",
            f"/registry/matrix/gaps/?region={cast.county.pk}",
            f"/registry/matrix/{cast.county.pk}/gas/",
        ):
            check_page(cast, address, insider="office")
            assert cast.client("plant_officer").get(address).status_code == 404
        assert cast.client("office").get(f"/registry/matrix/{cast.county.pk}/nonsense/").status_code == 404
        assert cast.client("office").get("/registry/matrix/?region=999999").status_code == 404
        assert cast.client("town").get(f"/registry/matrix/{cast.county.pk}/gas/").status_code == 200

    def test_more_towns_ask_no_more_queries(self, cast, now, plant):
        client = cast.client("office")
        client.get("/registry/matrix/")
        _, few = counted(client, "/registry/matrix/")
        for number in range(12):
            org.open_region(
                name=f"第{number}镇", level=4, parent=cast.county, code=f"9901212{number:02}000",
                by=cast.system_administrator, now=now,
            )  # fmt: skip
        assert counted(client, "/registry/matrix/")[1] <= few

    def test_a_cell_is_given_claimed_and_disputed_there(self, cast, now):
        address = f"/registry/matrix/{cast.county.pk}/gas/"
        today = local_day(now).isoformat()
        wrong = cast.client("office").post(address, {"do": "assign", "unit_text": "没有这个局", "valid_from": today})
        assert wrong.status_code == 422
        assert "没有找到唯一的" in wrong.content.decode()
        given = {"do": "assign", "unit": cast.bureau_officer.unit.pk, "basis": "澄安委〔2026〕1号", "valid_from": today}
        assert cast.client("bureau_officer").post(address, given).status_code == 422
        assert cast.client("outsider").post(address, given).status_code == 404
        assert cast.client("office").post(address, given).status_code == 302
        claim = {"do": "claim", "stance": "claim", "reason": "三定规定"}
        assert cast.client("housing_officer").post(address, claim).status_code == 302
        said = SupervisionClaim.objects.get()
        assert cast.client("bureau_officer").post(f"/registry/matrix/claims/{said.pk}/withdraw/").status_code == 404
        assert "县住建局认领" in cast.client("office").get("/registry/matrix/gaps/").content.decode()
        quarrel = {"do": "dispute", "respondent": cast.bureau_officer.unit.pk, "matter": "谁管", "argument": "归我管"}
        assert cast.client("housing_officer").post(address, quarrel).status_code == 302
        assert cast.client("housing_officer").post(f"/registry/matrix/claims/{said.pk}/withdraw/").status_code == 302
        assert cast.client("bureau_officer").post("/registry/matrix/derive/").status_code == 404
        assert cast.client("office").post("/registry/matrix/derive/").status_code == 302
