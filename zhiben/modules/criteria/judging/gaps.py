"""Where the version in force on the day of discovery is not in the catalogue: said, and nothing of another version used."""

from collections.abc import Iterable
from datetime import date
from typing import Protocol

from zhiben.modules.criteria.catalogue import Catalogue, Document, Entry

from .ways import Reading

SURE = 0.6
"""From this score a criterion of another day would have been offered seriously."""


class Ranked(Protocol):
    @property
    def entry(self) -> Entry: ...
    @property
    def reading(self) -> Reading | None: ...
    @property
    def score(self) -> float: ...


def gaps(ranked: Iterable[Ranked], listed: Catalogue, found_on: date) -> tuple[str, ...]:
    """One sentence for each standard whose version of that day would be needed and is missing or incomplete."""
    sentences: dict[str, None] = {}
    for one in ranked:
        document = one.entry.document
        if document.holds_on(found_on) or one.reading is None or not one.reading.is_complete or one.score < SURE:
            continue
        sentence = _sentence(document, listed, found_on)
        if sentence:
            sentences.setdefault(sentence)
    return tuple(sentences)[:3]


def _sentence(document: Document, listed: Catalogue, day: date) -> str:
    if document.effective_on is None:
        return f"《{document.name}》的施行日期待核，不能据此判定，请人工查阅原文。"
    current = [version for version in listed.versions_of(document) if version.holds_on(day)]
    if not current:
        return f"《{document.name}》当日适用的版本不在目录中，请人工查阅。"
    counts = {version.doc_no: 0 for version in (*current, document)}
    for entry in listed.criteria.values():
        if entry.document.doc_no in counts:
            counts[entry.document.doc_no] += 1
    if sum(counts[version.doc_no] for version in current) * 2 < counts[document.doc_no]:
        return f"《{current[0].name}》当日适用的版本（{current[0].doc_no}）在目录中收录不全，请人工查阅。"
    return ""
