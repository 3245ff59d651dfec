"""Forged addresses and forms, a worker killed in the middle of a ledger, mergers in a circle, two officers at once."""

import pytest
from django.urls import reverse

from zhiben.conftest import assembled_cast
from zhiben.core.audit.services import lines_of
from zhiben.core.exchange import carrying
from zhiben.core.exchange.models import Stage
from zhiben.core.ids import new_id
from zhiben.core.jobs.running import run_pending
from zhiben.core.jobs.services import JobInterrupted
from zhiben.core.org.models import Unit
from zhiben.core.refusal import Refused
from zhiben.core.workflow.engine import fire
from zhiben.core.workflow.tests.test_races import at_once
from zhiben.modules.registry.imports import EnterpriseImport
from zhiben.modules.registry.models import Enterprise, Equipment
from zhiben.modules.registry.services import NewEnterprise, add_part, register_enterprise
from zhiben.modules.registry.testing import credit_code

from .test_imports import brought, own_store  # noqa: F401

ADMINISTRATORS = ("system_administrator", "security_administrator", "audit_administrator")


@pytest.fixture
def heir(plant, to):
    return register_enterprise(enterprise=NewEnterprise(name="云海化工", region=plant.region, sector="chemicals"), **to)


def addresses(enterprise, part) -> dict[str, dict[str, str]]:
    """Every page of one file, with what somebody might send to it."""
    pk = enterprise.pk
    return {
        reverse("enterprises:detail", args=(pk,)): {},
        reverse("enterprises:edit", args=(pk,)): {"name": "改名", "sector": "gas"},
        reverse("registry:parts", args=(pk, "equipment")): {},
        reverse("registry:add_part", args=(pk, "equipment")): {"name": "私设"},
        reverse("registry:change_part", args=(pk, "equipment", part.pk)): {"name": "改名"},
        reverse("registry:inspect", args=(pk, part.pk)): {"inspected_on": "2026-03-01"},
        reverse("registry:turn", args=(pk, part.pk, "scrap")): {"reason": "偷偷报废"},
    }


def test_no_page_of_a_file_opens_to_a_stranger_and_none_takes_what_he_sends(plant, heir, cast, now, to):
    tank = add_part(enterprise=plant, of=Equipment, name="储罐", **to)
    before = (lines_of("registry.enterprise", plant.pk).count(), plant.name, plant.sector)
    for who in ("outsider", "housing_officer", *ADMINISTRATORS):
        client = cast.client(who)
        for address, sent in addresses(plant, tank).items():
            assert client.get(address).status_code == 404, (who, address)
            assert client.post(address, sent).status_code in (403, 404, 405), (who, address)
        assert client.get("/enterprises/due/").status_code == (404 if who in ADMINISTRATORS else 200), who
    for who in ("plant_officer", "plant_head"):
        client = cast.client(who)
        foreign = add_part(enterprise=heir, of=Equipment, name="别家储罐", **to)
        for address, sent in addresses(heir, foreign).items():
            assert client.get(address).status_code == 404, (who, address)
            assert client.post(address, sent).status_code in (404, 405), (who, address)
        assert client.get(reverse("enterprises:detail", args=(new_id(),))).status_code == 404
    plant.refresh_from_db()
    assert before == (lines_of("registry.enterprise", plant.pk).count(), plant.name, plant.sector)


def test_what_the_plant_may_not_say_of_itself_is_not_taken_from_a_forged_form(plant, cast):
    version = str(lines_of("registry.enterprise", plant.pk).last().seq)
    forged = {
        "version": version, "name": "改名公司", "credit_code": credit_code("91990121MA00FXRGE"), "sector": "gas",
        "trades": "城镇燃气", "supervising_unit": str(cast.housing_officer.unit.pk), "region": str(cast.county.pk),
        "supervision_class": "A", "status": "closed", "unit": str(cast.outsider.unit.pk), "staff_count": "9",
    }  # fmt: skip
    assert cast.client("plant_officer").post(f"/enterprises/{plant.pk}/edit/", forged).status_code == 302
    kept = Enterprise.objects.get(pk=plant.pk)
    for name in ("name", "credit_code", "sector", "trades", "supervising_unit", "region_path", "supervision_class",
                 "status", "unit"):  # fmt: skip
        assert getattr(kept, name) == getattr(plant, name), name
    assert kept.staff_count == 9


