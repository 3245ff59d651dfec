"""The client that a developer of another system generates from our description, against a real server."""

import importlib
import json
import subprocess
import sys
from uuid import uuid4

import pytest

from zhiben.config.api import api
from zhiben.core.api.documentation import description_of
from zhiben.modules.tasks.models import Feedback

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def made_client(tmp_path, monkeypatch):
    """`openapi-python-client generate`, as in docs/api.md."""
    description = tmp_path / "zhiben-openapi.json"
    description.write_text(json.dumps(description_of(api), ensure_ascii=False), "utf-8")
    settings = tmp_path / "config.yml"
    settings.write_text("package_name_override: zhiben_client\npost_hooks: []\n", "utf-8")
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--path", str(description)]
    command += ["--output-path", str(tmp_path / "made"), "--config", str(settings), "--meta", "none"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "WARNING" not in done.stdout + done.stderr
    (tmp_path / "made").rename(tmp_path / "zhiben_client")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield lambda name: importlib.import_module(f"zhiben_client.{name}")
    for name in [each for each in sys.modules if each.startswith("zhiben_client")]:
        del sys.modules[name]


def test_tasks_are_pulled_progress_is_pushed_twice_and_changes_are_followed(live_server, work, made_client):
    client = made_client("client").AuthenticatedClient(
        base_url=f"{live_server.url}/api/v1", token=work.secret, raise_on_unexpected_status=True
    )
    with client:
        list_tasks = made_client("api.tasks.list_tasks")
        found, cursor = [], ""
        while cursor is not None:
            page = list_tasks.sync(client=client, cursor=cursor, limit=2)
            found += [task.id for task in page.items]
            cursor = page.next_
        assert set(found) >= {task.pk for task in work.tasks}
        assert len(found) == len(set(found))

        feed_back = made_client("api.tasks.feed_back_task")
        report = made_client("models").FeedbackIn(percent=70, text="已检查 40 家。")
        key, before = str(uuid4()), Feedback.objects.count()
        pushed = [
            feed_back.sync_detailed(work.tasks[0].pk, client=client, body=report, idempotency_key=key) for _ in range(2)
        ]
        assert [answer.parsed.status for answer in pushed] == ["running", "running"]
        assert pushed[1].headers["Idempotent-Replayed"] == "true"
        assert Feedback.objects.count() == before + 1

        refused = feed_back.sync(
            work.tasks[0].pk, client=client, body=made_client("models").FeedbackIn(percent=1, text="x"),
            idempotency_key=str(uuid4()),
        )  # fmt: skip
        assert isinstance(refused, made_client("models").ProblemOut)
        assert "下降的理由" in refused.detail

        changes = made_client("api.changes.list_changes").sync(client=client, after="")
        assert changes.next_ is not None
