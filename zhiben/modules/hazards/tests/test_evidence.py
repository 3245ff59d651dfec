"""What photos show and what is doubtful in them; after which criteria it was judged; which words say too little."""

from datetime import date, timedelta

import pytest

from zhiben.core.audit.services import lines_of
from zhiben.core.files.models import PictureFacts, StoredFile, Upload
from zhiben.core.refusal import Refused
from zhiben.core.workflow.engine import fire
from zhiben.modules.criteria.models import Criterion, Standard
from zhiben.modules.criteria.services import keep
from zhiben.modules.hazards.judging import candidates_of
from zhiben.modules.hazards.models import Doubt, Hazard
from zhiben.modules.hazards.others import also_used_in
from zhiben.modules.hazards.photos import PHOTO_LIMIT, kilometres_between
from zhiben.modules.hazards.pictures import bits_apart
from zhiben.modules.hazards.reporting import SAID
from zhiben.modules.hazards.vagueness import questions_about

from .test_life import refusal

pytestmark = pytest.mark.django_db


def doubts(hazard):
    return "；".join(hazard.doubts.values_list("sentence", flat=True))


def stored(acting, now, media_type="image/jpeg", size=1000, name="大图.jpg"):
    file = StoredFile.objects.create(digest=f"{size:064d}", size=size, media_type=media_type, created_at=now)
    return Upload.objects.create(file=file, name=name, uploaded_by_id=acting.person.pk, uploaded_at=now)


def test_what_is_no_photo_or_too_large_is_refused_and_nothing_is_lost(cast, found, photo, rectifying, now):
    paper = stored(cast.bureau_officer, now, "application/pdf", 999, name="说明.pdf")
    huge = stored(cast.bureau_officer, now, size=80 << 20)
    for upload, words in ((paper, "不是照片"), (huge, "80 MB"), (stored(cast.bureau_officer, now), "打不开")):
        with pytest.raises(Refused) as refused:
            found(before_photos=[upload])
        assert (refused.value.field, words in refused.value.sentence) == ("before_photos", True)
    assert PHOTO_LIMIT < 80 << 20
    with pytest.raises(Refused):
        found(before_photos=[photo(cast.plant_officer)])
    assert not Hazard.objects.exists()
    hazard = rectifying()
    done = {"by": cast.plant_officer, "now": now, "summary": "已清空"}
    assert "after_photos" in refusal(hazard, "submit", **done, after_photos=[photo(cast.bureau_officer, 5)]).errors


def test_a_photo_from_elsewhere_from_before_or_used_before_is_doubtful_and_not_refused(cast, rectifying, photo, now):
    before, late = photo(cast.bureau_officer, 50), now + timedelta(days=3)
    hazard = rectifying(before_photos=[before])
    assert doubts(hazard) == ""
    far, old, same = photo(cast.plant_officer, 51), photo(cast.plant_officer, 52), photo(cast.plant_officer, 50)
    PictureFacts.objects.filter(file=far.file).update(latitude="39.904200", longitude="116.407400")
    PictureFacts.objects.filter(file=old.file).update(taken_at=now - timedelta(days=200))
    assert same.file == before.file, "the same content is kept once"
    submitted = {"summary": "已清空", "after_photos": [far, old, same]}
    hazard = fire(hazard, "submit", by=cast.plant_officer, now=late, **submitted)
    assert hazard.status == "rectified"
    said = doubts(hazard)
    assert "外省" in said
    assert "早于交办" in said
    assert "就是已交的整改前照片" in said
    other = rectifying(before_photos=[photo(cast.bureau_officer, 50)], place="别处的通道")
    assert "已用在另一条隐患" in doubts(other)
    both = list(other.doubts.all())
    assert [also_used_in(both, by)[both[0].pk] for by in (cast.bureau_officer, cast.outsider)] == [[hazard], []]
    assert Doubt.objects.filter(kind="place").count() == 1
    assert {"before_photos"} <= set(lines_of("hazards.hazard", hazard.pk)[1].data)


