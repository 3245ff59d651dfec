"""Documents never write full names."""

from datetime import date

import pytest

from zhiben.conftest import FOUNDER, assembled
from zhiben.core.org import services as org
from zhiben.core.org.department_names import departments, functions_of
from zhiben.core.org.models import BodyKind, RegionLevel, UnitKind
from zhiben.core.org.resolve import Names, preselected, resolve

DAY = date(2026, 3, 10)
DEPARTMENTS = (
    "应急管理局", "公安局", "市场监督管理局", "交通运输局", "发展和改革局", "工业信息化和商务局", "教育体育局",
    "文化广电和旅游局", "卫生健康委员会", "自然资源和规划局", "水务局", "农业农村局",
)  # fmt: skip


@pytest.fixture
def prefecture(db):
    return assembled(gather_prefecture)


def gather_prefecture(now):
    """白水州 with a county-level city and a county, their governments, a dozen departments, a fire brigade, a park."""
    to = {"by": FOUNDER, "now": now}
    region = org.open_region(name="白水彝族自治州", level=RegionLevel.CITY, **to)
    counties = [
        org.open_region(name=name, level=RegionLevel.COUNTY, parent=region, **to) for name in ("清河市", "雾山县")
    ]
    town = org.open_region(name="石桥镇", level=RegionLevel.TOWN, parent=counties[1], **to)
    park = org.open_region(name="白水经济开发区", level=RegionLevel.COUNTY, parent=region, is_functional=True, **to)
    org.open_unit(name="白水彝族自治州人民政府", kind=UnitKind.GOVERNMENT, region=region, **to)
    office = org.open_unit(name="白水州安全生产委员会办公室", kind=UnitKind.COMMITTEE_OFFICE, region=region, **to)
    committee = org.form_body(
        name="白水彝族自治州安全生产委员会", kind=BodyKind.COMMITTEE, region=region, office=office, **to
    )
    for name in DEPARTMENTS:
        unit = org.open_unit(name=f"白水彝族自治州{name}", kind=UnitKind.DEPARTMENT, region=region, **to)
        org.add_member(body=committee, unit=unit, **to)
    org.open_unit(name="白水州消防救援支队", kind=UnitKind.INSTITUTION, region=region, **to)
    org.open_unit(name="南江电网有限责任公司白水供电局", kind=UnitKind.ENTERPRISE, region=region, **to)
    org.open_unit(name="中共白水州委组织部", kind=UnitKind.PARTY, region=region, **to)
    for county in counties:
        org.open_unit(name=f"{county}人民政府", kind=UnitKind.GOVERNMENT, region=county, **to)
        org.open_unit(name=f"{county}应急管理局", kind=UnitKind.DEPARTMENT, region=county, **to)
    org.open_unit(name="石桥镇人民政府", kind=UnitKind.TOWN, region=town, **to)
    org.open_unit(name="白水经济开发区管理委员会", kind=UnitKind.PARK, region=park, **to)
    return region


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("州应急局", "白水彝族自治州应急管理局"),
        ("白水州应急局", "白水彝族自治州应急管理局"),
        ("白水彝族自治州应急管理局", "白水彝族自治州应急管理局"),
        ("应急管理部门", "白水彝族自治州应急管理局"),
        ("州 市 场 监 管 局", "白水彝族自治州市场监督管理局"),
        ("市监局", "白水彝族自治州市场监督管理局"),
        ("州發展改革委", "白水彝族自治州发展和改革局"),
        ("州卫健委", "白水彝族自治州卫生健康委员会"),
        ("州文旅广电局", "白水彝族自治州文化广电和旅游局"),
        ("州教体局", "白水彝族自治州教育体育局"),
        ("州自规局", "白水彝族自治州自然资源和规划局"),
        ("州水利局", "白水彝族自治州水务局"),
        ("消防救援大队", "白水州消防救援支队"),
        ("州供电局", "南江电网有限责任公司白水供电局"),
        ("州委组织部", "中共白水州委组织部"),
        ("州安委办", "白水州安全生产委员会办公室"),
        ("州安委会办公室", "白水州安全生产委员会办公室"),
        ("清河市应急局", "清河市应急管理局"),
        ("雾山县", "雾山县人民政府"),
        ("州人民政府", "白水彝族自治州人民政府"),
        ("白水经济开发区", "白水经济开发区管理委员会"),
        ("石桥镇", "石桥镇人民政府"),
    ],
)
def test_a_short_name_means_one_unit(prefecture, said, meant):
    [chosen] = preselected(resolve(said, region=prefecture, day=DAY))
    assert chosen.unit.name == meant
    assert chosen.because.endswith("。")


