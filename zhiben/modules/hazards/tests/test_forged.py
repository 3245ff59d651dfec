"""Forged addresses, keys and fields: what is not theirs is not there, and what they may not decide they cannot send."""

from datetime import date
from uuid import uuid4

import pytest
from django.urls import get_resolver, reverse

from zhiben.conftest import _appoint_newcomer
from zhiben.core import clock
from zhiben.core.api.testing import caller
from zhiben.core.files.models import Attachment
from zhiben.core.org import services as org
from zhiben.core.org.models import UnitKind
from zhiben.core.org.roles import Role
from zhiben.core.org.sectors import Sector
from zhiben.core.workflow.engine import fire
from zhiben.modules.criteria.models import Criterion, Standard
from zhiben.modules.hazards.look_back import schedule
from zhiben.modules.hazards.models import Hazard, HazardLink, LookBack, Review
from zhiben.modules.hazards.models import HazardStatus as S
from zhiben.modules.hazards.reviews import open_review
from zhiben.modules.hazards.workflow import HAZARD_LIFE, LOOK_BACK_LIFE, REVIEW_LIFE
from zhiben.modules.registry.services import NewEnterprise, register_enterprise

pytestmark = pytest.mark.django_db
HUGE = "9" * 30


@pytest.fixture(autouse=True)
def at_that_time(monkeypatch, now):
    monkeypatch.setattr(clock, "now", lambda: now)


@pytest.fixture
def rivals(cast, now):
    """Next door in the same town: an enterprise with an officer; a worker of the plant, and an expert of the bureau."""
    where = {"by": cast.system_administrator, "now": now}
    unit = org.open_unit(name="云海仓储有限公司", short_name="云海仓储", kind=UnitKind.ENTERPRISE,
                         region=cast.town.unit.region, **where)  # fmt: skip
    register_enterprise(
        enterprise=NewEnterprise(name=unit.name, unit=unit, region=unit.region, sector=Sector.INDUSTRY),
        by=cast.bureau_officer,
        now=now,
    )
    for key, name, place, role in (
        ("rival", "云海", unit, Role.SAFETY_OFFICER),
        ("worker", "云工", cast.plant_head.unit, Role.WORKER),
        ("expert", "应专", cast.bureau_leader.unit, Role.EXPERT),
    ):
        cast.people[key] = _appoint_newcomer(key, name, place, role, "", (), now)
    return ("outsider", "rival", "housing_officer", "audit_administrator")


def addresses(namespace, key):
    """Every address of a record that the program has, whoever adds one."""
    inner = next(each[1] for name, each in get_resolver().namespace_dict.items() if name == namespace)
    values = {"pk": key, "line": 1, "form": "docx", "step": "judge", "request_id": 1}
    for name in {name for name in inner.reverse_dict if isinstance(name, str)}:
        for [(_, names)], *_ in inner.reverse_dict.getlist(name):
            if "pk" in names and set(names) <= values.keys() and name != "likeness":
                yield reverse(f"{namespace}:{name}", kwargs={each: values[each] for each in names})


def test_no_address_of_anothers_hazard_look_back_or_review_opens_to_anybody(cast, found, rivals, now):
    hazard, other = found(level="major"), found()
    look, review = schedule(hazard, now=now), open_review(hazard, by=cast.bureau_officer, now=now)
    link = HazardLink.objects.get(hazard=other)
    every = [
        *addresses("hazards", hazard.pk),
        *addresses("look_backs", look.pk),
        *addresses("hazard_reviews", review.pk),
        reverse("hazards:likeness", args=[link.pk]),
    ]
    assert len(every) > 25
    for photo in Attachment.objects.filter(record_id=str(hazard.pk)):
        every += [f"/files/{photo.pk}/", f"/files/{photo.pk}/thumbnail-320.jpg", f"/files/{photo.pk}/published/"]
    for name in rivals:
        client = cast.client(name)
        for address in every:
            for answer in (client.get(address), client.post(address, {"verdict": "same", "reason": "试一试"})):
                assert answer.status_code in (404, 405), (name, address, answer.status_code)
    for look_address in addresses("look_backs", look.pk):
        assert cast.client("plant_head").get(look_address).status_code in (404, 405), "they do not see it coming"
    assert Hazard.objects.filter(status=S.REPORTED).count() == 2


def test_every_step_by_hand_made_post_is_refused_to_whom_it_does_not_belong(cast, found, rivals, now):
    """The plant sees its hazard; the steps of others are refused with a sentence, and nothing changes."""
    hazard = found()
    for name, may in (("plant_officer", ()), ("worker", ()), ("office", ()), ("governor", ())):
        client = cast.client(name)
        for step in HAZARD_LIFE.steps:
            answer = client.post(
                reverse("hazards:step", args=[hazard.pk, step.name]),
                {"judged_level": "general", "reason": "不要紧的", "rectify_by": "2026-12-31", "level": "general",
                 "closing_unit": cast.plant_head.unit.pk, "supervising_unit": cast.plant_head.unit.pk},
            )  # fmt: skip
            assert answer.status_code in (404, 409) or (answer.status_code == 422 and step.name in may), (
                name,
                step.name,
            )
    assert Hazard.objects.values_list("status", "level", "supervising_unit").get() == (
        S.REPORTED, "general", cast.bureau_officer.unit.pk,
    )  # fmt: skip


