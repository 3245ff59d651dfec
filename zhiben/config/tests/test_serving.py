"""Real servers on a free port: TLS as browsers see it, the plain door beside it, and a stop that cuts nobody off."""

import contextlib
import http.client
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from zhiben.config.certificates import folder
from zhiben.config.certificates.authority import Authority, issue, make_authority
from zhiben.config.certificates.hosts import read_hosts
from zhiben.core import clock

HOST = "zhiben.example.gov.cn"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Running:
    """A started command of `zhiben`, spoken to over real sockets."""

    def __init__(self, data: Path, command: str, **environment: str) -> None:
        self.port = free_port()
        self.log = data.parent / f"{command}.log"
        port = {"ZHIBEN_PLAIN_PORT" if command == "redirect" else "ZHIBEN_PORT": str(self.port)}
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("ZHIBEN_")}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "zhiben", command],
                env={
                    **inherited,
                    "DJANGO_SETTINGS_MODULE": "zhiben.config.settings",
                    "DATABASE_URL": f"sqlite:///{data}/zhiben.sqlite3",
                    "ZHIBEN_SECRET_KEY": "a-key-for-one-test-and-nothing-else-in-this-world",
                    "ZHIBEN_HOSTS": HOST,
                    "ZHIBEN_DATA": str(data),
                    "ZHIBEN_WEB_PROCESSES": "1",
                    **port,
                    **environment,
                },
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def until(self, is_so: Callable[[], bool]) -> None:
        give_up = time.monotonic() + 60
        while not is_so():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < give_up, self.log.read_text()
            time.sleep(0.05)

    def listens(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=5).close()
        except OSError:
            return False
        return "Started worker" in self.log.read_text()

    def over_tls(self, trusted: ssl.SSLContext, host: str = HOST) -> ssl.SSLSocket:
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        return trusted.wrap_socket(plain, server_hostname=host)

    def ask(self, path: str, method: str = "GET", host: str = HOST) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        with contextlib.closing(connection):
            connection.request(method, path, headers={"Host": host})
            answer = connection.getresponse()
            answer.read()
        return answer

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()


@pytest.fixture
def start(data_folder: Path) -> Iterator[Callable[..., Running]]:
    begun: list[Running] = []
    data_folder.mkdir(parents=True, exist_ok=True)

    def begin(command: str, **environment: str) -> Running:
        begun.append(Running(data_folder, command, **environment))
        begun[-1].until(begun[-1].listens)
        return begun[-1]

    yield begin
    for one in begun:
        one.stop()


@pytest.fixture
def authority() -> Authority:
    """Kept in the data folder, with a server's certificate of today."""
    now = clock.machine_now()
    made = make_authority(office="县安委办", hosts=read_hosts([HOST, "127.0.0.1"]), now=now)
    folder.keep_authority(made, passphrase=b"", now=now)
    folder.keep_server(issue(authority=made, hosts=read_hosts([HOST, "127.0.0.1"]), now=now))
    return made


@pytest.fixture
def phone(authority: Authority) -> ssl.SSLContext:
    """Trusts the office's authority and nobody else."""
    return ssl.create_default_context(cafile=str(folder.authority_path()))


def serial(connection: ssl.SSLSocket) -> int:
    shown = connection.getpeercert()
    assert shown
    return int(str(shown["serialNumber"]), 16)


def test_who_trusts_the_authority_reaches_the_site_and_a_renewed_certificate_needs_no_restart(
    start, authority: Authority, phone: ssl.SSLContext
) -> None:
    web = start("web", ZHIBEN_HTTPS="1", ZHIBEN_CERTIFICATE_SECONDS="0.2")
    with web.over_tls(phone) as visit:
        first = serial(visit)
        visit.sendall(b"GET /healthz HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n" % HOST.encode())
        assert visit.recv(100).startswith(b"HTTP/1.1 200")
    older = ssl.create_default_context(cafile=str(folder.authority_path()))
    older.maximum_version = ssl.TLSVersion.TLSv1_2
    web.over_tls(older).close()
    with pytest.raises(ssl.SSLCertVerificationError, match="match"):
        web.over_tls(phone, host="other.example.gov.cn")
    with pytest.raises(ssl.SSLCertVerificationError, match=r"unable to get local issuer|self-signed"):
        web.over_tls(ssl.create_default_context())

    folder.keep_server(issue(authority=authority, hosts=[HOST], now=clock.machine_now()))

    def is_renewed() -> bool:
        with web.over_tls(phone) as visit:
            return serial(visit) != first

    web.until(is_renewed)


