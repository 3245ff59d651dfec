"""Why a criterion is offered, and what a person still has to find out, in sentences a town officer understands."""

from collections.abc import Iterator

from zhiben.modules.criteria.catalogue import Entry

from .doubts import Kind
from .text import Description
from .vocabulary import FACETS
from .ways import Reading

_QUESTIONS = {
    "object": "涉及的是不是这类物品或设备（{examples}）？",
    "place": "位置是不是在这类地方（{examples}）？",
    "device": "说的是不是这类装置（{examples}）？",
    "act": "当时是否正在进行这类作业（{examples}）？",
    "defect": "是否有这样的情况（{examples}）？",
    "condition": "是否符合这个条件（{examples}）？",
}

_DOUBTS: dict[Kind, tuple[str, str]] = {
    "part": ("“{words}”说的像是附属的或别的东西", "有问题的是{thing}本身，还是“{words}”？"),
    "beside": ("“{words}”像是只说明位置", "问题是不是就出在{thing}？"),
    "other": ("“{words}”说的像是别的事", "{thing}本身有没有缺少或失效？"),
    "slight": ("“{words}”像是程度轻微", "程度有多重，是否影响{thing}起作用？"),
    "few": ("“{words}”像是个别情况", "是个别还是全部，是否影响{thing}起作用？"),
    "works": ("描述中说“{words}”", "{thing}现在是否仍起作用？"),
}
"""What makes it look ordinary, and what settles it."""


def because(
    reading: Reading | None, entry: Entry, description: Description, *, shared: tuple[str, ...]
) -> Iterator[str]:
    if reading is not None and reading.hits:
        facets = []
        for name, hits in reading.hits.items():
            longest = sorted(
                {description.quoted(hit.start, hit.end) for _, hit in hits}, key=lambda word: (-len(word), word)
            )
            facets.append(f"{FACETS[name]}“{'”“'.join(_without_parts(longest)[:2])}”")
        yield f"描述中提到{'、'.join(facets)}"
        for limit, quantity in reading.met:
            yield f"“{description.quoted(quantity.start, quantity.end)}”达到了判定的限值（{limit}）"
        for limit, quantity in reading.broken:
            yield f"“{description.quoted(quantity.start, quantity.end)}”没有达到限值（{limit}），可能不适用"
        if reading.good:
            yield f"描述中说“{description.quoted(reading.good.start, reading.good.end)}”，可能不适用"
        if reading.minor:
            yield f"“{description.quoted(reading.minor.start, reading.minor.end)}”像是一般问题，请核实轻重"
        if reading.doubt and reading.is_complete:
            words = description.quoted(reading.doubt.words.start, reading.doubt.words.end)
            yield f"{_DOUBTS[reading.doubt.kind][0].format(words=words)}，可能是一般问题"
        if reading.excepted:
            hit = reading.excepted[0]
            yield f"描述中提到“{description.quoted(hit.start, hit.end)}”，属于这一情形的例外，可能不适用"
    elif shared:
        yield f"与该情形有相同的用词：“{'”“'.join(shared)}”"
    doubt = entry.document.validity
    if doubt.startswith("待核"):
        yield f"效力存疑：{doubt.removeprefix('待核').strip('()') or '待核'}"


def to_establish(reading: Reading | None, entry: Entry, description: Description) -> Iterator[str]:
    if not entry.may_match:
        yield "这一条还没有逐字核对原文，请查阅标准原文后再判定。"
    if reading is None:
        return
    if reading.doubt and reading.is_complete:
        words = description.quoted(reading.doubt.words.start, reading.doubt.words.end)
        yield _DOUBTS[reading.doubt.kind][1].format(words=words, thing=_thing(reading, description))
    yield from reading.way.asks
    for name in reading.missing:
        examples = [reading.way.written[phrase] for phrase in reading.way.facets[name] if phrase.isalnum()][:3]
        if examples:
            yield _QUESTIONS[name].format(examples="、".join(examples))
    for limit in reading.open_limits:
        about = "、".join(reading.way.written[word] for word in limit.of[:2] if word.isalnum())
        yield f"{about}是多少？判定的限值是{limit}。" if about else f"数量是多少？判定的限值是{limit}。"


def _thing(reading: Reading, description: Description) -> str:
    """The most particular thing that was named, as it was written."""
    hits = next((reading.hits[name] for name in ("device", "object", "act", "place") if name in reading.hits), [])
    words = sorted((description.quoted(hit.start, hit.end) for _, hit in hits), key=len)
    return f"“{words[-1]}”" if words else "它"


def _without_parts(words: list[str]) -> list[str]:
    """炉坑积水 says it, 积水 need not be repeated."""
    kept: list[str] = []
    for word in words:
        if not any(word in other for other in kept):
            kept.append(word)
    return kept
