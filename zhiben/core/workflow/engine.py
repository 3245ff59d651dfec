"""The only code that changes a status. `fire` takes a step on one record, `fire_many` the same step on many; both are
one and the same procedure: lock, state, actor, needs, save, effect, trail, event, who is next, tell them."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from zhiben.core.access.acting import Acting, By
from zhiben.core.access.actors import may_act
from zhiben.core.access.directory import Directory
from zhiben.core.audit import services as audit
from zhiben.core.audit.canonical import plain
from zhiben.core.audit.models import AuditLine
from zhiben.core.batches import in_batches
from zhiben.core.clock import local_day
from zhiben.core.events.event import Event
from zhiben.core.events.services import announce_many
from zhiben.core.files.models import Upload
from zhiben.core.files.services import attach_file

from . import inputs
from .approvals import Pending, ask, pending_requests, void_requests
from .claims import claims_on, release_all
from .models import Claim
from .refusal import StepInvalid, StepRefused
from .table import Record, Step, Workflow, workflow_of
from .telling import drop_stale, tell_arrivals, tell_others
from .waiting import Deriving, derive, rederive, refresh

__all__ = ["Result", "StepInvalid", "StepRefused", "begin", "begin_many", "fire", "fire_many", "refresh"]

BATCH = 1000
FEW = 5


@dataclass(frozen=True)
class Result:
    """What became of one record of a set: `refusal` is None when the step was taken, now or before under its key."""

    record: Record
    refusal: StepRefused | None = None
    repeated: bool = False
    awaits_approval: bool = False

    def or_raise(self) -> Record:
        if self.refusal:
            raise self.refusal
        return self.record


def begin(record: Record, *, by: By, now: datetime, label: str = "建立", data: Mapping[str, Any] | None = None) -> None:
    """The first line of a life: the record has just been saved in its start state. Inside the caller's transaction."""
    begin_many([record], by=by, now=now, label=label, data=data)


def begin_many(
    records: Sequence[Record],
    *,
    by: By,
    now: datetime,
    label: str = "建立",
    data: Mapping[str, Any] | None = None,
    says: Sequence[str] = (),
    announces: type[Event] | None = None,
    tells: bool = True,
) -> None:
    """`begin` for a set of records of one kind; a constant number of queries a batch. `says` names the fields whose
    first values the line keeps: how a record once stood is read from the trail, not from the row of today. Without
    `tells` nobody is told of each: whoever brings in a thousand tells once."""
    if not records:
        return
    workflow = workflow_of(records[0])
    beginnings = (workflow.start, *workflow.enters)
    directory = Directory(now)
    deriving = Deriving(workflow, now, directory)
    with transaction.atomic():
        for batch in in_batches(records, BATCH):
            states = [getattr(record, workflow.field_name) for record in batch]
            for record, state in zip(batch, states, strict=True):
                if state not in beginnings:
                    raise ValueError(f"{record!r} begins in {state}, not in {workflow.start}")
            record_ids = [str(record.pk) for record in batch]
            said = {name: [plain(value)] * len(batch) for name, value in (data or {}).items()}
            said |= {name: [getattr(record, name) for record in batch] for name in says}
            audit.append_firsts(
                record_type=workflow.record_type,
                record_ids=record_ids,
                kind="step",
                verb="begin",
                label=label,
                by=by,
                now=now,
                to_states=states,
                data=inputs.to_json_rows(said, len(batch)),
            )
            if announces:
                announce_many([announces.of_step(record, by=by, now=now, data=data or {}) for record in batch])
            directory.prefetch(unit_keys(workflow, batch))
            arrivals = derive(deriving, dict(zip(record_ids, batch, strict=True)))
            if tells:
                tell_arrivals(workflow, arrivals, by=by, now=now, directory=directory)


def fire(record: Record, step: str, *, by: By, now: datetime, key: str | None = None, **data: Any) -> Any:
    """Take a step on a record; returns the record as it is afterwards, freshly locked and saved.

    `key` makes a repetition harmless: the second call with the same key on the same record changes nothing.
    Raises StepRefused (wrong state, not yours, in somebody else's hands, a rule against it) or StepInvalid.
    """
    return fire_many([record], step, by=by, now=now, key=key, **data)[0].or_raise()


def fire_many(
    records: Iterable[Record],
    step: str,
    *,
    by: By,
    now: datetime,
    key: str | None = None,
    progress: Callable[[int], None] | None = None,
    **data: Any,
) -> list[Result]:
    """Take the same step with the same data on many records of one kind. Each is judged by itself: those refused are
    named in the results, the others go on. Whole batches are saved at once, so a kill loses no acknowledged batch."""
    wanted = list(records)
    if not wanted:
        return []
    workflow = workflow_of(wanted[0])
    results: list[Result] = []
    for batch in in_batches(wanted, BATCH):
        with transaction.atomic():
            results += _Firing(workflow, workflow.step(step), by, now, key, Directory(now)).run(batch, data)
        if progress:
            progress(len(results))
    return results


