"""By which words enterprises are found."""

from collections.abc import Iterable

from zhiben.core.search.index import keep, searchable

from .models.enterprises import Enterprise

ENTERPRISE_WORDS = ("name", "credit_code", "address")
searchable(Enterprise, ENTERPRISE_WORDS)


def keep_words(enterprises: Iterable[Enterprise]) -> None:
    """New ones, or with other words. Inside the transaction that saved them."""
    keep(Enterprise, enterprises)
