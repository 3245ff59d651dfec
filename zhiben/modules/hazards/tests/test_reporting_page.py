"""登记隐患 in the browser: nothing twice, nothing lost, nothing of others."""

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from zhiben.core import clock
from zhiben.core.clock import local_day
from zhiben.core.files.services import attachments_of
from zhiben.core.ids import new_id
from zhiben.core.web.pages.at import At
from zhiben.modules.hazards.judging import candidates_of
from zhiben.modules.hazards.models import Channel, Hazard, HazardStatus
from zhiben.modules.hazards.pages.beside import candidates_now
from zhiben.modules.hazards.testing import BLOCKED_LANE, a_photo

ADDRESS = "/hazards/new/"


@pytest.fixture(autouse=True)
def at_that_time(monkeypatch, now):
    monkeypatch.setattr(clock, "now", lambda: now)


@pytest.fixture
def told(cast, plant, now):
    """What the town's officer typed."""

    def told(**more) -> dict:
        return {
            "id": str(new_id()),
            "enterprise": str(plant.pk),
            "place": "一号厂房北侧消防车通道",
            "description": BLOCKED_LANE,
            "category": "thing",
            "level": "general",
            "channel": "inspection",
            "found_on": local_day(now).isoformat(),
            **more,
        }

    return told


def test_the_same_form_sent_twice_is_one_hazard(cast, told):
    town, form = cast.client("town"), told()
    for _ in range(2):
        answer = town.post(ADDRESS, form)
        assert answer.status_code == 302
        assert "done=hazards.hazard:new" in answer["Location"], "the drafts are forgotten once it has arrived"
    hazard = Hazard.objects.get()
    assert str(hazard.pk) == form["id"]
    assert hazard.found_by == cast.town.person


