"""分级分类: by which rule, why, what a draft would change, and what an officer decided otherwise for a time."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from lxml import html

from zhiben.core import clock
from zhiben.core.audit.models import AuditLine
from zhiben.core.clock import local_day
from zhiben.core.jobs.models import Job
from zhiben.core.jobs.running import run_pending
from zhiben.core.org.models import Region
from zhiben.core.org.sectors import Sector
from zhiben.core.refusal import Refused
from zhiben.core.web.testing import PagesTest, check_page, counted
from zhiben.modules.registry import class_rules, classing, figures
from zhiben.modules.registry.class_rules import NewCondition, NewRule, Rules
from zhiben.modules.registry.models import ClassRule, Enterprise, Licence, Process
from zhiben.modules.registry.pages.class_rules import ClassRulePages
from zhiben.modules.registry.services import NewEnterprise, add_part, change_enterprise, register_enterprises

BIG = NewCondition(fact="staff_count", comparison="at_least", value="300", points=10)
DUST = NewCondition(fact="trades", comparison="is", value="工贸-粉尘涉爆", points=20)
CHEMICALS = NewCondition(fact="sector", comparison="is", value="chemicals", points=35)


def draft(cast, now, *conditions, by="office", region=None, sector="", name="分级规则", bands=(20, 40, 60)):
    acting = getattr(cast, by)
    new = NewRule(
        name=name, region=region or acting.unit.region, sector=sector, b_from=bands[0], c_from=bands[1],
        d_from=bands[2], conditions=conditions or (CHEMICALS,),
    )  # fmt: skip
    return class_rules.draft_rule(new=new, by=acting, now=now)


def tried(rule, now):
    rule.preview = classing.try_rule(rule=rule, now=now)
    rule.save()
    return rule


def in_force(cast, now, *conditions, by="office", **given):
    rule = tried(draft(cast, now, *conditions, by=by, **given), now)
    return class_rules.apply_rule(rule=rule, valid_from=local_day(now), by=getattr(cast, by), now=now)


def classed(enterprise, to):
    classing.classify(enterprises=[enterprise.pk], **to)
    enterprise.refresh_from_db()
    return enterprise.supervision_class, enterprise.class_reason


@pytest.fixture
def town(cast) -> Region:
    return Region.objects.get(path=cast.town.unit.region_path)


@pytest.fixture
def mills(cast, now, town) -> list[Enterprise]:
    new = [
        NewEnterprise(name=f"柳溪磨坊{number}", region=town, sector=Sector.INDUSTRY, staff_count=100 * number)
        for number in range(1, 6)
    ]
    return register_enterprises(enterprises=new, by=cast.office, now=now)


class TestTheReason:
    def test_says_every_line_that_counts_the_sum_and_the_class(self, cast, now, to, plant):
        in_force(
            cast, now, BIG, NewCondition(fact="staff_count", comparison="at_least", value="100", points=5), DUST,
            CHEMICALS, NewCondition(fact="score", comparison="at_most", value="59", points=20),
            NewCondition(fact="expired_licences", comparison="at_least", value="1", points=10),
        )  # fmt: skip
        change_enterprise(enterprise=plant, staff_count=320, trades=("化工危化品", "工贸-粉尘涉爆"), **to)
        add_part(enterprise=plant, of=Licence, name="安全生产许可证", valid_to=local_day(now) - timedelta(days=1), **to)
        given, reason = classed(plant, to)
        assert given == "D"
        assert reason == (
            "从业 320 人（+10）；属于工贸-粉尘涉爆（+20）；行业领域为危险化学品（+35）；过期证照 1 个（+10）；没有现场评分，"
            "这一项不计分。共 75 分，D 类"
        )
        line = AuditLine.objects.filter(record_id=str(plant.pk)).order_by("-seq")[0]
        assert (line.verb, line.data["changed"]["supervision_class"]) == ("classify", {"from": "", "to": "D"})
        assert classing.classify(enterprises=[plant.pk], **to) == 0, "what is classed already is left alone"

    def test_a_line_that_names_a_class_holds_there_or_worse(self, cast, now, to, plant):
        add_part(enterprise=plant, of=Process, name="氯化工艺", **to)
        held = NewCondition(fact="processes", comparison="at_least", value="1", at_best="C")
        in_force(cast, now, held, NewCondition(fact="scale", comparison="is_not", value="大型", points=1))
        assert classed(plant, to) == (
            "C", "危险工艺、作业和物质 1 项（不优于 C 类）；不是“规模为大型”（+1）。共 1 分，C 类"
        )  # fmt: skip

    def test_a_certificate_counts_by_its_level_while_it_is_valid(self, cast, now, to, plant):
        day = local_day(now)
        for name, until in (("安全生产标准化三级证书", None), ("安全生产标准化一级证书", day - timedelta(days=1))):
            add_part(enterprise=plant, of=Licence, name=name, valid_to=until, **to)
        assert figures.values_of([plant], {"standardisation"}, day)[plant.pk]["standardisation"] == "三级"

    def test_a_module_above_adds_its_figure(self, cast, now, to, plant, monkeypatch):
        monkeypatch.setattr(figures, "FACTS", figures.FACTS.copy())
        monkeypatch.setattr(classing, "FACTS", figures.FACTS)
        monkeypatch.setattr(class_rules, "FACTS", figures.FACTS)
        classing.register_figure("alarms", "报警", lambda keys, day: {keys[0]: 7}, unit="次")
        in_force(cast, now, NewCondition(fact="alarms", comparison="at_least", value="5", points=25))
        assert classed(plant, to) == ("B", "报警 7 次（+25）。共 25 分，B 类")


class TestWhichRule:
    def test_the_nearest_region_and_within_it_the_sector(self, cast, now, town, plant):
        county = in_force(cast, now, name="县通用")
        chemicals = in_force(cast, now, name="县危化", sector=Sector.CHEMICALS)
        today = Rules([town.path], local_day(now))
        assert today.of(Sector.CHEMICALS, town.path) == chemicals
        assert today.of(Sector.INDUSTRY, town.path) == today.of("", town.path) == county
        near = in_force(cast, now, name="镇通用", region=town)
        assert Rules([town.path], local_day(now)).of(Sector.CHEMICALS, town.path) == near
        assert Rules([cast.other_county.path], local_day(now)).of("", cast.other_county.path) is None
        for path in (town.path, cast.county.path, cast.other_county.path):
            for sector in ("", Sector.CHEMICALS, Sector.COAL):
                one = class_rules.rule_of(sector=sector, region_path=path, day=local_day(now))
                assert one == Rules([path], local_day(now)).of(sector, path)

    def test_a_version_holds_from_its_day_and_may_be_taken_back_before(self, cast, now, to, plant):
        first = in_force(cast, now)
        day = local_day(now) + timedelta(days=10)
        second = tried(draft(cast, now, DUST), now)
        class_rules.apply_rule(rule=second, valid_from=day, by=cast.office, now=now)

        def holds(on):
            return Rules([plant.region_path], on).of("", plant.region_path)

        assert (holds(day - timedelta(days=1)), holds(day)) == (first, second)
        third = tried(draft(cast, now), now)
        with pytest.raises(Refused, match="须从这一天以后"):
            class_rules.apply_rule(rule=third, valid_from=day, by=cast.office, now=now)
        class_rules.end_rule(rule=second, reason="重新研究", by=cast.office, now=now)
        assert holds(day) == first
        class_rules.end_rule(rule=first, reason="不再分级", by=cast.office, now=now)
        assert holds(day) is None
        assert classed(plant, {**to, "now": now + timedelta(days=1)}) == ("", "")

    def test_who_may_not_and_what_cannot_stand(self, cast, now):
        with pytest.raises(Refused, match="请切换岗位"):
            draft(cast, now, by="bureau_officer")
        with pytest.raises(Refused, match="不在其中"):
            draft(cast, now, region=cast.other_county)
        with pytest.raises(Refused, match="分管的行业"):
            draft(cast, now, by="housing_leader", sector=Sector.COAL)
        with pytest.raises(Refused, match="依次不减"):
            draft(cast, now, bands=(50, 40, 60))
        with pytest.raises(Refused, match="第 1 行：“从业人数”只能用"):
            draft(cast, now, NewCondition(fact="staff_count", comparison="is", value="1", points=1))
        with pytest.raises(Refused, match="第 1 行：“规模”没有“巨型”"):
            draft(cast, now, NewCondition(fact="scale", comparison="is", value="巨型", points=1))
        rule = draft(cast, now)
        with pytest.raises(Refused, match="请先试算"):
            class_rules.apply_rule(rule=rule, valid_from=local_day(now), by=cast.office, now=now)
        with pytest.raises(Refused, match="联系该单位"):
            class_rules.discard_rule(rule=rule, by=cast.bureau_leader, now=now)
        class_rules.discard_rule(rule=rule, by=cast.office, now=now)
        with pytest.raises(Refused, match="不能删除"):
            class_rules.discard_rule(rule=in_force(cast, now), by=cast.office, now=now)

    def test_the_shipped_one_is_a_proposal_that_can_stand(self, cast, now, plant):
        assert "建议" in class_rules.proposal()["name"]
        assert not ClassRule.objects.exists(), "it classes nobody by itself"
        lines = class_rules.proposal()["conditions"]
        assert {"open_major_hazards", "overdue_hazards"} <= {line.fact for line in lines}
        in_force(cast, now, *lines)


class TestTryingOut:
    def test_what_was_tried_out_is_what_happens(self, cast, now, to, plant, mills):
        in_force(cast, now)
        run_pending()
        classing.override_class(
            enterprise=mills[0], supervision_class="D", reason="停电期间加强监管",
            valid_to=local_day(now) + timedelta(days=5), by=cast.office, now=now,
        )  # fmt: skip
        in_force(cast, now, name="危化", sector=Sector.CHEMICALS)
        before = dict(Enterprise.objects.values_list("pk", "supervision_class"))
        rule = draft(cast, now, NewCondition(fact="staff_count", comparison="at_least", value="300", points=45))
        found = tried(rule, now).preview
        assert dict(Enterprise.objects.values_list("pk", "supervision_class")) == before, "trying changes nothing"
        changes = {(each["from"], each["to"]): each["count"] for each in found["changes"]}
        assert changes == {("A", "A"): 1, ("A", "C"): 3, ("D", "D"): 1}, "the chemical plant has a rule of its own"
        assert (found["total"], found["held"]) == (5, 1)
        later = now + timedelta(days=1)
        class_rules.apply_rule(rule=rule, valid_from=local_day(later), by=cast.office, now=later)
        classing.classify_region(by=classing.CALENDAR, now=later)
        after = dict(
            Enterprise.objects.filter(pk__in=[each.pk for each in mills]).values_list("pk", "supervision_class")
        )
        happened = [(before[pk], after[pk]) for pk in after]
        assert {pair: happened.count(pair) for pair in happened} == changes

    def test_changed_after_it_was_tried_it_is_tried_again(self, cast, now, plant):
        rule = tried(draft(cast, now), now)
        assert class_rules.is_tried(rule)
        new = NewRule(name="改", region=cast.county, b_from=1, c_from=2, d_from=3, conditions=(CHEMICALS,))
        rule = class_rules.draft_rule(new=new, rule=rule, by=cast.office, now=now)
        assert not class_rules.is_tried(rule)


class TestAnOfficerDecides:
    def test_for_a_time_with_a_reason_and_it_ends_by_itself(self, cast, now, to, plant):
        in_force(cast, now)
        until = local_day(now) + timedelta(days=30)
        say = {"enterprise": plant, "supervision_class": "D", "valid_to": until, "by": cast.office, "now": now}
        with pytest.raises(Refused, match="请写明为什么"):
            classing.override_class(reason=" ", **say)
        with pytest.raises(Refused, match="一年以内"):
            classing.override_class(reason="…", **{**say, "valid_to": local_day(now) - timedelta(days=1)})
        with pytest.raises(Refused, match="请切换岗位"):
            classing.override_class(reason="…", **{**say, "by": cast.plant_head})
        with pytest.raises(Refused, match="不归本单位"):
            classing.override_class(reason="…", **{**say, "by": cast.outsider})
        classing.override_class(reason="连续两次被举报", **say)
        plant.refresh_from_db()
        assert plant.supervision_class == "D"
        assert plant.class_reason == (
            "人工定为 D 类，到2026年4月9日止：连续两次被举报（按规则：行业领域为危险化学品（+35）。共 35 分，B 类）"
        )
        classing.classify_region(by=classing.CALENDAR, now=now + timedelta(days=30))
        plant.refresh_from_db()
        assert plant.supervision_class == "D", "its last day counts"
        classing.classify_region(by=classing.CALENDAR, now=now + timedelta(days=31))
        plant.refresh_from_db()
        assert (plant.supervision_class, plant.classoverride_set.count()) == ("B", 1), "over, and kept"

    def test_the_later_word_holds_and_may_end_early(self, cast, now, to, plant):
        in_force(cast, now)
        for name, days in (("D", 30), ("C", 5)):
            override = classing.override_class(
                enterprise=plant, supervision_class=name, reason="…", by=cast.office, now=now,
                valid_to=local_day(now) + timedelta(days=days),
            )  # fmt: skip
        assert classed(plant, {**to, "now": now + timedelta(days=6)})[0] == "B", "the first does not come back"
        classed(plant, to)
        classing.end_override(override=override, reason="已改正", by=cast.office, now=now)
        plant.refresh_from_db()
        assert plant.supervision_class == "B"
        with pytest.raises(Refused, match="已经结束"):
            classing.end_override(override=override, reason="已改正", by=cast.office, now=now)

    def test_a_score_counts_at_once(self, cast, now, plant):
        in_force(cast, now, NewCondition(fact="score", comparison="at_most", value="59", points=50))
        classing.score_enterprise(enterprise=plant, points=55, note="", by=cast.bureau_officer, now=now)
        plant.refresh_from_db()
        assert plant.class_reason == "现场评分 55 分（+50）。共 50 分，C 类"
        page = cast.client("bureau_officer").get(plant.get_absolute_url())
        assert page.status_code == 200
        assert "得分" in html.fromstring(page.content.decode()).get_element_by_id("timeline").text_content()


class TestMany:
    def test_more_enterprises_ask_no_more_queries(self, cast, now, to, plant, town):
        in_force(cast, now, *class_rules.proposal()["conditions"])

        def asked(count, name):
            new = [NewEnterprise(name=f"{name}{number}", region=town, staff_count=number) for number in range(count)]
            made = register_enterprises(enterprises=new, by=cast.office, now=now)
            with CaptureQueriesContext(connection) as seen:
                classing.classify(enterprises=[each.pk for each in made], **to)
            return len(seen)

        few = asked(3, "甲")
        assert asked(60, "乙") <= few <= 25

    def test_the_daily_round_is_asked_for_once_a_day(self, cast, now, mills):
        in_force(cast, now, BIG, bands=(10, 20, 30))
        for _ in range(2):
            classing.classify_today(now)
        run_pending()
        assert Job.objects.filter(key__startswith="registry.classify:20", status="done").count() == 1
        assert [each.supervision_class for each in Enterprise.objects.order_by("name")] == list("AABBB")


class TestClassRulePages(PagesTest):
    pages, insider = ClassRulePages, "office"

    def make(self, cast, now, count):
        return [draft(cast, now, name=f"规则{number}") for number in range(count)]


class TestPages:
    def test_every_number_opens_its_list(self, cast, now, plant, mills):
        in_force(cast, now)
        run_pending()
        region = f"?region={cast.county.pk}"
        for address in ("/registry/classes/", "/registry/classes/?by=sector", "/registry/classes/enterprises/"):
            check_page(cast, f"{address}{'&' if '?' in address else '?'}region={cast.county.pk}", insider="office")
            assert cast.client("plant_officer").get(address).status_code == 404
        client = cast.client("office")
        shown = client.get(f"/registry/classes/{region}").content.decode()
        assert f"&key={plant.region_path}&class=B" in shown
        listed = client.get(f"/registry/classes/enterprises/{region}&key={plant.region_path}&class=B").content.decode()
        assert "云帆化工" in listed
        assert "共 35 分，B 类" in listed
        assert "柳溪磨坊" not in listed
        listed = client.get(f"/registry/classes/enterprises/{region}&by=sector&key=industry&class=A").content.decode()
        assert listed.count("柳溪磨坊") == 5
        for odd in ("&key=%25&class=none", "&key=direct&page=x", "&key=zz"):
            assert client.get(f"/registry/classes/enterprises/{region}{odd}").status_code == 200
        assert client.get(f"/registry/classes/enterprises/{region}&class=E").status_code == 404

    def test_a_rule_is_written_tried_and_put_in_force(self, cast, now, plant):
        client = cast.client("office")
        assert cast.client("bureau_officer").get("/registry/classes/rules/new/").status_code == 404
        answer = client.get("/registry/classes/rules/new/?from=proposal")
        forms = answer.context
        given = {f"lines-{name}": value for name, value in forms["lines"].management_form.initial.items()}
        given |= {
            "name": "县规则", "region": cast.county.pk, "sector": "", "b_from": 20, "c_from": 40, "d_from": 60,
            "lines-0-fact": "staff_count", "lines-0-comparison": "at_least", "lines-0-value": "很多",
            "lines-0-points": "25",
        }  # fmt: skip
        refused = client.post("/registry/classes/rules/new/", given)
        assert refused.status_code == 422
        assert "请填写整数" in refused.content.decode()
        assert "县规则" in refused.content.decode()
        assert client.post("/registry/classes/rules/new/", given | {"lines-0-value": "100"}).status_code == 302
        rule = ClassRule.objects.get()
        address = f"/registry/classes/rules/{rule.pk}/"
        check_page(cast, f"{address}edit/", insider="office")
        overtaken = client.post(f"{address}edit/", given | {"lines-0-value": "50", "version": "old"})
        assert "别人改过" in overtaken.content.decode()
        for verb in ("try", "apply", "end", "discard"):
            assert cast.client("outsider").post(f"{address}{verb}/").status_code == 404
        assert client.get(f"{address}try/").status_code == 405
        assert client.post(f"{address}other/").status_code == 404
        assert "/jobs/" in client.post(f"{address}try/").headers["Location"]
        run_pending()
        page = client.get(rule.get_absolute_url()).content.decode()
        assert "涉及 1 家企业，1 家的类别会变" in page
        assert "云帆化工" in page
        client.post(f"{address}apply/", {"valid_from": "no day"})
        client.post(f"{address}apply/", {"valid_from": local_day(clock.now()).isoformat()})
        rule.refresh_from_db()
        assert rule.valid_from == local_day(clock.now())
        run_pending()
        plant.refresh_from_db()
        assert plant.supervision_class == "B"
        assert client.get(f"{address}edit/").status_code == 302, "in force it is not changed any more"
        _, queries = counted(client, "/registry/classes/rules/new/?from=" + str(rule.pk))
        assert queries < 40

    def test_an_officer_decides_on_the_enterprise_page(self, cast, now, plant):
        in_force(cast, now)
        run_pending()
        address = f"/registry/classes/enterprises/{plant.pk}/override/"
        check_page(cast, address, insider="office")
        for nobody in ("plant_officer", "bureau_officer"):
            assert cast.client(nobody).get(address).status_code == 404
        client = cast.client("office")
        until = (local_day(clock.now()) + timedelta(days=9)).isoformat()
        refused = client.post(address, {"supervision_class": "D", "valid_to": "2020-01-01", "reason": "两次被举报"})
        assert refused.status_code == 422
        assert "两次被举报" in refused.content.decode()
        client.post(address, {"supervision_class": "D", "valid_to": until, "reason": "两次被举报"})
        page = cast.client("plant_officer").get(plant.get_absolute_url()).content.decode()
        assert "监管类别为 D 类" in page
        assert "两次被举报" in page
        assert address not in page
        check_page(cast, f"/registry/classes/enterprises/{plant.pk}/score/", insider="bureau_officer")
        client.post(f"/registry/classes/enterprises/{plant.pk}/end/", {"reason": "已改正"})
        plant.refresh_from_db()
        assert plant.supervision_class == "B"
        assert client.get(f"/registry/classes/enterprises/{plant.pk}/nothing/").status_code == 404
