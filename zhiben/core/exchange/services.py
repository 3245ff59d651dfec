"""The life of a run: a file is brought, its columns are matched, its rows checked, mended, confirmed and carried out.

Every verb locks the run; what somebody confirms is what they saw (`version`).
"""

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from zhiben.core.access.acting import Acting, By
from zhiben.core.access.permissions import may, require
from zhiben.core.audit import services as audit
from zhiben.core.audit.models import Kind
from zhiben.core.files.models import Upload
from zhiben.core.files.naming import clean_name
from zhiben.core.files.services import path_of, receive_upload, store_file
from zhiben.core.files.store import Readable
from zhiben.core.jobs import services as jobs
from zhiben.core.jobs.models import Job, JobStatus
from zhiben.core.refusal import Refused

from .carrying import Outcome, keep_refused
from .checking import Findings, examine
from .columns import mapping_for, remember_mapping, sound_mapping
from .declaration import IMPORTS, Importing
from .layout import Layout, another_table, best_sheet, layout_of
from .lines import ANOTHER_TABLE
from .models import ANSWER, ImportRow, ImportRun, Stage
from .rows import Rows, table_of
from .sheets import MOST_BYTES, Table, opened, shown
from .summary import counts_of

AT_ONCE = 500
"""Rows that are checked while the page is waited for; more are checked in the background."""
MENDED_AT_ONCE = 5000
KEPT = timedelta(days=30)
_TOP_LINES, _TOP_COLUMNS = 12, 30

CHANGED_MEANWHILE = "这次导入刚有变动（可能在另一个窗口里操作过），请看过最新的检查结果再继续。"


def target_of(key: str) -> type[Importing]:
    if key not in IMPORTS:
        raise Refused("系统里没有这种导入，请从清单页的“导入”进入。")
    return IMPORTS[key]


def runs_of(acting: Acting) -> QuerySet[ImportRun]:
    """What one began oneself, at the post one acts from."""
    return ImportRun.objects.filter(owner=acting.person, post=acting.post).select_related("upload__file", "job")


@transaction.atomic
def keep_file(content: Readable, *, name: str, by: By, now: datetime) -> Upload:
    """The file somebody brings, kept as it is. An operator's at the server counts to no unit."""
    if isinstance(by, Acting):
        return receive_upload(content, name=name, by=by, now=now, limit=MOST_BYTES)
    file = store_file(content=content, name=name, by=by, now=now, limit=MOST_BYTES)
    return Upload.objects.create(file=file, name=clean_name(name), uploaded_by_id=0, uploaded_at=now)


def begin_import(*, key: str, upload: Upload, by: By, now: datetime, sheet: str = "") -> ImportRun:
    """Look at the file and guess sheet, head and columns. Raises Refused where it is no table or too large."""
    target = target_of(key)
    require(by, target.permission)
    if isinstance(by, Acting) and upload.uploaded_by_id != by.person.pk:
        raise Refused("请重新上传文件。", "file")
    with opened(path_of(upload.file), name=upload.name) as book:
        if sheet and sheet not in [each.name for each in book.sheets]:
            raise Refused(f"文件里没有工作表“{sheet}”，请核对名称。", "sheet")
        if sheet:
            table = book.table(sheet)
            layout = layout_of(table, target.fields)
        else:
            table, layout = best_sheet(book, target.fields)
        run = ImportRun(
            key=key, upload=upload, owner=by.person if isinstance(by, Acting) else None,
            post=by.post if isinstance(by, Acting) else None,
            sheets=[[each.name, each.is_hidden] for each in book.sheets], began_at=now, changed_at=now,
        )  # fmt: skip
        _lay_out(run, table, layout, by)
    run.save(force_insert=True)
    return run


def choose_layout(*, run: ImportRun, sheet: str, head_row: int, head_lines: int, by: By, now: datetime) -> ImportRun:
    """Another sheet, or another place of the head (`head_row` 0: guess). What was mended belongs to the old rows."""
    with table_of(run, sheet) as table:
        if head_row > max(table.height, 1):
            raise Refused(f"这张表只有 {table.height} 行，请填写表头所在的行号。", "head_row")
        layout = layout_of(table, run.target.fields, head_row=max(head_row, 0), head_lines=min(max(head_lines, 0), 3))
        with transaction.atomic():
            locked = _held(run, by, Stage.MAPPING, Stage.CHECKED, Stage.FAILED)
            _refuse_once_begun(locked)
            locked.rows.all().delete()
            _lay_out(locked, table, layout, by)
            _moved(locked, Stage.MAPPING, now)
    return locked