def apply_approved(record: Record, step: Step, data: Mapping[str, Any], *, by: By, now: datetime) -> Result:
    """Take a step whose approval is complete, in the name of whoever asked for it (called by `approvals.decide`)."""
    workflow = workflow_of(record)
    firing = _Firing(workflow, step, by, now, None, Directory(now), approved=True)
    return firing.run([record], data)[0]


def objection(
    workflow: Workflow, step: Step, record: Record, by: By, now: datetime, directory: Directory, holder: Any = None
) -> str | None:
    """Why `by` may not take this step on this record now; None when they may. Data are not looked at."""
    state = getattr(record, workflow.field_name)
    if state not in step.sources:
        return f"“{record}”现在是「{workflow.state_label(state)}」，不能「{step.label}」。请刷新页面看看最新情况"
    if not may_act(step.actor, record, by, directory):
        return f"「{step.label}」由{step.actor.label}办理，您当前的岗位不能办理"
    if isinstance(by, Acting):
        if not by.post.holds_on(local_day(now)):
            return f"您的岗位“{by.post}”已到期或尚未生效，请切换岗位或联系系统管理员"
        if holder and holder.person_id != by.person.pk:
            return f"{holder.person_name}正在处理，请稍后再试，或请其先放下"
        if step.unless and (sentence := step.unless(record, by)):
            return sentence
    return None


