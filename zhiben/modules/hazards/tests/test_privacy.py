"""Who must not see what: a neighbour, the next town, and the plant that would like to know who told on it."""

import io
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from docx import Document
from PIL import Image

from zhiben.conftest import _appoint_newcomer
from zhiben.core import clock
from zhiben.core.api.testing import caller
from zhiben.core.audit.services import lines_of
from zhiben.core.files.models import Attachment, PictureFacts
from zhiben.core.files.services import path_of
from zhiben.core.org.roles import Role
from zhiben.core.org.sectors import Sector
from zhiben.core.refusal import Refused
from zhiben.core.workflow.engine import fire
from zhiben.modules.hazards.look_back import schedule
from zhiben.modules.hazards.models import Hazard, HazardLink
from zhiben.modules.hazards.reviews import tie_recurrence
from zhiben.modules.hazards.services import correct_hazard
from zhiben.modules.registry.services import NewEnterprise, register_enterprise
from zhiben.modules.registry.tests.next_town import settle_next_town

pytestmark = pytest.mark.django_db
TELLER = "举报人甲"


@pytest.fixture(autouse=True)
def at_that_time(monkeypatch, now):
    monkeypatch.setattr(clock, "now", lambda: now)
    monkeypatch.setattr(clock, "machine_now", lambda: now)


@pytest.fixture
def next_town(cast, now):
    return settle_next_town(cast, now)


def said_by_dossier(client, hazard):
    answer = client.get(reverse("hazards:dossier", args=[hazard.pk, "docx"]))
    if answer.status_code != 200:
        return ""
    document = Document(io.BytesIO(b"".join(answer.streaming_content)))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


def everything_said(cast, name, hazard, now):
    """Page, list, export, dossier, API, changes: all that this post can get hold of about a hazard."""
    client, call = cast.client(name), caller(cast.people[name], now=now)
    pages = [client.get(hazard.get_absolute_url()), client.get(reverse("hazards:list"))]
    every = [page.content.decode() for page in pages if page.status_code == 200]
    export = client.get(reverse("hazards:export"))
    every.append(repr(b"".join(export.streaming_content)) if export.streaming else "")
    every.append(said_by_dossier(client, hazard))
    for path in ("/hazards", f"/hazards/{hazard.pk}", "/changes"):
        every.append(call.get(path).content.decode())
    return "\n".join(every)


def test_what_the_public_told_names_nobody(cast, found, now):
    """The name of whoever told is never kept: what is not there is not found by anybody."""
    with pytest.raises(Refused) as refused:
        found(channel="public_report", found_by_name=TELLER)
    assert refused.value.field == "found_by_name"
    hazard = found(channel="public_report")
    assert hazard.found_by_name == ""
    assert hazard.found_by is None
    with pytest.raises(Refused):
        correct_hazard(hazard=hazard, found_by_name=TELLER, by=cast.bureau_officer, now=now)
    sent = {"place": "东门", "description": "三号货架倒伏，压住消防栓 1 个", "found_on": "2026-03-10", "level": "general",
            "channel": "public_report", "found_by_name": TELLER, "enterprise": hazard.enterprise_id, "id": uuid4()}  # fmt: skip
    answer = cast.client("bureau_officer").post(reverse("hazards:new"), sent)
    assert answer.status_code == 422
    assert "举报" in answer.content.decode()
    assert "三号货架倒伏" in answer.content.decode(), "nothing typed is lost"
    call = caller(cast.bureau_officer, now=now)
    body = {name: sent[name] for name in ("place", "description", "found_on", "channel", "found_by_name")}
    assert call.post("/hazards", body | {"enterprise": str(hazard.enterprise_id)}).status_code == 422
    assert Hazard.objects.count() == 1


def test_what_the_public_photographed_does_not_lead_to_whoever_did(cast, found, photo, plant, now):
    """Neither where, when and with what it was taken, nor the name of the file; and no letter lies beside it."""
    camera = {"t271": f"{TELLER}的手机", "t36867": "2026:03:01 08:15:00", "t315": TELLER}
    taken = photo(cast.bureau_officer, 61, name=f"{TELLER}拍.jpg", **camera)
    PictureFacts.objects.filter(file=taken.file).update(latitude="31.230400", longitude="121.473700", device=TELLER)
    sent = {"place": "东门", "description": "三号货架倒伏，压住消防栓 1 个", "found_on": "2026-03-10", "level": "general",
            "channel": "public_report", "enterprise": plant.pk, "id": uuid4(), "kept_before_photos": taken.pk}  # fmt: skip
    officer = cast.client("bureau_officer")
    assert officer.post(reverse("hazards:new"), sent).status_code == 302
    hazard = Hazard.objects.get()
    assert hazard.latitude is None, "nobody stands where he says that the teller stood"
    (shown,) = Attachment.objects.filter(record_id=str(hazard.pk))
    assert (shown.name, shown.label) == ("举报照片1.jpg", "整改前照片")
    client = cast.client("plant_head")
    original = path_of(taken.file).read_bytes()
    assert Image.open(io.BytesIO(original)).getexif()
    for name in ("plant_head", "bureau_officer"):
        said = everything_said(cast, name, hazard, now)
        for word in (TELLER, "31.2304", "8:15", taken.file.digest[:12]):
            assert word not in said, (name, word)
    answer = client.get(f"/files/{shown.pk}/")
    content = b"".join(answer.streaming_content)
    assert Image.open(io.BytesIO(content)).getexif() == {}
    letter = SimpleUploadedFile("来信.png", original)
    attach = reverse("hazards:attach", args=[hazard.pk])
    assert "另行保管" in officer.post(attach, {"files": letter}, follow=True).content.decode()
    assert Attachment.objects.count() == 1
    receipt = SimpleUploadedFile("收据.jpg", original)
    client.post(attach, {"files": receipt})
    assert Attachment.objects.count() == 2, "what is the plant's own it may add"


