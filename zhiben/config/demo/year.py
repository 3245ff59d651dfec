"""A year of the fictional county, lived through day by day with a moving clock. The same seed gives the same year."""

import heapq
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import count, groupby
from random import Random
from typing import Any
from uuid import UUID

from django.db import transaction

from zhiben.core import clock
from zhiben.core.access.acting import Acting, Machine
from zhiben.core.access.directory import Directory, shared_directory
from zhiben.core.calendar import is_working_day
from zhiben.core.clock import CHINA, local_day
from zhiben.core.events.services import deliver_pending
from zhiben.core.jobs.running import run_pending
from zhiben.core.org import services as org
from zhiben.core.org.models import Unit
from zhiben.core.workflow.engine import fire
from zhiben.core.workflow.sweep import periodic, sweep
from zhiben.modules.registry.models import Enterprise
from zhiben.modules.tasks.models import Duty, ObligationOccurrence, OccurrenceStatus, Task, TaskStatus
from zhiben.modules.tasks.services import Assignment, Order, Origin, dispatch_tasks

from . import sayings
from .city import City, found_city
from .classing import plan_classes
from .contractors import plan_contractors
from .enterprises import divide_supervision, open_files, plan_disputes, plan_evidence
from .evidence import Cabinet
from .findings import plan_findings
from .fire_lane import FireLane, plan_hospital
from .lists import plan_lists
from .paperwork import check_and_publish, upload
from .parties import plan_parties
from .people import Staff, appoint_everybody
from .photos import Album
from .stories import Story

FIRST_DAY = date(2025, 11, 20)
TODAY = datetime(2026, 11, 18, 9, 30, tzinfo=CHINA)
"""The moment at which a visitor enters the demonstration."""
SEED = 2026
SHORTLY = timedelta(minutes=7)
FOUNDER = Machine("演示数据")

Deed = Callable[[datetime], None]

MEETING = (
    ("冬季取暖期燃气安全入户检查", "县住建局", (), date(2026, 12, 20)),
    ("危险化学品企业岁末安全检查", "县应急局", ("县工信局", "栖云镇", "澄渊化工"), date(2026, 12, 25)),
    ("重大事故隐患整改情况回头看", "县应急局", ("县住建局", "县交通局", "县消防大队"), date(2026, 12, 15)),
    ("工贸企业停产检修作业审批抽查", "县应急局", (), date(2026, 12, 31)),
    ("客运车辆冬季安全技术检查", "县交通局", ("县公安局",), date(2026, 12, 10)),
)


def live_through(say: Callable[[str], None], *, until: datetime = TODAY) -> None:
    """Everything or nothing: a demonstration interrupted half-way leaves an empty database, and is made again."""
    with transaction.atomic():
        Year(say).run(until)


