"""How a hazard comes in: by whom, through which channel, with what it says of where it came from."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from zhiben.core.access.acting import By, Machine
from zhiben.core.clock import local_day
from zhiben.modules.hazards.models import Channel, HazardLevel
from zhiben.modules.hazards.reporting import Report

from .ledgers import Saying
from .remedies import REMEDIES

if TYPE_CHECKING:
    from .hazards import Finding

SENSORS = Machine("监测预警平台")
OTHER_SYSTEM = Machine("双重预防机制数字化系统")
ORIGINS: dict[str, str] = {
    Channel.PUBLIC_REPORT: "12350 举报 2026-{n:04d}",
    Channel.SENSOR_ALARM: "监测点 GT-{n:03d} 报警",
    Channel.EXPERT: "专家指导服务第 {n} 组",
    Channel.INSURER: "安责险事故预防服务单 AZX{n:05d}",
    Channel.SUPERIOR: "市安委办督导交办清单第 {n} 项",
    Channel.INTERFACE: "企业双重预防系统 {n:06d}",
}
FINDERS = {Channel.EXPERT: "外聘专家组", Channel.INSURER: "保险机构风险减量服务组"}
CHANNELS = (
    (Channel.INSPECTION, 46), (Channel.SELF_INSPECTION, 26), (Channel.PUBLIC_REPORT, 5), (Channel.SENSOR_ALARM, 3),
    (Channel.EXPERT, 7), (Channel.INSURER, 5), (Channel.SUPERIOR, 5), (Channel.INTERFACE, 3),
)  # fmt: skip
"""How many of a hundred visits come in by each."""
SOURCES = (1, 1, 1, 2, 3, 4, 5, 7, 8)
DISCIPLINES = {"box": 3, "wire": 3, "gauge": 4, "fire": 5, "exit": 5, "lane": 5, "guard": 7, "tank": 7, "vehicle": 7}


def finder_of(finding: "Finding") -> By:
    staff, city, enterprise = finding.year.staff, finding.year.city, finding.enterprise
    supervisor = enterprise.supervising_unit
    assert supervisor is not None
    match finding.channel:
        case Channel.SELF_INSPECTION:
            return staff.officer(enterprise.unit)
        case Channel.PUBLIC_REPORT | Channel.SUPERIOR:
            return staff.officer(city["县安委办"])
        case Channel.SENSOR_ALARM:
            return SENSORS
        case Channel.INTERFACE:
            return OTHER_SYSTEM
        case Channel.INSPECTION if finding.rng.random() < 0.35 and finding.level != HazardLevel.MAJOR:
            return staff.officer(enterprise.unit.superior or supervisor)
    return staff.officer(supervisor)


def report_of(finding: "Finding", saying: Saying, by: By, now: datetime, *, photos: bool) -> Report:
    rng, number = finding.rng, finding.rng.randint(1, 900)
    origin = ORIGINS.get(finding.channel, "").format(n=number)
    machine = isinstance(by, Machine)
    position = finding.position() if not machine and rng.random() < 0.6 else None
    return Report(
        enterprise=finding.enterprise, place=saying.place, description=saying.description,
        danger=saying.danger or REMEDIES[saying.picture].danger, category=saying.category,
        discipline=DISCIPLINES.get(saying.picture, 1), level=finding.level, channel=finding.channel,
        inspection_kind=rng.choice(SOURCES), found_on=local_day(now) - timedelta(days=rng.random() < 0.2),
        found_by_name=FINDERS.get(Channel(finding.channel), ""),
        origin_type="demo.origin" if origin else "", origin_label=origin,
        origin_id=f"{finding.channel}-{number}-{saying.place}"[:64] if origin else "",
        immediate_measures=REMEDIES[saying.picture].meanwhile if rng.random() < 0.4 else "",
        latitude=position[0] if position else None, longitude=position[1] if position else None,
        before_photos=[] if machine or not photos else finding.photos(saying, by, now),
    )  # fmt: skip
