"""An office's own ledger of enterprises, brought in: what is sure, what a person decides, what is refused."""

import pytest

from zhiben.core.exchange import services
from zhiben.core.exchange.models import Stage
from zhiben.core.exchange.tests.conftest import book_of
from zhiben.core.files.services import receive_upload
from zhiben.core.jobs.running import run_pending
from zhiben.modules.registry.models import Enterprise
from zhiben.modules.registry.services import NewEnterprise, register_enterprise
from zhiben.modules.registry.testing import credit_code

HEADS = ["单位名称", "社会信用代码", "乡镇", "经营地址", "行业类别", "所属行业", "规模", "员工人数", "法人", "联系电话"]
CODES = [credit_code(f"91990121MA00RWX{number:02}") for number in range(9)]


@pytest.fixture(autouse=True)
def own_store(settings, tmp_path):
    settings.ZHIBEN_FILES_ROOT = tmp_path / "files"


@pytest.fixture
def brought(cast, now):
    def brought(rows, who="office"):
        by = {"by": getattr(cast, who), "now": now}
        upload = receive_upload(book_of([HEADS, *rows]), name="台账.xlsx", **by)
        run = services.begin_import(key="registry.enterprises", upload=upload, **by)
        return services.map_columns(run=run, mapping=run.columns, **by)

    return brought


@pytest.fixture
def confirmed(cast, now):
    def confirmed(run, everything=True, who="office"):
        services.confirm(run=run, all_or_nothing=everything, by=getattr(cast, who), now=now)
        run_pending()
        run.refresh_from_db()
        assert run.stage == Stage.DONE, run.error
        return run

    return confirmed


def sentences(run):
    return [sentence for row in run.rows.filter(is_bad=True) for sentence in row.sentences]


def test_a_ledger_in_its_own_layout_becomes_files(brought, confirmed, cast):
    run = brought(
        [
            [
                "澄溪宏达石料厂",
                CODES[0],
                "柳溪镇",
                "柳溪镇青石村",
                "非煤矿山",
                "B10",
                "小型企业",
                24,
                "石宏",
                "13800000003",
            ],
            ["小李餐馆", "", "", "柳溪镇东街 1 号", "商贸餐饮", "餐饮业", "个体户", 3, "李小", ""],
            ["小李餐馆", "无", "", "柳溪镇西街 2 号", "商贸餐饮", "", "", None, "", ""],
        ]
    )
    assert sentences(run) == []
    confirmed(run)
    quarry = Enterprise.objects.get(credit_code=CODES[0])
    assert (quarry.sector, quarry.industry, quarry.scale, quarry.staff_count) == ("mines", "B10", "small", 24)
    assert quarry.unit.superior == cast.town.unit
    assert Enterprise.objects.filter(name="小李餐馆").count() == 2
    again = brought([["澄溪宏达石料厂", CODES[0], "柳溪镇", "柳溪镇青石村", "", "", "", 25, "", ""]])
    assert again.found["change"] == 1
    confirmed(again)
    quarry.refresh_from_db()
    assert (quarry.staff_count, quarry.head_name) == (25, "石宏")  # empty cells leave alone what stands there


def test_each_bad_row_says_what_to_do(brought, plant):
    wrong = CODES[1][:-1] + ("0" if CODES[1][-1] != "0" else "1")
    run = brought(
        [
            ["甲厂", wrong, "柳溪镇", "", "", "", "", None, "", ""],
            ["乙厂", CODES[2], "远山县", "", "", "", "", None, "", ""],
            ["丙厂", CODES[3], "柳溪镇", "", "航天", "Z99", "巨型", None, "", ""],
            ["丁厂", CODES[4], "柳溪镇", "", "", "", "", None, "", ""],
            ["丁厂二", CODES[4], "柳溪镇", "", "", "", "", None, "", ""],
            ["戊厂", "", "", "某地", "", "", "", None, "", ""],
        ]
    )
    said = "\n".join(sentences(run))
    for part in (
        "第 18 位校验不符",
        "不在您管理的",
        "没有“航天”这个行业领域",
        "“Z99”不在",
        "规模“巨型”",
        "与第 5 行重复",
        "请填写所在区域",
    ):
        assert part in said
    assert run.found["new"] == 1


