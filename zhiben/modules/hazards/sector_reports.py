"""行业规定的报告：which rules of a sector ask that a major hazard be reported within so many working days of the day on which
it was found, and by which day that is. Data (`data/reports.toml`): how far an article was checked decides whether its day is
said as a deadline or only suggested."""

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from zhiben.core.calendar import add_working_days, full_day

from .models import DualReport, Hazard

RULES = Path(__file__).parent / "data/reports.toml"
CHECKED = "full_text"


@dataclass(frozen=True)
class Rule:
    sectors: tuple[str, ...]
    trades: str
    """With what the sectors of the criteria catalogue begin that it is about; for hazards of another sector that were
    judged after them."""
    working_days: int
    to: str
    says: str
    basis: str
    effective_on: date
    source_url: str
    verify_level: str
    version: str
    """The day on which the entry was compared with its source."""
    effective_to: date | None = None

    def asks_about(self, hazard: Hazard) -> bool:
        """A major one of that sector, by the rule in force on the day on which it was found."""
        of_it = hazard.sector in self.sectors or (
            hazard.criterion is not None and hazard.criterion.sector.startswith(self.trades)
        )
        ended = self.effective_to is not None and hazard.found_on > self.effective_to
        return hazard.is_major and of_it and hazard.found_on >= self.effective_on and not ended


@dataclass(frozen=True)
class Wanted:
    """A report that a rule asks for."""

    rule: Rule
    by: date
    reported_on: date | None
    """When a report to the regulator was registered; whether it went to all whom the rule names, a person has to see."""

    @property
    def is_binding(self) -> bool:
        return self.rule.verify_level == CHECKED

    def is_late(self, today: date) -> bool:
        return self.is_binding and self.reported_on is None and today > self.by

    @property
    def sentence(self) -> str:
        ask = "最迟应在" if self.is_binding else "建议最迟在"
        within = f"发现后 {self.rule.working_days} 个工作日内"
        return f"{ask} {full_day(self.by)}（{within}）报{self.rule.to}，写明{self.rule.says}。"

    @property
    def ground(self) -> str:
        return f"依据{self.rule.basis}{'' if self.is_binding else '，仅据转述核对，引用前请对照原文'}。"


@cache
def rules() -> tuple[Rule, ...]:
    given = tomllib.loads(RULES.read_text("utf-8")).values()
    return tuple(Rule(**{**each, "sectors": tuple(each["sectors"])}) for each in given)


def reports_wanted(hazard: Hazard) -> list[Wanted]:
    """One query where a rule asks for a report."""
    asking = [rule for rule in rules() if rule.asks_about(hazard)]
    if not asking:
        return []
    sent = hazard.dual_reports.filter(to=DualReport.To.REGULATOR).values_list("reported_on", flat=True).first()
    return [Wanted(rule, add_working_days(hazard.found_on, rule.working_days), sent) for rule in asking]
