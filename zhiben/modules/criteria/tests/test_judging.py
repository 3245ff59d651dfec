"""From what officers write to the criteria that may apply."""

import csv
from datetime import date
from pathlib import Path

import pytest

from zhiben.modules.criteria.catalogue import catalogue
from zhiben.modules.criteria.judging.engine import judge
from zhiben.modules.criteria.judging.exceeding import exceeding
from zhiben.modules.criteria.judging.measure import day_of
from zhiben.modules.criteria.judging.quantities import Limit, quantities
from zhiben.modules.criteria.judging.text import read
from zhiben.modules.criteria.judging.vocabulary import files, read_vocabulary, vocabulary

TODAY = date(2026, 11, 21)
DATA = Path(__file__).parent / "data"
BLIND = sorted(DATA.glob("blind_*.csv"))
CORPUS = Path(__file__).parents[4].parent / "shared" / "domain" / "hazards_sample.csv"


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


class TestVocabulary:
    def test_is_whole(self) -> None:
        """Every file reads, every class and every `like` exists, every limit has a bound; every criterion has words."""
        problems: list[str] = []
        words = read_vocabulary(files(), complain=problems.append)
        assert problems == []
        assert {way.key for way in words.ways} == catalogue().criteria.keys()
        assert all(way.facets for way in words.ways)

    def test_no_criterion_rests_on_one_short_word(self) -> None:
        """One facet with a word of one or two characters would match whatever happens to hold it."""
        loose = [
            way.key
            for way in vocabulary().ways
            if len(way.facets) == 1 and any(len(phrase) < 3 for phrases in way.facets.values() for phrase in phrases)
        ]
        assert loose == []


@pytest.mark.parametrize("path", BLIND, ids=lambda path: path.stem)
def test_descriptions_written_before_the_vocabulary(path: Path) -> None:
    _measure(path, recall=0.97, false=0.03)


@pytest.mark.skipif(not CORPUS.exists(), reason="the sample lies beside the repository where it is developed")
def test_the_sample() -> None:
    _measure(CORPUS, recall=0.97, false=0)


def test_ordinary_defects_near_a_criterion_never_match_first() -> None:
    """The defects of parts, papers, neighbours and small amounts with which `doubts` was written."""
    wrong = [
        row["description"]
        for row in rows_of(DATA / "ordinary.csv")
        for sector in (row["sector"], "")
        for first in judge(row["description"], sector=sector, found_on=TODAY).candidates[:1]
        if first.kind == "match"
    ]
    assert wrong == []


def _measure(path: Path, *, recall: float, false: float) -> None:
    """With and without the sector; what a description says is read once for both."""
    missed: dict[bool, list[str]] = {True: [], False: []}
    wrong: dict[bool, list[str]] = {True: [], False: []}
    majors = ordinary = 0
    for row in rows_of(path):
        wanted = {key for key in row["criteria_ref"].split("|||") if key}
        majors += bool(wanted)
        ordinary += not wanted
        for has_sector in (True, False):
            sector = row["sector"] if has_sector else ""
            found = judge(row["description"], sector=sector, found_on=day_of(row, sorted(wanted), TODAY)).candidates
            assert len(found) <= 10
            assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
            # only text compared with the original matches
            assert all(one.kind == "hint" or catalogue().criteria[one.criteria_key].may_match for one in found)
            if wanted and not {one.criteria_key for one in found[:5]} & wanted:
                missed[has_sector].append(row["description"])
            if not wanted and found and found[0].kind == "match":
                wrong[has_sector].append(row["description"])
    assert majors > 15
    for has_sector in (True, False):
        assert len(missed[has_sector]) <= (1 - recall) * majors, missed[has_sector]
        assert len(wrong[has_sector]) <= false * ordinary, wrong[has_sector]


