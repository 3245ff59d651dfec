"""What verification may find, each in a sentence that names the record."""

from dataclasses import dataclass, field

from django.apps import apps
from django.db import models


class Found(models.TextChoices):
    CHANGED = "changed", "被改动"
    REMOVED = "removed", "被删除"
    INSERTED = "inserted", "被插入"
    SEAL_MISSING = "seal_missing", "封存缺失"
    SEAL_FORGED = "seal_forged", "封存不符"
    UNGUARDED = "unguarded", "保护被解除"


FINDINGS_LISTED = 100
"""A trail rewritten from end to end is not listed line by line."""


@dataclass(frozen=True)
class Finding:
    found: Found
    sentence: str
    record_type: str = ""
    record_id: str = ""
    seq: int = 0
    line_id: int = 0
    """Where in the trail, oldest first; 0 when it is not about one line."""


@dataclass
class Verification:
    """`ok` when nothing was changed, removed or inserted. Notices are oddities that prove nothing wrong."""

    lines: int = 0
    records: int = 0
    days: int = 0
    findings: list[Finding] = field(default_factory=list)
    notices: list[Finding] = field(default_factory=list)
    uncounted: int = 0
    """Findings beyond those listed."""

    @property
    def ok(self) -> bool:
        return not self.findings

    @property
    def first(self) -> Finding | None:
        """The oldest line that was touched; otherwise whatever was found first."""
        about_lines = [finding for finding in self.findings if finding.line_id]
        return min(about_lines, key=lambda finding: finding.line_id, default=next(iter(self.findings), None))

    def add(self, finding: Finding) -> None:
        if len(self.findings) < FINDINGS_LISTED:
            self.findings.append(finding)
        else:
            self.uncounted += 1


def record_name(record_type: str, record_id: str) -> str:
    """`任务 0190…`; the label itself for a model that is no longer in the program."""
    try:
        return f"{apps.get_model(record_type)._meta.verbose_name} {record_id}"
    except (LookupError, ValueError):
        return f"{record_type} {record_id}"


def about_leaf(found: Found, leaf: bytes, what: str) -> Finding:
    line_id, record_type, record_id, seq, _ = leaf.decode("utf-8", "replace").split("\t")
    name = record_name(record_type, record_id)
    return Finding(found, f"{name} 的第 {seq} 条留痕{what}", record_type, record_id, int(seq), int(line_id))
