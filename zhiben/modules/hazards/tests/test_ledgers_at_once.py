"""A ledger is brought in while somebody records the very same by hand, or brings the same ledger: nothing is there
twice, nobody waits in a circle, and each is told what became of it."""

import contextlib
from datetime import date, datetime
from threading import Barrier, BrokenBarrierError, Event
from uuid import uuid4

import pytest
from django.db import transaction
from django.urls import reverse

from zhiben.conftest import _appoint_newcomer, assembled_cast
from zhiben.core import clock
from zhiben.core.exchange import carrying, jobs, services
from zhiben.core.exchange.models import Stage
from zhiben.core.exchange.summary import counts_of
from zhiben.core.exchange.tests.conftest import book_of
from zhiben.core.files.services import receive_upload
from zhiben.core.jobs.running import run_pending
from zhiben.core.notify.models import Notification
from zhiben.core.org import services as org
from zhiben.core.org.models import UnitKind
from zhiben.core.org.roles import Role
from zhiben.core.org.sectors import Sector
from zhiben.core.workflow.tests.test_races import at_once
from zhiben.modules.hazards import imports
from zhiben.modules.hazards.models import Hazard
from zhiben.modules.hazards.pages import reporting
from zhiben.modules.hazards.reporting import Report, report_hazard
from zhiben.modules.registry.services import NewEnterprise, register_enterprise

from .test_imports import HEADS, row

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.needs_service("postgresql")]
GAP, FOUND_ON = "护栏缺失约 3 米，临边 4 米高", date(2026, 3, 2)


@pytest.fixture(autouse=True)
def at_that_time(monkeypatch, settings, tmp_path, now):
    settings.ZHIBEN_FILES_ROOT = tmp_path / "files"
    monkeypatch.setattr(clock, "now", lambda: now)
    monkeypatch.setattr("zhiben.core.exchange.carrying.CHUNK", 3)


@pytest.fixture
def cast(transactional_db):
    return assembled_cast()


@pytest.fixture
def confirmed(cast, now):
    """A ledger that has been looked at and confirmed, and is now to be carried out."""

    def confirmed(who, *rows, everything=False):
        by = {"by": getattr(cast, who), "now": now}
        cells = [[datetime.fromisoformat(c) if c == "2026-03-02" else c for c in each] for each in rows]
        upload = receive_upload(book_of([HEADS, *cells]), name="三月台账.xlsx", **by)
        run = services.begin_import(key="hazards.hazards", upload=upload, **by)
        run = services.map_columns(run=run, mapping=run.columns, **by)
        assert (run.found, run.stage) == ({"new": len(rows)}, Stage.CHECKED)
        services.confirm(run=run, all_or_nothing=everything, **by)
        return run

    return confirmed


def outcome(run):
    run.refresh_from_db()
    assert run.stage == Stage.DONE, run.error
    return counts_of(run).has_happened


def test_what_somebody_is_just_recording_by_hand_is_met_by_the_ledger(cast, plant, confirmed, meanwhile, now):
    """Recorded and not yet committed: the ledger waits for it, and says that it stands there."""
    run, recorded, waited = (
        confirmed("town", row(place="二层", what=GAP), row(place="三层", what=GAP)),
        Event(),
        Event(),
    )
    said = Report(enterprise=plant, place="二层", description=f"{GAP}。", found_on=FOUND_ON)

    def record():
        with transaction.atomic():
            report_hazard(report=said, by=cast.bureau_officer, now=now)
            recorded.set()
            waited.wait(1)

    recording = meanwhile(record)
    assert recorded.wait(20)
    run_pending()
    waited.set()
    recording.result(20)
    assert Hazard.objects.count() == 2
    assert outcome(run) == "已新增 1 条，更新 0 条，1 条与系统中相同，不变。"
    (chunk,) = run.chunks.all()
    assert "已有，不再登记。" in chunk.outcomes[0][-1]


def test_what_a_ledger_is_just_bringing_is_shown_to_whoever_records_it_by_hand(
    cast, plant, confirmed, meanwhile, now, monkeypatch
):
    """The form waits for the rows that are being written, and then asks: this may be the one."""
    run, client = confirmed("bureau_officer", row(place="二层", what=GAP)), cast.client("town")
    sent = {"enterprise": plant.pk, "place": "二层", "description": GAP, "found_on": "2026-03-10", "level": "general",
            "channel": "inspection", "id": uuid4()}  # fmt: skip
    written, asked = Event(), Event()
    report_hazards, wait_for_turn = imports.report_hazards, reporting.wait_for_turn

    def report_slowly(**given):
        made = report_hazards(**given)
        written.set()
        asked.wait(5)
        return made

    def wait_and_say_so(*given):
        asked.set()
        wait_for_turn(*given)

    def record():
        assert written.wait(20)
        return client.post(reverse("hazards:new"), sent)

    monkeypatch.setattr(imports, "report_hazards", report_slowly)
    monkeypatch.setattr(reporting, "wait_for_turn", wait_and_say_so)
    recording = meanwhile(record)
    run_pending()
    answer = recording.result(20)
    hazard = Hazard.objects.get()
    assert (answer.status_code, hazard.number in answer.content.decode()) == (409, True)
    assert GAP in answer.content.decode(), "nothing typed is lost"
    sent |= {"twin_seen": hazard.pk}
    assert client.post(reverse("hazards:new"), sent).status_code == 302, "another one after all, says a person"
    assert Hazard.objects.count() == 2
    assert outcome(run) == "已新增 1 条，更新 0 条。"


