"""One part of the bench in its own process: `reading`; `make` and `records` for the database of DATABASE_URL."""

import sys


def main(part: str) -> None:
    if part == "reading":
        from . import reading

        reading.measure()
        return
    import django

    django.setup()
    if part == "make":
        from django.core.management import call_command

        from . import data

        call_command("migrate", verbosity=0, interactive=False)
        data.make()
    else:
        from . import records

        records.measure()


if __name__ == "__main__":
    main(sys.argv[1])
