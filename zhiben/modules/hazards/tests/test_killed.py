"""Stopped in the middle, as a machine stops whose plug is pulled: after it has come up again nothing is lost and nothing
is there twice. (That a killed worker's job is taken up again, and an import at its chunk, is proved in core.)"""

from datetime import timedelta

import pytest

from zhiben.conftest import assembled_cast
from zhiben.core import clock
from zhiben.core.audit.models import AuditLine
from zhiben.core.files.models import Upload
from zhiben.core.jobs.running import run_pending
from zhiben.core.jobs.services import enqueue
from zhiben.core.workflow import engine
from zhiben.core.workflow.engine import fire
from zhiben.core.workflow.models import WorkItem
from zhiben.modules.hazards import dossier, drawing, dual_prevention
from zhiben.modules.hazards.models import Draw, DualPreventionDelivery, Hazard, LookBack
from zhiben.modules.hazards.pages.dossier import JOB

pytestmark = pytest.mark.django_db(transaction=True)


class PlugPulled(BaseException):
    """Nothing catches it, as nothing catches SIGKILL."""


@pytest.fixture
def pull_the_plug(monkeypatch):
    """The n-th call of that function is the last thing that happens; then the machine is up again."""

    def pull(module, name, run, on_call=1):
        real, calls = getattr(module, name), []

        def deadly(*args, **more):
            calls.append(1)
            if len(calls) == on_call:
                raise PlugPulled
            return real(*args, **more)

        with monkeypatch.context() as patched:
            patched.setattr(module, name, deadly)
            with pytest.raises(PlugPulled):
                run()

    return pull


@pytest.fixture
def cast(transactional_db):
    return assembled_cast()


def test_the_draw_of_the_month_is_whole_or_not_at_all(cast, found, photo, now, pull_the_plug):
    for number in range(3):
        hazard = found(place=f"{number} 号配电箱", description=f"{number} 号配电箱门缺失 1 扇", before_photos=[photo(cast.bureau_officer, number)])  # fmt: skip
        fire(hazard, "fix_on_spot", by=cast.bureau_officer, now=now, summary="装好", after_photos=[photo(cast.bureau_officer, 20 + number)])  # fmt: skip
    later = now + timedelta(days=35)
    for module, name in ((engine, "begin_many"), (drawing.audit, "append")):
        pull_the_plug(module, name, lambda: drawing.draw_last_month(later))
        assert not Draw.objects.exists()
        assert not LookBack.objects.exists()
    assert drawing.draw_last_month(later) == 1
    assert drawing.draw_last_month(later) == 0
    look = LookBack.objects.get()
    assert WorkItem.objects.filter(record_id=str(look.pk)).exists()
    assert AuditLine.objects.filter(record_type="hazards.lookback").count() == 1


def test_what_was_handed_out_and_never_acknowledged_is_handed_out_again(cast, plant, rectifying, now, pull_the_plug):
    plant.company_code = "990100001"
    plant.save()
    first, second = (rectifying(place=f"{number} 号罐区") for number in range(2))
    to = {"by": cast.bureau_officer, "now": now}
    pull_the_plug(dual_prevention, "row_of", lambda: dual_prevention.hand_out(**to), on_call=2)
    assert not DualPreventionDelivery.objects.exists()
    lost = dual_prevention.hand_out(**to)  # and then the line is cut
    assert len(lost.rows) == 2
    again = dual_prevention.hand_out(by=cast.bureau_officer, now=now + timedelta(minutes=1))
    assert {row["id"] for row in again.rows} == {str(first.pk), str(second.pk)}
    assert dual_prevention.acknowledge(batch=lost.id, **to) == 0, (
        "an answer to what was handed out again counts nothing"
    )
    assert dual_prevention.acknowledge(batch=again.id, **to) == 2
    assert not dual_prevention.hand_out(by=cast.bureau_officer, now=now + timedelta(minutes=2)).rows
    assert Hazard.objects.count() == 2


def test_a_dossier_is_kept_once(cast, found, monkeypatch, now, pull_the_plug):
    hazard = found()
    monkeypatch.setattr(clock, "now", lambda: now)
    enqueue(
        JOB, args={"hazard": str(hazard.pk), "form": "docx"}, key="k", by=cast.bureau_officer, now=now, label="打印"
    )
    before = Upload.objects.count()
    pull_the_plug(dossier, "compose", run_pending)
    assert Upload.objects.count() == before
    later = now + timedelta(hours=2)
    monkeypatch.setattr(clock, "now", lambda: later)
    run_pending()
    assert (Upload.objects.count(), AuditLine.objects.filter(record_type="hazards.dossier").count()) == (before + 1, 1)
