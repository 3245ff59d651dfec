"""The lists of the plans: made, filled, seen through by others than those who did the work, and counted."""

from datetime import date, timedelta

import pytest

from zhiben.core.api.testing import ApiTest
from zhiben.core.audit.services import lines_of
from zhiben.core.clock import local_day
from zhiben.core.events.delivery import deliver_pending
from zhiben.core.exchange import services as exchange
from zhiben.core.exchange.models import Stage
from zhiben.core.exchange.tests.conftest import book_of
from zhiben.core.files.services import receive_upload
from zhiben.core.jobs.running import run_pending
from zhiben.core.notify.models import Notification
from zhiben.core.org.sectors import Sector
from zhiben.core.refusal import Refused
from zhiben.core.web.testing import PagesTest, check_page, counted
from zhiben.core.workflow.engine import StepInvalid, StepRefused, fire
from zhiben.core.workflow.sweep import sweep
from zhiben.modules.registry import lists
from zhiben.modules.registry.gaps import gaps
from zhiben.modules.registry.list_api import EnterpriseListApi, ListEntryApi
from zhiben.modules.registry.listed_industries import (
    counted_under,
    emerging_blind_spots,
    list_industry,
    unlist_industry,
)
from zhiben.modules.registry.models import Enterprise, EnterpriseList, ListEntry, ListKind
from zhiben.modules.registry.pages.lists import EnterpriseListPages, ListEntryPages
from zhiben.modules.registry.services import NewEnterprise, change_enterprise, register_enterprise, register_enterprises
from zhiben.modules.registry.testing import credit_code

DUE = date(2026, 6, 30)


def a_list(cast, now, kind=ListKind.CLOSE, by="office", **more) -> EnterpriseList:
    given = {
        "title": f"2026 年{ListKind(kind).label}清单", "basis": "澄安委〔2026〕5号", "region": cast.county, "due_on": DUE
    } | more  # fmt: skip
    return lists.make_list(kind=kind, by=getattr(cast, by), now=now, **given)


def listed(cast, now, of, enterprise, by="office", **more) -> ListEntry:
    new = lists.NewEntry(enterprise=enterprise, **({"measures": "停产拆除，注销许可证"} | more))
    return lists.list_enterprise(to=of, entry=new, by=getattr(cast, by), now=now)


def proof(cast, now, who="plant_officer"):
    return receive_upload(b"%PDF-1.4 proof", name="注销证明.pdf", by=getattr(cast, who), now=now)


def done(cast, now, entry, who="plant_officer"):
    by = getattr(cast, who)
    step = "submit" if who.startswith("plant") else "submit_for"
    if step == "submit":
        entry = fire(entry, "begin", by=by, now=now)
    return fire(entry, step, by=by, now=now, situation="设备已拆除", files=[proof(cast, now, who)])


def factories(cast, now, count, **more) -> list[Enterprise]:
    there = Enterprise.objects.count()
    given = {"region": cast.town.unit.region, "sector": Sector.CHEMICALS} | more
    new = [NewEnterprise(name=f"柳溪{there + number}号化工厂", **given) for number in range(count)]
    return register_enterprises(enterprises=new, by=cast.bureau_officer, now=now)