@pytest.mark.parametrize(
    ("said", "meant", "says"),
    [
        ("州安监局", "应急管理局", "曾用名"),
        ("州环保局", None, ""),
        ("州工信局", "工业信息化和商务局", "职能包含"),
        ("州体育局", "教育体育局", "职能包含"),
        ("州交安委办", "公安局", "通常设在公安局"),
        ("州交警支队", "公安局", "通常设在公安局"),
        ("省应急厅", None, ""),
        ("州应急管埋局", "应急管理局", "名称相近"),
    ],
)
def test_what_is_not_certain_is_left_to_a_person(prefecture, said, meant, says):
    found = resolve(said, region=prefecture, day=DAY)
    assert preselected(found) == []
    if meant is None:
        assert found == []
    else:
        assert found[0].unit.name.endswith(meant)
        assert says in found[0].because


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("各县(市)", {"清河市人民政府", "雾山县人民政府"}),
        ("县(市)党委政府", {"清河市人民政府", "雾山县人民政府"}),
        ("各县市区人民政府", {"清河市人民政府", "雾山县人民政府"}),
        ("各乡镇(街道)", {"石桥镇人民政府"}),
        ("各乡镇、街道办", {"石桥镇人民政府"}),
        ("各功能区", {"白水经济开发区管理委员会"}),
    ],
)
def test_each_county_and_each_town_are_meant_together(prefecture, said, meant):
    found = preselected(resolve(said, region=prefecture, day=DAY))
    assert {each.unit.name for each in found} == meant
    assert {each.group for each in found} == {said}


def test_the_members_of_the_committee_are_its_members(prefecture):
    found = resolve("州安委会成员单位", region=prefecture, day=DAY)
    assert len(preselected(found)) == len(DEPARTMENTS)


@pytest.mark.parametrize("said", ["各有关部门", "负有安全监管职责的部门", "各建设工程主管部门", "有关单位"])
def test_departments_without_a_name_are_never_chosen_in_silence(prefecture, said):
    found = resolve(said, region=prefecture, day=DAY)
    assert found
    assert preselected(found) == []
    assert "没有点名" in found[0].because


def test_the_committee_itself_is_a_body(prefecture):
    [chosen] = preselected(resolve("州安委会", region=prefecture, day=DAY))
    assert chosen.unit is None
    assert chosen.body.kind == BodyKind.COMMITTEE


def test_one_alias_of_two_units_asks(prefecture, now):
    to = {"by": FOUNDER, "now": now}
    names = {each.unit.name: each.unit for each in resolve("各县(市)", region=prefecture, day=DAY)}
    for unit in names.values():
        org.add_alias(unit=unit, name="老县府", **to)
    found = resolve("老县府", region=prefecture, day=DAY)
    assert {each.unit for each in found} == set(names.values())
    assert preselected(found) == []
    assert "请选定" in found[0].because


def test_what_a_person_taught_is_known_the_next_time(cast, now):
    org.add_alias(unit=cast.housing_officer.unit, name="建管中心", by=cast.office, now=now)
    [chosen] = preselected(resolve("建管中心", region=cast.county, day=DAY))
    assert (chosen.unit, chosen.score) == (cast.housing_officer.unit, 1.0)


def test_another_county_is_not_suggested(cast):
    assert all(each.unit != cast.outsider.unit for each in resolve("县安委办", region=cast.county, day=DAY))


def test_an_enterprise_is_known_by_its_name(cast):
    [chosen] = preselected(resolve("云帆化工有限公司", region=cast.county, day=DAY))
    assert chosen.unit == cast.plant_head.unit


def test_many_names_cost_few_queries(prefecture, django_assert_max_num_queries):
    with django_assert_max_num_queries(8):
        names = Names(prefecture, DAY)
        for said in DEPARTMENTS:
            assert names.resolve(f"州{said}")


@pytest.mark.parametrize(
    ("name", "classes"),
    [
        ("科技工信局", {"科学技术局", "工业和信息化局"}),
        ("规划和自然资源局", {"自然资源局"}),
        ("卫生健康和体育局", {"卫生健康局", "体育局"}),
        ("文明办", {"精神文明建设办公室"}),
        ("文具店", set()),
    ],
)
def test_joint_departments_are_taken_apart(name, classes):
    assert functions_of(name).classes == classes


def test_every_row_of_the_table_is_read_as_itself():
    for row in departments().values():
        assert functions_of(row.name).classes == {row.name}
        assert not row.hosted_by or row.hosted_by in departments()


def test_no_whole_name_of_the_table_belongs_to_two_classes():
    seen: dict[str, str] = {}
    for row in departments().values():
        for name in (row.name, *row.short_names, *row.former_names):
            assert seen.setdefault(name, row.name) == row.name, name
