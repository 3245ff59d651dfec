"""A sector's own report of a major hazard: by which day, on what ground, and how sure of it."""

from dataclasses import replace
from datetime import date

from zhiben.core.clock import local_day
from zhiben.core.org.sectors import Sector
from zhiben.modules.hazards import sector_reports
from zhiben.modules.hazards.models import Hazard
from zhiben.modules.hazards.sector_reports import reports_wanted, rules

from .conftest import at


def of_power(hazard, **more):
    Hazard.objects.filter(pk=hazard.pk).update(**{"sector": Sector.ENERGY, "found_on": date(2026, 7, 2), **more})
    return Hazard.objects.get(pk=hazard.pk)


def test_a_major_one_of_the_power_sector_is_reported_within_three_working_days(cast, handed_in, monkeypatch):
    hazard = of_power(handed_in(level="major"))
    (wanted,) = reports_wanted(hazard)
    assert (wanted.by, wanted.reported_on) == (date(2026, 7, 7), date(2026, 3, 10)), "a weekend lies between"
    hazard.dual_reports.all().delete()
    page = cast.client("bureau_officer").get(hazard.get_absolute_url()).content.decode()
    for said in ("2026年7月7日", "发现后 3 个工作日内", "国家能源局派出机构", "第41号第18条", "仅据转述核对"):
        assert said in page, said
    (wanted,) = reports_wanted(hazard)
    assert not wanted.is_late(date(2027, 1, 1)), "what was not compared with its text drives nothing"
    checked = replace(rules()[0], verify_level="full_text")
    monkeypatch.setattr(sector_reports, "rules", lambda: (checked,))
    (wanted,) = reports_wanted(hazard)
    assert [wanted.is_late(day) for day in (date(2026, 7, 7), date(2026, 7, 8))] == [False, True]
    assert wanted.sentence.startswith("最迟应在")
    assert "转述" not in wanted.ground


def test_no_other_one_is(found):
    hazard = found(level="major")
    assert reports_wanted(of_power(hazard))
    for other in ({"level": "general"}, {"sector": Sector.CHEMICALS}, {"found_on": date(2026, 6, 30)}):
        assert reports_wanted(of_power(hazard, **{"level": "major", **other})) == []


def test_every_rule_says_from_when_and_from_where_it_is():
    for rule in rules():
        assert set(rule.sectors) <= set(Sector.values)
        assert rule.verify_level in ("full_text", "retold")
        assert rule.source_url.startswith("https://")
        assert ".gov.cn/" in rule.source_url, "only the page of whoever issued it"
        assert rule.effective_on < local_day(at("2026-12-31"))
