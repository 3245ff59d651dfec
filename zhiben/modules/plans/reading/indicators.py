"""Numbers that must be reached: 覆盖率达到100%, 不少于30项, 建成1个以上, 控制在5起以内."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from zhiben.core.text.numbers import decimal_value

from .clauses import Quoted, clauses
from .ledger import Operator

_UNIT = (
    "个百分点|学时|课时|小时|万元|亿元|平方米|立方米|万立方米|万平方米|万吨|平方公里|公里|千米|分钟|人次|批次|场次|家次|艘次|架次|台次|户次|车次|课次|人天|个工作日|工作日"
    "|%|‰|项|个|名|所|家|处|台|套|条|份|支|户|万亩|亩|架|公顷|路|班|株|卷|人|天|日|起|件|篇|部|辆|艘|座|间|栋|幢|吨|元|米|次|轮|场|期|本|张|幅|块|只|宗|批|类|种|例|点|盏|具|眼|口|根|面|组|段"
)
_NUMBER = r"\d[\d,]{0,11}(?:\.\d{1,4})?(?:(?:万|亿)(?!元|平方米|立方米|亩|吨))?"
_CHINESE = "[一二两三四五六七八九十百千]{1,6}"
_QUANTITY = re.compile(
    rf"(?P<floor>(?:不少于|不得少于|不低于|不得低于)(?:[一-鿿]{{1,8}}的)?|至少(?:要|应)?(?:[一-鿿]{{0,10}}?)|达到|达|提高到|提升到|提升至|提高至|增长到|增至|增加到|到|超过|突破|高于|大于|>=?|≥)?"
    rf"(?P<ceiling>不超过|不得超过|不高于|不多于|不大于|降至|降到|下降到|下降至|减少至|减少到|减至|整合至|整合为|整合到|缩短至|缩短到|压缩至|压缩到|控制在|压减到|压减至|低于|小于|≤|<=?)?"
    rf"(?:(?P<percent>百分之(?P<chinese_percent>{_CHINESE}))|(?P<number>{_NUMBER}|{_CHINESE})(?:[-—~至到]\d+)?(?P<more>余)?(?P<unit>{_UNIT}))"
)
_FROM = re.compile("(?:由|从)(?:目前的?|现在的?|原来的?)?$")
_FORMER_VALUE = re.compile("(?:逐步|稳步)?(?:提高|提升|增长|增加|上升|下降|降低|降至|降到|减少|压减|扩大)")
_UP = re.compile(r"(?:\(含\))?(?:及)?以上|及以上")
_DOWN = re.compile(r"(?:\(含\))?(?:及)?以[内下]")
_ABOUT = re.compile("左右|上下")
# Verbs whose object is counted: 建成1个, 培育20家, 改造老旧管网12公里.
_ACHIEVES = (
    "建成|建设|新建|新增|创建|创成|打造|培育|培养|培训|选树|选育|扶持|改造|完成|整治|治理|淘汰|退出|关闭|清退|建立|组建|配备|配齐|配置|设立|安装|推广|评选|推荐|命名|选取|遴选|打通|更新|销号|发放|编制|制作|检查|抽查|执法检查"
    "|开展|组织|举办|实施|投入|确定|挂牌|曝光|办理|帮扶|加装|发展|聘请|选聘|招录|增加|更换|清理|搬迁|解决|消除|整改|排查|购置|新增|覆盖|惠及|布设|升级|达标|取缔|查处|拆除|验收|认定|评定|储备"
    "|设置|施划|铺设|敷设|修订|印制|张贴|采购|购买|增设|增配|补充|修建|检测|检验|检修|鉴定|接入|纳入|联网|填埋|注销|报废|关停|封停|撤并|疏浚|清淤|补建|改建|扩建|迁建|建桥|修复|硬化|加固|维修|轮训|安排|投资|筹措|增补|划定"
)
_ACHIEVED_HERE = re.compile(rf"(?:{_ACHIEVES})(?:了|好|出)?(?:不少于|不低于|至少)?$")
_ACHIEVED_BEFORE = re.compile(rf"(?:{_ACHIEVES})")
_RATE_HERE = re.compile(
    r"(?:率|比例|比率|度|占比|覆盖面|比重|合格|达标|成率|面)(?:均|都|各|应|要|须|分别|保持|始终|力争|稳定|保持在|确保|实现|为|是|在|:)*$"
)
_REACH = 100  # how far a clause is looked at on either side of a number
_EVENTS = ("次", "轮", "场", "期", "场次")
_THRESHOLD_UNITS = (
    "人",
    "名",
    "米",
    "平方米",
    "元",
    "万元",
    "吨",
    "天",
    "日",
    "户",
    "年",
    "层",
    "起",
    "小时",
    "家",
    "个",
    "台",
    "辆",
    "学时",
    "立方米",
    "亿元",
)
_CONDITION_END = re.compile(r"(?:的|时|后|者|情形)$")
_EVERY = re.compile("年内|全年|一年|年度|每")


@dataclass(frozen=True)
class Target:
    """A number to reach, in the clause `clause_start:clause_end`."""

    value: float
    unit: str
    operator: Operator
    approximate: bool
    start: int
    end: int
    unit_start: int
    clause_start: int
    clause_end: int
    sure: bool


def targets_in(text: str, start: int, end: int, *, quoted: Quoted) -> Iterator[Target]:
    """The targets of a stretch of text, clause by clause.

    >>> def read(text):
    ...     return [(t.value, t.unit, t.operator) for t in targets_in(text, 0, len(text), quoted=Quoted(text))]
    >>> read("参训率应达到100%,时间不少于3天,10人以上企业全部建立")
    [(100, '%', '>='), (3, '天', '>=')]
    >>> read("建成1个以上示范基地,扶持2所左右职业院校,事故起数控制在5起以内")
    [(1, '个', '>='), (2, '所', '='), (5, '起', '<=')]
    >>> read("合格率由93%提高到99%以上,设置标志450面,改造5000余户,培育二十家企业")
    [(99, '%', '>='), (450, '面', '='), (5000, '户', '='), (20, '家', '=')]
    >>> read("补建市政消火栓150具,填埋沼气池46口,接入设备2万台以上,企业整合至12家以内,抽查船舶不少于40艘次")
    [(150, '具', '='), (46, '口', '='), (20000, '台', '>='), (12, '家', '<='), (40, '艘次', '>=')]
    """
    for clause_start, clause_end in clauses(text, start, end):
        at = clause_start
        while match := _QUANTITY.search(text, at, clause_end):
            at = match.end()
            target = _target(text, match, clause_start, clause_end, quoted)
            if target:
                yield target
                at = target.end


def _target(text: str, match: re.Match[str], clause_start: int, clause_end: int, quoted: Quoted) -> Target | None:
    number_start = match.start("percent") if match["percent"] else match.start("number")
    if number_start in quoted or (
        number_start > clause_start and text[number_start - 1] in "第-—.0123456789+其每前近逐同" and not match["floor"]
    ):
        return None
    if _FORMER_VALUE.match(text, match.end()) and _FROM.search(text, max(clause_start, number_start - 4), number_start):
        return None
    value = decimal_value(match["chinese_percent"] or match["number"])
    if value is None:
        return None
    unit = "%" if match["percent"] else match["unit"]
    clause_start, clause_end = max(clause_start, number_start - _REACH), min(clause_end, match.end() + _REACH)
    before, end = text[clause_start:number_start].removesuffix("约"), match.end()
    up, down, about = (_UP.match(text, end), _DOWN.match(text, end), _ABOUT.match(text, end))
    roughly = bool(about or match["more"]) or text[number_start - 1 : number_start] == "约"
    after_number = up or down or about
    tail = after_number.end() if after_number else end
    after = text[tail:clause_end]
    operator: Operator = "<=" if match["ceiling"] or down else ">=" if match["floor"] or up else "="
    if up:
        operator = ">="
    floor_here = bool(match["floor"] or match["ceiling"])
    reading = _Reading(match, before, after, unit, floor_here, bool(up), bool(down), roughly)
    verdict = reading.percentage() if unit in ("%", "‰", "个百分点") else reading.quantity()
    if verdict is None:
        return None
    return Target(
        value,
        unit,
        operator,
        roughly,
        number_start,
        tail,
        match.end() - len(unit),
        clause_start,
        clause_end,
        verdict,
    )


@dataclass(frozen=True)
class _Reading:
    """One number in its clause; the questions return True (sure), False (doubtful) or None (no target)."""

    match: re.Match[str]
    before: str
    after: str
    unit: str
    compared: bool
    up: bool
    down: bool
    about: bool

    def _is_condition(self) -> bool:
        """A case, not a target: 超过30天的, 达到3人以上的."""
        return _CONDITION_END.search(self.after) is not None

    def percentage(self) -> bool | None:
        """Percentages are targets unless they define a case (降幅超过10%的)."""
        return None if self._is_condition() and not self.after.endswith("目的") else True

    def quantity(self) -> bool | None:
        if self._is_condition():
            return None
        written = self.match["number"]
        recurring = _EVERY.search(self.before + (self.match["floor"] or "")) is not None
        if self.unit in _EVENTS:  # 每季度至少1次 is a frequency, 开展一次 an occasion
            if recurring or not written[0].isdigit() or not self.compared:
                return None
            return True
        achieved = _ACHIEVED_HERE.search(self.before) is not None
        if (
            self.compared
            and self.match["floor"] in ("到", "达", "超过", "突破", "高于", "大于", ">", "≥")
            and not self._ends_here()
        ):
            return None
        if self.compared:
            return (
                None
                if self.match["floor"] == "到"
                and self.unit in ("人", "户", "家", "岗", "个")
                and not written[0].isdigit()
                else True
            )
        if self.up or self.down:
            if achieved or (self.down and self.before.endswith("在")):
                return True
            named = _ACHIEVED_BEFORE.search(self.before) or (self.after == "" and self.unit not in _THRESHOLD_UNITS)
            return True if self._ends_here() and named else None
        if self.about:
            return True if achieved or _ACHIEVED_BEFORE.search(self.before) else None
        if not written[0].isdigit():
            return True if achieved and len(written) > 1 and not recurring else None  # 培育二十家
        if achieved and not recurring:
            return True
        if (
            self._ends_here()
            and _ACHIEVED_BEFORE.search(self.before)
            and self.unit not in ("天", "日", "小时", "年", "点", "类", "种", "条")
        ):
            return True
        return True if achieved else None

    def _ends_here(self) -> bool:
        return self.after == "" or self.after[0] in "、()"
