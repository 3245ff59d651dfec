"""Where the page of a record is, known by its type and key only: for notices, letters and the trail."""

from django.urls import NoReverseMatch, reverse

from .pages.record import RecordPages

_ODD: dict[str, str] = {}


def register(record_type: str, url_name: str) -> None:
    """For a kind of record whose page is not declared by RecordPages: its URL name, with the key as argument."""
    _ODD[record_type] = url_name


def address_of(record_type: str, record_id: str) -> str:
    """Empty for a kind without a page, and for what cannot be a key."""
    pages = RecordPages.by_type.get(record_type)
    name = f"{pages.name}:detail" if pages else _ODD.get(record_type)
    try:
        return reverse(name, args=[record_id]) if name and record_id else ""
    except NoReverseMatch:
        return ""