def test_what_is_likely_but_not_certain_is_asked_kept_and_used(brought, confirmed, cast, now, to):
    region = cast.town.unit.region
    same, other = (
        register_enterprise(enterprise=NewEnterprise(name=name, region=region, address=address), **to)
        for name, address in (("柳溪鑫源木材有限公司", "柳溪镇北路 3 号"), ("大地加油站", "柳溪镇南路 5 号"))
    )
    certain = register_enterprise(
        enterprise=NewEnterprise(name="春风茶厂", region=region, address="柳溪镇茶山 1 号"), **to
    )
    run = brought(
        [
            ["澄溪县柳溪鑫源木材有限责任公司", CODES[5], "柳溪镇", "", "", "", "", 12, "", ""],
            ["大地加油站", "", "柳溪镇", "柳溪镇环城路 9 号", "", "", "", 7, "", ""],
            ["春风茶厂", CODES[6], "柳溪镇", "澄溪县柳溪镇茶山1号", "", "", "", 5, "", ""],
        ]
    )
    assert run.found["change"] == 1  # 春风茶厂: the same name at the same address
    asked = list(run.rows.filter(is_bad=True))
    assert [row.number for row in asked] == [2, 3]
    client = cast.client("office")
    page = client.get(f"/imports/{run.pk}/").content.decode()
    assert "系统里有名称相同的企业，是同一家吗？" in page
    assert "柳溪镇北路 3 号" in page
    forged = client.post(f"/imports/{run.pk}/mend/", {"r2.?same_as": str(certain.pk)})
    assert forged.status_code == 302
    assert run.rows.get(number=2).is_bad  # what was not offered is no answer
    client.post(f"/imports/{run.pk}/mend/", {"r2.?same_as": str(same.pk), "r3.?same_as": "new"})
    run.refresh_from_db()
    assert sentences(run) == []
    confirmed(run)
    for each in (same, other, certain):
        each.refresh_from_db()
    assert (same.credit_code, same.staff_count, same.name) == (CODES[5], 12, "澄溪县柳溪鑫源木材有限责任公司")
    assert (other.staff_count, certain.credit_code) == (None, CODES[6])
    assert Enterprise.objects.filter(name="大地加油站").count() == 2


def test_an_enterprise_entered_meanwhile_is_asked_about_not_doubled(brought, confirmed, cast, to):
    run = brought([["夹缝五金店", "", "柳溪镇", "", "", "", "", 2, "", ""]])
    assert sentences(run) == []
    register_enterprise(enterprise=NewEnterprise(name="夹缝五金店", region=cast.town.unit.region), **to)
    confirmed(run, everything=False)
    assert Enterprise.objects.filter(name="夹缝五金店").count() == 1
    assert sentences(run) == ["系统里有名称相同的企业，是同一家吗？"]
    assert "按新企业建档" in cast.client("office").get(f"/imports/{run.pk}/").content.decode()


def test_many_doubtful_rows_are_answered_at_once(brought, cast, to):
    for number in range(3):
        name, region = f"{number}号小卖部", cast.town.unit.region
        register_enterprise(enterprise=NewEnterprise(name=name, region=region), **to)
    run = brought([[f"{number}号小卖部", "", "柳溪镇", "新街", "", "", "", None, "", ""] for number in range(3)])
    assert len(sentences(run)) == 3
    cast.client("office").post(f"/imports/{run.pk}/mend/", {"answer_all": "?same_as=new"})
    run.refresh_from_db()
    assert sentences(run) == []


def test_only_those_who_look_after_enterprises_bring_lists(cast):
    for who in ("governor", "plant_officer", "system_administrator"):
        assert cast.client(who).get("/import/registry.enterprises/").status_code == 404, who
    assert cast.client("town").get("/import/registry.enterprises/").status_code == 200
