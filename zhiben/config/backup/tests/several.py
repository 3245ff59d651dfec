"""Several commands of the operator in one process: starting Django takes longer than most of them.

`python -m zhiben.config.backup.tests.several '[["backup", "make"], …]'` prints one JSON list of [exit code, what was said].
The word `write` instead of a command writes trail and files until it is killed, a dot for each."""

import contextlib
import io
import json
import os
import sys
from datetime import UTC, datetime


def main() -> None:
    told = []
    for words in json.loads(sys.argv[1]):
        if words == ["write"]:
            write_for_ever()
        if words[0] == "lives":
            begin()
            live(int(words[1]))
            continue
        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            try:
                from zhiben.config.cli import main as zhiben

                code = zhiben(words)
            except SystemExit as end:
                code = end.code
            except Exception as failure:
                code = repr(failure)
        told.append([code, said.getvalue()])
    sys.stdout.write(json.dumps(told))


def live(steps: int) -> None:
    """A house with something in it: lines on a day that is over, each with a file."""
    from zhiben.config.backup.tests.lives import one_step

    for number in range(steps):
        one_step(number, datetime(2026, 3, 10, 2, 0, number % 60, tzinfo=UTC))


def begin() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zhiben.config.settings")
    import django

    django.setup()


def write_for_ever() -> None:
    begin()
    from zhiben.config.backup.tests.lives import one_step

    number = 10_000
    while True:
        one_step(number, datetime.now(UTC))
        sys.stdout.write(".")
        sys.stdout.flush()
        number += 1


if __name__ == "__main__":
    main()