@transaction.atomic
def map_columns(
    *, run: ImportRun, mapping: Mapping[int, str], filled_down: Collection[int] = (), by: By, now: datetime
) -> ImportRun:
    """Say which column holds which field (and in which an empty cell means the one above), remember it for this unit
    and these headings, and have the rows checked: at once, or in the background. Raises Refused naming the fields that
    have to be there."""
    locked = _held(run, by, Stage.MAPPING, Stage.CHECKED, Stage.FAILED)
    _refuse_once_begun(locked)
    locked.mapping = sound_mapping(locked, mapping)
    known = {each.column for each in locked.plan.headings if not each.is_section}
    locked.layout = locked.layout | {"filled_down": sorted(known.intersection(filled_down))}
    remember_mapping(locked, now)
    return _have_checked(locked, by=by, now=now)


def mend_rows(*, run: ImportRun, changes: Mapping[int, Mapping[str, str]], by: By, now: datetime) -> ImportRun:
    """Put other texts into cells of bad rows (row number → field → text) and check these rows again. What equals the
    file is no change. Raises Refused for rows that are not among the bad ones."""
    with transaction.atomic():  # what was typed is kept, whatever the check says
        locked = _held(run, by, Stage.CHECKED, Stage.DONE)
        rows = {row.number: row for row in locked.rows.filter(number__in=changes, is_done=False)}
        names = set(locked.columns.values())
        if unknown := sorted(changes.keys() - rows.keys()):
            raise Refused(f"第 {unknown[0]} 行不在问题行之中，不能在这里修改。请刷新页面后重试。")
        for number, cells in changes.items():
            row = rows[number]
            asked = {f"{ANSWER}{name}" for name, _, _ in row.questions}
            texts = row.mended | {name: text.strip()[:10_000] for name, text in cells.items() if name in names | asked}
            row.mended = {name: text for name, text in texts.items() if text != row.cells.get(name, "")}
        ImportRow.objects.bulk_update(rows.values(), ["mended"], batch_size=500)
    with transaction.atomic():
        return _have_checked(_held(run, by, Stage.CHECKED, Stage.DONE), by=by, now=now, only_kept=True)


@transaction.atomic
def confirm(*, run: ImportRun, all_or_nothing: bool, by: By, now: datetime, version: int | None = None) -> ImportRun:
    """Carry the rows out in the background. Confirmed twice, it is done once. Raises Refused where rows are bad and it
    is to be all or nothing, or where something changed since `version` was shown."""
    locked = _held(run, by, Stage.CHECKED, Stage.RUNNING, Stage.DONE)
    require(by, locked.target.permission)
    if locked.stage in (Stage.RUNNING, Stage.DONE):
        return locked
    if version is not None and version != locked.version:
        raise Refused(CHANGED_MEANWHILE)
    counts = counts_of(locked)
    if not counts.waiting:
        raise Refused("没有可以导入的行。请先改好有问题的行，或换一个文件。")
    if all_or_nothing and counts.bad:
        raise Refused(f"还有 {counts.bad} 行有问题。要么先改好，要么选择“先导入没有问题的行”。")
    locked.all_or_nothing = all_or_nothing
    locked.job = jobs.enqueue(
        "exchange.carry_out",
        args={"run": locked.pk, "version": locked.version},
        key=f"import:{locked.pk}:{locked.version}:carry",
        by=by,
        now=now,
        label=str(locked)[:200],
    )
    _moved(locked, Stage.RUNNING, now)
    return locked


@transaction.atomic
def ask_for_result(*, run: ImportRun, by: By, now: datetime) -> Job:
    """Have the outcome of every row written in the background; asked twice of the same state, it is written once."""
    locked = _held(run, by, *Stage)
    return jobs.enqueue(
        "exchange.result",
        args={"run": locked.pk},
        key=f"import:{locked.pk}:{locked.version}:{locked.changed_at.timestamp()}:result",
        by=by,
        now=now,
        label=f"逐行结果：{locked.upload.name}"[:200],
    )