def test_mergers_that_lead_nowhere(plant, heir, cast, now):
    third = register_enterprise(
        enterprise=NewEnterprise(name="云河化工", region=plant.region, sector="chemicals"), by=cast.regulator, now=now
    )
    fire(plant, "merge", by=cast.regulator, now=now, heir=heir.unit, reason="整合")
    fire(heir, "merge", by=cast.regulator, now=now, heir=third.unit, reason="再整合")
    for into in (plant, heir, third):
        with pytest.raises(Refused):
            fire(third, "merge", by=cast.regulator, now=now, heir=into.unit, reason="转一圈")
    fire(third, "close", by=cast.regulator, now=now, reason="关闭")
    fourth = register_enterprise(
        enterprise=NewEnterprise(name="云溪化工", region=plant.region, sector="chemicals"), by=cast.regulator, now=now
    )
    with pytest.raises(Refused, match="请选择现存的企业"):
        fire(fourth, "merge", by=cast.regulator, now=now, heir=third.unit, reason="并入已关闭的")
    third.refresh_from_db()
    assert (third.status, third.merged_into) == ("closed", None)


def test_a_ledger_whose_worker_dies_in_the_middle_goes_on_at_the_exact_row(brought, cast, now, monkeypatch):  # noqa: F811
    from zhiben.core.exchange import services

    monkeypatch.setattr(carrying, "CHUNK", 4)
    codes = [credit_code(f"91990121MA00DED{number:02}") for number in range(10)]
    run = brought([[f"{n}号机械厂", code, "柳溪镇", "", "工贸", "", "", n, "", ""] for n, code in enumerate(codes)])
    services.confirm(run=run, all_or_nothing=False, by=cast.office, now=now)
    carry_out, calls = EnterpriseImport.carry_out, []

    def dies_in_the_second_chunk(self, rows, at):
        done = carry_out(self, rows, at)
        calls.append([row.number for row in rows])
        if len(calls) == 2:
            assert Enterprise.objects.count() == 8
            raise JobInterrupted
        return done

    monkeypatch.setattr(EnterpriseImport, "carry_out", dies_in_the_second_chunk)
    units = Unit.objects.count()
    run_pending(1)
    assert Enterprise.objects.count() == 4, "the chunk in which it died left nothing"
    run_pending()
    run.refresh_from_db()
    assert run.stage == Stage.DONE
    assert calls[2] == calls[1], "it goes on with the very rows of that chunk"
    assert sorted(Enterprise.objects.values_list("credit_code", flat=True)) == sorted(codes)
    assert Unit.objects.count() == units + 10
    for enterprise in Enterprise.objects.all():
        assert lines_of("registry.enterprise", enterprise.pk).count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.needs_service("postgresql")
class TestAtOnce:
    @pytest.fixture
    def cast(self, transactional_db):
        return assembled_cast()

    def test_of_officers_who_enter_one_code_at_once_one_does(self, cast, now):
        code, region = credit_code("91990121MA00TWXCE"), cast.town.unit.region

        def enter(who):
            try:
                new = NewEnterprise(name="双录机械厂", region=region, credit_code=code, sector="chemicals")
                return register_enterprise(enterprise=new, by=who, now=now)
            except Refused as refused:
                return refused

        results = at_once(*[lambda who=who: enter(who) for who in (cast.bureau_officer, cast.office, cast.town)])
        assert sum(isinstance(each, Enterprise) for each in results) == 1
        for refused in (each for each in results if isinstance(each, Refused)):
            assert "登记" in refused.sentence
            assert refused.field == "credit_code"
        assert Unit.objects.filter(name="双录机械厂").count() == 1, "no organisation is left without its file"
