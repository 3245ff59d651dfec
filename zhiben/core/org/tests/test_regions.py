"""Parks, renamings, moves and mergers of regions."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from zhiben.conftest import FOUNDER
from zhiben.core.audit.services import lines_of
from zhiben.core.org import services as org
from zhiben.core.org.models import Region, RegionLevel, Unit, UnitKind
from zhiben.core.org.paths import within
from zhiben.core.org.regions import region_of_code
from zhiben.core.refusal import Refused

FIRST_OF_JUNE = date(2026, 6, 1)


@pytest.fixture
def to(now):
    return {"by": FOUNDER, "now": now}


def below(region: Region) -> set[str]:
    return set(Region.objects.filter(within(region.path, "path")).values_list("name", flat=True))


def test_a_subtree_is_one_range_of_paths(cast):
    assert below(cast.county) == {"澄溪县", "柳溪镇"}
    assert below(cast.city) == {"安澜市", "澄溪县", "远山县", "柳溪镇"}


def test_the_hundredth_town_still_lies_in_its_county(cast, to):
    for number in range(100):
        org.open_region(name=f"第{number}镇", level=RegionLevel.TOWN, parent=cast.county, **to)
    assert len(below(cast.county)) == 102
    assert below(cast.other_county) == {"远山县"}


def test_a_park_has_a_place_but_no_code(cast, to):
    park = org.open_region(name="澄溪工业园区", level=RegionLevel.COUNTY, parent=cast.county, is_functional=True, **to)
    assert "澄溪工业园区" in below(cast.county)
    assert not park.codes.exists()


def test_a_moved_town_takes_its_villages_its_units_and_their_paths_along(cast, to):
    town = cast.town.unit.region
    village = org.open_region(name="柳树村", level=RegionLevel.VILLAGE, parent=town, **to)
    committee = org.open_unit(name="柳树村村民委员会", kind=UnitKind.VILLAGE, region=village, **to)

    org.move_region(region=town, parent=cast.other_county, **to)

    assert below(cast.county) == {"澄溪县"}
    assert below(cast.other_county) == {"远山县", "柳溪镇", "柳树村"}
    committee.refresh_from_db()
    village.refresh_from_db()
    assert committee.region_path == village.path
    cast.other_county.refresh_from_db()
    names = set(Unit.objects.filter(within(cast.other_county.path)).values_list("short_name", flat=True))
    assert {"柳溪镇", "云帆化工"} <= names


def test_moving_a_subtree_costs_the_same_however_large_it_is(cast, to):
    town = cast.town.unit.region
    with CaptureQueriesContext(connection) as small:
        org.move_region(region=town, parent=cast.other_county, **to)
    for number in range(30):
        org.open_region(name=f"第{number}村", level=RegionLevel.VILLAGE, parent=town, **to)
        town.refresh_from_db()
    with CaptureQueriesContext(connection) as large:
        org.move_region(region=town, parent=cast.county, **to)
    assert len(large) <= len(small)


def test_a_region_cannot_move_below_itself(cast, to):
    with pytest.raises(Refused, match="自己的下级"):
        org.move_region(region=cast.city, parent=cast.county, **to)


def test_a_changed_code_keeps_its_days(cast, to):
    org.change_code(region=cast.county, code="990181000000", on=FIRST_OF_JUNE, **to)
    assert region_of_code("990121000000", day=date(2026, 5, 31)) == cast.county
    assert region_of_code("990121000000", day=FIRST_OF_JUNE) is None
    assert region_of_code("990181", day=FIRST_OF_JUNE) == cast.county


def test_one_code_belongs_to_one_region(cast, to):
    with pytest.raises(Refused, match="正由“远山县”使用"):
        org.change_code(region=cast.county, code="990122000000", on=FIRST_OF_JUNE, **to)


@pytest.mark.parametrize("code", ["99012", "99012100000a", "99012100000"])
def test_a_code_has_twelve_digits(cast, to, code):
    with pytest.raises(Refused, match="12 位数字"):
        org.change_code(region=cast.county, code=code, on=FIRST_OF_JUNE, **to)


def test_a_renamed_region_is_still_found_by_its_former_name(cast, to):
    org.rename_region(region=cast.county, name="澄溪市", on=FIRST_OF_JUNE, **to)
    org.rename_region(region=cast.county, name="澄溪区", on=date(2028, 1, 1), **to)
    former = cast.county.former_names.order_by("valid_to")
    assert [(each.name, each.valid_from, each.valid_to) for each in former] == [
        ("澄溪县", None, date(2026, 5, 31)),
        ("澄溪市", FIRST_OF_JUNE, date(2027, 12, 31)),
    ]


def test_a_merged_region_stays_as_history_and_its_towns_go_over(cast, to):
    org.merge_regions(region=cast.county, into=cast.other_county, on=FIRST_OF_JUNE, **to)
    county = Region.objects.get(pk=cast.county.pk)
    assert county.merged_into == cast.other_county
    assert county.holds_on(date(2026, 5, 31))
    assert not county.holds_on(FIRST_OF_JUNE)
    assert below(cast.other_county) == {"远山县", "柳溪镇"}
    office = Unit.objects.get(pk=cast.office.unit.pk)
    assert office.region == cast.other_county
    assert office.region_path == cast.other_county.path


def test_a_region_with_units_is_not_closed(cast, to):
    with pytest.raises(Refused, match="还有单位或下级区域"):
        org.close_region(region=cast.county, last_day=FIRST_OF_JUNE, **to)


def test_every_change_leaves_a_line(cast, to):
    org.rename_region(region=cast.county, name="澄溪市", on=FIRST_OF_JUNE, **to)
    labels = [line.label for line in lines_of("org.region", cast.county.pk)]
    assert labels == ["设立区域", "区域更名"]
