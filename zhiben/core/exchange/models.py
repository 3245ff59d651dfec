"""Runs of imports, and what is remembered between them. Of a file's rows only those with problems are kept here: the
file itself is the record of the others."""

from django.db import models
from django.db.models import Q
from django.urls import reverse

from zhiben.core.audit.models import CanonicalJSONField
from zhiben.core.files.models import Upload
from zhiben.core.ids import new_id
from zhiben.core.jobs.models import Job
from zhiben.core.org.models import Person, Post, Unit

from .declaration import IMPORTS, Importing
from .layout import Layout

ANSWER = "?"
"""Begins the names of answers among what was mended."""


class Stage(models.TextChoices):
    MAPPING = "mapping", "对应列"
    CHECKING = "checking", "检查中"
    CHECKED = "checked", "待确认"
    RUNNING = "running", "导入中"
    DONE = "done", "已导入"
    FAILED = "failed", "未成功"
    CANCELLED = "cancelled", "已放弃"


class ImportRun(models.Model):
    """One file on its way in. It belongs to the person who brought it, at the post from which they did."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    key = models.CharField(max_length=64)
    upload = models.ForeignKey(Upload, on_delete=models.PROTECT, related_name="+", verbose_name="文件")
    owner = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="导入人")
    """Null: an operator at the server's command line."""
    post = models.ForeignKey(Post, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="岗位")
    stage = models.CharField("进度", max_length=10, choices=Stage.choices, default=Stage.MAPPING)
    version = models.PositiveIntegerField(default=1)
    """Counts every change of mapping, cells and findings: who confirms, confirms what this version showed."""

    sheets = CanonicalJSONField(default=list)
    """[[name, is hidden]]"""
    layout = CanonicalJSONField(default=dict)
    """See `layout.Layout`."""
    top = CanonicalJSONField(default=list)
    """The first lines as texts, by which a person sees where the head stands: [[number, [text, …]]]."""
    mapping = CanonicalJSONField(default=dict)
    """Column, as text → field."""

    total = models.PositiveIntegerField("行数", default=0)
    found = CanonicalJSONField(default=dict)
    """{"new": 397, "change": 0, "same": 2}: what the check found of the rows that are not kept as `ImportRow`."""
    skipped = CanonicalJSONField(default=list)
    """[[number, reason, text]] of lines that are no data."""
    notes = CanonicalJSONField(default=list)
    """[[number, sentence]]: no problems, and yet to be known."""
    all_or_nothing = models.BooleanField("要么全部导入", default=False)
    job = models.ForeignKey(Job, on_delete=models.SET_NULL, null=True, related_name="+")
    error = models.TextField("未成功的原因", blank=True)

    began_at = models.DateTimeField("开始时间")
    changed_at = models.DateTimeField("最近变动")

    class Meta:
        verbose_name = "导入"
        ordering = ("-began_at",)
        indexes = [
            models.Index(fields=("owner", "-began_at"), name="exchange_of_owner"),
            models.Index(fields=("changed_at",), name="exchange_changed"),
        ]

    def __str__(self) -> str:
        return f"导入{self.target.title if self.key in IMPORTS else self.key}：{self.upload}"

    def get_absolute_url(self) -> str:
        return reverse("exchange:run", args=[self.pk])

    @property
    def target(self) -> type[Importing]:
        """Raises KeyError when the program no longer knows it."""
        return IMPORTS[self.key]

    @property
    def plan(self) -> Layout:
        return Layout.of_plain(self.layout)

    @property
    def columns(self) -> dict[int, str]:
        return {int(column): field for column, field in self.mapping.items()}

    @property
    def is_over(self) -> bool:
        return self.stage in (Stage.DONE, Stage.CANCELLED)


class ImportRow(models.Model):
    """A row that had a problem when it was last checked, or that was mended."""

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField("行号")
    cells = CanonicalJSONField(default=dict)
    """Field → text as it stands in the file."""
    mended = CanonicalJSONField(default=dict)
    """Field → text that a person put in its place; `?` and the name of a question → what was answered."""
    problems = CanonicalJSONField(default=list)
    """[[field or "", sentence]]"""
    questions = CanonicalJSONField(default=list)
    """[[name, sentence, [[value, label]]]], answered or not"""
    action = models.CharField(max_length=6, blank=True)
    is_bad = models.BooleanField(default=True)
    is_done = models.BooleanField(default=False)

    class Meta:
        verbose_name = "导入的问题行"
        ordering = ("number",)
        constraints = [models.UniqueConstraint(fields=("run", "number"), name="exchange_row_once")]
        indexes = [models.Index(fields=("run", "number"), condition=Q(is_bad=True), name="exchange_bad_rows")]

    def __str__(self) -> str:
        return f"第 {self.number} 行"

    @property
    def sentences(self) -> list[str]:
        return [sentence for _, sentence in self.problems] + [sentence for _, sentence, _ in self.open_questions]

    @property
    def open_questions(self) -> list[tuple[str, str, list[list[str]]]]:
        return [
            (name, sentence, options)
            for name, sentence, options in self.questions
            if self.mended.get(f"{ANSWER}{name}") not in {value for value, _ in options}
        ]

    def text_of(self, field: str) -> str:
        return str(self.mended.get(field, self.cells.get(field, "")))

    def sentence_of(self, field: str) -> str:
        return "".join(sentence for name, sentence in self.problems if name == field)


class ImportChunk(models.Model):
    """What became of some rows, written in the transaction that carried them out: the mark how far a run has come.
    A row named here is never carried out again."""

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="chunks")
    place = models.PositiveIntegerField()
    outcomes = CanonicalJSONField(default=list)
    """[[number, action, record type, record id, note]]"""
    new = models.PositiveIntegerField(default=0)
    change = models.PositiveIntegerField(default=0)
    same = models.PositiveIntegerField(default=0)
    written_at = models.DateTimeField()

    class Meta:
        verbose_name = "导入的一批"
        ordering = ("place",)
        constraints = [models.UniqueConstraint(fields=("run", "place"), name="exchange_chunk_once")]

    def __str__(self) -> str:
        return f"第 {self.place} 批"


class RememberedMapping(models.Model):
    """How a unit matched the columns of files with these headings: mapped once, and remembered. `mapping` names the
    places of the headings, not their columns: a blank column between them makes no difference."""

    unit = models.ForeignKey(Unit, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=64)
    fingerprint = models.CharField(max_length=64)
    mapping = CanonicalJSONField(default=dict)
    used_at = models.DateTimeField()

    class Meta:
        verbose_name = "记住的列对应"
        constraints = [models.UniqueConstraint(fields=("unit", "key", "fingerprint"), name="exchange_mapping_once")]

    def __str__(self) -> str:
        return f"{self.unit} {self.key}"
