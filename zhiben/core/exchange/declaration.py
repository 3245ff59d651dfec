"""What may be imported: a target names its fields, checks rows and carries them out. The engine does all the rest.

class PeopleImport(Importing):
    key, title, permission, list_url = "org.people", "人员", Permission.MANAGE_ORGANISATION, "people:list"
    fields = (
        Field("name", "姓名", required=True, example="张三"),
        Field("mobile", "手机号", aliases=("手机", "联系电话"), kind="text", max_length=11),
    )
    identity = ("mobile",)

    def check(self, rows, at): ...
    def carry_out(self, rows, at): ...

register(PeopleImport)   # in a module's imports.py, found and imported when Django starts
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Literal

from zhiben.core.access.acting import By
from zhiben.core.access.permissions import Permission
from zhiben.core.web.pages.importing import offer_import

Kind = Literal["text", "long_text", "date", "whole", "number", "percent", "yes_no", "choice", "list"]
Action = Literal["new", "change", "same"]

ACTION_WORDS: dict[str, str] = {"new": "新增", "change": "更新", "same": "相同"}
CHUNK = 2000
"""The most rows that `check` and `carry_out` are given at once."""


@dataclass(frozen=True)
class Field:
    """One thing that a column may hold.

    What a target finds in `Row.values[name]`, by `kind`; an empty cell is the second:

    ===========  ================================================================  =======
    text         str: stray spaces, line breaks, full-width digits put right       ""
    long_text    str: line breaks kept                                             ""
    date         datetime.date                                                     None
    whole        int                                                               None
    number       decimal.Decimal                                                   None
    percent      decimal.Decimal of a hundred: 35 % is Decimal("35")               None
    yes_no       bool                                                              None
    choice       the value of one of `choices`                                     ""
    list         tuple[str, ...], split at 、，,；; and line breaks, no doubles    ()
    ===========  ================================================================  =======

    `list` with `choices`: a tuple of values of choices.
    """

    name: str
    label: str
    """The heading in the template, 手机号."""
    aliases: tuple[str, ...] = ()
    """Other headings in use: 手机, 联系方式/手机. Case, spaces and full-width forms do not matter."""
    required: bool = False
    """The column must be there and no cell of it may be empty."""
    kind: Kind = "text"
    choices: tuple[tuple[str, str], ...] = ()
    """(value, label); a cell may give either."""
    help: str = ""
    """A sentence for whoever fills the template in; also stands as a note on its heading."""
    example: str = ""
    max_length: int | None = None
    """Characters, for text kinds."""
    is_code: bool = False
    """Digits that are no number (credit codes, region codes, mobiles, identity numbers): the template formats the
    column as text, and a cell in which a spreadsheet has rounded the digits is a problem that says so."""

    looks: str = ""
    """A regular expression for what only cells of this field look like (mobiles): finds the column when its heading
    says nothing."""

    def __post_init__(self) -> None:
        if self.kind == "choice" and not self.choices:
            raise ValueError(f"field {self.name} offers nothing to choose")


@dataclass(slots=True)
class Row:
    """One row of the sheet, converted and checked by kind."""

    number: int
    """As the spreadsheet counts, 1 is its first line; names the row in every sentence."""
    values: Mapping[str, Any]
    """Every field of the target, by name; empty where the sheet has no column for it (see `Whole.columns`)."""
    answers: Mapping[str, str] = field(default_factory=dict)
    """What a person has answered to `Question`s of this row: name → value."""

    def __getitem__(self, name: str) -> Any:
        return self.values[name]


@dataclass(frozen=True)
class Problem:
    """Why a row is not taken in. `field` is empty when it is about the whole row; the sentence says what to do."""

    field: str
    sentence: str


@dataclass(frozen=True)
class Question:
    """What only a person can decide about a row: is this the same enterprise, or another one? The row waits until one
    of the options is chosen; the answer is kept with the run and given in `Row.answers`, also when it is carried out.
    """

    name: str
    """Tells the questions of one row apart; letters and underscores."""
    sentence: str
    options: tuple[tuple[str, str], ...]
    """(value, label)"""

    def is_open(self, row: Row) -> bool:
        """Not answered yet, or with something that is no longer offered."""
        return row.answers.get(self.name) not in {value for value, _ in self.options}


@dataclass(slots=True)
class Checked:
    """What carrying the row out would do."""

    number: int
    action: Action
    problems: tuple[Problem, ...] = ()
    note: str = ""
    """What the person should know beforehand though it is no problem: “将更名”."""
    questions: tuple[Question, ...] = ()
    """Also those that are answered."""


@dataclass(slots=True)
class Done:
    """What became of the row. With `problems` nothing was done for it."""

    number: int
    action: Action
    record_type: str = ""
    """`org.person`, with `record_id` for the link and the report; empty where there is nothing to open."""
    record_id: str = ""
    problems: tuple[Problem, ...] = ()
    note: str = ""
    questions: tuple[Question, ...] = ()
    """As in `Checked`. While one is open nothing was done for the row."""


@dataclass
class Whole:
    """The file as a whole, of which `check` and `carry_out` see a chunk: a parent may stand in another chunk."""

    columns: frozenset[str]
    """Names of the fields the sheet has a column for. A change leaves alone what has no column, and empties what has
    a column whose cell is empty — or leaves it alone, too: the target decides, and its `help` says so."""
    read_values: Callable[[str], set[Any]]
    file: str = ""
    """Its name, for records that keep where they came from."""
    brought_at: datetime | None = None
    """When this import began: what was recorded later may be its own work."""
    _values: dict[str, set[Any]] = field(default_factory=dict)

    def values(self, name: str) -> set[Any]:
        """All values of this field in the file that are not empty, typed; of rows without problems by kind."""
        if name not in self._values:
            self._values[name] = self.read_values(name) if name in self.columns else set()
        return self._values[name]


@dataclass(frozen=True)
class Context:
    """On whose behalf and when. `by` is the person who confirms, also in the background."""

    by: By
    now: datetime
    whole: Whole


class Importing(ABC):
    """A target of imports. One instance lives as long as the check or the carrying out of one run, so it may remember
    what it looked up: chunks of one run come one after another, in the order of `order`."""

    key: ClassVar[str]
    """`org.people`; part of the address."""
    title: ClassVar[str]
    """What one imports, 人员."""
    counter: ClassVar[str] = "条"
    """新增 397 人: the measure word."""
    fields: ClassVar[tuple[Field, ...]]
    identity: ClassVar[tuple[str, ...]] = ()
    """Fields that together name a row within the file: twice the same is a problem of the second row. Rows in which
    all of them are empty are not compared."""
    permission: ClassVar[Permission]
    help: ClassVar[str] = ""
    """Two or three sentences above the upload: what is needed, what is matched by what, what a change changes."""
    list_url: ClassVar[str] = ""
    """URL name of the list to go to afterwards."""
    checks_itself: ClassVar[bool] = False
    """`carry_out` judges its rows anew under its own locks and answers with their problems: the engine need not ask
    `check` a second time, which halves the work."""
    works_ahead: ClassVar[bool] = False
    """All that carrying out writes passes through `core.set_down`, and all that it takes for granted is proven there:
    the next chunk may be prepared by another process while this one is written (`hands`)."""

    def order(self, row: Row) -> Any:
        """The key by which rows are carried out: parents before children. Comparable between all rows."""
        return row.number

    @abstractmethod
    def check(self, rows: Sequence[Row], at: Context) -> Sequence[Checked]:
        """What carrying out these rows (at most `CHUNK`) would do; one answer a row, in any order. Writes nothing.

        Kinds, required cells, lengths, choices and doubles within the file are checked before. Rows are those without
        such problems, in the order of the sheet.
        """

    @abstractmethod
    def carry_out(self, rows: Sequence[Row], at: Context) -> Sequence[Done]:
        """Carry these rows out, set-wise, inside the engine's transaction; one answer a row.

        Things may have changed since `check`: the engine calls `check` again just before, in the same transaction,
        and gives only rows that still have no problem; unless the target `checks_itself`, which gets all of them.
        Raise Refused to undo the whole chunk with a sentence.
        """

    def conclude(self, made: Sequence[str], run_key: str, at: Context) -> None:  # noqa: B027 — most have nothing to add
        """Once, in the transaction that ends the run, after its last chunk: tell people what came. `made`: the keys of
        the records that it made new, in all its chunks; `run_key` names the run."""


IMPORTS: dict[str, type[Importing]] = {}


def register(target: type[Importing]) -> type[Importing]:
    """Offer a target; also usable as a decorator. Names of fields that do not exist are a mistake of the program."""
    names = [each.name for each in target.fields]
    if len(set(names)) != len(names) or set(target.identity) - set(names):
        raise ValueError(f"fields of import {target.key} do not fit together")
    known = IMPORTS.get(target.key)
    if known is not None and known.__qualname__ != target.__qualname__:
        raise ValueError(f"two imports are called {target.key}")
    IMPORTS[target.key] = target
    offer_import(target.key, target.permission)
    return target