@transaction.atomic
def cancel(*, run: ImportRun, by: By, now: datetime) -> ImportRun:
    """Give the run up. One that is being carried out stops after the chunk it is at; what was carried out stays."""
    locked = _held(run, by, *(stage for stage in Stage if stage != Stage.DONE))
    if locked.stage == Stage.CANCELLED:
        return locked
    if locked.chunks.exists():
        leave_line(locked, verb="stop_import", label="停止导入", by=by, now=now)
    _moved(locked, Stage.CANCELLED, now)
    return locked


@transaction.atomic
def try_again(*, run: ImportRun, by: By, now: datetime) -> ImportRun:
    """Go on after a failure, where it stopped."""
    locked = _held(run, by, Stage.FAILED)
    require(by, locked.target.permission)
    if locked.job is None or locked.job.name == "exchange.check":
        return _have_checked(locked, by=by, now=now)
    jobs.retry(job=locked.job, now=now)
    _moved(locked, Stage.RUNNING, now)
    return locked


@transaction.atomic
def settle(run: ImportRun, *, now: datetime) -> ImportRun:
    """A run whose job gave up is not running any more: say so."""
    if run.stage in (Stage.CHECKING, Stage.RUNNING) and run.job and run.job.status == JobStatus.FAILED:
        locked = ImportRun.objects.select_for_update(of=("self",)).select_related("job", "upload__file").get(pk=run.pk)
        if locked.stage == run.stage and locked.job_id == run.job_id:
            fail(locked, run.job.error, now=now)
        return locked
    return run


def doubts_of(run: ImportRun) -> list[str]:
    """Sentences on what of the file may not have been read as it was meant."""
    told = list(run.plan.doubts)
    more = (another_table(number) for number, reason, _ in run.skipped if reason == ANOTHER_TABLE)
    return list(dict.fromkeys((*told, *more)))


def fail(run: ImportRun, sentence: str, *, now: datetime) -> None:
    """The caller holds the lock."""
    _moved(run, Stage.FAILED, now, error=sentence)


def keep_findings(run: ImportRun, findings: Findings, *, now: datetime, only_kept: bool) -> None:
    """What a check found. The caller holds the lock and has made sure that it is still asked for."""
    run.rows.filter(is_done=False).delete()
    ImportRow.objects.bulk_create(findings.rows, batch_size=500)
    if only_kept:
        run.found = {
            action: run.found.get(action, 0) + findings.found[action] for action in run.found.keys() | findings.found
        }
    else:
        run.found, run.total = dict(findings.found), findings.total
        run.skipped, run.notes = findings.skipped, findings.notes
    _moved(run, Stage.CHECKED, now)


def back_to_mapping(run: ImportRun, sentence: str, *, now: datetime) -> None:
    """The check could not be brought to an end. The caller holds the lock."""
    _moved(run, Stage.MAPPING, now, error=sentence)


def finish(run: ImportRun, *, by: By, now: datetime) -> None:
    """Everything that waited is carried out or among the bad rows. The caller holds the lock."""
    run.found = {}
    leave_line(run, verb="import", label=f"导入{run.target.title}", by=by, now=now)
    _moved(run, Stage.DONE, now)


def nothing_done(run: ImportRun, outcome: Outcome, rows: Rows, *, now: datetime) -> None:
    """It was to be all or nothing, and some rows could not be carried out. The caller holds the lock."""
    kept = set(run.rows.filter(number__in=outcome.refused).values_list("number", flat=True))
    moved = Counter(outcome.intended[number] for number in outcome.refused.keys() - kept)
    run.found = {action: max(count - moved[action], 0) for action, count in run.found.items()}
    keep_refused(run, outcome)
    fill_in_cells(run, rows)
    run.version += 1
    count = len(outcome.refused)
    _moved(run, Stage.CHECKED, now, error=f"有 {count} 行在写入时发现了新的问题，所以一行也没有导入。请改好后再确认。")


