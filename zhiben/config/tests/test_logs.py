import io
import json
import logging
import logging.config

import pytest
import structlog
from django.test import Client

from zhiben.config.logs import logging_settings


@pytest.fixture
def written():
    """The log's lines, as a collector would read them."""
    config = logging_settings(style="json", level="INFO")
    handler = logging.StreamHandler(io.StringIO())
    handler.setFormatter(
        logging.config.DictConfigurator(config).configure_formatter(config["formatters"]["structured"])
    )
    logging.getLogger("zhiben").addHandler(handler)
    yield lambda: [json.loads(line) for line in handler.stream.getvalue().splitlines()]
    logging.getLogger("zhiben").removeHandler(handler)


def test_a_request_leaves_one_line_with_its_number_and_without_what_was_asked(client: Client, written) -> None:
    answer = client.get("/no/such/page?name=某某&mobile=13800000000")
    (line,) = [one for one in written() if one["event"] == "request"]
    assert line["request_id"] == answer["X-Request-ID"]
    assert line["status"] == answer.status_code
    assert "13800000000" not in json.dumps(line)
    assert "某某" not in json.dumps(line, ensure_ascii=False)


def test_health_questions_do_not_fill_the_log(client: Client, written) -> None:
    client.get("/healthz")
    assert written() == []


def test_the_standard_library_and_structlog_write_the_same_lines(written) -> None:
    structlog.get_logger("zhiben.sample").info("sealed", day="2026-03-01")
    logging.getLogger("zhiben.sample").info("sealed too")
    first, second = written()
    assert (first["event"], first["day"], first["level"]) == ("sealed", "2026-03-01", "info")
    assert (second["event"], second["logger"]) == ("sealed too", "zhiben.sample")