def test_two_officers_bring_the_same_ledger_at_once(cast, plant, confirmed, now, monkeypatch):
    """In opposite order, of two enterprises, while others record by hand: no circle, each row once, each desk once."""
    new = NewEnterprise(name="云海化工有限公司", region=plant.unit.region, sector=Sector.CHEMICALS)
    other = register_enterprise(enterprise=new, by=cast.bureau_officer, now=now)
    rows = [
        row(name=name, place=f"{n} 号罐", what=f"{n} 号罐{GAP}") for n in range(5) for name in (plant.name, other.name)
    ]
    runs = confirmed("bureau_officer", *rows), confirmed("bureau_leader", *rows[::-1])

    both, read = Barrier(2), imports.Recorded.of

    def read_at_once(*given, **more):
        recorded = read(*given, **more)
        with contextlib.suppress(BrokenBarrierError):
            both.wait(1)  # were they let in together, they would meet here
        return recorded

    monkeypatch.setattr(imports.Recorded, "of", read_at_once)

    def by_hand(enterprise):
        said = Report(enterprise=enterprise, place="东门", description="地磅边缘塌陷 2 处", found_on=FOUND_ON)
        return report_hazard(report=said, by=cast.town, now=now)

    results = at_once(run_pending, run_pending, lambda: by_hand(plant), lambda: by_hand(other))
    assert all(isinstance(each, Hazard) for each in results[2:])
    assert Hazard.objects.count() == 12
    sums = [
        {action: sum(getattr(chunk, action) for chunk in run.chunks.all()) for action in ("new", "same")}
        for run in runs
    ]
    assert all(outcome(run).startswith("已新增") for run in runs)
    assert [sum(each.values()) for each in sums] == [10, 10]
    assert sum(each["new"] for each in sums) == 10, sums
    told = Notification.objects.filter(key__startswith="import:").values_list("person", "title")
    assert cast.plant_officer.person.pk not in dict(told), "nothing waits for the plant before it is judged"
    others = [title for person, title in told if person == cast.bureau_leader.person.pk]
    first = sums[0]["new"]
    assert others == [f"台账导入后有 {first} 条隐患待您办理"] * bool(first), "somebody on two seats counts each once"


def test_two_ledgers_of_two_counties_each_all_or_nothing_go_one_after_the_other(
    cast, plant, confirmed, now, monkeypatch
):
    """In opposite order, a county a chunk: each would hold the numbers that the other wants next."""
    to = {"by": cast.system_administrator, "now": now}
    office = org.open_unit(
        name="安澜市安全生产委员会办公室", short_name="市安委办", kind=UnitKind.COMMITTEE_OFFICE, region=cast.city, **to
    )
    cast.people["city_office"] = _appoint_newcomer("city_office", "市安", office, Role.COMMITTEE_OFFICER, "", (), now)
    new = NewEnterprise(name="远山化工有限公司", region=cast.other_county, sector=Sector.CHEMICALS)
    far = register_enterprise(enterprise=new, by=cast.people["city_office"], now=now)
    rows = [row(name=firm.name, place=f"{n} 号罐", what=f"{n} 号罐{GAP}") for firm in (plant, far) for n in range(3)]
    others = [row(name=firm.name, place=f"{n} 号塔", what=f"{n} 号塔{GAP}") for firm in (far, plant) for n in range(3)]
    runs = [confirmed("city_office", *each, everything=True) for each in (rows, others)]
    both, leave_mark, carry_out_all, begun = Barrier(2), carrying.leave_mark, jobs.carry_out_all, []

    def leave_at_once(*given, **more):
        leave_mark(*given, **more)
        with contextlib.suppress(BrokenBarrierError):
            both.wait(1)  # were they let in together, they would meet here, and wait for each other from here on

    monkeypatch.setattr(carrying, "leave_mark", leave_at_once)
    monkeypatch.setattr(jobs, "carry_out_all", lambda *given, **more: begun.append(1) or carry_out_all(*given, **more))
    at_once(run_pending, run_pending)
    assert [outcome(run) for run in runs] == ["已新增 6 条，更新 0 条。"] * 2
    assert len(begun) == 2, "neither was thrown back and done again"