class TestLists:
    def test_what_may_not_be_a_list(self, cast, now):
        for wrong, says in (
            ({"title": " "}, "清单名称"), ({"basis": ""}, "写明依据"), ({"region": cast.other_county}, "不在您的辖区"),
            ({"kind": "nonsense"}, "清单类别"),
        ):  # fmt: skip
            given = {"kind": ListKind.CLOSE, "title": "清单", "basis": "文件", "region": cast.county, "due_on": DUE}
            with pytest.raises(Refused, match=says):
                lists.make_list(by=cast.office, now=now, **(given | wrong))
        with pytest.raises(Refused, match="切换岗位"):
            a_list(cast, now, by="plant_officer")
        a_list(cast, now)
        with pytest.raises(Refused, match="本单位已有"):
            a_list(cast, now)
        a_list(cast, now, by="bureau_officer")

    def test_its_keeper_puts_it_right_but_not_below_what_stands_on_it(self, cast, now, plant):
        of = a_list(cast, now)
        listed(cast, now, of, plant)
        with pytest.raises(Refused, match="由县安委办建立"):
            lists.change_list(enterprise_list=of, title="别的", by=cast.bureau_officer, now=now)
        with pytest.raises(Refused, match="请先调整这些企业的期限"):
            lists.change_list(enterprise_list=of, due_on=DUE - timedelta(1), by=cast.office, now=now)
        of = lists.change_list(enterprise_list=of, due_on=DUE + timedelta(9), by=cast.office, now=now)
        assert lines_of("registry.enterpriselist", of.pk).last().data["changed"]["due_on"]["to"] == "2026-07-09"

    def test_who_may_not_be_listed(self, cast, now, plant):
        of = a_list(cast, now)
        for wrong, says in (
            ({"measures": " "}, "写明措施"), ({"due_on": DUE + timedelta(1)}, "不能更晚"),
            ({"unit": cast.plant_officer.unit}, "企业不能作责任单位"),
        ):  # fmt: skip
            with pytest.raises(Refused, match=says):
                listed(cast, now, of, plant, **wrong)
        with pytest.raises(Refused, match="由县安委办建立"):
            listed(cast, now, of, plant, by="town")
        elsewhere = a_list(cast, now, by="outsider", region=cast.other_county)
        with pytest.raises(Refused, match="不归本单位"):
            listed(cast, now, elsewhere, plant, by="outsider")
        entry = listed(cast, now, of, plant)
        assert (entry.due_on, entry.supervising_unit) == (DUE, cast.bureau_officer.unit)
        with pytest.raises(Refused, match="已在"):
            listed(cast, now, of, plant)
        fire(entry, "remove", by=cast.office, now=now, reason="列错了")
        assert listed(cast, now, of, plant).pk != entry.pk, "who was removed may be listed anew"


class TestLife:
    def test_listed_done_with_proof_and_verified_by_another(self, cast, now, plant):
        entry = listed(cast, now, a_list(cast, now), plant)
        with pytest.raises(StepRefused):
            fire(entry, "begin", by=cast.town, now=now)
        entry = fire(entry, "begin", by=cast.plant_officer, now=now)
        with pytest.raises(StepInvalid):
            fire(entry, "submit", by=cast.plant_officer, now=now, situation="拆完了")
        entry = fire(entry, "submit", by=cast.plant_officer, now=now, situation="拆完了", files=[proof(cast, now)])
        assert (entry.status, entry.done_by, entry.check_by) == (
            "done", cast.plant_officer.person, local_day(now) + timedelta(15)
        )  # fmt: skip
        with pytest.raises(StepRefused):
            fire(entry, "verify", by=cast.plant_head, now=now, finding="属实")
        entry = fire(entry, "return", by=cast.bureau_officer, now=now, reason="还有一台没拆")
        entry = fire(
            entry, "submit", by=cast.plant_head, now=now, situation="全拆了", files=[proof(cast, now, "plant_head")]
        )
        entry = fire(entry, "verify", by=cast.bureau_officer, now=now, finding="现场核实")
        assert (entry.status, entry.verified_by, entry.closed_at) == ("verified", cast.bureau_officer.person, now)
        plant.refresh_from_db()
        assert plant.status == "operating", "the enterprise is closed by a person or not at all"

    def test_who_reported_it_for_the_enterprise_does_not_verify_under_any_hat(self, cast, now, plant):
        entry = done(cast, now, listed(cast, now, a_list(cast, now), plant), "bureau_officer")
        for hat in ("bureau_officer", "regulator"):
            with pytest.raises(StepRefused):
                fire(entry, "verify", by=getattr(cast, hat), now=now, finding="属实")
        assert fire(entry, "verify", by=cast.bureau_leader, now=now, finding="属实").status == "verified"

    def test_only_the_keeper_moves_days_and_removes(self, cast, now, plant):
        entry = listed(cast, now, a_list(cast, now), plant)
        later = {"measures": "改为搬迁入园", "reason": "县政府会议纪要"}
        with pytest.raises(StepRefused):
            fire(entry, "adjust", by=cast.bureau_officer, now=now, due_on=DUE - timedelta(5), **later)
        with pytest.raises(StepInvalid, match="不能更晚"):
            fire(entry, "adjust", by=cast.office, now=now, due_on=DUE + timedelta(1), **later)
        entry = fire(entry, "adjust", by=cast.office, now=now, due_on=DUE - timedelta(5), **later)
        assert (entry.due_on, entry.measures) == (DUE - timedelta(5), "改为搬迁入园")
        entry = fire(entry, "reassign", by=cast.office, now=now, supervising_unit=cast.town.unit, reason="属地盯办")
        assert entry.supervising_unit == cast.town.unit
        with pytest.raises(StepInvalid):
            fire(entry, "remove", by=cast.office, now=now)
        assert fire(entry, "remove", by=cast.office, now=now, reason="已由省里统一处置").closed_at == now

    def test_told_before_the_day_then_the_head_then_the_leader_of_the_supervising_unit(self, cast, now, plant):
        entry = listed(cast, now, a_list(cast, now), plant)

        def told(days):
            sweep(now + (DUE - local_day(now) + timedelta(days)))
            rows = Notification.objects.filter(record_type="registry.listentry", record_id=str(entry.pk))
            return {(row.person.name, row.kind) for row in rows.select_related("person")}

        before = told(-7)
        assert ("云安", "reminder") in before
        assert not {who for who, _ in before} & {"应明"}
        overdue = told(1)
        assert "云帆" in {who for who, _ in overdue - before}
        assert "应明" not in {who for who, _ in overdue}
        assert "应明" in {who for who, _ in told(8)}

    def test_it_goes_where_its_enterprise_goes(self, cast, now, plant):
        entry = listed(cast, now, a_list(cast, now), plant)
        given = listed(cast, now, a_list(cast, now, ListKind.REBUILD), plant, unit=cast.town.unit)
        change_enterprise(enterprise=plant, sector=Sector.GAS, by=cast.office, now=now)
        deliver_pending(now)
        run_pending()
        for each in (entry, given):
            each.refresh_from_db()
        assert (entry.sector, entry.supervising_unit) == ("gas", cast.housing_officer.unit)
        assert (given.sector, given.supervising_unit) == ("gas", cast.town.unit), "given to another unit it stays"
        (heir,) = factories(cast, now, 1)
        fire(plant, "merge", by=cast.town, now=now, heir=heir.unit, reason="整合")
        deliver_pending(now)
        run_pending()
        entry.refresh_from_db()
        assert entry.responsible_unit == heir.unit
        assert entry.status == "listed"