@dataclass
class Year:
    say: Callable[[str], None]
    city: City = field(init=False)
    staff: Staff = field(init=False)
    cabinet: Cabinet = field(init=False)
    rng: Random = field(default_factory=lambda: Random(SEED))  # noqa: S311 (a story, no secret)
    agenda: list[tuple[datetime, int, Deed]] = field(default_factory=list)
    numbers: "count[int]" = field(default_factory=count)
    album: Album = field(init=False)
    files: dict[str, Enterprise] = field(init=False)
    """Enterprises by short name."""
    kept_look_backs: set[UUID | None] = field(default_factory=set)
    """Hazards whose look-back belongs to a story of its own."""

    now: datetime = field(init=False)
    """How far it has come."""

    def run(self, until: datetime) -> None:
        self.now = now = at(FIRST_DAY, 9)
        set_clock(now)
        self.say("正在建立虚构的云澜市澜江县：区域、单位、人员……")
        self.city = found_city(by=FOUNDER, now=now)
        self.staff = appoint_everybody(self.city, by=FOUNDER, now=now)
        self.cabinet = Cabinet(Random(SEED), FOUNDER, now)  # noqa: S311
        self.album = Album(Random(SEED))  # noqa: S311
        self.say("正在为企业建档：场所、设备、人员、证照和监管分工……")
        divide_supervision(self, now)
        self.files = open_files(self, now)
        self._plan_the_year()
        self.say("正在过完这一年：任务的交办、反馈、核验，隐患的发现、整改、销号……")
        for week in weeks(FIRST_DAY, local_day(until)):
            with shared_directory():  # who is appointed or stands in does so from a Monday on
                Directory(at(week[0], 8)).prefetch(unit.pk for unit in self.city.units.values())
                for day in week:
                    if day.day == 1:
                        self.say(f"　{day:%Y年%-m月}")
                    if is_working_day(day):
                        self._live(day)
        set_clock(until)

    # ── the agenda ──

    def on(self, day: date, deed: Deed) -> None:
        """Do it on that day, or on the next working day; what lies after today is never done. What would be done on a
        day that is over is a mistake of the story."""
        if day < local_day(self.now):
            raise ValueError(f"{day} is over on {local_day(self.now)}: {deed}")
        while not is_working_day(day):
            day += timedelta(days=1)
        moment = max(at(day, self.rng.randint(9, 16), self.rng.randint(0, 59)), self.now + SHORTLY)
        if moment < TODAY:
            heapq.heappush(self.agenda, (moment, next(self.numbers), deed))

    def after(self, now: datetime, days: int, deed: Deed) -> None:
        self.on(local_day(now) + timedelta(days=days), deed)

    def take_up(self, tasks: Iterable[Task], now: datetime) -> None:
        """Begin the stories of tasks that were just dispatched."""
        for task in tasks:
            Story.of(self, task).begin(task, now)

    def another(self, unit: Unit, person_id: int | None) -> Acting:
        """Somebody of that unit who did not hand it in."""
        everybody = [*self.staff.officers.get(unit.short_name, ()), self.staff.head(unit)]
        return next(each for each in everybody if each.person.pk != person_id)

    # ── what happens ──

    def _plan_the_year(self) -> None:
        self.on(
            date(2025, 11, 25), lambda now: self._publish("county.txt", self.staff.officer(self.city["县安委办"]), now)
        )
        self.on(date(2025, 12, 19), lambda now: self._publish("town.txt", self.staff.officer(self.city["栖云镇"]), now))
        self.on(date(2026, 11, 16), self._hold_meeting)
        self.on(date(2026, 11, 17), self._receive_winter_plan)
        self.on(date(2026, 11, 17), self._leave_work_for_today)
        self.on(date(2026, 11, 13), self._send_chief_away)
        plan_disputes(self)
        plan_evidence(self)
        plan_findings(self)
        FireLane(self).plan()
        plan_hospital(self)
        plan_lists(self)
        plan_contractors(self)
        plan_parties(self)
        plan_classes(self)
        for week in range(52):
            self.on(FIRST_DAY + timedelta(days=7 * week + 3), self._do_duties)

    def _publish(self, file: str, by: Acting, now: datetime) -> None:
        set_clock(now)
        version = check_and_publish(upload(file, by=by, now=now), by=by, now=now)
        self.say(f"已读取并发布{version.plan}：{version.items.count()} 项任务")
        tasks = Task.objects.filter(programme_id=str(version.plan_id)).select_related("responsible_unit")
        self.take_up(tasks.order_by("position", "pk"), now)

    def _hold_meeting(self, now: datetime) -> None:
        """Three days ago the safety committee met; what it decided waits to be accepted."""
        orders = [
            Order(
                title=title, content=f"{title}，按会议要求落实并按期反馈。", due_on=due_on, limit_on=date(2026, 12, 31),
                assignments=[Assignment(self.city[lead], Duty.LEAD)]
                + [Assignment(self.city[name], Duty.PARTICIPANT) for name in others],
                origin=Origin(label="县安委会 2026 年第四季度会议纪要", number=str(number), position=number),
            )
            for number, (title, lead, others, due_on) in enumerate(MEETING, 1)
        ]  # fmt: skip
        office = self.city["县安委办"]
        mains = dispatch_tasks(orders=orders, supervising_unit=office, by=self.staff.officer(office), now=now)
        self.after(now, 1, lambda then: self._refuse(mains[-1], then))

    def _refuse(self, main: Task, now: datetime) -> None:
        """The police are asked to take part in what they hold to be another's work: it lies with the office now."""
        task = main.children.select_related("responsible_unit").get()
        reason = "客运车辆技术检查由交通运输部门负责，我局只承担路面执法，请收回。"
        fire(task, "return", by=self.staff.head(task.responsible_unit), now=now, reason=reason)

    def _leave_work_for_today(self, now: datetime) -> None:
        """Handed in yesterday and to be verified; asked for and to be decided."""
        due = (date(2026, 12, 1), date(2026, 12, 31))
        running = Task.objects.filter(status=TaskStatus.RUNNING, due_on__range=due).exclude(duty=Duty.COORDINATOR)
        tasks = list(running.filter(children=None).select_related("responsible_unit").order_by("-progress", "pk")[:4])
        for task in tasks[:3]:
            officer = self.staff.officer(task.responsible_unit)
            files = self.cabinet.take(2, by=officer, now=now)
            fire(task, "submit", by=officer, now=now, summary=sayings.SUMMARIES[0], files=files)
        for task in tasks[3:]:
            until = task.due_on + timedelta(days=31)
            within = task.limit_on is None or until <= task.limit_on
            given: dict[str, Any] = {"extended_to" if within else "extended_beyond": until}
            step, officer = "extend" if within else "extend_beyond", self.staff.officer(task.responsible_unit)
            fire(task, step, by=officer, now=now, reason=sayings.EXTENSION_REASONS[0], **given)

    def _receive_winter_plan(self, now: datetime) -> None:
        """Yesterday a new plan came in; it is read and waits to be checked."""
        set_clock(now)
        upload("winter.txt", by=self.staff.officer(self.city["县安委办"]), now=now)

    def _send_chief_away(self, now: datetime) -> None:
        chief, officer = self.staff.head(self.city["县安委办"]), self.staff.officers["县安委办"][1]
        org.delegate(
            post=chief.post, deputy=officer.person, reason="外出学习", valid_from=date(2026, 11, 16),
            valid_to=date(2026, 11, 20), by=chief, now=now,
        )  # fmt: skip

    def _do_duties(self, now: datetime) -> None:
        """Every week some of what recurs is done; a little is forgotten, a little made up for later."""
        today = local_day(now)
        soon = ObligationOccurrence.objects.filter(
            status=OccurrenceStatus.OPEN, due_on__lte=today + timedelta(days=14), period_start__lte=today
        )
        missed = ObligationOccurrence.objects.filter(status=OccurrenceStatus.MISSED)
        for rows, chance in ((soon, 0.6), (missed, 0.08)):
            for occurrence in rows.select_related("responsible_unit").order_by(
                "due_on", "title", "responsible_unit_id"
            ):
                if self.rng.random() < chance:
                    self._record(occurrence, now)

    def _record(self, occurrence: ObligationOccurrence, now: datetime) -> None:
        assert occurrence.responsible_unit is not None
        officer = self.staff.officer(occurrence.responsible_unit)
        happened_on = max(local_day(now) - timedelta(days=self.rng.randint(0, 2)), occurrence.period_start)
        times = occurrence.min_count if occurrence.min_count > 6 else 1
        for _ in range(times):
            occurrence = fire(
                occurrence, "record", by=officer, now=now, happened_on=min(happened_on, local_day(now)),
                text=sayings.say(self.rng, sayings.RECORDS),
            )  # fmt: skip

    def _live(self, day: date) -> None:
        """The watchman's morning round, the machine's work, then what people do."""
        self.now = min(at(day, 8, 40), TODAY)
        set_clock(self.now)
        for work in periodic().values():
            work(self.now)
        sweep(self.now)
        run_pending()
        while self.agenda and local_day(self.agenda[0][0]) == day:
            self.now, _, deed = heapq.heappop(self.agenda)
            deed(self.now)
        set_clock(self.now)
        deliver_pending(self.now)


def weeks(first: date, last: date) -> Iterator[list[date]]:
    """The days from first to last, from Monday to Sunday."""
    days = [first + timedelta(days=place) for place in range((last - first).days + 1)]
    for _, week in groupby(days, key=lambda day: day.isocalendar()[:2]):
        yield list(week)


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), CHINA)


def set_clock(moment: datetime) -> None:
    """Everybody, jobs and pages included, takes this for now."""
    clock.move_demonstration(moment - clock.now())