def test_the_plant_does_not_see_a_look_back_coming(cast, handed_in, photo, now):
    """Neither on the hazard's own page nor in its trail, dossier, export or interface, until somebody has looked."""
    seen = {"finding": "已清空", "on_site": True, "site_photos": [photo(cast.bureau_leader, 12)]}
    hazard = fire(handed_in(level="major"), "verify", by=cast.bureau_leader, now=now, **seen)
    hazard = fire(hazard, "close", by=cast.bureau_officer, now=now)
    look = hazard.look_backs.get()
    for name in ("plant_officer", "plant_head"):
        said = everything_said(cast, name, hazard, now)
        assert hazard.number in said
        assert "回头看" not in said, name
        assert str(look.pk) not in said
    assert "回头看" in everything_said(cast, "bureau_officer", hazard, now)
    proof = reverse("hazards:line_proof", args=[hazard.pk, lines_of("hazards.lookback", str(look.pk))[0].pk])
    assert cast.client("plant_head").get(proof).status_code == 404
    again = {
        "looked_on": clock.local_day(now),
        "finding": "通道保持畅通",
        "again_photos": [photo(cast.bureau_officer, 13)],
    }
    fire(look, "hold", by=cast.bureau_officer, now=now, **again)
    assert "通道保持畅通" in everything_said(cast, "plant_head", hazard, now), "afterwards the plant may know"


def test_a_neighbour_and_the_next_town_find_nothing(cast, found, next_town, now):
    hazard = found(level="major", description="柳溪专用词：通道堵死 1 处")
    own = schedule(hazard, now=now)
    plant = hazard.enterprise
    for name in ("next_town", "neighbour"):
        said = everything_said(cast, name, hazard, now)
        client = cast.client(name)
        for address in (
            f"{reverse('hazards:enterprises')}?q=云帆", f"{reverse('hazards:list')}?q=柳溪专用词",
            f"{reverse('hazards:list')}?enterprise={plant.pk}", f"{reverse('hazards:list')}?unit={plant.unit.pk}",
            f"{reverse('hazards:list')}?unit_text={plant.name}", f"{reverse('hazards:four_lists')}?of=all",
            reverse("hazards:clearing"), reverse("hazards:likenesses"), reverse("hazards:look_back_map"),
            f"{reverse('hazards:twins')}?enterprise={plant.pk}&place={hazard.place}&description=柳溪专用词：通道堵死",
            f"{reverse('hazards:around')}?enterprise={plant.pk}", f"{reverse('hazards:enterprise')}?enterprise={plant.pk}",
            f"{reverse('hazards:new')}?enterprise={plant.pk}", f"{reverse('enterprises:list')}?q=云帆",
            f"{reverse('web:units')}?q=云帆", "/search/?q=云帆", "/search/?q=柳溪专用词", reverse("hazards:poster", args=[plant.pk]),
        ):  # fmt: skip
            answer = client.get(address)
            assert answer.status_code in (200, 404), address
            said += answer.content.decode().replace(f'value="{plant.name}"', "")  # what was typed stands in its field
        for word in (hazard.number, str(hazard.pk), str(own.pk), "云帆化工", "工业路 8 号", "13800000001"):
            assert word not in said, (name, word, said[max(0, said.find(word) - 300) : said.find(word) + 100])


def test_what_it_came_back_from_is_named_to_whoever_may_open_that(cast, plant, found, next_town, now):
    """An earlier one of an enterprise that was merged stays with it: the heir knows that there was one."""
    new = NewEnterprise(name="云海化工有限公司", region=plant.unit.region, sector=Sector.CHEMICALS)
    heir = register_enterprise(enterprise=new, by=cast.bureau_officer, now=now)
    cast.people["heir"] = _appoint_newcomer("heir", "云海", heir.unit, Role.SAFETY_OFFICER, "", (), now)
    old = found(place="老厂专用词门岗", description="老厂专用词通道堵死 1 处")
    back = found(plant=heir)
    link = HazardLink.objects.create(
        hazard=back, earlier=old, kind="recurrence", score=90, found_at=now, is_confirmed=True
    )
    double = found(plant=heir, place="西门", description="护栏缺失 2 米")
    Hazard.objects.filter(pk=double.pk).update(duplicate_of=old)
    double.refresh_from_db()
    review = tie_recurrence(back, old, by=cast.bureau_officer, now=now)
    for hazard in (back, double):
        for name, opens in (("bureau_officer", True), ("heir", False)):
            said = everything_said(cast, name, hazard, now)
            said += cast.client(name).get(review.get_absolute_url()).content.decode()
            assert hazard.number in said
            assert (old.number in said, "老厂专用词" in said) == (opens, opens), (name, hazard)
            assert opens or "另一条记录，您无权查看" in said
            told = caller(cast.people[name], now=now).get(f"/hazards/{hazard.pk}").json()
            others = [each for each in (told["recurs_from"], told["duplicate_of"]) if each]
            others += [each["hazard"] for each in told["likenesses"] if each["kind"] == link.kind]
            known = {"id": str(old.pk), "number": old.number, "is_out_of_sight": False}
            unknown = {"id": None, "number": None, "is_out_of_sight": True}
            assert others == [known if opens else unknown] * (2 if hazard == back else 1)
            assert opens or str(old.pk) not in said
    assert back.number not in cast.client("plant_head").get(old.get_absolute_url()).content.decode()