class TestProgress:
    def test_the_parts_add_up_and_the_removed_count_for_nothing(self, cast, now, plant):
        of = a_list(cast, now)
        first, second, third, fourth = factories(cast, now, 4)
        late = {"due_on": local_day(now)}
        entries = [
            listed(cast, now, of, each, **more)
            for each, more in ((plant, {}), (first, late), (second, late), (third, {}), (fourth, late))
        ]
        done(cast, now, entries[1], "bureau_officer")
        verified = done(cast, now, entries[0])
        fire(verified, "verify", by=cast.bureau_officer, now=now, finding="属实")
        fire(entries[3], "remove", by=cast.office, now=now, reason="列错了")

        tomorrow = local_day(now) + timedelta(1)

        def progress(who, day=tomorrow):
            return lists.progress_of([of], ListEntry.objects.visible_to(getattr(cast, who)), day)[of.pk]

        far = progress("office")
        assert (far.listed, far.under_way, far.done, far.verified, far.removed) == (2, 0, 1, 1, 1)
        assert far.total == far.listed + far.under_way + far.done + far.verified == 4
        assert (far.percent, far.overdue) == (25, 2)
        assert progress("office", local_day(now)).overdue == 0, "the last day is in time"
        assert progress("plant_officer").total == 1, "only what one may see is counted"
        assert progress("outsider").total == 0
        page = cast.client("office").get("/registry/lists/").content.decode()
        assert 'value="25"' in page
        for query, count in (("status=verified", 1), ("counted=1", 4), ("status=done", 1)):
            shown = cast.client("office").get(f"/registry/list_entries/?as=all&list={of.pk}&{query}").content.decode()
            assert shown.count("<tr data-row>") == count, query
            assert str(of.get_kind_display()) in shown
            assert f">{of.kind}<" not in shown, "a kind is told in words"


