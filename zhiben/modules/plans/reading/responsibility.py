"""Who is responsible: brackets, label lines and cells, split into units with their parts.

县应急局牵头,县公安局配合 · 责任单位:甲、乙 · 牵头单位:甲;配合单位:乙 · 甲会同乙负责 · 甲、乙按职责分工负责.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .ledger import Role
from .vocabulary import LABEL

_ROLE_WORDS = re.compile(
    r"(?P<with>会同|会商)"
    r"|(?P<lead>(?:(?:按照?|根据|依据|依)(?:各自)?职[责能](?:任务)?(?:分工)?|分别|共同|联合|总|双|具体|统筹|负责)*(?:牵头|主办|主责|主抓)"
    r"(?:单位|部门)?(?:分别|共同)?(?:负责(?:落实|实施)?|负总责|落实|组织(?:实施)?|推进|抓总|单位|部门|实施)?)"
    r"|(?P<participant>(?:(?:按照?|根据|依据|依)(?:各自)?职[责能](?:任务)?(?:分工)?|分别|共同|积极|做好|协助|予以|给予|大力|密切)*"
    r"(?:配合|参与|参加|协助|协同|协办|支持)(?:单位|部门|实施|落实|负责|做好)*)"
    r"|(?P<responsible>(?:(?:按照?|根据|依据|依)(?:照)?(?:各自)?(?:的)?职[责能](?:范围)?(?:任务)?(?:内)?(?:分工)?|分别|共同|具体|各自|联合|组织|主要)*"
    r"(?:负责(?!人|同志)(?:组织|抓好|指导|督促|监督|统筹|协调)*(?:落实|实施|推进)?|(?:抓好|狠抓|做好)?落实(?:[一-鿿]{0,4}责任)?|实施|执行|承办|组织实施|按职责分工|按照职责分工|分工负责))"
)
_FIRST_LEADS = re.compile(
    r"(?:排|列|位)?(?:名|序|位)?(?:在|于|居)?(?:首位|第一位?|最前(?:面)?|首个|第一个)的?(?:部门|单位|责任单位|责任部门)?的?"
    r"(?:均|即)?(?:为|是|系)(?:该项任务|此项工作|该项工作)?的?(?:总)?牵头"
)
_DEFAULT = re.compile(
    r"以下(?:各项|任务|工作|各条|均)*(?:需|由|须|要)?(?P<names>(?:[^()。;]|\([^()]{1,10}\)){2,80}?)(?:负责|落实|配合|参与)[^()。;]{0,6}[,;、]?(?:以下)?不再"
)
_UNIT_END = (
    r"(?:局|委|委员会|办|办公室|部|厅|政府|府|会|站|所|队|支队|大队|中队|总队|院|公司|集团|中心|部门|单位|企业|厂|科|科室|处|办公室|调度室|研究室|监察室|处室|院|校|社|银行|乡|镇|街道|街|园区|区|县|市|州|盟|旗"
    r"|机构|组织|社区|行|组|党委|工会|联合会|协会|专班|法院|检察院|分局|段|矿|车间|班组|[省市县区镇乡]|\))"
)
_SPLIT_AFTER = re.compile(rf"{_UNIT_END}$")
_ET_CETERA = re.compile(
    r"等(?:(?:有关|相关|各)?(?:部门|单位)(?:和|及|、)(?:有关|相关)?(?:单位|部门))?[^、,;和及]{0,24}"
)
_PREFIX = re.compile(r"^(?:由|请|其中|并|同时|再由|具体由|主要由|分别由|责任到|[:、,;.\s])+")
_SUFFIX = re.compile(
    r"(?:(?:按照?|根据|依据|依)(?:照)?(?:各自)?(?:的)?(?:职[责能]|分工|工作职责)[^、]{0,8}|分别|共同|具体|各自|联合|组织|统筹|积极|主要|为主|指导|督导|督促|监督|[:、,;。.])+$"
)
_NAME = re.compile(r"[一-鿿A-Za-z0-9()〈〉·、“”\-]{2,40}")
_SHORT_NAMES = frozenset("乡镇村")
_NO_NAME = re.compile(
    r"^(?:\d+|.*(?:完成|年底|月底|持续推进|长期|推进|以下均|不再.*列|下同|第一位|首位|\d{4}年).*|[年月日底前]+|无|略|各自|相关|有关)$"
)


@dataclass(frozen=True)
class Named:
    """A unit's name at `start:end` of the text, with its role."""

    name: str
    role: Role
    start: int
    end: int
    doubt: str = ""


