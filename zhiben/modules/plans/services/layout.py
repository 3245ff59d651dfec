"""From a reading to a draft: the rows of a version laid out, names resolved, and tied to the version before."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import models, transaction

from zhiben.core.access.acting import Machine
from zhiben.core.workflow import engine

from ..comparing import match
from ..models import (
    ItemDepartment,
    ItemFrequency,
    ItemIndicator,
    ItemMilestone,
    Plan,
    PlanAction,
    PlanGoal,
    PlanItem,
    PlanObligation,
    PlanVersion,
    Resolution,
)
from ..reading.ledger import Ledger, MilestoneReading, Reading
from ..reading.source import SourceText
from .editing import without_breaks

SENTENCE_END = re.compile("[。;;]")
READER = Machine("读取方案")
NO_TASKS = "没有读到任务。请核对这份文件是不是方案正文；如果是，可以在台账里手工增加任务"


@dataclass(frozen=True)
class Address:
    """What the directory, or an earlier confirmation, says about a printed name."""

    resolution: Resolution
    units: tuple[int, ...] = ()
    body: int | None = None
    reason: str = ""
    suggestions: tuple[dict[str, Any], ...] = ()


Resolver = Callable[[str], Address]


@transaction.atomic
def lay_out(
    *,
    version: PlanVersion,
    source: SourceText,
    ledger: Ledger,
    warnings: Iterable[str],
    resolver: Resolver,
    now: datetime,
) -> PlanVersion:
    """The draft of what was read from `source`; the version moves from 读取中 to 待审核."""
    document = version.document
    assert document is not None
    # a text may hold what PostgreSQL cannot keep
    document.text, document.blocks = source.text.replace("\0", " "), [asdict(block) for block in source.blocks]
    document.warnings = list(warnings)
    document.save(update_fields=["text", "blocks", "warnings"])
    _take_facts(version, ledger)
    _lay_out_items(version, ledger, _remembering(version, resolver))
    if version.based_on:
        _continue_from(version.based_on, version)
    return engine.fire(version, "read", by=READER, now=now)


def _take_facts(version: PlanVersion, ledger: Ledger) -> None:
    named = {"title": ledger.title, "doc_no": ledger.doc_no, "issuer": ledger.issuer, "issue_date": ledger.issue_date}
    version.metadata = {
        key: reading.provenance() for key, reading in (named | {"period": ledger.period_reading}).items() if reading
    }
    if ledger.title:
        version.title = ledger.title.value[:255]
    version.issuer = ledger.issuer.value[:128] if ledger.issuer else ""
    version.document_number = ledger.doc_no.value[:64] if ledger.doc_no else ""
    version.issued_on = ledger.issue_date.value if ledger.issue_date else None
    version.period_start, version.period_end = ledger.period or (None, None)
    version.doubts = [*([] if ledger.tasks else [NO_TASKS]), *ledger.doubts, *_namesakes(version)]
    version.save()
    version.refresh_from_db(fields=["issued_on"])  # the reader gives it as text
    if version.plan.current_version_id is None:
        Plan.objects.filter(pk=version.plan_id).update(**version.facts())
        version.plan.refresh_from_db()


def _namesakes(version: PlanVersion) -> list[str]:
    others = Plan.objects.filter(title=version.title, responsible_unit=version.responsible_unit_id)
    if not others.exclude(pk=version.plan_id).exists():
        return []
    return ["本单位已有一份同名方案。如果这是它的修订稿，请弃用这一稿，到那份方案里点「修订」上传"]


def _lay_out_items(version: PlanVersion, ledger: Ledger, resolver: Resolver) -> None:
    actions = PlanAction.objects.bulk_create(
        PlanAction(version=version, ordinal=each.ordinal[:32], title=each.title[:255], position=place, **_spanned(each))
        for place, each in enumerate(ledger.actions, 1)
    )
    by_ordinal = {action.ordinal: action for action in reversed(actions)}
    items = PlanItem.objects.bulk_create(
        PlanItem(
            version=version, action=_action_of(task, ledger, actions, by_ordinal), number=task.number[:32],
            title=task.title, content=task.content, body_start=task.body_span[0], body_end=task.body_span[1],
            position=place, **_spanned(task),
        )
        for place, task in enumerate(ledger.tasks, 1)
    )  # fmt: skip
    _set_parents(items, ledger)
    pairs = list(zip(items, ledger.tasks, strict=True))
    _lay_out_addressed(
        ItemDepartment,
        [
            (
                ItemDepartment(item=item, name=each.name[:128], role=each.role, position=place, **_spanned(each)),
                each.name,
            )
            for item, task in pairs
            for place, each in enumerate(task.departments)
        ],
        resolver,
    )
    ItemMilestone.objects.bulk_create(
        ItemMilestone(item=item, due_on=each.due, text=_what_is_due(version, each, task.body_span[1]), **_spanned(each))
        for item, task in pairs
        for each in task.milestones
    )
    ItemIndicator.objects.bulk_create(
        ItemIndicator(
            item=item, metric=each.metric_text[:500], operator=each.operator, value=str(each.value),
            unit=each.unit[:32], year=each.year, approximate=each.approximate, **_spanned(each),
        )
        for item, task in pairs
        for each in task.indicators
    )  # fmt: skip
    ItemFrequency.objects.bulk_create(
        ItemFrequency(item=item, text=each.text[:500], per=each.per, min_count=each.min_count, **_spanned(each))
        for item, task in pairs
        for each in task.frequencies
    )
    PlanGoal.objects.bulk_create(
        PlanGoal(
            version=version, due_on=each.due, text=each.text, indicators=[i.to_json() for i in each.indicators],
            **_spanned(each),
        )
        for each in ledger.goals
    )  # fmt: skip
    duties = [
        PlanObligation(
            version=version, text=each.text, who=(each.who or "")[:128], per=each.per or "", due_on=each.due,
            min_count=each.min_count, position=place, **_spanned(each),
        )
        for place, each in enumerate(ledger.obligations, 1)
    ]  # fmt: skip
    _lay_out_addressed(PlanObligation, [(duty, duty.who) for duty in duties], resolver)


def _what_is_due(version: PlanVersion, milestone: MilestoneReading, body_end: int) -> str:
    """The sentence from the date on; the reader gives only where it begins."""
    start = milestone.span[0]
    stop = SENTENCE_END.search(version.text, milestone.span[1], max(body_end, milestone.span[1]))
    said = without_breaks(version.text[start : stop.start() if stop else body_end])
    return said[:500] or milestone.text_start


def _action_of(
    task: Any, ledger: Ledger, actions: list[PlanAction], by_ordinal: Mapping[str, PlanAction]
) -> PlanAction | None:
    """By its place where known: two parts of a document may both have an action (一)."""
    before = [row for row, each in zip(actions, ledger.actions, strict=True) if each.span[0] <= task.span[0]]
    for action in reversed(before):
        if action.ordinal == task.action_ordinal:
            return action
    return by_ordinal.get(task.action_ordinal or "")


def _set_parents(items: list[PlanItem], ledger: Ledger) -> None:
    """A nested item names its parent by number: the nearest such item before it."""
    latest: dict[str, PlanItem] = {}
    nested = []
    for item, task in zip(items, ledger.tasks, strict=True):
        if task.parent is not None and task.parent in latest:
            item.parent = latest[task.parent]
            nested.append(item)
        latest[task.number] = item
    PlanItem.objects.bulk_update(nested, ["parent"])


def _lay_out_addressed(
    model: type[ItemDepartment] | type[PlanObligation], rows: list[tuple[Any, str]], resolver: Resolver
) -> None:
    """Bulk create rows with a printed name each, and the units that it stands for."""
    addresses = []
    for row, name in rows:
        address = resolver(name)
        row.resolution, row.body_id, row.reason = address.resolution, address.body, address.reason[:255]
        row.suggestions = list(address.suggestions)
        addresses.append(address)
    made = model.objects.bulk_create([row for row, _ in rows])
    through: type[models.Model] = model.units.through
    owner = f"{model._meta.model_name}_id"
    through._default_manager.bulk_create(
        through(**{owner: row.pk, "unit_id": unit})
        for row, address in zip(made, addresses, strict=True)
        for unit in address.units
    )


def _remembering(version: PlanVersion, resolver: Resolver) -> Resolver:
    """What a person confirmed in the version before holds for the same printed name now."""
    if version.based_on_id is None:
        return resolver
    confirmed: dict[str, Address] = {}
    rows = ItemDepartment.objects.filter(item__version=version.based_on_id, item__dropped=False)
    for row in rows.exclude(resolution=Resolution.OPEN).prefetch_related("units"):
        units = tuple(unit.pk for unit in row.units.all())
        confirmed[row.name] = Address(Resolution(row.resolution), units, row.body_id, "沿用上一版的确认")
    return lambda name: confirmed.get(name) or resolver(name)


def _continue_from(old: PlanVersion, new: PlanVersion) -> None:
    before = list(old.items.filter(dropped=False))
    after = list(new.items.all())
    matched = match(before, after)
    for item in after:
        item.predecessor = matched.get(item.pk)
    PlanItem.objects.bulk_update(after, ["predecessor"])
    _continue_duties(old, new)


def _continue_duties(old: PlanVersion, new: PlanVersion) -> None:
    lineages = {"".join(duty.text.split()): duty.lineage for duty in old.obligations.filter(dropped=False)}
    duties = list(new.obligations.all())
    for duty in duties:
        duty.lineage = lineages.get("".join(duty.text.split()), duty.lineage)
    PlanObligation.objects.bulk_update(duties, ["lineage"])


def _spanned(reading: Reading) -> dict[str, Any]:
    return {
        "span_start": reading.span[0], "span_end": reading.span[1], "confidence": reading.confidence,
        "doubts": list(reading.doubts),
    }  # fmt: skip