class TestIndustries:
    def test_enterprises_fall_under_by_code_and_the_coarse_ones_may(self, cast, now, plant):
        of = a_list(cast, now, ListKind.PROHIBITED)
        fine = list_industry(to=of, code="2614", by=cast.office, now=now)
        wide = list_industry(to=of, code="化学原料和化学制品制造业", note="间歇式硝化", by=cast.office, now=now)
        assert (fine.code, fine.name, wide.code) == ("C2614", "化学原料和化学制品制造业", "C26")
        factories(cast, now, 2, industry="C26")
        factories(cast, now, 1, industry="C")
        under = counted_under([fine, wide], Enterprise.objects.visible_to(cast.office), local_day(now))
        assert [(each.sure, each.perhaps) for each in under] == [(1, 2), (3, 0)]
        for wrong, says in (({"code": "Z99"}, "不在《国民经济行业分类》"), ({"code": ""}, "请填写行业代码"),
                            ({"code": "C26"}, "已在清单上"), ({"code": "C15", "unit": cast.town.unit}, "只有新兴行业")):  # fmt: skip
            with pytest.raises(Refused, match=says):
                list_industry(to=of, by=cast.office, now=now, **wrong)
        with pytest.raises(Refused, match="只列企业"):
            list_industry(to=a_list(cast, now), code="C26", by=cast.office, now=now)
        with pytest.raises(Refused, match="由县安委办建立"):
            unlist_industry(industry=fine, reason="…", by=cast.town, now=now)
        with pytest.raises(Refused, match="写明为什么"):
            unlist_industry(industry=fine, reason="", by=cast.office, now=now)
        unlist_industry(industry=fine, reason="文件修订", by=cast.office, now=now)
        assert list(of.industries.all()) == [wide]

    def test_a_new_industry_without_a_unit_is_a_blind_spot(self, cast, now, plant):
        of = a_list(cast, now, ListKind.EMERGING)
        line = list_industry(to=of, code="", name="密室逃脱", by=cast.office, now=now)
        day = local_day(now)
        (spot,) = emerging_blind_spots(cast.county, day)
        assert (spot.is_unsupervised, spot.sure, gaps(cast.county, day)) == (True, 0, [])
        page = cast.client("office").get("/registry/matrix/gaps/").content.decode()
        assert "密室逃脱" in page
        assert "没有明确监管单位" in page
        given = {"to": of, "industry": line, "name": "密室逃脱", "by": cast.office, "now": now}
        list_industry(code="C2614", unit=cast.housing_officer.unit, **given)
        (spot,) = emerging_blind_spots(cast.county, day)
        assert (spot.is_unsupervised, spot.word) == (False, "1 家仍由其他单位监管")
        list_industry(code="C2614", unit=cast.bureau_officer.unit, **given)
        assert emerging_blind_spots(cast.county, day) == []


