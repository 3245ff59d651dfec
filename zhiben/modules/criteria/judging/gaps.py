"""Where the version in force on the day of discovery is not in the catalogue: said, and nothing of another version used."""

from collections.abc import Iterable
from datetime import date
from typing import Protocol

from zhiben.core.calendar import full_day
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
    sure = [one for one in ranked if one.score >= SURE and one.reading is not None and one.reading.is_complete]
    answered = {one.entry.sector for one in sure if one.entry.document.holds_on(found_on)}
    sentences: dict[str, None] = {}
    for one in sure:
        document = one.entry.document
        if document.holds_on(found_on) or (_is_to_come(document, found_on) and one.entry.sector in answered):
            continue
        sentence = _sentence(document, listed, found_on)
        if sentence:
            sentences.setdefault(sentence)
    return tuple(sentences)[:3]


def _is_to_come(document: Document, day: date) -> bool:
    """What came later is missing nowhere where the rules of its field that held on that day have answered."""
    return document.effective_on is not None and document.effective_on > day


def _sentence(document: Document, listed: Catalogue, day: date) -> str:
    if document.effective_on is None:
        return f"《{document.name}》的施行日期待核，不能据此判定，请人工查阅原文。"
    current = [version for version in listed.versions_of(document) if version.holds_on(day)]
    if not current:
        first = listed.versions_of(document)[0].effective_on
        known = f"（目录中最早的版本自 {full_day(first)} 起施行）" if first and first > day else ""
        return f"《{document.name}》当日适用的版本不在目录中{known}，请人工查阅。"
    counts = {version.doc_no: 0 for version in (*current, document)}
    for entry in listed.criteria.values():
        if entry.document.doc_no in counts:
            counts[entry.document.doc_no] += 1
    if sum(counts[version.doc_no] for version in current) * 2 < counts[document.doc_no]:
        return f"《{current[0].name}》当日适用的版本（{current[0].doc_no}）在目录中收录不全，请人工查阅。"
    return ""
