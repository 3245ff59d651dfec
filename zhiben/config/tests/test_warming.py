"""Ready before it is needed, and in nobody's way."""

import sys
from importlib import import_module
from threading import Event

import pytest
from django.core.signals import request_finished

from zhiben.config import warming
from zhiben.config.management.commands import web
from zhiben.modules.criteria.judging.engine import engine


@pytest.mark.django_db  # at the end of a page its connection is looked at, too
def test_it_begins_once_a_page_was_answered_and_what_fails_stops_nothing(caplog):
    made, begun = [], Event()

    def fails():
        begun.set()
        raise OSError("no such file")

    thread = warming.warm_soon([fails, lambda: made.append(1)], quiet=60)
    assert not begun.wait(0.05), "the first page has the machine to itself"
    request_finished.send(sender=None)
    thread.join(20)
    assert (thread.is_alive(), made) == (False, [1])
    assert "could not be made ready" in caplog.text


def test_where_nobody_comes_it_begins_by_itself_and_reads_the_words():
    engine.cache_clear()
    warming.warm_soon(quiet=0).join(60)
    assert engine.cache_info().currsize == 1


def test_only_a_process_that_serves_pages_is_warmed(monkeypatch):
    served = []
    monkeypatch.setattr("zhiben.config.serving.server", lambda target, **_: served.append(target) or _Served())
    monkeypatch.setattr(web, "refuse_unsafe", lambda: None)
    monkeypatch.setattr(web, "serves_https", lambda: False)
    web.Command().handle(host="127.0.0.1", port=0)
    assert served == ["zhiben.config.website:application"]
    begun = []
    monkeypatch.setattr("zhiben.config.checks.refuse_unsafe", lambda: None)
    monkeypatch.setattr(warming, "warm_soon", lambda: begun.append(1))
    for of in ("zhiben.config.wsgi", "zhiben.config.website"):
        monkeypatch.delitem(sys.modules, of, raising=False)
    import_module("zhiben.config.wsgi")
    assert begun == []
    import_module(served[0].partition(":")[0])
    assert begun == [1]


class _Served:
    def serve(self):
        """Nobody calls here."""