class TestImport:
    HEADS = ("企业名称", "信用代码", "乡镇", "整治措施", "完成时限", "责任部门", "清单名称")

    @pytest.fixture(autouse=True)
    def own_store(self, settings, tmp_path):
        settings.ZHIBEN_FILES_ROOT = tmp_path / "files"

    def brought(self, cast, now, rows):
        by = {"by": cast.office, "now": now}
        upload = receive_upload(book_of([list(self.HEADS), *rows]), name="关闭退出.xlsx", **by)
        run = exchange.begin_import(key="registry.list_entries", upload=upload, **by)
        return exchange.map_columns(run=run, mapping=run.columns, **by)

    def confirmed(self, cast, now, run):
        exchange.confirm(run=run, all_or_nothing=False, by=cast.office, now=now)
        run_pending()
        run.refresh_from_db()
        assert run.stage == Stage.DONE, run.error
        return run

    def sentences(self, run):
        return [sentence for row in run.rows.filter(is_bad=True) for sentence in row.sentences]

    def test_by_code_or_name_with_a_human_choice(self, cast, now, plant):
        of = a_list(cast, now)
        region = cast.town.unit.region
        to = {"by": cast.bureau_officer, "now": now}
        shops = [
            register_enterprise(enterprise=NewEnterprise(name="大地加油站", region=region, address=road), **to)
            for road in ("南路 5 号", "北路 6 号")
        ]
        run = self.brought(cast, now, [
            ["云帆化工", plant.credit_code, "", "拆除", "2026-05-31", "柳溪镇", ""],
            ["大地加油站", "", "柳溪镇", "退出", "", "", ""],
            ["没有这家厂", "", "", "退出", "", "", ""],
            ["云帆化工有限公司", "", "", "拆除", "", "", ""],
            ["某厂", credit_code("91990121MA00RTW01"), "远山县", "退出", "", "", ""],
        ])  # fmt: skip
        said = "\n".join(self.sentences(run))
        for part in ("“大地加油站”是下面哪一家", "没有“没有这家厂”的企业档案", "与第 2 行是同一家企业", "不在您管理的"):
            assert part in said
        client = cast.client("office")
        client.post(f"/imports/{run.pk}/mend/", {"r3.?same_as": str(plant.pk)})
        assert run.rows.get(number=3).is_bad, "what was not offered is no answer"
        client.post(f"/imports/{run.pk}/mend/", {"r3.?same_as": str(shops[1].pk)})
        self.confirmed(cast, now, run)
        entries = {entry.enterprise: entry for entry in of.entries.select_related("enterprise")}
        assert set(entries) == {plant, shops[1]}
        assert (entries[plant].due_on, entries[plant].supervising_unit) == (date(2026, 5, 31), cast.town.unit)
        again = self.brought(cast, now, [["云帆化工有限公司", plant.credit_code, "", "另一措施", "", "", ""]])
        assert again.found["same"] == 1
        self.confirmed(cast, now, again)
        assert of.entries.get(enterprise=plant).measures == "拆除"

    def test_which_list_is_asked_where_the_sheet_does_not_say(self, cast, now, plant):
        row = ["云帆化工有限公司", plant.credit_code, "", "拆除", "", "", ""]
        assert "请先在“清单总览”里新建清单" in self.sentences(self.brought(cast, now, [row]))[0]
        first, second = a_list(cast, now), a_list(cast, now, ListKind.REBUILD)
        foreign = a_list(cast, now, by="bureau_officer")
        run = self.brought(cast, now, [row])
        assert self.sentences(run) == ["列入哪一份清单？"]
        client = cast.client("office")
        client.post(f"/imports/{run.pk}/mend/", {"answer_all": f"?which_list={foreign.pk}"})
        assert run.rows.get(number=2).is_bad
        client.post(f"/imports/{run.pk}/mend/", {"answer_all": f"?which_list={second.pk}"})
        run.refresh_from_db()
        self.confirmed(cast, now, run)
        assert (first.entries.count(), second.entries.count()) == (0, 1)
        named = self.brought(cast, now, [[*row[:-1], first.title]])
        assert self.sentences(named) == []


class TestEnterpriseListPages(PagesTest):
    pages, insider = EnterpriseListPages, "office"

    def make(self, cast, now, count):
        there = EnterpriseList.objects.count()
        return [a_list(cast, now, title=f"第 {there + number} 份清单") for number in range(count)]


class TestListEntryPages(PagesTest):
    pages, insider = ListEntryPages, "bureau_officer"

    def make(self, cast, now, count):
        of = EnterpriseList.objects.first() or a_list(cast, now)
        new = [lists.NewEntry(enterprise=each, measures="拆除") for each in factories(cast, now, count)]
        return lists.list_enterprises(to=of, entries=new, by=cast.office, now=now, tells=False)


class TestEnterpriseListApi(ApiTest):
    api, insider, make = EnterpriseListApi, "office", TestEnterpriseListPages.make


class TestListEntryApi(ApiTest):
    api, insider, make = ListEntryApi, "bureau_officer", TestListEntryPages.make


