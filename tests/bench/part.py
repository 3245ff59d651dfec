"""One part of the bench in its own process: `reading` or `judging`; `make` or `county`, and for the database it made any
module here with a `measure()`: `records`, `notices`."""

import sys
from importlib import import_module

WITHOUT_DATABASE = ("reading", "judging")
MAKERS = {"make": "data", "county": "county"}


def main(part: str) -> None:
    if part in WITHOUT_DATABASE:
        import_module(f"tests.bench.{part}").measure()
        return
    import django

    django.setup()
    if part in MAKERS:
        from django.core.management import call_command

        call_command("migrate", verbosity=0, interactive=False)
        import_module(f"tests.bench.{MAKERS[part]}").make()
    else:
        from django.conf import settings

        import_module(settings.ROOT_URLCONF)  # as in a server that has answered once
        import_module(f"tests.bench.{part}").measure()


if __name__ == "__main__":
    main(sys.argv[1])
