"""People at once on a running demonstration: `make run`, then `python -m tests.bench.people 16 10`.

Sixteen people without a pause for ten seconds, nine pages read to one comment written; prints requests a second and how
long they waited. The ceiling that `docs/adr/0004` and the system check name comes from here."""

import http.client
import re
import sys
import threading
import time
from urllib.parse import urlencode

HOST = ("127.0.0.1", 8000)
PASSWORD = "yunlan-2026"
"""Of the demonstration's accounts, as `make run` prints it."""
PEOPLE = ("demo1", "demo3", "demo4", "demo5", "demo6", "demo7")
PAGES = ("/", "/tasks/", "/inbox/")
FORM = {"Content-Type": "application/x-www-form-urlencoded", "Referer": f"http://{HOST[0]}:{HOST[1]}/"}


class Session:
    def __init__(self, username: str) -> None:
        self.connection = http.client.HTTPConnection(*HOST)
        self.cookies: dict[str, str] = {}
        page = self.ask("GET", "/login/")[1]
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)', page)
        assert found, "the login page has no form"
        self.ask("POST", "/login/", csrfmiddlewaretoken=found[1], username=username, password=PASSWORD)
        page = self.ask("GET", "/tasks/")[1]
        self.tasks = re.findall(r"/tasks/([0-9a-f-]{36})/", page)

    def ask(self, method: str, path: str, **form: str) -> tuple[int, str]:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if form:
            headers |= FORM | {"X-CSRFToken": self.cookies.get("csrftoken", "")}
        self.connection.request(method, path, urlencode(form) if form else None, headers)
        answer = self.connection.getresponse()
        for line in answer.headers.get_all("Set-Cookie") or ():
            name, value = line.split(";")[0].split("=", 1)
            self.cookies[name] = value
        return answer.status, answer.read().decode(errors="replace")


def main(count: int, seconds: float) -> None:
    sessions = [Session(PEOPLE[number % len(PEOPLE)]) for number in range(count)]
    waits: dict[str, list[float]] = {"读": [], "写": []}
    refused = 0
    lock = threading.Lock()

    def work(session: Session) -> None:
        nonlocal refused
        until = time.monotonic() + seconds
        for turn in range(1, 100_000):
            began = time.monotonic()
            if began >= until:
                return
            writes = turn % 10 == 0 and session.tasks
            if writes:
                status, _ = session.ask("POST", f"/tasks/{session.tasks[0]}/comments/", text="进度正常")
            else:
                status, _ = session.ask("GET", PAGES[turn % len(PAGES)])
            with lock:
                waits["写" if writes else "读"].append(time.monotonic() - began)
                refused += status >= 400

    threads = [threading.Thread(target=work, args=(session,)) for session in sessions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for kind, took in waits.items():
        if took:
            took.sort()
            middle, slow = took[len(took) // 2] * 1000, took[int(len(took) * 0.95)] * 1000
            print(
                f"{count} 人 {kind} {len(took) / seconds:.1f} 次/秒，中位 {middle:.0f} 毫秒，95% 在 {slow:.0f} 毫秒内"
            )
    print(f"未成功 {refused} 次")


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