def fill_in_cells(run: ImportRun, rows: Rows) -> None:
    """The texts of rows that turned out bad only while they were carried out."""
    bare = {row.number: row for row in run.rows.filter(cells={}, is_bad=True)}
    for read in rows if bare else ():
        if row := bare.get(read.row.number):
            row.cells = read.texts
    ImportRow.objects.bulk_update(bare.values(), ["cells"], batch_size=500)


def leave_line(run: ImportRun, *, verb: str, label: str, by: By, now: datetime) -> None:
    """One line of the trail for the run as a whole, beside those of the records it made. The caller holds the lock."""
    counts = counts_of(run)
    audit.append(
        record_type="exchange.importrun",
        record_id=str(run.pk),
        kind=Kind.EDIT,
        verb=verb,
        label=label,
        by=by,
        now=now,
        data={
            "target": run.key,
            "file": run.upload.name,
            "digest": run.upload.file.digest,
            "sheet": run.layout["sheet"],
            "all_or_nothing": run.all_or_nothing,
            "new": counts.done["new"],
            "change": counts.done["change"],
            "same": counts.done["same"],
            "left_out": counts.bad,
        },
    )


def prune(now: datetime) -> int:
    """Runs that nobody touched for a month go; their trail stays. Returns how many."""
    old = ImportRun.objects.filter(changed_at__lt=now - KEPT).exclude(stage__in=(Stage.CHECKING, Stage.RUNNING))
    return old.delete()[1].get("exchange.ImportRun", 0)


def may_import(acting: Acting) -> bool:
    return any(may(acting, target.permission) for target in IMPORTS.values())


def run_by_id(run_id: UUID | str) -> ImportRun:
    return ImportRun.objects.select_related("upload__file", "job").get(pk=run_id)


# ---- within


def _held(run: ImportRun, by: By, *stages: Stage) -> ImportRun:
    """The run, locked, if it is at one of these stages and `by` has the right."""
    locked = ImportRun.objects.select_for_update(of=("self",)).select_related("upload__file", "job").get(pk=run.pk)
    if locked.key not in IMPORTS:
        raise Refused("这种导入已不在系统中，请联系系统管理员。")
    if isinstance(by, Acting) and (locked.owner_id, locked.post_id) != (by.person.pk, by.post.pk):
        raise Refused("这不是您在当前岗位上的导入。请切换到当时的岗位，或重新上传。")
    require(by, locked.target.permission)
    if locked.stage not in stages:
        raise Refused(f"这次导入“{locked.get_stage_display()}”，现在不能这样做。请刷新页面看最新情况。")
    return locked


def _refuse_once_begun(run: ImportRun) -> None:
    if run.chunks.exists():
        raise Refused("已有一部分行导入了，不能再改列的对应。请改好问题行继续，或重新上传文件。")


def _lay_out(run: ImportRun, table: Table, layout: Layout, by: By) -> None:
    run.layout = layout.as_plain()
    run.top = [
        [number, [shown(each)[:40] for each in cells[:_TOP_COLUMNS]]] for number, cells in table.head(_TOP_LINES)
    ]
    run.total = max(table.height - layout.first_row + 1, 0)
    run.mapping = mapping_for(run, layout, by)


def _have_checked(run: ImportRun, *, by: By, now: datetime, only_kept: bool = False) -> ImportRun:
    """Check at once where that is quick, else in the background. The caller holds the lock."""
    run.version += 1
    if run.total <= (MENDED_AT_ONCE if only_kept else AT_ONCE):
        only = set(run.rows.filter(is_done=False).values_list("number", flat=True)) if only_kept else None
        findings = examine(run, by=by, now=now, progress=lambda done, total, note: None, only=only)
        keep_findings(run, findings, now=now, only_kept=only_kept)
        return run
    run.job = jobs.enqueue(
        "exchange.check",
        args={"run": run.pk, "version": run.version, "only_kept": only_kept},
        key=f"import:{run.pk}:{run.version}:check",
        by=by,
        now=now,
        label=f"检查{run.upload.name}"[:200],
    )
    _moved(run, Stage.CHECKING, now)
    return run


def _moved(run: ImportRun, stage: Stage, now: datetime, *, error: str = "") -> None:
    run.stage, run.error, run.changed_at = stage, error, now
    run.save()
