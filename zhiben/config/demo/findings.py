"""What is found in a year: which hazard, in which enterprise, on which day, by which channel."""

from collections import defaultdict
from datetime import date, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from zhiben.core.clock import local_day
from zhiben.core.workflow.engine import fire
from zhiben.modules.hazards.models import Channel, HazardLevel, LookBack, LookBackStatus
from zhiben.modules.hazards.reporting import Report, report_hazards

from .arriving import CHANNELS, DISCIPLINES
from .fire_lane import HOSPITAL
from .hazards import HABITS, Finding
from .ledgers import Saying, Trade, enterprises, major, ordinary

if TYPE_CHECKING:
    from .year import Year

FROM, LENGTH = date(2025, 11, 24), 356
LEDGERS = 12
"""So many visits are not recorded one by one: they are taken over from the county's own ledger at the beginning."""
FATES = ("duplicate", "withdrawn", "transferred", "duplicate", "withdrawn", "declined") * 3
"""What becomes of visits that found one thing only, in their order."""
LATE_MAJORS = 9
"""So many of the major ones are found in the last eight weeks and are on their way at each stage."""
Visit = tuple[tuple[Saying, ...], Trade]


TOLD = 56
"""Of a hundred sayings so many are found in the year: a newcomer waits for it at the first start."""


def plan_findings(year: "Year") -> None:
    rng = Random("隐患")  # noqa: S311 (a story, no secret)
    visits = _visits(rng)
    ledger, visits = visits[:LEDGERS], visits[LEDGERS:]
    year.on(date(2025, 12, 3), lambda now: _take_over(year, ledger, rng, now))
    ones = [place for place, (sayings, _) in enumerate(visits) if len(sayings) == 1]
    fates = dict(zip(ones, FATES, strict=False))
    for place, (sayings, trade) in enumerate(visits[:-1]):
        day = _day(place / len(visits), rng)
        year.on(day, _finding(year, sayings, trade, rng, fates.get(place, "")).begin)
    last = _finding(year, visits[-1][0][:1], visits[-1][1], rng, "offered")
    year.on(date(2026, 11, 17), last.begin)  # yesterday's: offered to another and not answered yet
    _plan_majors(year, rng)
    _plan_for_today(year)
    for week in range(8, 52):
        year.on(FROM + timedelta(days=7 * week + 3), lambda now: _look_back(year, now))


def _day(share: float, rng: Random) -> date:
    """Four fifths of the visits over the whole year, one fifth in the last five weeks: winter is coming."""
    days = share / 0.8 * LENGTH if share < 0.8 else LENGTH - 35 + (share - 0.8) / 0.2 * 35
    return FROM + timedelta(days=min(round(days + rng.random()), LENGTH))


FOR_TODAY: tuple[tuple[str, date, str, Channel], ...] = (
    ("澄渊化工", date(2026, 10, 26), "late", Channel.EXPERT), ("澄渊化工", date(2026, 11, 4), "prompt", Channel.INSPECTION),
    ("澄渊化工", date(2026, 11, 12), "prompt", Channel.INSURER), ("澄渊化工", date(2026, 11, 16), "prompt", Channel.PUBLIC_REPORT),
    ("澄渊化工", date(2026, 11, 17), "prompt", Channel.SELF_INSPECTION),
    ("雁来快递站", date(2026, 10, 20), "stuck", Channel.INSPECTION), ("雁来快递站", date(2026, 11, 5), "prompt", Channel.EXPERT),
    ("雁来快递站", date(2026, 11, 17), "prompt", Channel.PUBLIC_REPORT),
    ("听澜花园项目", date(2026, 10, 22), "stuck", Channel.INSPECTION), ("云筑建设", date(2026, 10, 30), "extended", Channel.EXPERT),
    ("县医院项目", date(2026, 11, 9), "prompt", Channel.SUPERIOR), ("栖云污水厂项目", date(2026, 11, 17), "prompt", Channel.PUBLIC_REPORT),
    ("青岑树脂", date(2026, 10, 19), "stuck", Channel.INSPECTION), ("木槿家居", date(2026, 10, 28), "prompt", Channel.EXPERT),
    ("白泷氯碱", date(2026, 11, 3), "late", Channel.INTERFACE), ("栩禾农药", date(2026, 9, 8), "prompt", Channel.INTERFACE),
    ("熔川铸造", date(2026, 11, 10), "prompt", Channel.SUPERIOR), ("锻兴机械", date(2026, 11, 17), "prompt", Channel.PUBLIC_REPORT),
)  # fmt: skip
"""So that whoever enters with a demonstration account finds something overdue, something due, something to verify."""


def _plan_for_today(year: "Year") -> None:
    kinds = {trade.short_name: trade.kind for trade in enterprises()}
    for place, (name, day, habit, channel) in enumerate(FOR_TODAY):
        known = [each for each in ordinary() if each.of == kinds[name]]
        saying, own = known[(3 * place + 1) % len(known)], Random(f"{name}{day}")  # noqa: S311
        finding = Finding(year, (saying,), year.files[name], own, channel, habit=habit, fate="kept")
        year.on(day, finding.begin)