def test_the_authority_can_speak_for_nobody_else(authority: Authority, phone: ssl.SSLContext, tmp_path: Path) -> None:
    """Whoever steals its key gains nothing against other sites: the limits are the client's to keep."""
    limited = issue.__globals__["is_permitted"]
    issue.__globals__["is_permitted"] = lambda host, limits: True
    try:
        forged = issue(authority=authority, hosts=["bank.example.com"], now=clock.machine_now())
    finally:
        issue.__globals__["is_permitted"] = limited
    (tmp_path / "forged.pem").write_bytes(forged.pem())
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree"):
        handshake(tmp_path / "forged.pem", phone, "bank.example.com")


def test_an_ended_certificate_is_refused_by_visitors(authority: Authority, phone: ssl.SSLContext) -> None:
    ended = issue(authority=authority, hosts=[HOST], now=clock.machine_now() - timedelta(days=397))
    folder.keep_server(ended)
    with pytest.raises(ssl.SSLCertVerificationError, match="expired"):
        handshake(folder.server_path(), phone, HOST)


def handshake(pem: Path, client: ssl.SSLContext, host: str) -> None:
    """Client and server in memory, as TLS has it."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem)
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    asking = client.wrap_bio(to_client, to_server, server_hostname=host)
    answering = server.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(4):
        for side in (asking, answering):
            with contextlib.suppress(ssl.SSLWantReadError):
                side.do_handshake()


def test_our_own_ended_certificate_is_renewed_at_the_start(start, authority: Authority, phone: ssl.SSLContext) -> None:
    folder.keep_server(issue(authority=authority, hosts=[HOST], now=clock.machine_now() - timedelta(days=397)))
    web = start("web", ZHIBEN_HTTPS="1")
    web.over_tls(phone).close()


def test_a_certificate_that_cannot_be_used_is_named_and_the_server_does_not_start(start, authority: Authority) -> None:
    folder.server_path().write_bytes(b"torn")
    with pytest.raises(AssertionError, match=r"不能启动网页服务[^$]*证书"):
        start("web", ZHIBEN_HTTPS="1")


def test_the_plain_door_only_helps_in_and_leads_to_the_secure_one(start, authority: Authority) -> None:
    door = start("redirect", ZHIBEN_HTTPS="1", ZHIBEN_PORT="8443")
    assert door.ask("/healthz", host="127.0.0.1").status == 200
    assert door.ask("/install/").status == 200
    assert door.ask("/install/zhiben.crt").status == 200
    assert door.ask("/static/web/icon.svg").status == 200
    answer = door.ask("/tasks/?q=%E5%AE%89&page=2")
    assert (answer.status, answer.headers["Location"]) == (307, f"https://{HOST}:8443/tasks/?q=%E5%AE%89&page=2")
    assert door.ask("//evil.example.com/x").headers["Location"].startswith(f"https://{HOST}:8443/")
    assert door.ask("/login/", "POST").status == 403
    assert door.ask("/", host="evil.example.com").status == 400


def test_a_request_begun_before_the_stop_is_answered_and_the_connection_then_closed(start) -> None:
    web = start("web")
    begun = socket.create_connection(("127.0.0.1", web.port), timeout=30)
    waiting = socket.create_connection(("127.0.0.1", web.port), timeout=30)
    waiting.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
    kept_open = http.client.HTTPResponse(waiting)
    kept_open.begin()
    assert kept_open.status == 200
    assert kept_open.read()
    begun.sendall(
        b"POST /login/ HTTP/1.1\r\nHost: localhost\r\nCookie: csrftoken=abcdefghijklmnopqrstuvwxyz123456\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 20\r\n\r\nusername="
    )
    time.sleep(0.3)  # the server is now reading the form
    web.process.terminate()
    time.sleep(0.7)
    assert web.process.poll() is None, "it waits for the request"
    begun.sendall(b"12345678901")
    assert begun.recv(4096).startswith(b"HTTP/1.1 403")
    begun.close()
    assert web.process.wait(timeout=20) == 0
    assert waiting.recv(10) == b""
    waiting.close()


def test_figures_hold_whichever_process_answers_and_survive_its_death(start) -> None:
    web = start("web", ZHIBEN_WEB_PROCESSES="2")

    def counted() -> float:
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", web.port, timeout=20)) as connection:
            connection.request("GET", "/metrics", headers={"Host": "localhost"})
            text = connection.getresponse().read().decode()
        assert "zhiben_database_up 0.0" in text, "nothing was migrated here"
        found = re.search(r'^zhiben_http_requests_total{method="GET",route="healthz",status="200"} (\S+)', text, re.M)
        return float(found.group(1)) if found else 0

    for _ in range(12):
        web.ask("/healthz")
    assert counted() == 12
    children = Path(f"/proc/{web.process.pid}/task/{web.process.pid}/children").read_text().split()
    os.kill(int(children[0]), signal.SIGKILL)
    web.until(lambda: web.log.read_text().count("Started worker") >= 3)
    assert counted() == 12
