"""The lists of the plans in the fictional county: enterprises to rebuild, merge or close, at every stage; industries that
are prohibited, restricted or new, one of them without anybody who supervises it."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from zhiben.core.access.acting import Acting
from zhiben.core.workflow.engine import fire
from zhiben.modules.registry.listed_industries import list_industry
from zhiben.modules.registry.lists import NewEntry, list_enterprises, make_list
from zhiben.modules.registry.models.lists import ListEntry, ListKind

if TYPE_CHECKING:
    from .year import Year

FROM, UNTIL = date(2026, 3, 10), date(2026, 12, 31)
K = ListKind
Deeds = tuple[tuple[int, str], ...]
WAY: dict[str, Deeds] = {
    "verified": ((25, "begin"), (60, "report"), (70, "submit"), (6, "verify")),
    "done": ((30, "begin"), (90, "report"), (127, "submit")),
    "returned": ((21, "begin"), (80, "report"), (75, "submit"), (5, "return"), (40, "report")),
    "under_way": ((40, "begin"), (95, "report"), (70, "report")),
    "listed": (),
    "removed": ((55, "remove"),),
}
"""What becomes of an enterprise on a list: days after the step before, and the step."""
SAID: dict[str, dict[str, Any]] = {
    "begin": {"situation": "已成立专班，方案经专家看过，正在落实资金和施工单位。"},
    "report": {"situation": "主体工程过半，拆除和更换的设备已到场；年底前可以完成。"},
    "submit": {"situation": "措施全部落实，试运行正常，材料和照片随附，请予验收。"},
    "verify": {"finding": "到现场逐项核对，措施已经落实，同意验收。"},
    "return": {"reason": "地窑还没有回填，请封填后重新报送，并补充设备拆除照片。"},
    "remove": {"reason": "经复核不属于列入范围：已转为仓储，不再从事原生产活动。"},
}
PROVED = {"submit"}
LISTS: tuple[tuple[str, str, str, tuple[tuple[str, str, str, int], ...]], ...] = (
    # enterprise, what is to be done, what becomes of it, days before the list's own day by which it is due
    (K.REBUILD, "2026 年涉爆粉尘和高危工艺企业改造提升清单", "县治本攻坚巩固提升行动方案第 12 项", (
        ("雪麦面粉", "清理工序改为负压除尘，筒仓加装温度监测和泄爆装置。", "verified", 60),
        ("栗山木业", "打磨车间除尘系统整体更换，独立设置火花探测和自动喷雾。", "verified", 90),
        ("银岫抛光", "干式除尘改湿式，作业面由 12 个减为 8 个。", "done", 30),
        ("北冷冷链", "氨改二氧化碳复叠制冷，机房加装氨气联锁。", "under_way", 0),
        ("镜泊电镀", "氰化镀铬改三价铬，撤除剧毒品库。", "under_way", 61),
        ("赤岭铝业", "深井铸造区增设应急储水和自动切断装置。", "listed", 0),
    )),
    (K.MERGE, "2026 年露天矿山和瓶装液化气整合重组清单", "县治本攻坚巩固提升行动方案第 23 项", (
        ("朴石采石场", "与砚石矿业统一开采边界，整合为一个采矿权。", "under_way", 0),
        ("黛岩石材", "并入砚石矿业，统一爆破和边坡监测。", "listed", 0),
        ("红帆液化气", "承接安焰瓶装气用户，充装和配送统一管理。", "done", 15),
        ("安焰瓶装气", "并入红帆液化气，撤销瓶库。", "verified", 120),
    )),
    (K.CLOSE, "2026 年落后产能和散小企业关闭退出清单", "县治本攻坚巩固提升行动方案第 25 项", (
        ("烟花零售点", "许可证到期不再延续，存货由批发企业收回。", "verified", 150),
        ("柳汀砖厂", "拆除轮窑和烟囱，复垦取土场。", "returned", 20),
        ("老秤废品站", "清空露天堆场，注销登记。", "listed", 47),
        ("旧塑再生", "停止熔融造粒，搬出居民区。", "removed", 0),
    )),
)  # fmt: skip
INDUSTRIES: tuple[tuple[str, str, str, tuple[tuple[str, str, str, str], ...]], ...] = (
    # code, name, who supervises it, what is meant
    (K.PROHIBITED, "县禁止新建的危险行业", "《澜江县产业准入负面清单（2026 年）》", (
        ("C2672", "烟花爆竹制造", "", "只保留批发和零售"), ("B06", "煤炭开采和洗选业", "", ""),
    )),
    (K.RESTRICTED, "县限制扩建的高风险行业", "《澜江县产业准入负面清单（2026 年）》", (
        ("C3031", "粘土砖瓦及建筑砌块制造", "", "不批准新增轮窑"), ("C2631", "化学农药制造", "", "搬入园区后再扩建"),
    )),
    (K.EMERGING, "县新兴行业领域监管清单", "县安委办〔2026〕9号", (
        ("C3841", "锂离子电池制造和储能", "县工信局", "含电池仓储和退役电池梯次利用"), ("H6130", "民宿服务", "县文旅局", ""),
        ("G60", "快递和即时配送", "", "站点充电和夜间分拣，邮政管理机构只到市一级"),
        ("", "密室逃脱、剧本娱乐", "县文旅局", "按人员密集场所管理"), ("", "私人影院和电竞酒店", "", "住宿与娱乐混合，归口待明确"),
    )),
)  # fmt: skip


def plan_lists(year: "Year") -> None:
    for place, given in enumerate(LISTS):
        year.on(FROM + timedelta(days=place), partial(_make, year, *given))
    year.on(date(2026, 4, 16), lambda now: _list_industries(year, now))


def _make(
    year: "Year", kind: str, title: str, basis: str, entries: tuple[tuple[str, str, str, int], ...], now: datetime
) -> None:
    office = year.staff.officer(year.city["县安委办"])
    made = make_list(kind=kind, title=title, basis=basis, region=year.city.county, due_on=UNTIL, by=office, now=now)
    new = [
        NewEntry(enterprise=year.files[name], measures=measures, due_on=UNTIL - timedelta(days=sooner))
        for name, measures, _, sooner in entries
    ]
    listed = list_enterprises(to=made, entries=new, by=office, now=now)
    for entry, (_, _, fate, _) in zip(listed, entries, strict=True):
        Entry(year, entry.pk, list(WAY[fate])).go_on(now)


@dataclass
class Entry:
    """The way of one enterprise on a list, step by step."""

    year: "Year"
    key: Any
    left: list[tuple[int, str]] = field(default_factory=list)

    def go_on(self, now: datetime) -> None:
        if self.left:
            days, step = self.left.pop(0)
            self.year.after(now, days, lambda then: self.take(step, then))

    def take(self, step: str, now: datetime) -> None:
        entry = ListEntry.objects.select_related("responsible_unit", "supervising_unit", "list").get(pk=self.key)
        by = self.who(entry, step)
        files: dict[str, Any] = {"files": self.year.cabinet.take(1, by=by, now=now)} if step in PROVED else {}
        fire(entry, step, by=by, now=now, **SAID[step], **files)
        self.go_on(now)

    def who(self, entry: ListEntry, step: str) -> Acting:
        staff = self.year.staff
        match step:
            case "verify" | "return":
                return staff.officer(entry.supervising_unit)
            case "remove":
                return staff.officer(entry.list.responsible_unit)
        return staff.officer(entry.responsible_unit)


def _list_industries(year: "Year", now: datetime) -> None:
    office = year.staff.officer(year.city["县安委办"])
    to: dict[str, Any] = {"by": office, "now": now}
    for kind, title, basis, industries in INDUSTRIES:
        made = make_list(kind=kind, title=title, basis=basis, region=year.city.county, due_on=UNTIL, **to)
        for code, name, unit, note in industries:
            list_industry(to=made, code=code, name=name, unit=year.city[unit] if unit else None, note=note, **to)
