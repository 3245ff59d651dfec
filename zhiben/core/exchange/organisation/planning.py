"""What the lists of the organisation share: each row becomes a plan, which says what is to be done, or why nothing is."""

from collections.abc import Sequence
from typing import Any, Protocol

from django.db import IntegrityError, transaction

from ..declaration import Action, Checked, Context, Done, Importing, Problem, Row


class RowPlan(Protocol):
    row: Row
    problems: list[Problem]
    notes: list[str]

    @property
    def action(self) -> Action: ...


class PlannedImport(Importing):
    """Subclasses plan (`_plans`) and carry the sound plans out (`_carry_out`), which plans again under its lock."""

    checks_itself = True

    def _plans(self, rows: Sequence[Row], at: Context) -> Sequence[Any]:
        raise NotImplementedError

    def _carry_out(self, rows: Sequence[Row], at: Context) -> Sequence[Done]:
        raise NotImplementedError

    def check(self, rows: Sequence[Row], at: Context) -> Sequence[Checked]:
        plans: Sequence[RowPlan] = self._plans(rows, at)
        return [Checked(plan.row.number, plan.action, tuple(plan.problems), "".join(plan.notes)) for plan in plans]

    def carry_out(self, rows: Sequence[Row], at: Context) -> Sequence[Done]:
        try:
            with transaction.atomic():
                return self._carry_out(rows, at)
        except IntegrityError:
            # Another import has just entered what this one was to enter: now it is known, and judged as such.
            return self._carry_out(rows, at)
