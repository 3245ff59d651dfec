"""A copy restored to prove a backup reaches nobody outside."""

import os
import subprocess
import sys

import pytest

from zhiben.core import clock, outbound
from zhiben.core.notify import delivery


def test_a_drill_posts_nothing(settings):
    settings.ZHIBEN_DRILL = True
    settings.ZHIBEN_OUTBOUND_HOSTS = ["receiver.example"]
    with pytest.raises(outbound.NoAnswer, match="恢复演练"):
        outbound.post("https://receiver.example/in", body=b"{}", headers={})


@pytest.mark.parametrize("lane", ["mail", "wecom:1"])
@pytest.mark.parametrize(("drill", "claims"), [(True, 0), (False, 1)])
def test_a_drill_does_not_even_claim_a_letter(settings, monkeypatch, lane, drill, claims):
    claimed = []
    monkeypatch.setattr(delivery, "_claim", lambda name, channel, now: claimed.append(name) or [])
    settings.ZHIBEN_DRILL, settings.ZHIBEN_SMTP_URL, settings.ZHIBEN_MAIL_FROM = drill, "smtp://127.0.0.1:9", "a@b.cn"
    delivery.deliver(lane, clock.now())
    assert len(claimed) == claims


@pytest.mark.parametrize("drill", [True, False])
def test_a_drill_has_no_mail_server(tmp_path, drill):
    if drill:
        (tmp_path / "drill").touch()
    asked = "from zhiben.config import settings; print(settings.ZHIBEN_DRILL, bool(settings.ZHIBEN_SMTP_URL))"
    given = {"ZHIBEN_DATA": str(tmp_path), "ZHIBEN_SMTP_URL": "smtps://mail.example", "ZHIBEN_SMS_GATEWAY": "x.Y"}
    told = subprocess.run(
        [sys.executable, "-c", asked], env={**os.environ, **given}, capture_output=True, text=True, check=True
    )
    assert told.stdout.split() == [str(drill), str(not drill)]
