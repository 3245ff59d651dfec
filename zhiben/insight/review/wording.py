"""月度调度, the words: from the figures of two months to the sentences of the paper. Nothing is said that no figure
supports, and zero is said outright. No database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from zhiben.core.calendar import full_day

from .figures import Counts, Figures, change_of_count, change_of_rate
from .measures import Standing
from .prose import Counted, Figure, Prose, joined, say

MOST_NAMED = 12
"""Units in one sentence; whom it concerns beyond that stands in the table."""
MOST_TITLES = 3


@dataclass(frozen=True)
class Point:
    """A numbered point: its heading, and what is said under it."""

    heading: str
    text: Prose


@dataclass(frozen=True)
class Telling:
    """All that the sentences are made of. `before` is None in the first month, and where there is nothing to compare."""

    now: Figures
    before: Figures | None
    scope: str
    """澄溪县本辖区"""
    programme: str
    unit_names: Mapping[int, str]
    """In administrative order."""
    task_names: Mapping[UUID, str]
    demand_by: date
    """By when overdue work is to be handed in."""

    @property
    def whole(self) -> Counted:
        return Counted(self.now.whole)

    @property
    def earlier(self) -> Counts | None:
        return self.before.whole if self.before else None

    @property
    def _end(self) -> str:
        return "期末" if self.now.period.is_over else "目前"

    # ── sentences that compare

    def against(self, measure: str, when: str = "较上月末") -> str:
        before = self.earlier[measure] if self.earlier is not None else None
        return _comparing(when, change_of_count(self.now.whole[measure], before, _counter(self.whole, measure)))

    def rate_against(self, rate: str, when: str = "较上月末") -> str:
        earlier = getattr(self.earlier, rate) if self.earlier is not None else None
        return _comparing(when, change_of_rate(getattr(self.now.whole, rate), earlier))

    # ── head

    @property
    def title(self) -> str:
        return f"关于{self.now.period.month}安全生产重点任务调度情况的通报"

    @property
    def lead(self) -> str:
        """Basis and period."""
        basis = f"按照《{self.programme}》部署和任务月调度要求" if self.programme else "按照安全生产重点任务月调度要求"
        month = self.now.period.month
        span = f"{month}（截至{self.now.period.until}）"
        return f"{basis}，现将{span}{self.scope}任务推进情况通报如下。"

    # ── 一、总体情况

    @property
    def overall(self) -> list[Prose]:
        paragraphs = [self._standing, self._due, self._month, self._reporting, self._landmarks, self._recurring]
        return [paragraph for paragraph in paragraphs if paragraph]

    @property
    def _standing(self) -> Prose:
        whole = self.whole
        if not self.now.whole["total"]:
            return say(f"截至{self.now.period.until}，没有在册任务。")
        first = "" if self.before else "本月是第一次调度，不与上月比较。"
        return say(
            f"截至{self.now.period.until}，共有任务", whole.number("total"), "（", whole.named("main"), "、",
            whole.named("share"), f"）{self.against('total')}。其中，",
            joined([whole.named(name) for name in ("completed", "running")]),
            "，", self._overdue_or_none, "，",
            joined([whole.named(name) for name in ("pending", "submitted", "returned")]),
            "。办结率", whole.rate("completed", "total"), self.rate_against("completion"), "。", first,
        )  # fmt: skip

    @property
    def _overdue_or_none(self) -> Prose:
        if not self.now.whole["overdue"]:
            return say("无逾期任务", _bracketed(self.against("overdue")))
        return say(self.whole.named("overdue"), _bracketed(self.against("overdue")))

    @property
    def _due(self) -> Prose:
        whole, counts = self.whole, self.now.whole
        if not counts["total"]:
            return Prose()
        if not counts["fallen_due"]:
            early = say("，其中提前办结", whole.number("early")) if counts["early"] else Prose()
            return say(
                f"截至{self._end}没有已到期的任务，暂不计算按期办结率；未到期任务", whole.number("not_due"), early, "。"
            )
        return say(
            "已到期任务", whole.number("fallen_due"), "，其中到期办结", whole.number("due_completed"), "（",
            whole.named("on_time"), "、", whole.named("late"), "）、", whole.named("overdue"), "、",
            whole.named("due_submitted"), "、", whole.named("due_returned"), "；按期办结率",
            whole.rate("on_time", "fallen_due"), self.rate_against("timeliness"),
            "。未到期任务", whole.number("not_due"), "，其中提前办结", whole.number("early"), "。",
        )  # fmt: skip

    @property
    def _month(self) -> Prose:
        whole, counts = self.whole, self.now.whole

        def moved(measure: str, word: str) -> Prose:
            change = self.against(measure, "较上月") if self._months_compare else ""
            return say(word, whole.number(measure), _bracketed(change))

        if counts["due_now"]:
            due = say(
                "；", moved("due_now", "到期"), "，其中按期办结", whole.number("due_now_on_time"), "、新增逾期",
                whole.number("overdue_now"), "，当月按期办结率", whole.rate("due_now_on_time", "due_now"),
                self.rate_against("timeliness_now", "较上月") if self._months_compare else "",
            )  # fmt: skip
        else:
            due = say("；没有到期的任务")
        span = "本月" if self.now.period.is_over else "本月（尚未结束，不与上月全月比较）"
        return say(
            span, moved("new", "新交办任务"), "，", moved("completed_now", "办结"), due,
            "。批准延期", whole.number("extended"), "，撤回", whole.number("withdrawn"), "。",
        )  # fmt: skip

    @property
    def _months_compare(self) -> bool:
        return self.now.period.is_over and self.before is not None

    @property
    def _reporting(self) -> Prose:
        whole, counts = self.whole, self.now.whole
        if not counts["to_report"]:
            return Prose()
        none_silent = "" if self.silent_units else "，无零反馈单位"
        return say(
            "本月应反馈进展的任务", whole.number("to_report"), "，已反馈", whole.number("reported"), "、未反馈",
            whole.number("silent"), "，反馈率", whole.rate("reported", "to_report"), none_silent, "。",
        )  # fmt: skip

    @property
    def _landmarks(self) -> Prose:
        whole, counts = self.whole, self.now.whole
        said = []
        if counts["milestones"]:
            said.append(
                say(
                    "本月到期节点",
                    whole.number("milestones"),
                    "，按期完成",
                    whole.number("milestones_reached"),
                    "、逾期完成",
                    whole.number("milestones_late"),
                    "、未完成",
                    whole.number("milestones_missed"),
                    "。",
                )
            )
        elif counts["total"]:
            said.append(say("本月没有到期的节点。"))
        if counts["indicators"]:
            said.append(
                say(
                    "在册任务设定指标",
                    whole.number("indicators"),
                    "，已达到",
                    whole.number("indicators_achieved"),
                    "、尚未达到",
                    whole.number("indicators_behind"),
                    "、尚未填报",
                    whole.number("indicators_unknown"),
                    "。",
                )
            )
        return joined(said, "")

    @property
    def _recurring(self) -> Prose:
        whole = self.whole
        if not self.now.whole["turns"]:
            return Prose()
        return say(
            "本月到期的定期工作", whole.number("turns"), "，按期完成", whole.number("turns_done"), "、逾期完成",
            whole.number("turns_late"), "、未完成", whole.number("turns_missed"), "。",
        )  # fmt: skip

    # ── 四、存在的主要问题

    @property
    def silent_units(self) -> list[int]:
        """零反馈: units with something to report that reported nothing in the month."""
        units = self.now.units
        return [key for key in self.unit_names if key in units and units[key]["silent"] and not units[key]["reported"]]

    @property
    def problems(self) -> list[Point]:
        found = []
        if self.now.whole["overdue"]:
            is_all = self.now.whole["overdue"] == self.now.whole["total"]
            found.append(Point("任务全部逾期。" if is_all else "部分任务逾期。", self._overdue_named))
        if (silent := self.silent_units) and self.now.period.is_over:
            tasks = say(
                "本月对承办的任务一次也没有反馈的单位", f"{len(silent)}个：", self._named("silent", silent), "。"
            )
            found.append(Point("工作进展反馈不及时。", tasks))
        for measure, heading, lead in (
            ("milestones_missed", "节点任务没有如期完成。", "本月到期未完成的节点"),
            ("turns_missed", "定期工作没有落实到位。", "本月到期未完成的定期工作"),
        ):
            if self.now.whole[measure]:
                named = self._named(measure, self._units_with(measure))
                found.append(Point(heading, say(lead, self.whole.number(measure), "，", named, "。")))
        return found

    @property
    def no_problems(self) -> str:
        reported = "，无零反馈单位" if self.now.period.is_over else ""
        return f"从本月调度数据看，无逾期任务{reported}，没有到期未完成的节点和定期工作。"

    @property
    def _overdue_named(self) -> Prose:
        units = self._units_with("overdue")
        longest = joined([self._longest(task) for task in self.now.overdue_longest[:MOST_TITLES]], "；")
        return say(
            f"截至{self._end}逾期任务", self.whole.number("overdue"), f"，涉及{len(units)}个单位：",
            self._named("overdue", units), "。逾期时间最长的是：", longest, "。",
        )  # fmt: skip

    def _longest(self, task: Standing) -> Prose:
        days = (self.now.period.day - task.due_on).days
        name = self.unit_names.get(task.unit, "")
        return say(f"{name}“{self.task_names.get(task.key, '')}”（期限{full_day(task.due_on)}，逾期{days}天）")

    def _units_with(self, measure: str) -> list[int]:
        units = self.now.units
        return [key for key in self.unit_names if key in units and units[key][measure]]

    def _named(self, measure: str, units: Sequence[int]) -> Prose:
        """县住建局3件、柳溪镇1件; in administrative order."""
        shown = [
            say(self.unit_names[key], Counted(self.now.units[key], Figure(0, measure, unit=f"u{key}")).number(measure))
            for key in units[:MOST_NAMED]
        ]
        return say(joined(shown), f"等{len(units)}个单位" if len(units) > MOST_NAMED else "")

    # ── 五、下一步工作要求

    @property
    def demands(self) -> list[Point]:
        whole, counts = self.whole, self.now.whole
        by = full_day(self.demand_by)
        found = []
        if counts["overdue"]:
            text = say(
                "逾期任务", whole.number("overdue"), f"的承办单位要逐件查明原因、倒排进度，于{by}前报送办结；"
                "确需延期的，在此之前按程序提出申请。到期仍未报送的，下月调度时点名通报。",
            )  # fmt: skip
            found.append(Point("限期办结逾期任务。", text))
        if counts["due_next"]:
            span = (
                f"{self.now.period.month.next}"
                if self.now.period.is_over
                else f"今天起至{full_day(self.now.period.horizon)}"
            )
            text = say(
                f"{span}到期、尚未办结的任务", whole.number("due_next"),
                "（清单附后），承办单位要对照期限安排进度，交办单位要提前提醒，防止形成新的逾期。",
            )  # fmt: skip
            found.append(Point("盯紧即将到期任务。", text))
        if counts["submitted"] or counts["returned"]:
            both = [whole.named(name, f"{word}任务") for name, word in _TO_ANSWER if counts[name]]
            text = say("对", joined(both), "，交办单位要及时核验、答复，不得积压。")
            found.append(Point("及时核验和答复。", text))
        if counts["milestones_missed"] or counts["turns_missed"]:
            both = [whole.named(name, word) for name, word in _TO_MAKE_UP if counts[name]]
            found.append(Point("补齐欠账。", say(joined(both), f"，承办单位要于{by}前完成并登记。")))
        if self.silent_units and self.now.period.is_over:
            text = say(f"零反馈单位要于{by}前补报进展；正在办理的任务每月至少反馈一次，佐证材料一并上传。")
            found.append(Point("按月反馈进展。", text))
        return found or [Point("抓好后续任务落实。", say("各承办单位要按照任务期限抓好落实，按月反馈进展。"))]


_TO_ANSWER = (("submitted", "待核验"), ("returned", "退回"))
_TO_MAKE_UP = (("milestones_missed", "未完成的节点"), ("turns_missed", "未完成的定期工作"))


def _counter(counted: Counted, measure: str) -> str:
    return str(counted.number(measure).parts[-1])


def _comparing(when: str, change: str) -> str:
    """，较上月末增加3件（8.1%）; ，与上月末持平; nothing where nothing can be compared."""
    if not change:
        return ""
    if change == "持平":
        return f"，{when.replace('较', '与')}持平"
    return f"（{change}）" if change.endswith("不作比较") else f"，{when}{change}"


def _bracketed(comparison: str) -> str:
    """Inside an enumeration a comparison stands in brackets, or it would read as one more item.

    >>> _bracketed("，较上月增加3件（8.1%）"), _bracketed("")
    ('（较上月增加3件，8.1%）', '')
    """
    if not comparison or comparison.startswith("（"):
        return comparison
    return f"（{comparison.removeprefix('，').replace('（', '，').replace('）', '')}）"
