"""Requests to other systems are bounded, and go nowhere they must not."""

import contextlib
import http.server
import socket
import threading

import pytest

from zhiben.core import outbound
from zhiben.core.refusal import Refused


@pytest.fixture
def receiver(settings):
    """A real HTTP server on this machine; its handler says what it answers."""
    settings.ZHIBEN_OUTBOUND_HOSTS = ["127.0.0.1"]
    heard = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            heard.append(self.rfile.read(int(self.headers["Content-Length"])))
            status = int(self.path.strip("/"))
            self.send_response(status)
            if status == 302:
                self.send_header("Location", "/200")
            if status == 429:
                self.send_header("Retry-After", "30")
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *words):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", heard
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_answer_is_given_back(receiver):
    address, heard = receiver
    answer = outbound.post(f"{address}/200", body="逾期".encode(), headers={})
    assert (answer.is_ok, answer.body, heard) == (True, b"ok", ["逾期".encode()])


def test_a_redirect_is_not_followed(receiver):
    address, heard = receiver
    assert outbound.post(f"{address}/302", body=b"x", headers={}).status == 302
    assert len(heard) == 1


def test_the_receiver_may_ask_for_patience(receiver):
    assert outbound.post(f"{receiver[0]}/429", body=b"x", headers={}).retry_after == 30


def test_nobody_there_is_worth_another_try(settings):
    settings.ZHIBEN_OUTBOUND_HOSTS = ["127.0.0.1"]
    with pytest.raises(outbound.NoAnswer):
        outbound.post("http://127.0.0.1:9/", body=b"x", headers={}, seconds=0.5)


@pytest.mark.parametrize(
    "address",
    ["ftp://data.example/", "https://", "https://u:p@data.example/", "http://127.0.0.1/", "http://[::1]/",
     "http://169.254.169.254/latest", "http://0.0.0.0/"],
)  # fmt: skip
def test_some_addresses_are_never_reached(address):
    with pytest.raises(Refused):
        outbound.refuse_unless_allowed(address)


def test_an_installation_may_name_the_only_hosts(settings):
    settings.ZHIBEN_OUTBOUND_HOSTS = ["data.example"]
    outbound.refuse_unless_allowed("https://data.example/receive")
    with pytest.raises(Refused, match="ZHIBEN_OUTBOUND_HOSTS"):
        outbound.refuse_unless_allowed("https://other.example/receive")


def test_a_receiver_that_never_comes_to_an_end_is_left(settings, monkeypatch):
    """Each byte in time, and no end of them: in the head of the answer, where no limit of a socket ever ends."""
    settings.ZHIBEN_OUTBOUND_HOSTS = ["127.0.0.1"]
    monkeypatch.setattr(outbound, "WHOLE_SECONDS", 0.5)
    over = threading.Event()

    def drip(server: socket.socket) -> None:
        line, _ = server.accept()
        with line, contextlib.suppress(OSError):
            line.sendall(b"HTTP/1.1 200 OK\r\n")
            while not over.wait(0.05):
                line.sendall(b"X-More: 1\r\n")

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=drip, args=(server,))
        thread.start()
        try:
            with pytest.raises(outbound.NoAnswer, match="太慢"):
                outbound.post(f"http://127.0.0.1:{server.getsockname()[1]}/", body=b"x", headers={})
        finally:
            over.set()
            thread.join()
