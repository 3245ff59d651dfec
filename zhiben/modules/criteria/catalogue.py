"""The catalogue that ships with the program: which situations are major hazards, after which document, from when to when.

Plain data without Django: the command judges from it, `services.keep` writes it to the tables. A key is only a name.
"""

import csv
import hashlib
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from pathlib import Path

DATA = Path(__file__).parent / "data"
EDITION = "2026-11-21"
"""The day on which the documents were last compared with their sources."""

FULL_TEXT = "full_text"


@dataclass(frozen=True, slots=True)
class Document:
    """A standard in one version; `effective_on` is None where the day is not known, and then it holds on no day."""

    doc_no: str
    name: str
    effective_on: date | None
    effective_to: date | None
    superseded_by: str
    validity: str

    def holds_on(self, day: date) -> bool:
        return (
            self.effective_on is not None
            and self.effective_on <= day
            and (self.effective_to is None or day <= self.effective_to)
        )

    def __str__(self) -> str:
        return f"《{self.name}》（{self.doc_no}）"


@dataclass(frozen=True, slots=True)
class Entry:
    """One situation, in our own words; `note` carries the exceptions and limits that the title leaves out."""

    key: str
    document: Document
    sector: str
    article: str
    item: str
    title: str
    keywords: tuple[str, ...]
    note: str
    verify_level: str
    source_url: str
    position: int

    @property
    def may_match(self) -> bool:
        return self.verify_level == FULL_TEXT


@dataclass(frozen=True)
class Catalogue:
    """Every situation by its key, in the order of the file."""

    version: str
    documents: dict[str, Document]
    criteria: dict[str, Entry]

    def in_force(self, day: date) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.criteria.values() if entry.document.holds_on(day))

    @cached_property
    def sectors(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(entry.sector for entry in self.criteria.values()))

    @cached_property
    def _families(self) -> dict[str, frozenset[str]]:
        family: dict[str, set[str]] = {}
        by_name: dict[str, str] = {}
        for document in self.documents.values():
            together = {document.doc_no}
            for other in (document.superseded_by, by_name.setdefault(document.name, document.doc_no)):
                together |= family.get(other, {other} if other in self.documents else set())
            together |= family.get(document.doc_no, set())
            for member in together:
                family[member] = together
        return {doc_no: frozenset(members) for doc_no, members in family.items()}

    def versions_of(self, document: Document) -> tuple[Document, ...]:
        """All versions of the same standard that the catalogue has, earliest first."""
        members = (self.documents[doc_no] for doc_no in self._families[document.doc_no])
        return tuple(sorted(members, key=lambda member: (member.effective_on or date.max, member.doc_no)))


@cache
def catalogue() -> Catalogue:
    """The catalogue, read once. Its version names the edition and the digest of everything that decides a judgement."""
    documents: dict[str, Document] = {}
    criteria: dict[str, Entry] = {}
    with (DATA / "criteria.csv").open(encoding="utf-8-sig", newline="") as stream:
        for position, row in enumerate(csv.DictReader(stream)):
            document = documents.get(row["doc_no"])
            if document is None:
                document = documents[row["doc_no"]] = _document(row)
            criteria[row["criteria_key"]] = Entry(
                key=row["criteria_key"],
                document=document,
                sector=row["sector"],
                article=row["article"],
                item=row["item_no"],
                title=row["short_title"],
                keywords=tuple(word for word in row["keywords"].split(";") if word),
                note=row["note"],
                verify_level=row["verify_level"],
                source_url=row["source_url"],
                position=position,
            )
    return Catalogue(f"{EDITION}-{_digest()}", documents, criteria)


def _document(row: dict[str, str]) -> Document:
    return Document(
        doc_no=row["doc_no"],
        name=row["standard_name"],
        effective_on=date.fromisoformat(row["effective_date"]) if row["effective_date"] else None,
        effective_to=date.fromisoformat(row["effective_to"]) if row["effective_to"] else None,
        superseded_by=row["superseded_by"],
        validity=row["validity"],
    )


def _digest() -> str:
    digest = hashlib.sha256()
    for path in [DATA / "criteria.csv", *sorted(DATA.glob("*.toml")), *sorted((DATA / "vocabulary").glob("*.toml"))]:
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:8]
