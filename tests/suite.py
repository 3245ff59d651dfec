"""What `make test` runs: the whole suite on PostgreSQL, then engine, stories and migrations once more on SQLite.

Without PostgreSQL the whole suite runs on SQLite and says so; with CI=true or ZHIBEN_CI=1 its absence is a failure.
Arguments are handed to pytest, and then there is one pass."""

import os
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests import postgres

ROOT = Path(__file__).resolve().parents[1]
IN_CI = os.environ.get("ZHIBEN_CI") == "1" or os.environ.get("CI", "").lower() in ("1", "true")
ALSO_ON_SQLITE = ("zhiben/core/workflow", "zhiben/core/audit", "zhiben/core/jobs", "tests/stories", "tests/migrations")


def main(arguments: list[str]) -> int:
    passes: list[tuple[str, float, int]] = []

    def one_pass(title: str, database: str | None, *words: str) -> None:
        print(f"\n== {title} ==", flush=True)
        started = time.monotonic()
        code = _pytest(database, *words)
        passes.append((title, time.monotonic() - started, code))

    if os.environ.get("DATABASE_URL"):
        one_pass("DATABASE_URL 指定的数据库", os.environ["DATABASE_URL"], *arguments)
    elif postgres.server_programs() is None:
        print(postgres.HOW_TO_GET_IT)
        if IN_CI:
            return 1
        print("本次只在 SQLite 上运行，需要 PostgreSQL 的测试会跳过。")
        one_pass("SQLite", None, *arguments)
    else:
        with postgres.private_cluster(postgres.FOR_TESTS) as url:
            one_pass("PostgreSQL", url, *arguments)
        if not arguments:
            present = [path for path in ALSO_ON_SQLITE if (ROOT / path).exists()]
            one_pass("SQLite：引擎、故事、迁移", None, "--second-database", *present)

    print("\n各轮用时：")
    for title, seconds, code in passes:
        print(f"  {title:<24} {seconds:7.1f} 秒  {'通过' if code == 0 else f'未通过（退出码 {code}）'}")
    return max(code for _, _, code in passes)


def _pytest(database: str | None, *words: str) -> int:
    environment = dict(os.environ)
    environment.pop("DATABASE_URL", None)
    # images for containers forbid it; then every program that a test starts compiles all it imports anew
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    if database:
        environment["DATABASE_URL"] = database
    workers = str(min(4, os.cpu_count() or 1))
    shared = ["-n", workers, "--dist", "worksteal"]  # else the last slow tests wait in one queue, and the others idle
    command = [sys.executable, "-m", "pytest", *shared, "--durations=15", "--durations-min=1", "-rs", *words]
    return subprocess.run(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
