"""统计用区划代码 as it is published, and as people keep it."""

from datetime import date

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from zhiben.conftest import FOUNDER
from zhiben.core.audit.services import lines_of
from zhiben.core.org.models import Region, RegionLevel
from zhiben.core.org.paths import within
from zhiben.core.org.region_table import import_regions, plan_import
from zhiben.core.org.regions import region_of_code
from zhiben.core.refusal import Refused

DAY = date(2026, 3, 10)
COUNTY = """统计用区划代码,城乡分类代码,名称
980000000000,,青岭省
980100000000,,云洲市
980101000000,,市辖区
980102000000,,东城区
980102001000,111,和平街道
980102001001,111,和平社区
989000000000,,省直辖县级行政区划
989001000000,,石湾市
989001100000,121,石湾镇
"""


def carry_out(text: str, now, encoding: str = "utf-8") -> list[Region]:
    return import_regions(plan_import(text.encode(encoding), day=DAY), on=DAY, by=FOUNDER, now=now)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_the_official_table(db, now, encoding):
    made = carry_out(COUNTY, now, encoding)
    assert len(made) == 7
    street = region_of_code("980102001", day=DAY)
    assert (street.level, street.parent.name) == (RegionLevel.TOWN, "东城区")
    assert region_of_code("989001000000", day=DAY).parent.name == "青岭省", "a county directly below the province"
    province = region_of_code("98", day=DAY)
    assert Region.objects.filter(within(province.path, "path")).count() == 7
    assert [line.label for line in lines_of("org.region", street.pk)] == ["设立区域"]


def test_importing_again_changes_nothing(db, now):
    carry_out(COUNTY, now)
    plan = plan_import(COUNTY.encode(), day=DAY)
    assert (plan.opens, plan.renames, plan.unchanged, plan.skipped) == ([], [], 7, 2)


def test_a_changed_name_is_a_renaming(db, now):
    carry_out(COUNTY, now)
    carry_out(COUNTY.replace("石湾镇", "石湾街道"), now)
    town = region_of_code("989001100000", day=DAY)
    assert town.name == "石湾街道"
    assert town.former_names.get().name == "石湾镇"


def test_a_list_of_one_s_own(cast, now):
    made = carry_out("代码;名称;级别;上级代码\n990121102;桃源镇;乡级;990121\n990121103;竹溪镇;乡级;990121\n", now)
    assert {region.parent for region in made} == {cast.county}
    towns = Region.objects.filter(within(cast.county.path, "path"), level=RegionLevel.TOWN)
    assert set(towns.values_list("name", flat=True)) == {"柳溪镇", "桃源镇", "竹溪镇"}


def test_one_county_alone_stands_at_the_top(db, now):
    made = carry_out("区划代码,名称\n990121000000,澄溪县\n990121101000,柳溪镇\n", now)
    assert [(region.name, region.parent and region.parent.name) for region in made] == [
        ("澄溪县", None),
        ("柳溪镇", "澄溪县"),
    ]


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("99012110,短代码", "应为 2、4、6、9 或 12 位数字"),
        ("990121104000,", "没有名称"),
        ("990121105000,重名镇\n990121105000,再来一次", "与第 2 行重复"),
        ("970121101000,孤镇", "找不到“孤镇”的上级"),
    ],
)
def test_a_doubtful_row_is_named_and_nothing_is_imported(cast, now, row, says):
    plan = plan_import(f"代码,名称\n{row}\n".encode(), day=DAY)
    assert says in plan.problems[0].sentence
    with pytest.raises(Refused, match="行有问题"):
        import_regions(plan, on=DAY, by=FOUNDER, now=now)


@pytest.mark.parametrize(
    ("content", "says"), [(b"", "空的"), ("甲,乙\n1,2".encode(), "表头"), (b"\xff\xff\x00", "编码")]
)
def test_what_cannot_be_read_is_said(db, content, says):
    with pytest.raises(Refused, match=says):
        plan_import(content, day=DAY)


def test_a_thousand_villages_cost_hardly_more_than_ten(cast, now):
    def villages(count: int, first: int) -> str:
        rows = (f"990121101{first + number:03},第{first + number}村" for number in range(count))
        return "代码,名称\n" + "\n".join(rows)

    with CaptureQueriesContext(connection) as few:
        carry_out(villages(10, 1), now)
    with CaptureQueriesContext(connection) as many:
        carry_out(villages(900, 20), now)
    assert len(many) <= len(few) + 40


def test_an_operator_checks_and_imports(db, tmp_path, capsys):
    table = tmp_path / "regions.csv"
    table.write_text(COUNTY, encoding="utf-8")
    call_command("regions", "import", str(table), "--check")
    assert "新设 7 个" in capsys.readouterr().out
    assert not Region.objects.exists()
    call_command("regions", "import", str(table))
    assert Region.objects.count() == 7
    table.write_text("甲,乙\n1,2", encoding="utf-8")
    with pytest.raises(CommandError, match="表头"):
        call_command("regions", "import", str(table))