class TestPages:
    def test_the_odd_pages_and_who_opens_them(self, cast, now, plant):
        of = a_list(cast, now, ListKind.EMERGING)
        line = list_industry(to=of, code="C26", by=cast.office, now=now)
        base = f"/registry/lists/{of.pk}/"
        check_page(cast, "/registry/lists/", insider="office", outsider="plant_officer")
        assert of.title not in cast.client("outsider").get("/registry/lists/").content.decode()
        for address in (
            "entries/new/",
            "industries/new/",
            f"industries/{line.pk}/",
            f"industries/{line.pk}/enterprises/",
        ):
            check_page(cast, base + address, insider="office")
            assert cast.client("plant_officer").get(base + address).status_code == 404
        for address in ("entries/new/", "industries/new/", f"industries/{line.pk}/"):
            assert cast.client("bureau_officer").get(base + address).status_code == 404, "another keeps this list"
        remove = f"{base}industries/{line.pk}/remove/"
        assert cast.client("outsider").post(remove, {"reason": "不要"}).status_code == 404
        assert cast.client("town").get(of.get_absolute_url()).status_code == 200, "what the county decides concerns it"
        assert cast.client("plant_officer").get(of.get_absolute_url()).status_code == 404
        cast.client("office").post(remove, {"reason": "文件修订"})
        assert not of.industries.exists()
        page = cast.client("office").get(of.get_absolute_url()).content.decode()
        assert "C26 化学原料和化学制品制造业" in page, "the trail says which industry"
        assert "文件修订" in page

    def test_a_list_is_made_filled_and_shown_in_the_browser(self, cast, now, plant):
        client = cast.client("office")
        given = {"kind": "close", "title": "关闭退出清单", "basis": "澄安委〔2026〕5号", "region": cast.county.pk}
        refused = client.post("/registry/enterprise_lists/new/", given)
        assert refused.status_code == 422
        assert 'value="关闭退出清单"' in refused.content.decode()
        assert client.post("/registry/enterprise_lists/new/", given | {"due_on": "2026-06-30"}).status_code == 302
        of = EnterpriseList.objects.get()
        new = f"/registry/lists/{of.pk}/entries/new/"
        wrong = client.post(new, {"enterprise": plant.unit_id, "measures": "停产拆除", "due_on": "2027-01-01"})
        assert wrong.status_code == 422
        assert "不能更晚" in wrong.content.decode()
        assert "停产拆除" in wrong.content.decode()
        assert client.post(new, {"enterprise": plant.unit_id, "measures": "停产拆除"}).status_code == 302
        assert "停产拆除" in client.get(of.get_absolute_url()).content.decode()
        entry = cast.client("plant_officer").get(of.entries.get().get_absolute_url()).content.decode()
        assert plant.get_absolute_url() in entry
        assert of.get_absolute_url() not in entry, "the list itself is not the enterprise's to open"
        assert "关闭退出清单" in cast.client("plant_officer").get(plant.get_absolute_url()).content.decode()

    def test_only_a_verified_closing_offers_to_close_the_enterprise(self, cast, now, plant):
        entry = done(cast, now, listed(cast, now, a_list(cast, now), plant))
        town, offer = cast.client("town"), f"/enterprises/{plant.pk}/steps/close/"
        assert offer not in town.get(entry.get_absolute_url()).content.decode()
        fire(entry, "verify", by=cast.bureau_officer, now=now, finding="属实")
        assert offer in town.get(entry.get_absolute_url()).content.decode()
        assert offer not in cast.client("plant_officer").get(entry.get_absolute_url()).content.decode()
        assert town.get(offer).status_code == 200
        fire(plant, "close", by=cast.town, now=now, reason="已注销")
        assert offer not in town.get(entry.get_absolute_url()).content.decode()

    def test_more_lists_enterprises_and_industries_ask_no_more_queries(self, cast, now, plant):
        client = cast.client("office")

        def grow(count):
            for number in range(count):
                of = a_list(cast, now, ListKind.EMERGING, title=f"清单 {EnterpriseList.objects.count()}")
                list_industry(to=of, code="C26", unit=cast.bureau_officer.unit, by=cast.office, now=now)
                list_industry(to=of, code="", name=f"新业态 {number}", by=cast.office, now=now)
                new = [lists.NewEntry(enterprise=each, measures="改造") for each in [plant, *factories(cast, now, 2, industry="C26")]]  # fmt: skip
                lists.list_enterprises(to=of, entries=new, by=cast.office, now=now, tells=False)
            return of

        of = grow(1)
        line = of.industries.get(code="C26")
        addresses = (
            "/registry/lists/", of.get_absolute_url(), "/registry/matrix/gaps/", plant.get_absolute_url(),
            f"/registry/lists/{of.pk}/industries/{line.pk}/enterprises/",
        )  # fmt: skip
        for address in addresses:
            client.get(address)
        few = [counted(client, address)[1] for address in addresses]
        grow(4)
        many = [counted(client, address)[1] for address in addresses]
        assert [each for each in zip(addresses, few, many, strict=True) if each[2] > each[1]] == []
