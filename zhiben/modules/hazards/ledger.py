"""What the words of offices' own ledgers mean: 已整改、限期整改中、督查、专项检查、一般隐患、电气. Pure."""

import re
from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from typing import TypeVar

from zhiben.core.calendar import full_day
from zhiben.core.text.normal import normalised_text

from .models import Category, Channel, HazardLevel, HazardStatus

T = TypeVar("T")
LONGEST_NAME = 32
"""Characters."""
CLOSED, RECTIFIED, ORDERED = HazardStatus.CLOSED, HazardStatus.RECTIFIED, HazardStatus.ORDERED

_NOT_YET = re.compile(
    r"未整改|未完成|没有整改|没整改|未改|整改中|正在|办理中|限期|进行中|未销号|未闭环|部分|逾期|待整改|推进|^否|^未|^无|^x$|^×$"
)
_TO_CHECK = re.compile(r"待复查|待验收|待核查|待销号|未复查|未验收|申请复查|申请销号|申请验收")
_DONE = re.compile(
    r"整改(?:完成|完毕|到位|结束)|已整改|完成|销号|闭环|办结|复查|合格|通过|立行立改|即查即改|立即整改|^是|^√$|^已|当场"
)

_CHANNELS = (
    (r"自查|自检|内部|岗位排查|班组", Channel.SELF_INSPECTION),
    (r"举报|投诉|信访|12345|12350|热线|群众", Channel.PUBLIC_REPORT),
    (r"专家|第三方|服务机构|技术服务|诊断", Channel.EXPERT),
    (r"保险|保司", Channel.INSURER),
    (r"督导|督查|督察|上级|交办|巡查组|明查暗访|明察暗访|省厅|考核巡查", Channel.SUPERIOR),
    (r"报警|预警|监测|传感", Channel.SENSOR_ALARM),
    (r"检查|执法|巡查|排查|网格|抽查", Channel.INSPECTION),
)  # fmt: skip
_KINDS = (
    (r"节假日|节前|重点时段|春节|国庆|两会|五一", 5),
    (r"复工|复产|停工", 7),
    (r"季节|汛期|防汛|夏季|冬季|雨季|高温|防雷", 4),
    (r"事故类比|举一反三|吸取", 6),
    (r"专家|诊断|第三方", 8),
    (r"专项|专业", 3),
    (r"综合|大检查|全面", 2),
    (r"日常|例行|班组|岗位|日检|周检|月检", 1),
)
_CATEGORIES = (
    (r"人的|人员|不安全行为|违章|三违|行为", Category.PERSON),
    (r"环境|场所|作业环境", Category.ENVIRONMENT),
    (r"管理|制度|资料|培训|台账|基础", Category.MANAGEMENT),
    (r"物的|设备|设施|现场|工艺|不安全状态", Category.THING),
)
_DISCIPLINES = (
    (r"电气|用电", 3),
    (r"仪表|自控", 4),
    (r"消防|防火", 5),
    (r"总图|平面布置|总平面", 6),
    (r"工艺", 2),
    (r"设备|机械|特种", 7),
    (r"安全", 1),
)
_MAJOR = re.compile(r"重大|^a级?$|ⅰ级")
_GENERAL = re.compile(r"一般|较大|低|^[bcd]级?$|普通|轻微|ⅱ|ⅲ|ⅳ|问题|隐患$")


@lru_cache(4096)
def state_of(text: str) -> HazardStatus | None:
    """CLOSED, RECTIFIED (waits to be verified) or ORDERED; None where the words say nothing.

    >>> [state_of(text) for text in ("已整改完成", "整改中", "已整改待复查", "")] == [CLOSED, ORDERED, RECTIFIED, None]
    True
    """
    plain = _plain(text)
    if _TO_CHECK.search(plain):
        return RECTIFIED
    if _NOT_YET.search(plain):
        return ORDERED
    return CLOSED if _DONE.search(plain) else None


@lru_cache(4096)
def level_of(text: str) -> HazardLevel | None:
    """None where it is neither: Ⅴ级, 待定.

    >>> level_of("重大事故隐患") == HazardLevel.MAJOR, level_of("一般"), level_of("不属于重大") == HazardLevel.GENERAL
    (True, HazardLevel.GENERAL, True)
    """
    plain = _plain(text)
    if _MAJOR.search(plain) and not re.search(r"非重大|不是重大|不属于重大|不构成重大", plain):
        return HazardLevel.MAJOR
    return HazardLevel.GENERAL if _GENERAL.search(plain) or "重大" in plain else None


@lru_cache(4096)
def channel_of(text: str) -> Channel | None:
    return Channel(found) if (found := _first(_CHANNELS, text)) else None


@lru_cache(4096)
def inspection_kind_of(text: str) -> int | None:
    """`codes.SOURCES`."""
    return _first(_KINDS, text)


@lru_cache(4096)
def category_of(text: str) -> str:
    """Empty where the ledger divides otherwise."""
    return str(_first(_CATEGORIES, text) or "")


@lru_cache(4096)
def discipline_of(text: str) -> int | None:
    """`codes.DISCIPLINES`."""
    return _first(_DISCIPLINES, text)


def liable(text: str) -> tuple[str, str]:
    """(整改责任人, 负责机构和人员): several people, or a unit with them, are more than there is room for one.

    >>> liable("云安"), liable("安全科云安、仓储部云平、设备科云和、电气班云定、外协单位云海安装公司现场负责人")[0]
    (('云安', ''), '安全科云安')
    """
    if len(text) <= LONGEST_NAME:
        return text, ""
    return re.split(r"[、，,;；/\s]", text)[0][:LONGEST_NAME], text


def out_of_order(days: Iterable[tuple[str, str, date | None]], today: date) -> tuple[str, str] | None:
    """(field, sentence) for the first of these days (field, label, day) that lies before the one that precedes it, or
    that is not yet."""
    before: tuple[str, date] | None = None
    for field, label, day in days:
        if day is None:
            continue
        if day > today:
            return field, f"{label}是{full_day(day)}，还没有到，请核对年份。"
        if before and day < before[1]:
            return field, f"{label}是{full_day(day)}，早于{before[0]}（{full_day(before[1])}），请核对。"
        before = label, day
    return None


def _first(table: Iterable[tuple[str, T]], text: str) -> T | None:
    plain = _plain(text)
    return next((value for pattern, value in table if re.search(pattern, plain)), None) if plain else None


def _plain(text: str) -> str:
    return re.sub(r"\s+", "", normalised_text(text)).casefold()