def default_names(text: str) -> Iterator[Named]:
    """Units named once for all later tasks: 以下均需县(市)党委政府负责,不再列出."""
    for match in _DEFAULT.finditer(text):
        begin = match.start("names")
        yield from (Named(name, "responsible", begin + a, begin + b) for name, a, b in names_in(match["names"]))


def first_place_rule(text: str) -> int | None:
    """Where the document says that the unit in first place leads (排在第一位的为牵头单位,下同).

    >>> first_place_rule("(县应急局负责,排在第一位的部门为牵头部门,下同)") is not None
    True
    """
    found = _FIRST_LEADS.search(text)
    return found.start() if found else None


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    """Spans between 、 and , that stand outside brackets."""
    depth = start = 0
    for at, character in enumerate(text):
        if character == "(":
            depth += 1
        elif character == ")":
            depth = max(0, depth - 1)
        elif character in "、,;/ \n" and not depth:
            yield start, at
            start = at + 1
    yield start, len(text)


def names_in(text: str) -> Iterator[tuple[str, int, int]]:
    """The units of a list, each as printed: 等 and what follows it dropped, 和 only split between whole units.

    >>> [name for name, _, _ in names_in("县住房和城乡建设局、县公安局和县水务局等部门")]
    ['县住房和城乡建设局', '县公安局', '县水务局']
    >>> [name for name, _, _ in names_in("各县(市、区)政府,各乡镇、街道办")]
    ['各县(市、区)政府', '各乡镇', '街道办']
    """
    for start, end in _pieces(text):
        cut = _ET_CETERA.search(text, start, end)
        stop = cut.start() if cut and cut.start() > start and text[start : cut.start()][-1] != "同" else end
        yield from _split_joined(text, start, stop)
        if cut and stop != end and cut.end() < end:
            yield from _split_joined(text, cut.end(), end)


def _split_joined(text: str, start: int, end: int) -> Iterator[tuple[str, int, int]]:
    begin = start
    for match in re.compile("以及|和|与|及").finditer(text, start, end):
        left = text[begin : match.start()]
        right = text[match.end() : end]
        if left.endswith("党委") and right.startswith(("政府", "人民政府")):
            continue
        if (begin == match.start() and match.start() > start) or (
            _SPLIT_AFTER.search(left) and len(left) >= 2 and len(right) >= 2
        ):
            yield from _trimmed(text, begin, match.start())
            begin = match.end()
        elif not left:
            begin = match.end()
    yield from _trimmed(text, begin, end)


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[str, int, int]]:
    """A name without what is not part of it (由, 分别, 按职责), if one is left."""
    content = text[start:end]
    prefix = _PREFIX.match(content)
    begin = prefix.end() if prefix else 0
    suffix = _SUFFIX.search(content, begin)
    stop = suffix.start() if suffix else len(content)
    name = content[begin:stop]
    if name.count("(") < name.count(")"):
        name = name.rstrip(")")
        stop = begin + len(name)
    if (_NAME.fullmatch(name) or name in _SHORT_NAMES) and not _NO_NAME.match(name):
        yield name, start + begin, start + stop


_LABEL_ROLES: dict[str, Role | None] = {
    "lead": "lead", "participant": "participant", "responsible": "responsible", "person": None, "time": None,
}  # fmt: skip


def units_in(text: str, start: int, end: int, *, first_leads: bool = False, bracketed: bool = True) -> list[Named]:
    """The units of one bracket or label line with their parts.

    >>> def read(content):
    ...     return [(unit.name, unit.role) for unit in units_in(content, 0, len(content))]
    >>> read("县应急局牵头,县公安局、各乡镇等按职责分工负责")
    [('县应急局', 'lead'), ('县公安局', 'participant'), ('各乡镇', 'participant')]
    >>> read("县水务局会同县应急局负责")
    [('县水务局', 'lead'), ('县应急局', 'participant')]
    >>> read("牵头单位:县住建局,配合单位:县消防救援大队")
    [('县住建局', 'lead'), ('县消防救援大队', 'participant')]
    >>> read("县应急局。以下任务均需各乡镇负责,不再列出")
    [('县应急局', 'responsible'), ('各乡镇', 'responsible')]
    """
    defaults = [
        Named(unit.name, unit.role, start + unit.start, start + unit.end) for unit in default_names(text[start:end])
    ]
    if rule := _FIRST_LEADS.search(text, start, end):
        end = rule.start()
    labels = [
        match
        for match in re.compile(rf"[\[【]?(?:{LABEL.pattern})[\]】]?(?::|为|是)?").finditer(text, start, end)
        if _is_label(match)
    ]
    found: list[Named] = []
    if not labels:
        found = _units_of_sentences(text, start, end, None)
    else:
        if labels[0].start() > start:
            found += _units_of_sentences(text, start, labels[0].start(), None)
        for index, label in enumerate(labels):
            stop = labels[index + 1].start() if index + 1 < len(labels) else end
            role = _LABEL_ROLES[label.lastgroup or "time"]
            if role:
                led = any(unit.role == "lead" for unit in found)
                found += _units_of_sentences(
                    text, label.end(), stop, "participant" if role == "responsible" and led and bracketed else role
                )
    rule = re.search("以下均", text[start:end])
    if first_leads and found and not any(unit.role == "lead" for unit in found) and not rule:
        found = [
            Named(unit.name, "lead" if index == 0 else "participant", unit.start, unit.end)
            for index, unit in enumerate(found)
        ]
    named = {unit.name for unit in found}
    return _without_repeats(found + [unit for unit in defaults if unit.name not in named])