def test_what_a_step_does_not_ask_for_cannot_be_sent_along(cast, found, now):
    """Level, units, status and criterion beside the fields of one's own step stay as they were."""
    hazard = found()
    fire(hazard, "judge_and_order", by=cast.bureau_officer, now=now, judged_level="general",
         rectify_by=date(2026, 3, 20), criterion_reason="占用面积小，已疏通一半")  # fmt: skip
    forged = {
        "liable_person": "云安", "measures": "清走", "funds": "0", "plan_rectify_by": "2026-03-20",
        "contingency_plan": "专人值守", "level": "general", "status": "closed", "hands": "[]", "progress": "100",
        "supervising_unit": cast.plant_head.unit.pk, "closing_unit": cast.plant_head.unit.pk, "rectify_by": "2029-01-01",
    }  # fmt: skip
    answer = cast.client("plant_officer").post(reverse("hazards:step", args=[hazard.pk, "file_plan"]), forged)
    hazard.refresh_from_db()
    assert answer.status_code == 302
    assert (hazard.status, hazard.rectify_by, hazard.progress) == (S.PLANNED, date(2026, 3, 20), 0)
    assert hazard.supervising_unit == hazard.closing_unit == cast.bureau_officer.unit
    assert hazard.hands == [cast.plant_officer.person.pk]


def test_uploads_people_and_units_of_others_are_not_taken_from_a_post(cast, rectifying, photo, now):
    hazard, theirs = rectifying(), photo(cast.bureau_officer, 77)
    address = reverse("hazards:step", args=[hazard.pk, "submit"])
    for key in (theirs.pk, HUGE, "-1", "²", "abc"):
        answer = cast.client("plant_officer").post(address, {"summary": "已清空", "kept_after_photos": [key]})
        assert answer.status_code == 422, key
    transfer = reverse("hazards:step", args=[hazard.pk, "offer_transfer"])
    for unit in (HUGE, "²", "0", str(cast.plant_head.unit.pk)):
        answer = cast.client("bureau_officer").post(transfer, {"transfer_to": unit, "reason": "不归我管"})
        assert answer.status_code == 422, unit
    assert Hazard.objects.get(pk=hazard.pk).transfer_to is None


REPORT = {"place": "东门", "description": "三号货架倒伏，压住消防栓 1 个", "found_on": "2026-03-10", "level": "general",
          "channel": "inspection"}  # fmt: skip


def test_a_forged_report_changes_nothing_of_who_decides(cast, plant, rivals, found, now):
    """An enterprise cannot say that it was inspected, name another enterprise, or take somebody else's record."""
    new = reverse("hazards:new")
    client, own = cast.client("plant_officer"), {"enterprise": plant.pk}
    sent = REPORT | own | {"id": uuid4(), "channel": "superior", "status": "closed", "closing_unit": "1"}
    assert client.post(new, sent).status_code == 302
    mine = Hazard.objects.get()
    assert (mine.channel, mine.status, mine.is_internal) == ("self_inspection", S.REPORTED, True)
    foreign = Hazard.objects.count()
    assert cast.client("rival").post(new, REPORT | own | {"id": uuid4()}).status_code == 422
    assert cast.client("outsider").post(new, REPORT | own | {"id": uuid4()}).status_code == 422
    assert cast.client("worker").post(new, REPORT | own | {"id": uuid4()}).status_code == 404
    again = REPORT | own | {"id": mine.pk, "twin_seen": mine.pk, "description": "另一条：配电箱门缺失 2 扇"}
    assert "已用于另一条记录" in cast.client("town").post(new, again).content.decode()
    assert Hazard.objects.count() == foreign


def test_an_officer_cannot_hand_a_finding_to_the_enterprises_own_loop(cast, plant, now):
    sent = REPORT | {"enterprise": plant.pk, "id": uuid4(), "channel": "self_inspection"}
    cast.client("bureau_officer").post(reverse("hazards:new"), sent)
    for hazard in Hazard.objects.all():
        assert not hazard.is_internal


ODD_FIELDS = (
        ("criterion", "²"), ("enterprise", "not-a-uuid"),
        ("id", "x"), ("found_on", "0001-01-01"), ("found_on", "9999-12-31"), ("rectify_by", "9999-12-31"),
        ("latitude", "NaN"), ("latitude", "1e9"), ("place", "\x00"), ("description", "\u202e\u200f"),
        ("description", "🔥🔥🔥"), ("description", "字" * 20_000), ("level", "none"), ("channel", "rumour"),
        ("discipline", "99"),
)  # fmt: skip
IGNORED = (("criterion", HUGE), ("site", HUGE), ("unit", HUGE), ("kept_before_photos", HUGE))
"""What nobody can have chosen is as if it had not been sent, or asked for again."""