def test_distance_and_likeness_are_measured():
    assert 1060 < kilometres_between((39.9042, 116.4074), (31.2304, 121.4737)) < 1075  # 北京 to 上海
    assert bits_apart(0xFF, 0x0F) == 4


@pytest.fixture
def versions(cast, now):
    """A standard, and the one that takes its place on 1 April 2026."""
    old = Standard.objects.create(doc_no="令一号", name="判定标准", effective_on=date(2020, 1, 1),
                                  effective_to=date(2026, 3, 31), superseded_by="令二号", validity="现行")  # fmt: skip
    new = Standard.objects.create(doc_no="令二号", name="判定标准", effective_on=date(2026, 4, 1), validity="现行")
    unknown = Standard.objects.create(doc_no="令三号", name="未查明", effective_on=None, validity="未查明")
    return [
        Criterion.objects.create(key=f"{each.doc_no}|1", standard=each, sector="消防", article="第一条",
                                 title="消防车通道堵死", verify_level="full_text")
        for each in (old, new, unknown)
    ]  # fmt: skip


def test_it_is_judged_after_what_was_in_force_on_the_day_it_was_found(cast, found, versions, now):
    """Found in March, judged in April, when the old standard had been superseded."""
    hazard = found(level="major")
    april = {"by": cast.bureau_officer, "now": now + timedelta(days=30), "judged_level": "major"}
    old, new, unknown = versions
    assert "发现之日" in refusal(hazard, "judge", **april, criterion_key=new.key).errors["criterion_key"]
    assert "施行日期" in refusal(hazard, "judge", **april, criterion_key=unknown.key).errors["criterion_key"]
    assert "目录中没有" in refusal(hazard, "judge", **april, criterion_key="没有的").errors["criterion_key"]
    hazard = fire(hazard, "judge", **april, criterion_key=old.key)
    assert (hazard.criterion, hazard.judged_by) == (old, cast.bureau_officer.person)
    assert hazard.catalogue, "the version that was looked at is kept"


def test_a_judgement_may_go_against_what_the_catalogue_proposes_with_a_reason(cast, found, plant, now):
    keep(by=cast.system_administrator, now=now)
    plant.trades = ["工贸-有限空间"]
    plant.save()
    hazard = found(
        description="污水处理站调节池清淤，两名工人未办作业票、未通风检测，没有监护人就下池作业",
        place="污水处理站调节池",
        before_photos=(),
    )
    assert any(each.is_match for each in candidates_of(hazard)), "this is what the standard lists"
    officer = {"by": cast.bureau_officer, "now": now}
    assert "判定情形相符" in refusal(hazard, "judge", **officer, judged_level="general").sentence
    reason = "池深不足一米、敞口，不属于有限空间"
    hazard = fire(hazard, "judge", **officer, judged_level="general", criterion_reason=reason)
    assert (hazard.level, hazard.criterion_reason) == ("general", reason)
    assert hazard.candidates[0]["kind"] == "match"


@pytest.mark.parametrize(
    ("description", "place", "asked"),
    [
        ("存在安全隐患", "", {"what", "where"}),
        ("不符合规定", "二号仓库", {"what"}),
        ("现场管理不到位", "车间", {"what", "where"}),
        ("灭火器过期", "二楼东侧走廊", {"how_much"}),
        ("灭火器过期 3 个月", "二楼东侧走廊", set()),
        ("堆放大量可燃物", "楼梯间", {"how_much"}),
        ("电箱没接地", "配电房", set()),
        ("后厨钢瓶躺倒用着，皮管穿了两道墙", "后厨", set()),
        ("包装间超员，数了有 12 人，规定 9 人", "包装间", set()),
        ("", "", set()),
    ],
)
def test_vague_words_are_questioned(description, place, asked):
    assert {question.what for question in questions_about(description, place)} == asked


def test_the_first_line_keeps_what_was_said(cast, found):
    hazard = found()
    assert set(SAID) <= set(lines_of("hazards.hazard", hazard.pk)[0].data)
