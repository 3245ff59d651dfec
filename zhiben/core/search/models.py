"""Which records can be found by the words in them."""

from django.contrib.postgres.search import SearchVectorField
from django.db import models


class SearchEntry(models.Model):
    """A record's pairs of characters. On PostgreSQL they stand in `grams`; SQLite keeps them in the FTS5 table
    `search_grams`, whose row number is this key: changed text gets a new entry, and what is left over there, leading
    to no entry, is found by nobody."""

    record_type = models.CharField(max_length=64)
    record_id = models.CharField(max_length=36)
    grams = SearchVectorField(null=True)

    class Meta:
        verbose_name = "检索条目"
        constraints = [models.UniqueConstraint(fields=("record_type", "record_id"), name="search_entry_once")]
