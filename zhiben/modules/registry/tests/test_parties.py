"""外包外租 from admission to the end; experts, institutions, insurers and what they insure."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from zhiben.core import clock
from zhiben.core.audit.services import lines_of
from zhiben.core.calendar import full_day
from zhiben.core.clock import local_day
from zhiben.core.events.services import deliver_pending
from zhiben.core.files.services import receive_upload
from zhiben.core.refusal import Refused
from zhiben.core.web.testing import PagesTest, check_page, counted
from zhiben.core.workflow.engine import StepInvalid, StepRefused, fire
from zhiben.modules.registry import engagements, parties
from zhiben.modules.registry.models import Engagement, Expert, Institution, Insurer, Party, Policy, Qualification
from zhiben.modules.registry.pages.engagements import EngagementPages
from zhiben.modules.registry.pages.parties import ExpertPages, InstitutionPages, InsurerPages, PolicyPages
from zhiben.modules.registry.reminding import TERMS, remind
from zhiben.modules.registry.services import NewEnterprise, register_enterprise
from zhiben.modules.registry.testing import credit_code, enrol_plant
from zhiben.modules.registry.tests.test_reminding import told

CODE = credit_code("91990121MA00FANG0")


@pytest.fixture(autouse=True)
def pages_live_today(monkeypatch, now):
    monkeypatch.setattr(clock, "now", lambda: now)


@pytest.fixture
def today(now):
    return local_day(now)


def asked(now, **other):
    """What a contractor is asked for."""
    day = local_day(now)
    return {
        "kind": "contractor", "name": "澄溪防腐工程队", "credit_code": CODE, "work": "储罐防腐", "head_name": "方工",
        "head_mobile": "13800000009", "workers": 6, "begins_on": day, "ends_on": day + timedelta(days=60),
    } | other  # fmt: skip


def proposed(cast, now, plant, by="plant_officer", **other) -> Engagement:
    return engagements.propose_engagement(enterprise=plant, by=getattr(cast, by), now=now, **asked(now, **other))


def paper(cast, now, engagement, kind="business", by="plant_officer", **other) -> Qualification:
    acting = getattr(cast, by)
    proof = receive_upload(b"%PDF-1.4 licence", name="证照.pdf", by=acting, now=now)
    given = {"kind": kind, "number": f"{kind}-1", "valid_to": local_day(now) + timedelta(days=200)} | other
    return engagements.add_qualification(engagement=engagement, proof=proof, by=acting, now=now, **given)


def admitted(cast, now, plant, **other) -> Engagement:
    engagement = proposed(cast, now, plant, **other)
    paper(cast, now, engagement)
    if engagement.kind != "lessee":
        paper(cast, now, engagement, "capability")
    return fire(engagement, "admit", by=cast.plant_head, now=now, finding="证照齐全，属实")


def present(cast, now, plant, **other) -> Engagement:
    engagement = admitted(cast, now, plant, **other)
    agreement = receive_upload(b"%PDF-1.4 agreement", name="协议.pdf", by=cast.plant_officer, now=now)
    to = {"by": cast.plant_officer, "now": now}
    engagement = fire(engagement, "sign", agreement_signed_on=local_day(now), agreement=[agreement], **to)
    next_check = local_day(now) + timedelta(days=30)
    return fire(engagement, "enter", coordinator="云安", check_by=next_check, **to)


class TestAdmission:
    def test_from_admission_to_the_end(self, cast, now, plant, today):
        to = {"by": cast.plant_officer, "now": now}
        engagement = present(cast, now, plant)
        assert (engagement.status, engagement.coordinator) == ("present", "云安")
        assert engagement.supervising_unit == cast.bureau_officer.unit
        assert set(engagement.qualifications.values_list("checked_by", flat=True)) == {cast.plant_head.person.pk}
        later = {"by": cast.plant_officer, "now": now + timedelta(days=20)}
        check = {"checked_on": today + timedelta(days=20), "finding": "脚手架合格"}
        for days, says in ((20, "晚于今天"), (400, "不能超过一年")):
            with pytest.raises(StepInvalid, match=says):
                fire(engagement, "check", check_by=today + timedelta(days=days), **check, **later)
        engagement = fire(engagement, "check", check_by=today + timedelta(days=50), **check, **later)
        assert engagement.check_by == today + timedelta(days=50)
        engagement = fire(engagement, "bar", reason="动火无票", **later)
        engagement = fire(engagement, "resume", finding="已整改", check_by=today + timedelta(days=40), **later)
        with pytest.raises(StepInvalid, match="晚于现在的"):
            fire(engagement, "extend", ends_on=engagement.ends_on, reason="工期", **later)
        engagement = fire(engagement, "extend", ends_on=today + timedelta(days=90), reason="工期", **later)
        engagement = fire(engagement, "end", reason="完工", **later)
        assert (engagement.status, engagement.check_by) == ("ended", None)
        with pytest.raises(Refused, match="已结束"):
            paper(cast, now, engagement, "other")
        verbs = [line.verb for line in lines_of("registry.engagement", engagement.pk)]
        assert verbs == [
            "begin", "add_qualification", "add_qualification", "admit", "sign", "enter", "check", "bar", "resume",
            "extend", "end",
        ]  # fmt: skip
        assert to["by"].unit == plant.unit

    def test_nobody_admits_what_they_filled_in(self, cast, now, plant):
        engagement = proposed(cast, now, plant)
        paper(cast, now, engagement)
        last = paper(cast, now, engagement, "permit", by="plant_head")
        for by in ("plant_officer", "plant_head"):
            with pytest.raises(StepRefused, match=r"您本人|申请人以外"):
                fire(engagement, "admit", by=getattr(cast, by), now=now, finding="好")
        with pytest.raises(Refused, match="您本人登记"):
            engagements.check_qualification(qualification=last, by=cast.plant_head, now=now)
        engagements.check_qualification(qualification=last, by=cast.plant_officer, now=now)
        fire(engagement, "admit", by=cast.plant_head, now=now, finding="好")

    def test_who_corrects_the_application_does_not_admit_it(self, cast, now, plant):
        engagement = proposed(cast, now, plant)
        paper(cast, now, engagement)
        paper(cast, now, engagement, "capability")
        engagements.change_engagement(engagement=engagement, work="罐区防腐和保温", by=cast.plant_head, now=now)
        engagement.refresh_from_db()
        with pytest.raises(StepRefused, match=r"您本人填写|申请人以外"):
            fire(engagement, "admit", by=cast.plant_head, now=now, finding="好")

    def test_nobody_from_outside_admits_or_keeps(self, cast, now, plant):
        engagement = proposed(cast, now, plant)
        for who in ("bureau_officer", "regulator", "town", "office", "outsider"):
            with pytest.raises(StepRefused):
                fire(engagement, "admit", by=getattr(cast, who), now=now, finding="好")
            with pytest.raises(Refused, match="企业自己的"):
                engagements.change_engagement(engagement=engagement, work="别的", by=getattr(cast, who), now=now)
            with pytest.raises(Refused, match="企业自己的"):
                proposed(cast, now, plant, by=who)

    def test_expired_or_missing_papers_block_admission_with_a_sentence(self, cast, now, plant, today):
        engagement = proposed(cast, now, plant, special_work=True, begins_on=today + timedelta(days=10))

        def refusal() -> str:
            with pytest.raises(StepInvalid) as refused:
                fire(engagement, "admit", by=cast.plant_head, now=now, finding="好")
            return str(refused.value)

        assert "还没有登记营业执照" in refusal()
        paper(cast, now, engagement, valid_to=None)
        assert "还没有登记资质证书或者安全生产许可证" in refusal()
        permit = paper(cast, now, engagement, "permit", valid_to=today + timedelta(days=5))
        assert "还没有登记特种作业证" in refusal()
        paper(cast, now, engagement, "special", holder="李焊")
        said = refusal()  # it holds today, but not on the first day of work
        assert "安全生产许可证（permit-1）”已于" in said
        assert "到期，请换成有效的" in said
        later = today + timedelta(days=99)
        engagements.change_qualification(qualification=permit, valid_to=later, by=cast.plant_officer, now=now)
        fire(engagement, "admit", by=cast.plant_head, now=now, finding="好")

    def test_a_paper_renewed_after_admission_is_checked_before_entering(self, cast, now, plant, today):
        engagement = admitted(cast, now, plant, kind="lessee", place="二号库房")
        to = {"by": cast.plant_officer, "now": now}
        agreement = receive_upload(b"%PDF-1.4 agreement", name="协议.pdf", **to)
        with pytest.raises(StepInvalid, match="不能晚于今天"):
            fire(engagement, "sign", agreement_signed_on=today + timedelta(days=1), agreement=[agreement], **to)
        engagement = fire(engagement, "sign", agreement_signed_on=today, agreement=[agreement], **to)
        licence = engagement.qualifications.get()
        engagements.change_qualification(qualification=licence, number="新号", **to)
        entering = {"coordinator": "云安", "check_by": today + timedelta(days=30)}
        with pytest.raises(StepInvalid, match="还没有核对"):
            fire(engagement, "enter", **entering, **to)
        licence.refresh_from_db()
        engagements.check_qualification(qualification=licence, by=cast.plant_head, now=now)
        with pytest.raises(StepInvalid, match="到期，请先办理延期"):
            fire(engagement, "enter", by=cast.plant_officer, now=now + timedelta(days=61),
                 coordinator="云安", check_by=today + timedelta(days=80))  # fmt: skip
        assert fire(engagement, "enter", **entering, **to).status == "present"

    def test_what_is_asked_of_a_contractor_and_of_a_lessee(self, cast, now, plant, today):
        for given, field in (
            ({"credit_code": ""}, "credit_code"),
            ({"credit_code": CODE[:-1] + "X"}, "credit_code"),
            ({"credit_code": plant.credit_code}, "credit_code"),
            ({"workers": None}, "workers"),
            ({"head_mobile": ""}, "head_mobile"),
            ({"name": " "}, "name"),
            ({"name": "长" * 200}, "name"),
            ({"ends_on": today - timedelta(days=1)}, "ends_on"),
            ({"kind": "subcontractor"}, "under"),
            ({"kind": "lessee"}, "sites"),
            ({"kind": "tenant"}, "kind"),
        ):
            with pytest.raises(Refused) as refused:
                proposed(cast, now, plant, **given)
            assert refused.value.field == field, given
        yard = plant.site_set.first()
        lease = proposed(cast, now, plant, kind="lessee", credit_code="", workers=None, head_mobile="", sites=[yard])
        assert list(lease.sites.all()) == [yard]
        assert [label for label, _ in engagements.papers_asked(lease)] == ["营业执照"]
        cleaner = proposed(cast, now, plant, work="保洁", unlicensed_reason="保洁作业不要求资质")
        assert [label for label, _ in engagements.papers_asked(cleaner)] == ["营业执照"]

    def test_a_subcontractor_works_only_while_its_contractor_does(self, cast, now, plant, today):
        to = {"by": cast.plant_officer, "now": now}
        main = proposed(cast, now, plant)
        with pytest.raises(Refused, match="请先办理它的准入"):
            proposed(cast, now, plant, kind="subcontractor", under=main)
        main = present(cast, now, plant, name="总包单位")
        sub = present(cast, now, plant, kind="subcontractor", under=main, name="分包班组")
        with pytest.raises(StepInvalid, match="“分包班组”还在场"):
            fire(main, "end", reason="完工", **to)
        main = fire(main, "bar", reason="无票动火", **to)
        sub.refresh_from_db()
        assert (sub.status, sub.reason) == ("barred", "总包单位停止作业：无票动火")
        with pytest.raises(StepInvalid, match="它在场时分包单位才能作业"):
            fire(sub, "resume", finding="好", check_by=today + timedelta(days=9), **to)

    def test_a_contractor_of_this_system_is_known_by_its_code(self, cast, now, plant, to):
        other = register_enterprise(
            enterprise=NewEnterprise(
                name="澄溪防腐", credit_code=CODE, region=cast.town.unit.region, sector="industry"
            ),
            **to,
        )
        engagement = present(cast, now, plant)
        assert engagements.tied_enterprise(engagement) == other
        assert "澄溪防腐" in cast.client("bureau_officer").get(engagement.get_absolute_url()).content.decode()
        page = cast.client("bureau_officer").get(other.get_absolute_url()).content.decode()
        assert "在其他企业承包、承租" in page
        fire(other, "close", by=cast.town, now=now, reason="注销")
        with pytest.raises(Refused, match="已关闭，不能发包"):
            proposed(cast, now, plant)

    def test_it_goes_where_its_enterprise_goes(self, cast, now, plant, to):
        heir = register_enterprise(
            enterprise=NewEnterprise(name="新云帆", region=cast.town.unit.region, sector="industry"), **to
        )
        main = present(cast, now, plant)
        fire(plant, "merge", by=cast.bureau_officer, now=now, heir=heir.unit, reason="重组")
        deliver_pending(now)
        main.refresh_from_db()
        assert (main.enterprise, main.responsible_unit, main.sector) == (heir, heir.unit, "industry")
        assert set(main.qualifications.values_list("enterprise", flat=True)) == {heir.pk}
        fire(heir, "close", by=cast.town, now=now, reason="注销")
        deliver_pending(now)
        main.refresh_from_db()
        assert main.status == "ended"


def test_checks_papers_and_periods_are_told_before_they_end(cast, now, plant, today):
    engagement = present(cast, now, plant, ends_on=today + timedelta(days=25))
    remind(now)
    titles = told(cast.plant_officer)
    assert "外包外租检查将于2026年4月9日到期：澄溪防腐工程队（承包）" in titles
    assert "外包外租期限将于2026年4月4日到期：澄溪防腐工程队（承包）" in titles
    next_check = {"checked_on": today, "finding": "好", "check_by": today + timedelta(days=200)}
    fire(engagement, "check", by=cast.plant_officer, now=now, **next_check)
    assert [title[:6] for title in told(cast.plant_officer)] == ["外包外租期限"]
    later = now + timedelta(days=180)
    assert {term.key: term.rows(None, local_day(later)).count() for term in TERMS if term.model is Qualification} == {
        "papers": 0
    }
    fire(engagement, "end", by=cast.plant_officer, now=now, reason="完工")
    assert told(cast.plant_officer) == []


# ── pages ────────────────────────────────────────────────────────────────────────────────────────────────────────


class TestEngagementPages(PagesTest):
    pages, insider = EngagementPages, "plant_officer"

    def make(self, cast, now, count):
        plant = getattr(cast.plant_officer.unit, "enterprise", None) or enrol_plant(cast, now)
        return [proposed(cast, now, plant, name=f"{number}号工程队") for number in range(count)]


def test_the_plant_enters_a_contractor_and_its_papers_and_others_read(cast, now, plant, today):
    client = cast.client("plant_officer")
    new = f"/registry/enterprises/{plant.pk}/engagements/new/"
    check_page(cast, new, insider="plant_officer")
    given = {key: str(value) for key, value in asked(now, credit_code="123").items()}
    answer = client.post(new, given)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "应为 18 位" in page
    assert 'value="澄溪防腐工程队"' in page, "what was typed is kept"
    answer = client.post(new, given | {"credit_code": CODE, "sites": [plant.site_set.first().pk]})
    engagement = Engagement.objects.get()
    assert answer.headers["Location"] == engagement.get_absolute_url()
    base = f"/registry/engagements/{engagement.pk}/"
    check_page(cast, f"{base}papers/new/", insider="plant_officer")
    typed = {"kind": "permit", "number": "安许证〔2026〕7号", "valid_to": str(today - timedelta(days=1))}
    answer = client.post(f"{base}papers/new/", typed | {"proof": SimpleUploadedFile("证.pdf", b"%PDF-1.4 x")})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "已经过期" in page
    assert "安许证〔2026〕7号" in page
    assert "kept_proof" in page, "the file need not be chosen again"
    kept = page.split('name="kept_proof" value="')[1].split('"')[0]
    answer = client.post(f"{base}papers/new/", typed | {"valid_to": str(today), "kept_proof": kept})
    assert answer.status_code == 302
    permit = Qualification.objects.get()
    check_page(cast, f"{base}papers/{permit.pk}/", insider="plant_officer")
    assert cast.client("plant_head").post(f"{base}papers/{permit.pk}/check/").status_code == 302
    permit.refresh_from_db()
    assert permit.checked_by == cast.plant_head.person
    for who in ("bureau_officer", "town", "office"):
        reader = cast.client(who)
        page = reader.get(base).content.decode()
        assert "还没有登记营业执照" in page, who
        assert "登记证照" not in page, who
        assert reader.post(f"{base}papers/new/", typed).status_code in (400, 403, 409, 422), who
        assert "储罐防腐" in page
        file = reader.get(f"/files/{permit.proof_id}/?inline=1")
        assert b"".join(file.streaming_content) == b"%PDF-1.4 x", who
    assert Qualification.objects.count() == 1
    _, queries = counted(client, plant.get_absolute_url())
    assert queries <= 45
    assert "澄溪防腐工程队" in client.get(plant.get_absolute_url()).content.decode()


def test_forged_ids_lead_nowhere(cast, now, plant, to):
    """For the outsider, and for the people of another enterprise."""
    engagement = proposed(cast, now, plant)
    mine = paper(cast, now, engagement)
    other = proposed(cast, now, plant, name="另一家")
    policy = insured(cast, now, plant)
    base = f"/registry/engagements/{engagement.pk}/"
    addresses = [
        base, f"{base}edit/", f"{base}papers/new/", f"{base}papers/{mine.pk}/", f"{base}steps/admit/",
        f"/registry/enterprises/{plant.pk}/engagements/new/", f"/registry/enterprises/{plant.pk}/policies/new/",
        f"/registry/policies/{policy.pk}/", f"/registry/policies/{policy.pk}/edit/",
        f"/registry/policies/{policy.pk}/visits/new/", f"/files/{mine.proof_id}/",
    ]  # fmt: skip
    for who in ("outsider", "housing_officer", "system_administrator"):
        client = cast.client(who)
        for address in addresses:
            assert client.get(address).status_code == 404, (who, address)
        assert client.post(f"{base}papers/{mine.pk}/check/").status_code == 404
    client = cast.client("plant_officer")
    assert client.get(f"/registry/engagements/{other.pk}/papers/{mine.pk}/").status_code == 404
    stranger = register_enterprise(
        enterprise=NewEnterprise(name="别家厂", region=cast.town.unit.region, sector="chemicals"), **to
    )
    foreign = insured(cast, now, stranger, number="P-9")
    Engagement.objects.filter(pk=other.pk).update(enterprise=stranger, responsible_unit=stranger.unit)
    for address in (
        f"/registry/engagements/{other.pk}/",
        f"/registry/engagements/{other.pk}/papers/new/",
        f"/registry/enterprises/{stranger.pk}/engagements/new/",
        f"/registry/policies/{foreign.pk}/",
        f"/registry/policies/{foreign.pk}/visits/new/",
    ):
        assert client.get(address).status_code == 404, address


# ── the pool and the policies ────────────────────────────────────────────────────────────────────────────────────


def insurer(cast, now, name="云岭财险") -> Party:
    known = Insurer.objects.filter(name=name, kind="insurer").first()
    to = {"by": cast.bureau_officer, "now": now}
    return known or parties.add_party(of=Insurer, region=cast.county, name=name, field="安责险", **to)


def insured(cast, now, plant, **other) -> Policy:
    day = local_day(now)
    given = {
        "insurer": insurer(cast, now), "number": "P-1", "begins_on": day - timedelta(days=300),
        "ends_on": day + timedelta(days=20), "amount": Decimal("500"), "promised_hours": Decimal("24"),
    } | other  # fmt: skip
    return parties.add_policy(enterprise=plant, by=cast.bureau_officer, now=now, **given)


class TestExpertPages(PagesTest):
    pages, insider = ExpertPages, "bureau_officer"

    def make(self, cast, now, count):
        there = Expert.objects.count()
        given = {"field": "化工工艺", "trades": ["化工危化品"], "region": cast.county, "by": cast.bureau_officer}
        return [parties.add_party(of=Expert, name=f"专家{there + n}", now=now, **given) for n in range(count)]


class TestInstitutionPages(PagesTest):
    pages, insider = InstitutionPages, "plant_officer"

    def make(self, cast, now, count):
        there = Institution.objects.count()
        given = {"kind": "training", "field": "特种作业培训", "region": cast.county, "by": cast.bureau_officer}
        return [parties.add_party(of=Institution, name=f"机构{there + n}", now=now, **given) for n in range(count)]


class TestPolicyPages(PagesTest):
    pages, insider = PolicyPages, "plant_officer"

    def make(self, cast, now, count):
        plant = getattr(cast.plant_officer.unit, "enterprise", None) or enrol_plant(cast, now)
        there = Policy.objects.count()
        return [insured(cast, now, plant, number=f"P-{there + number}") for number in range(count)]


def test_the_pool_of_a_region_is_kept_by_its_officers(cast, now, plant, today):
    to = {"by": cast.bureau_officer, "now": now}
    given = {"of": Institution, "kind": "evaluation", "name": "云岭评价", "region": cast.county, "field": "评价"}
    for more, field in (
        ({}, "qualification_number"),
        ({"qualification_number": "APJ-1"}, "valid_to"),
        ({"qualification_number": "APJ-1", "valid_to": today - timedelta(days=1)}, "valid_to"),
        ({"kind": "insurer"}, "kind"),
        ({"region": cast.other_county}, "region"),
        ({"credit_code": "9"}, "credit_code"),
    ):
        with pytest.raises(Refused) as refused:
            parties.add_party(**(given | more), **to)
        assert refused.value.field == field, more
    with pytest.raises(Refused, match="不能维护企业档案"):
        parties.add_party(**given, by=cast.plant_officer, now=now)
    licensed = {"qualification_number": "APJ-1", "valid_to": today + timedelta(days=99)}
    body = parties.add_party(**given, **licensed, **to)
    with pytest.raises(Refused, match="已经登记了"):
        parties.add_party(**given, **licensed, **to)
    with pytest.raises(Refused, match="不在本单位的辖区内"):
        parties.change_party(party=body, mobile="1", by=cast.outsider, now=now)
    client = cast.client("bureau_officer")
    edit = f"{body.get_absolute_url()}edit/"
    version = str(lines_of("registry.institution", body.pk).last().seq)
    typed = {"version": version, "kind": "evaluation", "name": "云岭评价", "region": str(cast.county.pk), "field": "评价",
             "qualification_number": "", "valid_to": str(today)}  # fmt: skip
    answer = client.post(edit, typed)
    assert answer.status_code == 422
    assert "请填写资质证书的编号" in answer.content.decode()
    assert client.post(edit, typed | {"qualification_number": "APJ-2"}).status_code == 302
    body.refresh_from_db()
    assert body.qualification_number == "APJ-2"
    answer = client.post("/registry/experts/new/", {"name": "高工", "region": str(cast.county.pk), "field": "电气",
                         "trades": ["化工危化品"], "is_available": "on"})  # fmt: skip
    expert = Expert.objects.get(name="高工")
    assert answer.headers["Location"] == expert.get_absolute_url()
    for query, found in (("trade=化工危化品", True), ("trade=煤矿", False), ("free=1", True), ("retired=1", False)):
        assert ("高工" in client.get(f"/registry/experts/?{query}").content.decode()) is found, query
    assert cast.client("plant_officer").get("/registry/experts/").status_code == 404
    assert cast.client("plant_officer").get(body.get_absolute_url()).status_code == 200


def test_a_policy_and_the_prevention_it_promised(cast, now, plant, today):
    policy = insured(cast, now, plant)
    client = cast.client("plant_officer")
    address = f"/registry/policies/{policy.pk}/visits/new/"
    answer = client.post(address, {"given_on": str(today), "hours": "0", "content": "培训"})
    assert answer.status_code == 422
    assert 'value="培训"' in answer.content.decode()
    for hours in ("6", "3.5"):
        assert client.post(address, {"given_on": str(today), "hours": hours, "content": "培训"}).status_code == 302
    policy.refresh_from_db()
    assert policy.service_hours == Decimal("9.5")
    page = client.get(policy.get_absolute_url()).content.decode()
    assert f'href="/registry/policies/{policy.pk}/edit/"' in page, "whoever keeps it is offered to correct it"
    trail = page.partition("登记事故预防服务")[2]
    assert {"服务日期", "时长（小时）", "服务内容", full_day(today)} <= set(re.findall(r">([^<：]+)：?<", trail))
    assert "约定的服务内容" not in trail
    with pytest.raises(Refused, match="保险期间内"):
        parties.record_visit(policy=policy, given_on=today + timedelta(days=99), hours=Decimal(1), content="查",
                             by=cast.plant_officer, now=now)  # fmt: skip
    with pytest.raises(Refused, match="已经登记过"):
        insured(cast, now, plant)
    for given, field in (
        ({"amount": Decimal(0)}, "amount"),
        ({"ends_on": today - timedelta(days=999)}, "ends_on"),
        ({"insurer": parties.add_party(of=Expert, region=cast.county, name="不是", field="电气",
                                       by=cast.bureau_officer, now=now)}, "insurer"),
    ):  # fmt: skip
        with pytest.raises(Refused) as refused:
            insured(cast, now, plant, number="P-2", **given)
        assert refused.value.field == field
    new = {"insurer": str(policy.insurer_id), "number": "P-3", "begins_on": str(today), "ends_on": "2027-03-09",
           "amount": "300", "promised_hours": "12"}  # fmt: skip
    assert client.post(f"/registry/enterprises/{plant.pk}/policies/new/", new).status_code == 302
    for path in ("visits/new/", "edit/", ""):
        check_page(cast, f"/registry/policies/{policy.pk}/{path}", insider="plant_officer")
    check_page(cast, f"/registry/enterprises/{plant.pk}/policies/new/", insider="town")
    page = cast.client("town").get(plant.get_absolute_url()).content.decode()
    assert "安责险" in page
    assert "P-3" in page
    check_page(cast, policy.insurer.get_absolute_url(), insider="bureau_officer")
    assert "9.5 小时" in cast.client("town").get(policy.insurer.get_absolute_url()).content.decode()
    behind = cast.client("town").get("/registry/policies/?behind=1").content.decode()
    assert "P-1" in behind
    remind(now)
    assert any("安责险保单" in title for title in told(cast.plant_officer))
    parties.change_policy(policy=policy, is_cancelled=True, by=cast.plant_officer, now=now)
    assert not any("安责险保单" in title for title in told(cast.plant_officer))
    assert InsurerPages().rows(cast.outsider).count() == 0