def _visits(rng: Random) -> list[Visit]:
    """What there is to be found in each kind of enterprise, dealt out to those of the kind in visits of one to six."""
    by_kind: dict[str, list[Trade]] = defaultdict(list)
    for trade in enterprises():
        by_kind[trade.kind].append(trade)
    visits: list[Visit] = []
    for kind, trades in sorted(by_kind.items()):
        sayings = [each for each in ordinary() if each.of == kind]
        rng.shuffle(sayings)
        left = sayings[: max(2, len(sayings) * TOLD // 100)]
        turn = 0
        while left:
            count = rng.choice((1, 3, 4, 5, 6))
            group, left = left[:count], left[count:]
            visits.append((tuple(group), trades[turn % len(trades)]))
            turn += 1
    rng.shuffle(visits)
    return visits


def _finding(year: "Year", sayings: tuple[Saying, ...], trade: Trade, rng: Random, fate: str = "") -> Finding:
    channels, weights = zip(*CHANNELS, strict=True)
    channel = rng.choices(channels, weights)[0]
    alone = trade.scale == "household"
    if (fate or alone) and channel == Channel.SELF_INSPECTION:
        channel = Channel.INSPECTION
    if channel in (Channel.SENSOR_ALARM, Channel.INTERFACE) and (fate or sayings[0].picture not in ("gauge", "tank")):
        channel = Channel.EXPERT
    own = Random(f"{sayings[0].description}:{trade.name}")  # noqa: S311
    return Finding(year, sayings, year.files[trade.short_name], own, channel, habit=own.choice(HABITS), fate=fate)


def _plan_majors(year: "Year", rng: Random) -> None:
    sayings = [each for each in major() if each.of != HOSPITAL]
    rng.shuffle(sayings)
    for place, saying in enumerate(sayings):
        late = place - (len(sayings) - LATE_MAJORS)
        if late < 0:
            day = FROM + timedelta(days=20 + place * 10)
        else:
            day = date(2026, 9, 24) + timedelta(days=6 * late)
        channels = (Channel.INSPECTION, Channel.EXPERT, Channel.INSPECTION, Channel.SUPERIOR, Channel.PUBLIC_REPORT)
        habit = "prompt" if late < 0 and place % 4 else ("late", "extended", "stuck", "prompt")[place // 4 % 4]
        finding = Finding(
            year, (saying,), year.files[saying.of], Random(saying.description), channels[place % len(channels)],  # noqa: S311
            level=HazardLevel.MAJOR, habit=habit, foreign_photo=place == 2,
        )  # fmt: skip
        year.on(day, finding.begin)


def _take_over(year: "Year", ledger: list[Visit], rng: Random, now: datetime) -> None:
    """The county's ledger of the third quarter, taken over in one go; then each enterprise gets its notice."""
    office = year.staff.officer(year.city["县应急局"])
    lines = [(saying, place) for place, (sayings, _) in enumerate(ledger) for saying in sayings]
    findings = [_finding(year, sayings, trade, rng) for sayings, trade in ledger]
    reports = [
        Report(
            enterprise=findings[place].enterprise, place=saying.place, description=saying.description,
            category=saying.category, channel=Channel.LEDGER, found_on=local_day(now) - timedelta(days=7 + place),
            origin_type="demo.ledger", origin_id=f"2025Q3-{line}", origin_label=f"《澜江县三季度隐患台账.xlsx》第 {line} 行",
        )
        for line, (saying, place) in enumerate(lines, 2)
    ]  # fmt: skip
    for hazard, (saying, place) in zip(report_hazards(reports=reports, by=office, now=now), lines, strict=True):
        findings[place].keys[hazard.pk] = saying
    for finding in findings:
        year.after(now, rng.randint(1, 9), finding.look)


def _look_back(year: "Year", now: datetime) -> None:
    """Each week what falls due within ten days is looked at again; now and then it slips."""
    due = LookBack.objects.filter(status=LookBackStatus.DUE, due_on__lte=local_day(now) + timedelta(days=10))
    kept = year.kept_look_backs
    for look in due.exclude(hazard__in=kept).select_related("supervising_unit", "hazard").order_by("due_on", "pk"):
        number = look.hazard.number
        if Random(f"{number}:{local_day(now)}").random() < 0.15:  # noqa: S311
            continue
        by = year.staff.officer(look.supervising_unit)
        seen: dict[str, Any] = {}
        if look.hazard.is_major:
            picture = next((each for each, number in DISCIPLINES.items() if number == look.hazard.discipline), "guard")
            seen = {"again_photos": [year.album.take(picture, mended=True, by=by, now=now)]}
        finding = "现场查看，整改措施仍在，没有反弹。"
        fire(look, "hold", by=by, now=now, looked_on=local_day(now), finding=finding, **seen)