@dataclass
class _Firing:
    """One step on one batch, inside one transaction."""

    workflow: Workflow
    step: Step
    by: By
    now: datetime
    key: str | None
    directory: Directory
    approved: bool = False
    taken: list[tuple[Record, str, dict[str, Any]]] = field(default_factory=list)
    """(record, state it left, cleaned data)"""
    claims: Sequence[Claim] = ()
    """As they are while the records are locked: nobody takes one in hand meanwhile."""

    def run(self, batch: Sequence[Record], data: Mapping[str, Any]) -> list[Result]:
        locked = self._lock(batch)
        done_before = self._repeated(locked)
        self.directory.prefetch(unit_keys(self.workflow, locked.values()))
        self.claims = claims_on(self.workflow.record_type, locked)
        holders = {claim.record_id: claim for claim in self.claims if claim.until > self.now}
        results = []
        for given in batch:
            record = locked.get(given.pk)
            if record is None:
                results.append(Result(given, StepRefused("这条记录已不存在，请返回列表刷新")))
            elif str(record.pk) in done_before:
                results.append(Result(record, repeated=True))
            else:
                results.append(self._judge(record, data, holders.get(str(record.pk))))
        if self.step.approval and not self.approved:
            return self._ask(results)
        self._apply()
        return results

    def _lock(self, batch: Sequence[Record]) -> dict[Any, Record]:
        rows = self.workflow.model._base_manager.select_for_update(of=("self",)).order_by("pk")
        return rows.select_related(*self.workflow.with_related).in_bulk([record.pk for record in batch])

    def _repeated(self, locked: Mapping[Any, Record]) -> set[str]:
        if self.key is None:
            return set()
        lines = AuditLine.objects.filter(record_type=self.workflow.record_type, key=self.key)
        return set(lines.filter(record_id__in=[str(pk) for pk in locked]).values_list("record_id", flat=True))

    def _judge(self, record: Record, data: Mapping[str, Any], holder: Any) -> Result:
        if not self.approved:
            sentence = objection(self.workflow, self.step, record, self.by, self.now, self.directory, holder)
            if sentence:
                return Result(record, StepRefused(sentence))
        elif (state := getattr(record, self.workflow.field_name)) not in self.step.sources:
            return Result(record, StepRefused(f"“{record}”已是「{self.workflow.state_label(state)}」，原申请失效"))
        try:
            cleaned = inputs.clean(self.workflow, self.step, record, data, by=self.by, now=self.now)
        except StepInvalid as invalid:
            return Result(record, invalid)
        self.taken.append((record, getattr(record, self.workflow.field_name), cleaned))
        return Result(record, awaits_approval=bool(self.step.approval) and not self.approved)

    def _ask(self, results: list[Result]) -> list[Result]:
        assert isinstance(self.by, Acting), "only a person asks for approval"
        refused = ask(self.workflow, self.step, self.taken, by=self.by, now=self.now, directory=self.directory)
        self._write_trail(verb=f"{self.step.name}:ask", label=f"申请{self.step.label}", moves=False)
        self._move_on()
        return [Result(r.record, refused[r.record.pk]) if r.record.pk in refused else r for r in results]

    def _apply(self) -> None:
        if not self.taken:
            return
        self._save()
        self._attach()
        self._take_effect()
        self._write_trail(verb=self.step.name, label=self.step.label, moves=True)
        if self.step.announces:
            announce_many(
                [
                    self.step.announces.of_step(record, by=self.by, now=self.now, data=cleaned)
                    for record, _, cleaned in self.taken
                ]
            )
        moved = [record for record, left, _ in self.taken if getattr(record, self.workflow.field_name) != left]
        pending = pending_requests(self.workflow, [str(record.pk) for record, _, _ in self.taken])
        void_requests(self.workflow, moved, pending, now=self.now)
        if self.claims:
            release_all(self.workflow.record_type, [record for record, _, _ in self.taken])
        drop_stale(self.workflow, moved, now=self.now)
        self._move_on(pending)
        if self.step.tells:
            tell_others(self.workflow, self.step, self.taken, by=self.by, now=self.now, directory=self.directory)

    def _save(self) -> None:
        """One statement for the batch: all its records are given the same data."""
        _, _, cleaned = self.taken[0]
        changes = {name: value for name, value in cleaned.items() if self.workflow.is_field(name)}
        if self.step.target is not None:
            changes[self.workflow.field_name] = self.step.target
        for record, _, _ in self.taken:
            for name, value in changes.items():
                setattr(record, name, value)
        if changes:
            keys = [record.pk for record, _, _ in self.taken]
            self.workflow.model._base_manager.filter(pk__in=keys).update(**changes)

    def _take_effect(self) -> None:
        if not self.step.effect:
            return
        to_save: dict[tuple[str, ...], list[Record]] = defaultdict(list)
        for record, _, cleaned in self.taken:
            if fields := self.step.effect(record, cleaned, self.by, self.now):
                to_save[tuple(fields)].append(record)
        for fields, records in to_save.items():
            self._save_fields(records, fields)

    def _save_fields(self, records: Sequence[Record], fields: tuple[str, ...]) -> None:
        """A statement for each set of values, where most records are given the same; else one that names them all."""
        alike: dict[tuple[Any, ...], list[Any]] = defaultdict(list)
        for record in records:
            alike[tuple(getattr(record, name) for name in fields)].append(record.pk)
        if len(alike) > FEW:
            self.workflow.model._base_manager.bulk_update(records, fields)
            return
        for values, keys in alike.items():
            self.workflow.model._base_manager.filter(pk__in=keys).update(**dict(zip(fields, values, strict=True)))

    def _attach(self) -> None:
        for record, _, cleaned in self.taken:
            for name, value in cleaned.items():
                for upload in value if isinstance(value, list) else ():
                    if isinstance(upload, Upload):
                        attach_file(
                            record_type=self.workflow.record_type,
                            record_id=str(record.pk),
                            file=upload.file,
                            name=upload.name,
                            label=self.workflow.input(name).label,
                            by=self.by,
                            now=self.now,
                        )

    def _write_trail(self, *, verb: str, label: str, moves: bool) -> None:
        audit.append_many(
            [
                audit.NewLine(
                    record_type=self.workflow.record_type,
                    record_id=str(record.pk),
                    kind="step",
                    verb=verb,
                    label=label,
                    by=self.by,
                    now=self.now,
                    data=inputs.to_json({name: value for name, value in cleaned.items() if name != "reason"}),
                    from_state=left,
                    to_state=getattr(record, self.workflow.field_name) if moves else left,
                    reason=str(cleaned.get("reason", "")),
                    key=self.key,
                )
                for record, left, cleaned in self.taken
            ]
        )

    def _move_on(self, pending: Pending | None = None) -> None:
        """Whom the records wait for now, by when; and tell those to whom they have just come."""
        records = [record for record, _, _ in self.taken]
        arrivals = rederive(self.workflow, records, now=self.now, directory=self.directory, pending=pending)
        tell_arrivals(self.workflow, arrivals, by=self.by, now=self.now, directory=self.directory, step=self.step)


def unit_columns(workflow: Workflow) -> list[str]:
    """The columns in which this kind of record names units."""
    fields = workflow.model._meta.concrete_fields
    return [f.attname for f in fields if f.related_model and f.related_model._meta.label_lower == "org.unit"]


def unit_keys(workflow: Workflow, records: Iterable[Record]) -> set[int | None]:
    """The keys of all units these records name, for the directory to look up at once."""
    columns = unit_columns(workflow)
    return {getattr(record, column) for record in records for column in columns}