def test_nonsense_in_the_form_of_a_report_is_answered_with_a_sentence(cast, plant):
    client = cast.client("bureau_officer")
    for field, value in ODD_FIELDS:
        sent = REPORT | {"enterprise": plant.pk, "id": uuid4(), "longitude": "102.3" if field == "latitude" else ""}
        assert client.post(reverse("hazards:new"), sent | {field: value}).status_code == 422, (field, value)
    assert not Hazard.objects.exists()
    for number, (field, value) in enumerate(IGNORED):
        said = {"place": f"{number} 号罐", "description": f"阀门 {number} 处渗漏"}
        sent = REPORT | {"enterprise": plant.pk, "id": uuid4(), **said, field: value}
        assert client.post(reverse("hazards:new"), sent).status_code in (302, 409, 422), field


NONSENSE = (
        "/hazards/clearing/?since=0001-01-01", "/hazards/clearing/?since=9999-12-31", f"/hazards/likenesses/{HUGE}/",
        "/hazards/clearing/?since=x&by=%00&as=nobody", f"/hazards/new/photo-place/?kept_before_photos={HUGE}",
        f"/hazards/new/candidates/?criterion={HUGE}&description=a&found_on=0001-01-01", "/hazards/?enterprise=x&criterion=²",
        "/hazards/new/twins/?enterprise=x&description=%F0%9F%94%A5", f"/hazards/?criterion={'9' * 3000}&unit={HUGE}",
        "/hazards/?found_on_from=0001-01-01&found_on_to=9999-12-31&sort=hands", "/hazards/four-lists/?of=x&as_file=exe",
        f"/hazards/policy/?region={HUGE}", "/hazards/lookup/criteria/pk/?q=%00", "/hazards/lookup/enterprises/?q=%00%00",
        "/hazards/?q=%00", "/hazards/?clearing=open&since=0001-01-01", "/hazards/?clearing=x&since=2026-01-01",
)  # fmt: skip


def test_nonsense_in_an_address_breaks_nothing(cast, found):
    found(level="major")
    client = cast.client("bureau_officer")
    for address in NONSENSE:
        assert client.get(address).status_code in (200, 302, 400, 404, 422), address


def test_tokens_of_others_find_nothing_and_change_nothing(cast, found, rivals, monkeypatch, now):
    monkeypatch.setattr(clock, "machine_now", lambda: now)
    hazard = found(level="major")
    look, review = schedule(hazard, now=now), open_review(hazard, by=cast.bureau_officer, now=now)
    for name in ("outsider", "rival", "housing_officer"):
        call = caller(cast.people[name], "hazards:read", "hazards:write", now=now)
        for kind, key, life in (
            ("hazards", hazard.pk, HAZARD_LIFE), ("look-backs", look.pk, LOOK_BACK_LIFE),
            ("reviews", review.pk, REVIEW_LIFE),
        ):  # fmt: skip
            assert call.get(f"/{kind}/{key}").status_code == 404, (name, kind)
            for step in life.steps:
                theirs, nobodys = (
                    call.post(f"/{kind}/{each}/steps/{step.name}", {"reason": "试一试"}) for each in (key, uuid4())
                )
                assert theirs.status_code == nobodys.status_code, (name, kind, step.name)
                assert theirs.status_code in (404, 422), (name, kind, step.name)
        sent = {"enterprise": str(hazard.enterprise_id), "place": "东门", "description": "货架倒伏 1 处",
                "found_on": "2026-03-10"}  # fmt: skip
        assert call.post("/hazards", sent).status_code in (422, 404), name
    own = caller(cast.plant_officer, "hazards:read", "hazards:write", now=now)
    for step in HAZARD_LIFE.steps:
        assert own.post(f"/hazards/{hazard.pk}/steps/{step.name}", {}).status_code in (403, 404, 409, 422), step.name
    assert own.get(f"/look-backs/{look.pk}").status_code == 404
    assert (Hazard.objects.get().status, LookBack.objects.get().status, Review.objects.get().status) == (
        S.REPORTED, "due", "facts",
    )  # fmt: skip


def test_a_retired_criterion_is_not_chosen_by_its_key(cast, found, now):
    standard = Standard.objects.create(doc_no="令九号", name="判定标准", effective_on=date(2020, 1, 1), validity="现行")
    retired = Criterion.objects.create(key="令九号|1", standard=standard, sector="消防", article="第一条", title="旧情形",
                                       verify_level="full_text", is_retired=True)  # fmt: skip
    hazard = found(level="major", criterion=retired)
    told = {"judged_level": "major", "criterion_key": retired.key, "key": "k"}
    answer = cast.client("bureau_officer").post(reverse("hazards:step", args=[hazard.pk, "judge"]), told)
    assert answer.status_code == 422
    assert "移出目录" in answer.content.decode()
    answer = cast.client("bureau_officer").post(
        reverse("hazards:step", args=[hazard.pk, "judge"]), told | {"criterion_key": ""}
    )
    assert answer.status_code == 422, "what the finder proposed is gone, too: a reason is asked for"
