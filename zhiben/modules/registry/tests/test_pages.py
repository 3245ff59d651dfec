"""The list of enterprises, the file of each, and what its own people may change in it."""

import pytest
from django.urls import reverse

from zhiben.core.audit.services import lines_of
from zhiben.core.web.testing import PagesTest, check_page
from zhiben.modules.registry.models import Equipment, Licence, Staff
from zhiben.modules.registry.pages.enterprises import EnterprisePages
from zhiben.modules.registry.services import NewEnterprise, add_part, register_enterprises
from zhiben.modules.registry.testing import enrol_plant


class TestEnterprisePages(PagesTest):
    pages, insider = EnterprisePages, "town"

    def make(self, cast, now, count):
        there = EnterprisePages.model.objects.count()
        new = [
            NewEnterprise(name=f"柳溪{there + number}号石料厂", region=cast.town.unit.region, sector="mines")
            for number in range(count)
        ]
        return register_enterprises(enterprises=new, by=cast.bureau_officer, now=now)


def test_every_part_has_its_pages(plant, cast, to):
    tank = add_part(enterprise=plant, of=Equipment, name="储罐", number="V-101", **to)
    base = f"/enterprises/{plant.pk}/"
    for address in (
        "/enterprises/due/",
        f"{base}parts/sites/",
        f"{base}parts/equipment/new/",
        f"{base}parts/equipment/{tank.pk}/",
        f"{base}equipment/{tank.pk}/inspect/",
        f"{base}equipment/{tank.pk}/turn/stop/",
    ):
        outsider = "system_administrator" if address == "/enterprises/due/" else "outsider"
        check_page(cast, address, insider="plant_officer", outsider=outsider)
    for wrong in (f"{base}parts/secrets/", f"{base}equipment/{tank.pk}/turn/sell/", f"{base}parts/equipment/99999/"):
        assert cast.client("plant_officer").get(wrong).status_code == 404


def test_a_part_of_another_enterprise_is_not_reached_through_ones_own(plant, cast, to):
    [other] = register_enterprises(
        enterprises=[NewEnterprise(name="别家厂", region=plant.region, sector="chemicals")], **to
    )
    foreign = add_part(enterprise=other, of=Staff, name="外人", **to)
    address = reverse("registry:change_part", args=(plant.pk, "staff", foreign.pk))
    assert cast.client("plant_officer").post(address, {"name": "改名"}).status_code == 404
    foreign.refresh_from_db()
    assert foreign.name == "外人"


def test_the_plant_keeps_its_own_file_but_not_who_supervises_it(plant, cast):
    client, address = cast.client("plant_officer"), f"/enterprises/{plant.pk}/edit/"
    page = client.get(address).content.decode()
    assert "安全管理员电话" in page
    assert "监管单位" not in page.split("<form", 2)[-1].split("</form>")[0]
    version = str(lines_of("registry.enterprise", plant.pk).last().seq)
    given = {"version": version, "staff_count": "201", "head_name": "云帆", "sector": "gas", "name": "改名公司"}
    assert client.post(address, given).status_code == 302
    plant.refresh_from_db()
    assert (plant.staff_count, plant.sector, plant.name) == (201, "chemicals", "云帆化工有限公司")


def test_a_wrong_form_says_where_and_keeps_what_was_typed(plant, cast):
    client = cast.client("bureau_officer")
    given = {"name": "新厂", "region": str(plant.region.pk)}
    for wrong, sentence in (
        ({"credit_code": plant.credit_code}, "已登记在“云帆化工有限公司”名下"),
        ({"credit_code": plant.credit_code[:-1] + "0"}, "第 18 位校验不符"),
        ({"latitude": "102.3", "longitude": "24.3"}, "可能填反了"),
        ({"industry": "Z99"}, "不在《国民经济行业分类》中"),
        ({"sector": "gas"}, "由“县住建局”监管"),
    ):
        answer = client.post("/enterprises/new/", given | wrong)
        page = answer.content.decode()
        assert answer.status_code == 422, wrong
        assert sentence in page
        assert 'value="新厂"' in page


def test_who_only_reads_changes_nothing(plant, cast):
    for who in ("governor", "plant_head"):
        page = cast.client(who).get(f"/enterprises/{plant.pk}/").content.decode()
        assert ("parts/sites/new/" in page) == (who == "plant_head")
    answer = cast.client("governor").post(reverse("registry:add_part", args=(plant.pk, "sites")), {"name": "私设"})
    assert answer.status_code in (403, 409, 422)
    assert not plant.site_set.filter(name="私设").exists()


@pytest.mark.django_db
def test_what_ends_soon_is_listed_until_it_is_renewed(cast, now, to):
    plant = enrol_plant(cast, now)
    licence = add_part(enterprise=plant, of=Licence, name="安全生产许可证", valid_to="2026-03-20", **to)
    client = cast.client("town")
    assert "安全生产许可证" in client.get("/enterprises/due/?kind=licences").content.decode()
    address = reverse("registry:change_part", args=(plant.pk, "licences", licence.pk))
    assert client.post(address, {"name": "安全生产许可证", "valid_to": "2029-03-20"}).status_code == 302
    client.get("/enterprises/due/")  # the message of having been saved is shown once
    assert "安全生产许可证" not in client.get("/enterprises/due/?kind=licences").content.decode()
    assert "由“2026年3月20日”改为“2029年3月20日”" in client.get(f"/enterprises/{plant.pk}/").content.decode()