class TestVersions:
    def test_the_version_of_the_day_is_used_and_no_other(self) -> None:
        said = "采煤工作面瓦斯传感器被塑料袋包住"
        before, after = judge(said, found_on=date(2026, 6, 30)), judge(said, found_on=date(2026, 7, 1))
        documents = catalogue().criteria
        for answer, day in ((before, date(2026, 6, 30)), (after, date(2026, 7, 1))):
            shown = [documents[one.criteria_key].document for one in answer.candidates]
            assert shown
            assert all(each.holds_on(day) or each.effective_on is None for each in shown)
        assert before.candidates[0].criteria_key != after.candidates[0].criteria_key

    def test_before_the_earliest_version_nothing_matches_and_the_gap_is_said(self) -> None:
        answer = judge("甲烷传感器被塑料袋包住，读数不准", sector="煤矿", found_on=date(2019, 5, 1))
        assert not [one for one in answer.candidates if "煤矿" in catalogue().criteria[one.criteria_key].sector]
        assert any("当日适用的版本不在目录中" in gap for gap in answer.gaps)

    def test_what_came_later_is_missing_nowhere_where_the_rules_of_the_day_answer(self) -> None:
        answer = judge("甲醇储罐没有装可燃气体报警探头", sector="化工危化品", found_on=date(2026, 9, 29))
        assert answer.candidates[0].criteria_key.startswith("安监总管三〔2017〕121号")
        assert not [gap for gap in answer.gaps if "化工" in gap]

    def test_a_document_without_a_first_day_only_hints(self) -> None:
        undated = {key for key, entry in catalogue().criteria.items() if entry.document.effective_on is None}
        assert undated
        for said in ("粮库熏蒸没人监护，仓内磷化氢没测", "剧场安全出口上锁，看戏的人很多"):
            answer = judge(said, found_on=TODAY)
            assert not [one for one in answer.candidates if one.criteria_key in undated and one.kind == "match"]

    def test_chemicals_after_september_match_the_old_rules_with_their_doubt(self) -> None:
        answer = judge("一级重大危险源的液氨储罐没有紧急切断阀", sector="化工危化品", found_on=TODAY)
        first = answer.candidates[0]
        assert (first.criteria_key, first.kind) == ("安监总管三〔2017〕121号(化工部分)|正文|第5条", "match")
        assert any("存疑" in reason for reason in first.because)
        new = [one for one in answer.candidates if one.criteria_key.startswith("AQ 3067-2026")]
        assert new
        assert {one.kind for one in new} == {"hint"}


class TestLimits:
    def test_eight_people_are_not_more_than_nine(self) -> None:
        over = judge("水产厂单冻间里当班12名工人在分拣", sector="工贸-液氨制冷", found_on=TODAY).candidates[0]
        under = judge("水产厂单冻间里当班8名工人在分拣", sector="工贸-液氨制冷", found_on=TODAY).candidates
        assert over.kind == "match"
        assert not [one for one in under if one.criteria_key == over.criteria_key and one.kind == "match"]

    @pytest.mark.parametrize(
        ("said", "dimension", "low", "high"),
        [
            ("水深约5厘米", "length", 50, 50),
            ("积粉超过1指厚", "length", 15, float("inf")),
            ("停了半年", "time", 4380, 4380),
            ("2个多月没修", "time", 1440, float("inf")),
            ("当班11名工人", "people", 11, 11),
            ("坐了7个采茶工", "people", 7, 7),
            ("达到34%", "share", 34, 34),
            ("不到9人", "people", 0, 9),
            ("没超过9人", "people", 0, 9),
            ("500千伏线路", "voltage", 500, 500),
            ("存了3吨", "mass", 3000, 3000),
            ("压力不足30kpa", "pressure", 0, 30),
            ("五百千伏站", "voltage", 500, 500),
            ("一千二百千克", "mass", 1200, 1200),
            ("上隅角瓦斯攒到2.3了", "share", 2.3, 2.3),
            ("回风流瓦斯一点二", "share", 1.2, 1.2),
            ("护栏高三点五米", "length", 3500, 3500),
            ("离坡面三米二", "length", 3200, 3200),
            ("下午三点五个人下井", "people", 5, 5),
        ],
    )
    def test_quantities_are_read_as_people_write_them(self, said: str, dimension: str, low: float, high: float) -> None:
        found = [each for each in quantities(read(said).text) if each.dimension == dimension]
        assert [
            (round(each.low, 1), each.high if each.high == float("inf") else round(each.high, 1)) for each in found
        ] == [(low, high)]

    @pytest.mark.parametrize(
        ("said", "percent"),
        [
            ("渔船核定12人，出海前点了下有17个", 42),
            ("限员9人，当班8人", -11),
            ("定员3 实际6", 100),
            ("已经堆到66米，设计坝高60米", 10),
            ("浸润线埋深只有三米，设计要求六米", -50),
            ("产量超核定百分之十五", 15),
            ("压力0.9兆帕，铭牌1.25", -28),
            ("外坡设计一比四，量出来一比二点五", 60),
            ("考核12人，来了17个人", None),
            ("220千伏线路，设计110千伏", None),
        ],
    )
    def test_what_was_set_is_compared_with_what_was_found(self, said: str, percent: int | None) -> None:
        text = read(said).text
        found = {round(one.low) for one in exceeding(text, quantities(text))}
        assert sorted(found) == ([] if percent is None else [percent])

    @pytest.mark.parametrize(
        ("said", "sector", "key", "is_met"),
        [
            ("井下早班核定120人，实际下去153人", "煤矿", "应急管理部令第21号|第4条|(三)", True),
            ("井下早班核定120人，实际下去130人", "煤矿", "应急管理部令第21号|第4条|(三)", False),
            ("尾矿库浸润线埋深3米，设计6米", "非煤矿山-尾矿库", "矿安〔2022〕88号|三|(七)", True),
            ("尾矿库浸润线埋深8米，设计6米", "非煤矿山-尾矿库", "矿安〔2022〕88号|三|(七)", False),
        ],
    )
    def test_two_numbers_tell_an_excess_or_a_shortage(self, said: str, sector: str, key: str, is_met: bool) -> None:
        found = {one.criteria_key: one for one in judge(said, sector=sector, found_on=TODAY).candidates}
        assert (key in found and found[key].kind == "match") is is_met

    def test_days_of_the_calendar_are_no_spans(self) -> None:
        assert quantities("2024年5月10日发现") == ()

    def test_bounds(self) -> None:
        nine = Limit((), "over", 9, "人")
        assert [nine.judged(quantities(said)[0]) for said in ("8人", "9人", "10人", "超过9人", "不足9人")] == [
            False, False, True, True, False,
        ]  # fmt: skip


