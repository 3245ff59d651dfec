"""The office's own Excel: regions, units and people, whatever its columns are called."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

import pytest
from django.db import connection

from tests.workbooks import office_book
from zhiben.conftest import FOUNDER, Cast
from zhiben.core.accounts.models import User
from zhiben.core.audit.models import AuditLine
from zhiben.core.audit.services import lines_of
from zhiben.core.exchange import services
from zhiben.core.exchange.declaration import IMPORTS, Checked, Context, Done, Row, Whole
from zhiben.core.exchange.models import ImportRun, Stage
from zhiben.core.exchange.summary import counts_of
from zhiben.core.jobs.running import run_pending
from zhiben.core.org import services as org
from zhiben.core.org.credit_code import check_character
from zhiben.core.org.models import Person, Post, ProposedPost, Region, RegionLevel, Unit, UnitKind
from zhiben.core.org.roles import Role

pytestmark = pytest.mark.django_db

Bring = Callable[..., ImportRun]
CODE = "91350100M000100Y4"
CODE += check_character(CODE)


@pytest.fixture
def keeper(cast: Cast, now: datetime) -> dict[str, Any]:
    return {"by": cast.system_administrator, "now": now}


class Sheet:
    """Rows as the engine hands them to a target, without a file around them."""

    def __init__(self, key: str, by: Any, now: datetime, rows: Sequence[dict[str, Any]]) -> None:
        self.target = IMPORTS[key]()
        empty = {field.name: () if field.kind == "list" else "" for field in self.target.fields}
        self.rows = [Row(number, empty | given) for number, given in enumerate(rows, 2)]
        columns = frozenset(name for given in rows for name in given)
        self.at = Context(by, now, Whole(columns, self._values))

    def _values(self, name: str) -> set[Any]:
        return {row[name] for row in self.rows if row[name]}

    def check(self) -> list[Checked]:
        return list(self.target.check(self.rows, self.at))

    def carry_out(self) -> list[Done]:
        return list(self.target.carry_out(sorted(self.rows, key=self.target.order), self.at))

    def problems(self) -> list[str]:
        return [problem.sentence for checked in self.check() for problem in checked.problems]


@pytest.fixture
def sheet(cast: Cast, now: datetime) -> Callable[..., Sheet]:
    return lambda key, *rows: Sheet(key, cast.system_administrator, now, rows)


@pytest.fixture
def bring_book(bring: Callable[..., Any], keeper: dict[str, Any]) -> Bring:
    def bring_book(content: bytes, key: str, sheet: str) -> ImportRun:
        upload = bring(content, "名录.xlsx", who="system_administrator")
        run = services.begin_import(key=key, upload=upload, sheet=sheet, **keeper)
        return services.map_columns(run=run, mapping=run.columns, **keeper)

    return bring_book


def test_the_office_brings_its_own_excel(cast: Cast, bring_book: Bring, keeper: dict[str, Any], now: datetime) -> None:
    """Regions, units, sixty people of whom three rows are bad; granted by another administrator."""
    book = office_book(county="澄溪县", county_code="990121", people=60)

    def confirmed(run: ImportRun) -> ImportRun:
        services.confirm(run=run, all_or_nothing=True, version=run.version, **keeper)
        run_pending()
        run.refresh_from_db()
        assert run.stage == Stage.DONE
        return run

    confirmed(bring_book(book.content, "org.regions", "区域"))
    assert Region.objects.get(name="云岭镇").parent == cast.county
    confirmed(bring_book(book.content, "org.units", "单位"))
    assert Unit.objects.get(name="云岭镇人民政府").superior == cast.office.unit
    assert Unit.objects.get(name="澄溪县教育局").sectors == ["education"]

    run = bring_book(book.content, "org.people", "人员")
    assert {row.number for row in run.rows.filter(is_bad=True)} == set(book.bad)
    told = {row.number: " ".join(row.sentences) for row in run.rows.all()}
    assert "应为 1 开头的 11 位数字" in told[book.bad[0]]
    assert "系统里没有“老干部活动中心”这个单位" in told[book.bad[1]] or "可能是" in told[book.bad[1]]
    assert "请填写姓名" in told[book.bad[2]]
    assert Person.objects.filter(user__username__startswith="user").count() == 0
    mended = {
        book.bad[0]: {"mobile": "13900000007"},
        book.bad[1]: {"unit": "县教育局"},
        book.bad[2]: {"name": "林溪"},
    }
    run = services.mend_rows(run=run, changes=mended, **keeper)
    assert counts_of(run).bad == 0
    confirmed(run)
    assert User.objects.filter(username__startswith="user").count() == 60
    assert ProposedPost.objects.count() == 60
    assert not Post.objects.filter(person__user__username__startswith="user").exists(), "nobody has a right yet"
    granted = org.confirm_proposals(proposals=list(ProposedPost.objects.all()), by=cast.security_administrator, now=now)
    assert not [each.refusal for each in granted if each.refusal]
    again = bring_book(
        office_book(county="澄溪县", county_code="990121", people=60, bad=False).content, "org.people", "人员"
    )
    assert counts_of(again).will_happen.startswith("将新增 0 人")


class TestRegions:
    def test_codes_names_and_parks_find_their_place(self, cast: Cast, sheet: Any, keeper: dict[str, Any]) -> None:
        brought = sheet(
            "org.regions",
            {"name": "桃源村", "code": "990121102001"},
            {"name": "桃源镇", "code": "990121102"},
            {"name": "市辖区", "code": "990101"},
            {"name": "澄溪开发区", "level": "乡级", "parent": "澄溪县", "is_functional": True},
            {"name": "开发区一村", "level": "村级", "parent": "澄溪县/澄溪开发区"},
        )
        assert brought.problems() == []
        done = {each.number: each for each in brought.carry_out()}
        assert Region.objects.get(name="桃源村").parent.name == "桃源镇"
        assert Region.objects.get(name="开发区一村").parent.is_functional
        assert done[4].action == "same"
        assert "占位行" in done[4].note
        assert [line.label for line in lines_of("org.region", done[2].record_id)] == ["设立区域"]
        assert {each.action for each in brought.check()} == {"same"}

    def test_a_new_name_is_a_renaming_and_an_old_one_is_known(
        self, cast: Cast, sheet: Any, keeper: dict[str, Any]
    ) -> None:
        renamed = sheet("org.regions", {"name": "柳溪街道", "code": "990121101000"})
        assert renamed.check()[0].note == "将“柳溪镇”更名为“柳溪街道”。"
        renamed.carry_out()
        [checked] = sheet("org.regions", {"name": "柳溪镇", "code": "990121101000"}).check()
        assert checked.action == "same"
        assert checked.note == "“柳溪镇”是曾用名，现名“柳溪街道”，不改动。"

    @pytest.mark.parametrize(
        ("row", "says"),
        [
            ({"name": "桃源镇", "code": "99012"}, "应为 2、4、6、9 或 12 位数字"),
            ({"name": "桃源片区"}, "没有区划代码，请填写它的上级区域"),
            ({"name": "桃源镇", "parent": "无名县", "level": "乡级"}, "系统里没有“无名县”这个区域"),
            ({"name": "桃源镇", "code": "990122102"}, "不在您管理的范围内"),
            ({"name": "桃源县", "parent": "柳溪镇", "level": "县级"}, "层级应低于上级区域“柳溪镇”"),
            ({"name": "桃源镇", "parent": "澄溪县", "level": "大级"}, "请改填省级、市级、县级、乡级、村级或网格"),
        ],
    )
    def test_what_cannot_be_is_said(self, cast: Cast, sheet: Any, row: dict[str, Any], says: str) -> None:
        assert says in sheet("org.regions", row).problems()[0]

    def test_queries_do_not_grow_with_the_rows(
        self, cast: Cast, sheet: Any, django_assert_max_num_queries: Any
    ) -> None:
        rows = [{"name": f"第{n}村", "code": f"990121101{n:03d}", "parent": "柳溪镇"} for n in range(1, 400)]
        with django_assert_max_num_queries(40):
            assert not [each for each in sheet("org.regions", *rows).carry_out() if each.problems]


class TestUnits:
    def test_two_towns_of_one_name_are_told_apart(self, cast: Cast, keeper: dict[str, Any], now: datetime) -> None:
        for county in (cast.county, cast.other_county):
            org.open_region(name="城关镇", level=RegionLevel.TOWN, parent=county, by=FOUNDER, now=now)
        above = org.open_unit(name="安澜市人民政府", kind=UnitKind.GOVERNMENT, region=cast.city, by=FOUNDER, now=now)
        person = org.register_person(name="市管", by=FOUNDER, now=now)
        org.appoint(person=person, unit=above, role=Role.SYSTEM_ADMINISTRATOR, by=FOUNDER, now=now)
        from zhiben.core.access.acting import Acting

        by = Acting(person, person.posts.select_related("unit__region").get())
        rows = [{"name": "城关镇人民政府", "region": "城关镇"}]
        [sentence] = Sheet("org.units", by, now, rows).problems()
        assert sentence == "系统里有 2 个“城关镇”（澄溪县、远山县），请写成“澄溪县/城关镇”这样。"
        rows[0]["region"] = "远山县/城关镇"
        done = Sheet("org.units", by, now, rows).carry_out()
        assert Unit.objects.get(pk=done[0].record_id).region.parent == cast.other_county

    def test_superiors_of_the_same_file_and_other_names(self, cast: Cast, sheet: Any) -> None:
        brought = sheet(
            "org.units",
            {"name": "澄溪县应急管理局执法大队", "kind": "部门", "region": "澄溪县", "superior": "澄溪县应急管理局"},
            {"name": "云帆化工二厂", "region": "柳溪镇", "superior": "云帆集团有限公司", "aliases": ("二厂",)},
            {"name": "云帆集团有限公司", "region": "柳溪", "credit_code": CODE},
            {"name": "澄溪县应急管理局", "short_name": "县应急局", "sectors": ("危化品", "工贸", "矿山")},
            {"name": "云帆化工有限公司", "superior": "云帆集团有限公司"},
        )
        assert brought.problems() == []
        done = {each.number: each for each in brought.carry_out()}
        assert [done[number].action for number in range(2, 7)] == ["new", "new", "new", "change", "change"]
        plant = Unit.objects.get(name="云帆化工二厂")
        assert (plant.kind, plant.superior.name) == (UnitKind.ENTERPRISE, "云帆集团有限公司")
        assert plant.superior.superior == cast.town.unit
        assert plant.aliases.get().name == "二厂"
        bureau = Unit.objects.get(name="澄溪县应急管理局")
        assert (bureau.short_name, bureau.sectors) == ("县应急局", ["chemicals", "industry", "mines"])
        assert cast.plant_head.unit.pk == int(done[6].record_id)
        assert Unit.objects.get(pk=done[6].record_id).superior == plant.superior
        assert [line.label for line in lines_of("org.unit", str(bureau.pk))][-1] == "修改单位"
        assert {each.action for each in brought.check()} == {"same"}

    def test_another_name_under_the_same_credit_code_is_a_renaming(self, cast: Cast, sheet: Any) -> None:
        sheet("org.units", {"name": "云帆化工有限公司", "credit_code": CODE}).carry_out()
        renamed = sheet("org.units", {"name": "云帆新材料有限公司", "credit_code": CODE.lower()})
        assert renamed.check()[0].note == "将“云帆化工有限公司”更名为“云帆新材料有限公司”。"
        renamed.carry_out()
        assert set(cast.plant_head.unit.aliases.values_list("name", flat=True)) == {"云帆化工有限公司", "云帆化工"}

    @pytest.mark.parametrize(
        ("row", "says"),
        [
            ({"name": "县住建局", "region": "澄溪县"}, "是“澄溪县住房和城乡建设局”的简称或别名"),
            ({"name": "桃源工作组", "region": "澄溪县"}, "看不出是哪类单位"),
            ({"name": "桃源公司"}, "请填写所在区域"),
            ({"name": "桃源公司", "region": "远山县"}, "不在您管理的澄溪县范围内"),
            ({"name": "桃源公司", "region": "澄溪县", "credit_code": CODE[:-1] + "0"}, "第 18 位校验不符"),
            ({"name": "桃源公司", "region": "澄溪县", "sectors": ("魔法",)}, "没有“魔法”这样的行业"),
            ({"name": "桃源公司", "region": "澄溪县", "superior": "无名局"}, "“无名局”"),
            ({"name": "澄溪县安全生产委员会办公室", "superior": "柳溪镇人民政府"}, "本身隶属于"),
        ],
    )
    def test_what_cannot_be_is_said(self, cast: Cast, sheet: Any, row: dict[str, Any], says: str) -> None:
        assert says in sheet("org.units", row).problems()[0]

    def test_a_region_merged_or_renamed_since(self, cast: Cast, sheet: Any, now: datetime) -> None:
        old = org.open_region(name="桃源乡", level=RegionLevel.TOWN, parent=cast.county, by=FOUNDER, now=now)
        town = cast.town.unit.region
        org.merge_regions(region=old, into=town, on=date(2026, 3, 1), by=FOUNDER, now=now)
        org.rename_region(region=town, name="柳溪街道", on=date(2026, 3, 1), by=FOUNDER, now=now)
        merged, renamed = sheet(
            "org.units", {"name": "桃源机械厂", "region": "桃源乡"}, {"name": "柳溪机械厂", "region": "柳溪镇"}
        ).check()
        assert "“桃源乡”已并入“柳溪街道”" in merged.note
        assert "“柳溪镇”已更名为“柳溪街道”" in renamed.note

    def test_a_name_taken_between_check_and_carrying_out(self, cast: Cast, sheet: Any, keeper: dict[str, Any]) -> None:
        brought = sheet("org.units", {"name": "桃源机械厂", "region": "柳溪镇", "short_name": "桃机"})
        assert brought.check()[0].action == "new"
        org.open_unit(
            name="桃源机械厂", kind=UnitKind.ENTERPRISE, region=cast.town.unit.region, by=FOUNDER, now=keeper["now"]
        )
        [done] = brought.carry_out()
        assert done.action == "change"
        assert Unit.objects.get(name="桃源机械厂").short_name == "桃机"

    def test_queries_do_not_grow_with_the_rows(
        self, cast: Cast, sheet: Any, django_assert_max_num_queries: Any
    ) -> None:
        rows = [{"name": f"第{n}机械厂", "region": "柳溪镇", "aliases": (f"{n}厂",)} for n in range(400)]
        with django_assert_max_num_queries(40):
            assert not [each for each in sheet("org.units", *rows).carry_out() if each.problems]
        changed = [row | {"short_name": f"机械{n}"} for n, row in enumerate(rows)]
        with django_assert_max_num_queries(40):
            assert {each.action for each in sheet("org.units", *changed).carry_out()} == {"change"}


class TestPeople:
    def test_a_row_is_a_person_an_account_and_a_proposed_post(self, cast: Cast, sheet: Any) -> None:
        row = {
            "name": "林溪", "mobile": "13900000001", "unit": "县应急局", "role": "经办人", "title": "危化科科长",
            "sectors": ("危化品",), "username": "lin.xi",
        }  # fmt: skip
        brought = sheet("org.people", row)
        [checked] = brought.check()
        assert (checked.action, checked.problems) == ("new", ())
        assert "按“澄溪县应急管理局”处理" in checked.note
        [done] = brought.carry_out()
        person = Person.objects.get(pk=done.record_id)
        assert not person.user.has_usable_password()
        proposal = person.proposals.get()
        assert (proposal.role, proposal.sectors) == (Role.UNIT_OFFICER, ["chemicals"])
        assert not person.posts.exists()
        labels = [line.label for line in lines_of("org.person", done.record_id)]
        assert labels == ["登记人员", "关联账号", "拟任岗位"]
        assert not AuditLine.objects.filter(data__icontains="13900000001").exists(), "no number stands in the trail"
        assert [each.action for each in brought.check()] == ["same"]

    def test_one_person_with_two_posts_is_one_person(self, cast: Cast, sheet: Any) -> None:
        brought = sheet(
            "org.people",
            {"name": "林溪", "mobile": "13900000001", "unit": "澄溪县应急管理局", "role": "安全经办"},
            {"name": "林溪", "mobile": "13900000001", "unit": "澄溪县应急管理局", "role": "监管人员"},
        )
        one, two = brought.carry_out()
        assert one.record_id == two.record_id
        assert Person.objects.get(name="林溪").proposals.count() == 2

    def test_two_people_of_one_name(self, cast: Cast, sheet: Any, keeper: dict[str, Any]) -> None:
        unit = "柳溪镇人民政府"
        brought = sheet(
            "org.people",
            {"name": "林溪", "mobile": "13900000001", "unit": unit},
            {"name": "林溪", "mobile": "13900000002", "unit": unit},
            {"name": "林溪", "unit": unit, "role": "网格员"},
        )
        first, second, third = brought.check()
        assert not first.problems
        assert not second.problems
        assert third.problems[0].sentence == "表中“柳溪镇”有同名的“林溪”，请每人都填写手机号，以便区分。"
        brought.rows.pop()
        brought.carry_out()
        assert Person.objects.filter(name="林溪").count() == 2
        again = sheet("org.people", {"name": "林溪", "unit": unit})
        assert again.problems() == ["“柳溪镇”有 2 位“林溪”，请填写手机号或登录名以便区分。"]

    def test_a_known_person_gains_what_was_missing(self, cast: Cast, sheet: Any) -> None:
        brought = sheet(
            "org.people",
            {"name": "柳青", "mobile": "13900000009", "unit": "柳溪镇"},
            {"name": "云安", "unit": "云帆化工", "role": "从业人员", "username": "plant_officer"},
        )
        assert [each.action for each in brought.check()] == ["change", "change"]
        brought.carry_out()
        assert Person.objects.get(pk=cast.town.person.pk).mobile == "13900000009"
        assert cast.plant_officer.person.proposals.get().role == Role.WORKER

    @pytest.mark.parametrize(
        ("row", "says"),
        [
            ({"name": "林溪", "mobile": "1390000001"}, "应为 1 开头的 11 位数字"),
            ({"name": "林溪", "unit": "无名局"}, "“无名局”"),
            ({"name": "林溪", "unit": "柳溪镇", "role": "巡抚"}, "没有“巡抚”这个岗位角色"),
            ({"name": "林溪", "unit": "柳溪镇", "role": "安委办主任"}, "不设“安委办主任”岗位"),
            ({"name": "林溪", "unit": "柳溪镇", "role": "系统管理员"}, "属于三员，不能批量拟任"),
            ({"name": "林溪", "role": "安全经办"}, "请同时填写单位"),
            ({"name": "林溪", "username": "office"}, "登录名“office”已被使用"),
            ({"name": "安宁", "unit": "县安委办", "username": "an.ning"}, "登录名“an.ning”"),
            ({"name": "林溪、何川"}, "一行只填一个人"),
            (
                {"name": "管审", "unit": "澄溪县人民政府", "username": "audit_administrator", "role": "安全经办"},
                "三员分立",
            ),
            (
                {"name": "管系", "unit": "柳溪镇", "role": "安全经办", "username": "system_administrator"},
                "不能给自己任命",
            ),
        ],
    )
    def test_what_cannot_be_is_said(self, cast: Cast, sheet: Any, row: dict[str, Any], says: str) -> None:
        if row["name"] == "安宁":
            says = "已有账号“office”"
            row = row | {"role": "安委办经办"}
            Person.objects.filter(name="安宁").update(mobile="13900000003")
            row["mobile"] = "13900000003"
        assert says in sheet("org.people", row).problems()[0]

    def test_a_mobile_of_somebody_else(self, cast: Cast, sheet: Any) -> None:
        Person.objects.filter(name="柳青").update(mobile="13900000003")
        [sentence] = sheet("org.people", {"name": "林溪", "mobile": "13900000003"}).problems()
        assert sentence == "这个手机号已登记为“柳青”的。如果是同一个人，请改正姓名；如果不是，请核对手机号。"
        Person.objects.filter(name="远客").update(mobile="13900000004")
        [sentence] = sheet("org.people", {"name": "林溪", "mobile": "13900000004"}).problems()
        assert "另一个人" in sentence, "nothing is told of people elsewhere"
        [sentence] = sheet("org.people", {"name": "柳青", "mobile": "13900000008", "unit": "柳溪镇"}).problems()
        assert "已有一位“柳青”（手机尾号 0003）" in sentence

    def test_queries_do_not_grow_with_the_rows(
        self, cast: Cast, sheet: Any, django_assert_max_num_queries: Any
    ) -> None:
        rows = [
            {
                "name": f"林{'安宁'[n % 2]}",
                "mobile": f"139{n:08d}",
                "unit": "柳溪镇",
                "username": f"u{n}",
                "role": "经办",
            }
            for n in range(400)
        ]
        with django_assert_max_num_queries(90):  # SQLite takes a thousand values in a statement
            assert not [each for each in sheet("org.people", *rows).carry_out() if each.problems]
        assert Person.objects.filter(user__username__startswith="u").count() == 400


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="races are proved on PostgreSQL")
def test_two_imports_of_the_same_units_at_once(cast: Cast, now: datetime) -> None:
    from concurrent.futures import ThreadPoolExecutor
    from threading import Barrier

    from django.db import transaction

    rows = [{"name": f"第{n}机械厂", "region": "柳溪镇", "short_name": f"{n}厂"} for n in range(50)]
    people = [{"name": "林溪", "unit": "柳溪镇"}, {"name": "何川", "unit": "柳溪镇", "username": "he.chuan"}]
    gate = Barrier(2)

    def carry_out(_: int) -> list[str]:
        try:
            gate.wait()
            actions = []
            for key, given in (("org.units", rows), ("org.people", people)):
                with transaction.atomic():
                    actions += [each.action for each in Sheet(key, cast.system_administrator, now, given).carry_out()]
            return actions
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as both:
        one, other = both.map(carry_out, range(2))
    assert sorted(one + other) == ["new"] * 52 + ["same"] * 52
    assert Unit.objects.filter(name__endswith="机械厂").count() == 50
    assert Person.objects.filter(name__in=("林溪", "何川")).count() == 2
