import signal
import threading

import pytest

from zhiben.core.jobs.loop import CHORES, run_periodically, stop_on_signals, stopping


@pytest.fixture(autouse=True)
def signals_as_before():
    before = {signum: signal.getsignal(signum) for signum in (signal.SIGTERM, signal.SIGINT)}
    yield
    stopping.clear()
    for signum, handler in before.items():
        signal.signal(signum, handler)


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
def test_it_is_done_again_and_again_until_asked_to_stop(signum, db):
    calls = []

    def work():
        calls.append(1)
        if len(calls) == 3:
            signal.raise_signal(signum)

    run_periodically("test", 0, work)
    assert len(calls) == 3


def test_an_error_does_not_end_it(db, caplog):
    calls = []

    def work():
        calls.append(1)
        if len(calls) == 2:
            stopping.set()
        raise ZeroDivisionError

    run_periodically("test", 0, work)
    assert len(calls) == 2
    assert "test failed" in caplog.text


def test_a_second_signal_is_obeyed_at_once():
    stop_on_signals()
    signal.raise_signal(signal.SIGINT)
    assert stopping.is_set()
    assert signal.getsignal(signal.SIGINT) == signal.SIG_DFL


def test_in_a_thread_it_leaves_signals_alone(db):
    before = signal.getsignal(signal.SIGTERM)
    thread = threading.Thread(target=run_periodically, args=("test", 0, stopping.set))
    thread.start()
    thread.join()
    assert signal.getsignal(signal.SIGTERM) == before


def test_the_worker_seals_the_trail_and_delivers_events():
    assert {"seal the trail", "deliver events"} <= CHORES.keys()
