"""Units: to whom they answer, their names, their credit codes, their end."""

from datetime import date, timedelta

import pytest

from zhiben.conftest import FOUNDER
from zhiben.core.audit.services import lines_of
from zhiben.core.org import services as org
from zhiben.core.org.credit_code import check_character, credit_code_refusal
from zhiben.core.org.models import Post, UnitKind
from zhiben.core.org.resolve import resolve
from zhiben.core.refusal import Refused

LAST_DAY = date(2026, 6, 30)


@pytest.fixture
def to(now):
    return {"by": FOUNDER, "now": now}


def test_work_climbs_from_the_plant_to_the_government(cast):
    climb = []
    unit = cast.plant_officer.unit
    while unit:
        climb.append(str(unit))
        unit = unit.superior
    assert climb == ["云帆化工", "柳溪镇", "县安委办", "县政府"]


def test_a_department_answers_to_the_committee_office_of_its_own_region(cast, to):
    assert cast.bureau_officer.unit.superior == cast.office.unit
    assert cast.outsider.unit.superior is None
    government = org.open_unit(name="远山县人民政府", kind=UnitKind.GOVERNMENT, region=cast.other_county, **to)
    assert org.derive_superiors(units=[cast.outsider.unit], **to)[0].superior == government


def test_a_unit_cannot_answer_to_its_own_subordinate(cast, to):
    with pytest.raises(Refused, match="本身隶属于"):
        org.change_unit(unit=cast.office.unit, superior=cast.town.unit, **to)


def test_a_name_is_taken_once(cast, to):
    with pytest.raises(Refused, match="已有名为“澄溪县应急管理局”的单位"):
        org.open_unit(name="澄溪县应急管理局", kind=UnitKind.DEPARTMENT, region=cast.county, **to)


def test_a_renamed_unit_is_still_called_by_its_old_name(cast, to, now):
    org.rename_unit(unit=cast.housing_leader.unit, name="澄溪县住房和城市更新局", short_name="县住更局", **to)
    [found] = resolve("县住建局", region=cast.county, day=now.date())
    assert found.unit == cast.housing_leader.unit
    assert found.score == 1.0


def test_a_closed_unit_ends_its_posts_and_leaves_its_names_to_its_successor(cast, to):
    org.close_unit(unit=cast.housing_leader.unit, last_day=LAST_DAY, successor=cast.bureau_leader.unit, **to)
    after = LAST_DAY + timedelta(days=1)
    assert not Post.objects.valid_on(after).filter(unit=cast.housing_leader.unit).exists()
    [found] = [each for each in resolve("县住建局", region=cast.county, day=after) if each.score == 1.0]
    assert found.unit == cast.bureau_leader.unit


def test_what_was_changed_stands_in_the_trail(cast, to):
    org.change_unit(unit=cast.town.unit, short_name="柳溪", **to)
    line = lines_of("org.unit", cast.town.unit.pk).last()
    assert line.data == {"before": {"short_name": "柳溪镇"}, "after": {"short_name": "柳溪"}}


FIRST_17 = "91990121MA00TEXT0"


def test_the_check_character_is_checked():
    right = FIRST_17 + check_character(FIRST_17)
    assert credit_code_refusal(right) is None
    wrong = FIRST_17 + ("0" if right[-1] != "0" else "1")
    assert credit_code_refusal(wrong) == "统一社会信用代码第 18 位校验不符，请核对营业执照。"


@pytest.mark.parametrize(
    ("code", "says"), [("123", "应为 18 位，现为 3 位"), ("9199012OMA00TEXT01", "第 8 位“O”不是允许的字符")]
)
def test_what_is_wrong_with_a_credit_code_is_said(code, says):
    assert says in credit_code_refusal(code)
