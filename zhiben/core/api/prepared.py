"""A question that every request asks in the same words: put into SQL once, asked again and again with other values."""

from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection
from django.db.models import QuerySet

Converters = list[tuple[int, list[Callable[..., Any]], Any]]


class Prepared:
    """
    `Prepared(lambda: Unit.objects.filter(name="").values_list("pk"))(["县应急局"])` → rows as `values_list` gives them.

    The query set says the words; the last of its values only hold the places of those that are given. These must
    already be as the database takes them (`get_db_prep_value`), in the order of the SQL.
    """

    def __init__(self, rows: Callable[[], QuerySet]) -> None:
        self.rows = rows
        self._by_vendor: dict[str, tuple[str, list[Any], Converters]] = {}

    def __call__(self, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        said = self._by_vendor.get(connection.vendor)
        if said is None:
            said = self._by_vendor[connection.vendor] = self._compiled()
        sql, fixed, converters = said
        with connection.cursor() as cursor:
            cursor.execute(sql, [*fixed[: len(fixed) - len(values)], *values])
            rows = cursor.fetchall()
        if not converters:
            return rows
        return [self._converted(row, converters) for row in rows]

    def _compiled(self) -> tuple[str, list[Any], Converters]:
        compiler = self.rows().query.get_compiler(connection=connection)
        sql, fixed = compiler.as_sql()
        converters = compiler.get_converters([each[0] for each in compiler.select])
        return sql, list(fixed), [(place, *converter) for place, converter in converters.items()]

    @staticmethod
    def _converted(row: Sequence[Any], converters: Converters) -> tuple[Any, ...]:
        values = list(row)
        for place, functions, expression in converters:
            value = values[place]
            for function in functions:
                value = function(value, expression, connection)
            values[place] = value
        return tuple(values)