def units_listed(text: str, start: int, end: int, role: Role) -> list[Named]:
    """The units of a table's cell, whose column says their part unless the cell itself says otherwise.

    >>> [(unit.name, unit.role) for unit in units_listed("县应急局(牵头)、县公安局", 0, 13, "responsible")]
    [('县应急局', 'lead'), ('县公安局', 'participant')]
    """
    return _without_repeats(_units_of_sentences(text, start, end, role))


def _is_label(match: re.Match[str]) -> bool:
    return match.group()[-1] in ":】]为是"


def _without_repeats(units: list[Named]) -> list[Named]:
    first: dict[tuple[str, Role], Named] = {}
    for unit in units:
        first.setdefault((unit.name, unit.role), unit)
    return list(first.values())


def _units_of_sentences(text: str, start: int, end: int, labelled: Role | None) -> list[Named]:
    """Read chunk by chunk: names wait until a role word says what they do."""
    found: list[Named] = []
    waiting: list[tuple[str, int, int]] = []
    led = False
    stop_rule = _DEFAULT.search(text, start, end)
    if stop_rule:
        end_of_names = stop_rule.start()
    else:
        end_of_names = end

    def settle(role: Role) -> None:
        found.extend(Named(name, role, a, b) for name, a, b in waiting)
        waiting.clear()

    for begin, stop in _chunks(text, start, end_of_names):
        if text[begin - 1] == ";" and waiting:
            settle(labelled or ("participant" if led else "responsible"))
        if led and text[begin - 1] == ";" and any(unit.role == "participant" for unit in found):
            sentence_end = text.find(";", begin, end_of_names)
            if _ROLE_WORDS.search(text, begin, sentence_end if sentence_end >= 0 else end_of_names):
                led = False  # 甲牵头,乙负责;丙负责: the second sentence stands by itself
        at = begin
        for match in _ROLE_WORDS.finditer(text, begin, stop):
            role = match.lastgroup
            if text[match.start() - 1 : match.start()] == "(" and text[match.end() : match.end() + 1] == ")":
                waiting += _names_at(text, at, match.start() - 1)  # 县应急局(牵头): of this unit alone
                if waiting and role != "with":
                    own: Role = "lead" if role == "lead" else "participant" if role == "participant" else "responsible"
                    found.append(Named(waiting[-1][0], own, *waiting.pop()[1:]))
                    led = led or role == "lead"
                at = match.end() + 1
                continue
            waiting += _names_at(text, at, match.start())
            if role == "with":
                settle("lead")
                led = True
                at = match.end()
                continue
            if waiting:
                if role == "lead":
                    has_partner = led and text[at - 2 : at] in ("会同", "会商")
                    settle("participant" if has_partner else "lead")
                    led = True
                elif role == "participant":
                    settle("participant")
                else:
                    settle(
                        "participant" if led or labelled == "participant" else labelled if labelled else "responsible"
                    )
            at = match.end()
        waiting += _names_at(text, at, stop)
    settle(labelled or ("participant" if led else "responsible"))
    if labelled == "responsible" and led:
        found = [Named(u.name, "participant" if u.role == "responsible" else u.role, u.start, u.end) for u in found]
    return found


def _names_at(text: str, start: int, end: int) -> list[tuple[str, int, int]]:
    return [(name, start + a, start + b) for name, a, b in names_in(text[start:end])]


def _chunks(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Sentences of a bracket: ; and 。 end one; what stands in an inner bracket stays with its name."""
    depth, begin = 0, start
    for at in range(start, end):
        character = text[at]
        if character == "(":
            depth += 1
        elif character == ")":
            depth = max(0, depth - 1)
        elif character in ";。,\n" and not depth:
            yield begin, at
            begin = at + 1
    yield begin, end