class TestWords:
    def test_what_is_in_order_is_no_defect(self) -> None:
        said = "喷漆房可燃气体报警器和风机工作正常，只是墙上的制度牌坏了"
        assert not [one for one in judge(said, found_on=TODAY).candidates if one.kind == "match"]

    def test_what_is_denied_is_no_defect(self) -> None:
        said = "电炉炉坑没有积水，比较干燥"
        assert not [one for one in judge(said, found_on=TODAY).candidates if one.kind == "match"]

    @pytest.mark.parametrize(
        "said",
        [
            "主变基础沉降观测点被草盖住，观测值没有异常",
            "中压燃气管线上方没盖房子",
            "面粉厂除尘器泄爆口朝外，无人通行",
            "特种作业证复审到期日还有二十天",
            "电厂后台机没联外网，封条翘起",
            "煤矿回风巷底鼓，正在卧底",
        ],
    )
    def test_what_watches_for_a_defect_or_was_not_done_is_none(self, said: str) -> None:
        assert "match" not in {one.kind for one in judge(said, found_on=TODAY).candidates}

    def test_full_width_and_chinese_numerals_are_the_same(self) -> None:
        one = judge("单冻间里十二名工人", sector="工贸-液氨制冷", found_on=TODAY)
        other = judge("单冻间里１２名工人", sector="工贸-液氨制冷", found_on=TODAY)
        assert [each.criteria_key for each in one.candidates] == [each.criteria_key for each in other.candidates]

    def test_captions_speak_too(self) -> None:
        bare = judge("现场见照片", found_on=TODAY)
        told = judge("现场见照片", found_on=TODAY, captions=("塔机力矩限制器被短接",))
        assert "match" not in {one.kind for one in bare.candidates}
        assert told.candidates[0].kind == "match"

    @pytest.mark.parametrize("said", ["", "。。。，，", "😀" * 50, "a" * 5000, "\x00\n\t", "存在安全隐患"])
    def test_odd_text_breaks_nothing_and_matches_nothing(self, said: str) -> None:
        assert not [one for one in judge(said, found_on=TODAY).candidates if one.kind == "match"]

    def test_a_sector_that_is_a_little_wrong_loses_nothing(self) -> None:
        said, key = "家具厂砂光机的吸尘管没有装火花探测", "应急管理部令第10号|第11条|(八)"
        for sector in ("", "工贸", "工贸-轻工", "粉尘涉爆", "危险化学品", "建筑施工", "industry", "没有这个行业"):
            keys = [one.criteria_key for one in judge(said, sector=sector, found_on=TODAY).candidates[:5]]
            assert key in keys, sector


class TestDoubts:
    """Every facet is said, and still it asks: what is it that is wrong, where, and how much of it?"""

    @pytest.mark.parametrize(
        ("ordinary", "asked", "major"),
        [
            ("鞭炮厂晒场的避雷针油漆脱落", "还是“油漆”", "鞭炮厂晒场的避雷针脱落"),
            ("渔船救生衣有两件没有反光条", "还是“反光条”", "渔船上没有救生衣"),
            ("喷漆室排风扇开着，滤棉该换了没换", "“排风”本身", "喷漆室排风扇坏了没换"),
            ("更衣室在浇注跨外面", "问题是不是就出在“更衣室”", "更衣室在浇注跨里面"),
            ("行车急停按钮的颜色磨掉了，按下去能停", "是否仍起作用", "行车急停按钮掉了"),
            ("玻璃窑炉冷却风机漏了点机油", "程度有多重", "玻璃窑炉冷却水没有监测报警"),
        ],
    )
    def test_it_asks_instead_of_matching(self, ordinary: str, asked: str, major: str) -> None:
        asking = judge(ordinary, found_on=TODAY).candidates
        assert asking[0].kind == "hint"
        assert any(asked in question for one in asking for question in one.to_establish), asking
        assert judge(major, found_on=TODAY).candidates[0].kind == "match"

    def test_two_characters_that_only_meet_are_no_word(self) -> None:
        """铝水 | 深井铸造 speaks of no depth of water, 3台 | 风机 of no typhoon."""
        find = vocabulary().lexicon.find
        assert "水深" in find(read("铝水坑里水深5厘米"))
        assert "水深" not in find(read("铝水深井铸造旁边"))
        assert "台风" not in find(read("停了3台风机"))