def test_what_was_typed_and_brought_survives_a_refusal(cast, told, now):
    photo = a_photo(cast.town, now, 5)
    tomorrow = (local_day(now) + timedelta(days=1)).isoformat()
    answer = cast.client("town").post(
        ADDRESS, told(found_on=tomorrow, kept_before_photos=photo.pk, criterion_reason="净宽 1 米")
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "发现日期不能晚于今天" in page
    for words in (BLOCKED_LANE, f'name="kept_before_photos" value="{photo.pk}"', "云帆化工有限公司", "净宽 1 米"):
        assert words in page
    assert not Hazard.objects.exists()


def test_every_refused_field_says_so_beside_it_and_keeps_the_rest(cast, told, now):
    """Whatever a forged or a broken page sends: a sentence there where it is mended, none at the top of the page."""
    photo = a_photo(cast.town, now, 5)
    bad = {
        "category": ("动物", "不在可选范围内"), "level": ("特大", "不在可选范围内"), "channel": ("鸽子", "不在可选范围内"),
        "discipline": ("99", "不在可选范围内"), "inspection_kind": ("x", "不在可选范围内"),
        "latitude": ("95", "纬度应在 -90 到 90 之间"), "longitude": ("不知道", "请重新定位"),
        "criterion": ("9" * 5000, "请重新选择"), "site": ("9" * 18, "不属于这家企业"), "place": ("廊" * 129, "128 字以内"),
        "description": ("堵" * 5001, "5000 字以内"), "danger": ("伤" * 2001, "2000 字以内"),
        "criterion_reason": ("窄" * 2001, "2000 字以内"), "immediate_measures": ("守" * 2001, "2000 字以内"),
        "found_on": ("昨天", "请选择发现日期"), "rectify_by": ("月底", "请重新选择"), "found_by_name": ("某" * 65, "64 字以内"),
    }  # fmt: skip
    for name, (sent, sentence) in bad.items():
        form = told(**{"longitude": "102.3", "latitude": "24.1", name: sent}, kept_before_photos=photo.pk)
        answer = cast.client("town").post(ADDRESS, form)
        page = answer.content.decode()
        assert answer.status_code == 422, name
        refused = re.findall(r'<p class="field-error"[^>]*>([^<]*)</p>', page)
        assert len(refused) == 1, (name, refused)
        assert sentence in refused[0], name
        assert f'name="kept_before_photos" value="{photo.pk}"' in page
        assert form["place"] in page
    not_one = SimpleUploadedFile("现场.jpg", b"no picture at all", "image/jpeg")
    page = cast.client("town").post(ADDRESS, told(before_photos=not_one)).content.decode()
    assert re.search(r'name="before_photos".*?field-error" role="alert">[^<]+</p>', page, re.DOTALL)
    assert not Hazard.objects.exists()


def test_photos_of_somebody_else_are_not_taken(cast, told, now):
    stranger = a_photo(cast.office, now, 5)
    cast.client("town").post(ADDRESS, told(kept_before_photos=stranger.pk))
    assert not attachments_of("hazards.hazard", str(Hazard.objects.get().pk)).exists()


def test_what_looks_recorded_already_is_shown_first(cast, told, found):
    earlier = found()
    town, form = cast.client("town"), told()
    answer = town.post(ADDRESS, form)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert earlier.get_absolute_url() in page
    assert "不是同一处，继续登记" in page
    assert town.post(ADDRESS, form | {"twin_seen": str(earlier.pk)}).status_code == 302
    assert Hazard.objects.count() == 2


def test_put_right_on_the_spot_is_closed_with_both_photos(cast, told, now):
    client, officer = cast.client("bureau_officer"), cast.bureau_officer
    before, after = a_photo(officer, now, 1), a_photo(officer, now, 2)
    form = told(fixed="1", summary="当场清走托盘", kept_before_photos=before.pk)
    answer = client.post(ADDRESS, form)
    assert answer.status_code == 422
    assert "须有整改前和整改后的照片" in answer.content.decode()
    assert client.post(ADDRESS, form | {"kept_after_photos": after.pk}).status_code == 302
    assert Hazard.objects.get().status == HazardStatus.CLOSED
    assert client.post(ADDRESS, told(fixed="1", summary="搬走", level="major")).status_code == 422


def test_an_enterprise_reports_of_itself_only(cast, plant, told):
    page = cast.client("plant_officer").get(ADDRESS).content.decode()
    assert f'name="enterprise" value="{plant.pk}"' in page
    cast.client("plant_officer").post(ADDRESS, told(channel="public_report"))
    assert Hazard.objects.get().channel == Channel.SELF_INSPECTION
    answer = cast.client("outsider").post(ADDRESS, told(place="二号门"))
    assert answer.status_code == 422
    assert "没有找到这家企业" in answer.content.decode()
    assert plant.name not in cast.client("outsider").get(reverse("hazards:enterprises"), {"q": "云帆"}).content.decode()


def test_the_link_of_a_qr_code_fills_in_the_enterprise(cast, plant):
    page = cast.client("town").get(ADDRESS, {"enterprise": str(plant.pk), "place": "装卸台"}).content.decode()
    assert f'value="{plant.pk}"' in page
    assert 'value="装卸台"' in page
    assert str(plant.pk) not in cast.client("outsider").get(ADDRESS, {"enterprise": str(plant.pk)}).content.decode()


def test_it_asks_back_while_one_types(cast, plant, found):
    earlier = found()
    town = cast.client("town")
    asked = town.get(reverse("hazards:questions"), {"description": "存在安全隐患", "place": ""}).content.decode()
    assert "？" in asked
    like = {"description": BLOCKED_LANE, "place": "一号厂房北侧消防车通道", "enterprise": str(plant.pk)}
    assert earlier.get_absolute_url() in town.get(reverse("hazards:twins"), like).content.decode()
    assert town.get(reverse("hazards:candidates"), like).status_code == 200
    assert "合成车间" in town.get(reverse("hazards:enterprise"), like).content.decode()


def test_what_the_photos_show_is_asked_of_the_catalogue_and_kept_with_them(cast, told, now, plant):
    """Said of the photo and not in the description: the candidates while one types, those in the judge's dialog and
    those kept with the judgement are the same."""
    photo = a_photo(cast.town, now, 5)
    words = "柳溪镇四号仓库唯一的消防车通道被砌墙封死"
    form = told(place="四号仓库北侧", description="见照片，请尽快处理一下这个地方", kept_before_photos=photo.pk)
    town, candidates = cast.client("town"), reverse("hazards:candidates")
    without = town.get(candidates, form).content.decode()
    with_words = town.get(candidates, form | {"photo_words": words}).content.decode()
    assert "消防车通道" not in without
    assert "消防车通道" in with_words
    assert town.post(ADDRESS, form | {"photo_words": words}).status_code == 302
    hazard = Hazard.objects.get()
    (kept,) = attachments_of("hazards.hazard", str(hazard.pk))
    assert kept.name.startswith(f"{words}（1）.")
    shown = candidates_now(hazard, At(cast.town, now))
    assert shown["suggestions"]
    assert [each.criterion.key for each in shown["suggestions"]] == [
        each.criterion.key for each in candidates_of(hazard)
    ]
    assert words in town.get(f"/hazards/{hazard.pk}/").content.decode()
