"""The index of pairs of characters, kept by the services that write the text, asked by lists and interfaces."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db import connection, models, transaction
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from zhiben.core import set_down
from zhiben.core.batches import in_batches
from zhiben.core.bulk import insert_values, reserve_keys
from zhiben.core.text.grams import grams

from .models import SearchEntry

BATCH = 1000


@dataclass(frozen=True)
class Searchable:
    """`fields` may lead over relations (`enterprise__name`): whoever keeps an entry has them fetched."""

    model: type[models.Model]
    fields: tuple[str, ...]

    @property
    def record_type(self) -> str:
        return self.model._meta.label_lower

    @cached_property
    def _ways(self) -> list[list[str]]:
        return [field.split("__") for field in self.fields]

    def text(self, record: models.Model) -> str:
        return "\n".join([str(_at(record, way) or "") for way in self._ways])


SEARCHABLE: dict[type[models.Model], Searchable] = {}


def searchable(model: type[models.Model], fields: Sequence[str]) -> None:
    """Declare that records of `model` are found by the words in these fields (once, in the module's apps.ready)."""
    SEARCHABLE[model] = Searchable(model, tuple(fields))


@transaction.atomic
def keep(model: type[models.Model], records: Iterable[models.Model], *, are_new: bool = False) -> None:
    """Enter these records, new or with changed text. Inside the transaction that saved them. `are_new`: they have just
    been made, so that none has an entry yet; were it wrong, it would be an IntegrityError."""
    declared = SEARCHABLE[model]
    for batch in in_batches(records, BATCH):
        texts = [(str(record.pk), declared.text(record)) for record in batch]
        set_down.do(_enter, declared.record_type, texts, are_new)


def found(model: type[models.Model], text: str, *, most: int) -> list[Any] | None:
    """Keys of the records that have every pair of characters of `text`, in no order; None when there are more than
    `most`, or the text is too short to say. They still have to be compared with the text itself."""
    wanted = [gram for word in text.split() for gram in grams(word)]
    if not wanted:
        return None
    sql, asked = _question(wanted)
    with connection.cursor() as cursor:
        cursor.execute(sql, [asked, SEARCHABLE[model].record_type, most + 1])
        keys = [row[0] for row in cursor.fetchall()]
    pk = model._meta.pk
    return None if len(keys) > most else [pk.to_python(key) for key in keys]


def among(rows: QuerySet, text: str, *, most: int) -> QuerySet | None:
    """The rows among those that `found` would name, for more of them than are carried to and fro: the database looks
    them up itself. None when there are more than `most`, or the text is too short to say."""
    wanted = [gram for word in text.split() for gram in grams(word)]
    if not wanted:
        return None
    sql, asked = _question(wanted)
    values: list[Any] = [asked, SEARCHABLE[rows.model].record_type, most + 1]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(*) FROM ({sql}) AS hits", values)  # noqa: S608 — our own question
        if cursor.fetchone()[0] > most:
            return None
    kind = rows.model._meta.pk.db_type(connection)
    key = f"CAST(hits.record_id AS {kind})" if kind != "char(32)" else "replace(hits.record_id, '-', '')"
    return rows.filter(pk__in=RawSQL(f"SELECT {key} FROM ({sql}) AS hits", values))  # noqa: S608, S611 — parameters


def rebuild(declared: Searchable, progress: Callable[[int], None] | None = None) -> int:
    """Enter every record anew, a batch at a time: cut in the middle, it is simply run again."""
    done = 0
    related = {field.rpartition("__")[0] for field in declared.fields} - {""}
    rows = declared.model._base_manager.select_related(*related).order_by("pk")
    for batch in in_batches(rows.iterator(chunk_size=BATCH), BATCH):
        keep(declared.model, batch)
        done += len(batch)
        if progress:
            progress(done)
    return done


def _enter(record_type: str, texts: list[tuple[str, str]], are_new: bool) -> None:
    """`texts`: (key, what it says)."""
    rows = [(key, " ".join(grams(text))) for key, text in texts]
    if connection.vendor == "postgresql":
        _keep_in_postgresql(record_type, rows, are_new)
    else:
        _keep_in_sqlite(record_type, rows, are_new)


def _keep_in_postgresql(record_type: str, rows: list[tuple[str, str]], are_new: bool) -> None:
    if are_new:  # pairs are letters and digits: as they stand they are what the database writes of a vector
        entries = [(record_type, *row) for row in rows]
        insert_values(SearchEntry, ("record_type", "record_id", "grams"), entries, ready={"grams"})
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO search_searchentry (record_type, record_id, grams) "
            "SELECT %s, entry.key, array_to_tsvector(string_to_array(entry.grams, ' ')) "
            "FROM unnest(%s::text[], %s::text[]) AS entry(key, grams) "
            "ON CONFLICT (record_type, record_id) DO UPDATE SET grams = EXCLUDED.grams",
            [record_type, [key for key, _ in rows], [text for _, text in rows]],
        )


def _keep_in_sqlite(record_type: str, rows: list[tuple[str, str]], are_new: bool) -> None:
    if not are_new:
        SearchEntry.objects.filter(record_type=record_type, record_id__in=[key for key, _ in rows]).delete()
    entries = reserve_keys(SearchEntry, len(rows))
    insert_values(
        SearchEntry,
        ("id", "record_type", "record_id"),
        [(entry, record_type, key) for entry, (key, _) in zip(entries, rows, strict=True)],
    )
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO search_grams (rowid, grams) VALUES (%s, %s)",
            [(entry, text) for entry, (_, text) in zip(entries, rows, strict=True)],
        )


def _question(wanted: Sequence[str]) -> tuple[str, str]:
    """Pairs are letters and digits only, so quoting them needs no escape."""
    if connection.vendor == "postgresql":
        sql = "SELECT record_id FROM search_searchentry WHERE grams @@ %s::tsquery AND record_type = %s LIMIT %s"
        return sql, " & ".join(f"'{gram}'" for gram in wanted)
    sql = (
        "SELECT entry.record_id FROM search_grams CROSS JOIN search_searchentry entry ON entry.id = search_grams.rowid "
        "WHERE search_grams MATCH %s AND entry.record_type = %s LIMIT %s"
    )
    return sql, " AND ".join(f'"{gram}"' for gram in wanted)


def _at(record: Any, way: Sequence[str]) -> Any:
    for part in way:
        record = getattr(record, part, None)
    return record
