"""A small plan in this genre, and what a reader finds in it: told by quotation, so that every span is where it says."""

from collections.abc import Callable
from datetime import date, datetime

import pytest

from zhiben.core.access.acting import Acting
from zhiben.core.files.models import StoredFile
from zhiben.core.org.models import Unit
from zhiben.modules.plans.models import PlanDocument, PlanItem, PlanVersion, Resolution
from zhiben.modules.plans.reading.ledger import (
    ActionReading,
    DepartmentReading,
    FrequencyReading,
    GoalReading,
    IndicatorReading,
    Ledger,
    MetadataReading,
    MilestoneReading,
    ObligationReading,
    TaskReading,
)
from zhiben.modules.plans.reading.source import SourceText
from zhiben.modules.plans.services import intake
from zhiben.modules.plans.services.layout import Address, lay_out

TEXT = """澄溪县安全生产治本攻坚三年行动实施方案(2024—2026年)
澄安〔2024〕5号
一、工作目标
2026年底前,形成重大事故隐患动态清零的常态化机制。
二、主要任务
(一)开展主要负责人安全教育培训行动
1.组织主要负责人专题培训。2026年底前,全县化工企业主要负责人参训率达到100%,每季度至少开展1次研讨。(县应急管理局牵头,各有关部门参与)
2.规范培训考核。严格执行考核标准,2026年6月底前完成题库更新。(县住房和城乡建设局牵头,县应急管理局参与)
(二)开展重大事故隐患动态清零行动
3.落实隐患排查整治。各乡镇建立台账,到2026年整改率达到95%以上。(柳溪镇负责)
4.开展自建房“回头看”。对城中村自建房逐栋复查。(县住建局、县消防大队负责)
三、保障措施
县安委办每半年至少听取一次汇报。各乡镇每年12月1日前报送年度总结。
"""


def place(quote: str, after: int = 0) -> tuple[int, int]:
    start = TEXT.index(quote, after)
    return start, start + len(quote)


def read_by_hand() -> Ledger:
    """The ledger of TEXT."""

    def task(number: str, title: str, end: str, action: str, **readings: tuple) -> TaskReading:
        start, stop = place(f"{number}.{title}")
        body = (start, place(end, start)[1])
        return TaskReading(
            number=number, title=title, span=(start, stop), body_span=body, content=TEXT[body[0] + 2 : body[1]],
            action_ordinal=action, **readings,
        )  # fmt: skip

    def department(name: str, role: str, item: str, **more: object) -> DepartmentReading:
        return DepartmentReading(name, role, span=place(name, TEXT.index(f"\n{item}.")), **more)

    def action(ordinal: str, title: str) -> ActionReading:
        return ActionReading(ordinal, title, span=place(ordinal + title))

    return Ledger(
        title=MetadataReading("澄溪县安全生产治本攻坚三年行动实施方案(2024—2026年)", span=(0, 29)),
        doc_no=MetadataReading("澄安〔2024〕5号", span=place("澄安〔2024〕5号")),
        period=(date(2024, 1, 1), date(2026, 12, 31)),
        actions=(
            action("(一)", "开展主要负责人安全教育培训行动"),
            action("(二)", "开展重大事故隐患动态清零行动"),
        ),
        tasks=(
            task(
                "1", "组织主要负责人专题培训", "各有关部门参与)", "(一)",
                departments=(department("县应急管理局", "lead", "1"), department("各有关部门", "participant", "1")),
                milestones=(MilestoneReading(date(2026, 12, 31), "2026年底前", span=place("2026年底前,全县")),),
                indicators=(
                    IndicatorReading("参训率", ">=", 100, "%", 2026, span=place("主要负责人参训率达到100%")),
                ),
                frequencies=(
                    FrequencyReading("每季度至少开展1次研讨", "quarter", 1, span=place("每季度至少开展1次研讨")),
                ),
            ),
            task(
                "2", "规范培训考核", "县应急管理局参与)", "(一)",
                departments=(
                    department("县住房和城乡建设局", "lead", "2"), department("县应急管理局", "participant", "2"),
                ),
                milestones=(
                    MilestoneReading(date(2026, 6, 30), "2026年6月底前", span=place("2026年6月底前完成题库更新")),
                ),
            ),
            task(
                "3", "落实隐患排查整治", "柳溪镇负责)", "(二)",
                departments=(department("柳溪镇", "responsible", "3"),),
                milestones=(MilestoneReading(date(2026, 12, 31), "到2026年", span=place("到2026年整改率")),),
                indicators=(IndicatorReading("整改率", ">=", 95, "%", 2026, span=place("整改率达到95%以上")),),
            ),
            task(
                "4", "开展自建房“回头看”", "县消防大队负责)", "(二)", confidence=0.6,
                departments=(
                    department("县住建局", "responsible", "4"),
                    department("县消防大队", "responsible", "4", confidence=0.5, doubts=("单位名录里没有这个单位",)),
                ),
                doubts=("没有写时限",),
            ),
        ),
        goals=(GoalReading(date(2026, 12, 31), "形成动态清零的常态化机制", span=place("2026年底前,形成")),),
        obligations=(
            ObligationReading(
                "县安委办每半年至少听取一次汇报", per="half-year", min_count=1, who="县安委办",
                span=place("县安委办每半年至少听取一次汇报"),
            ),
            ObligationReading(
                "各乡镇每年12月1日前报送年度总结", per="year", due=date(2026, 12, 1), min_count=1, who="各乡镇",
                span=place("各乡镇每年12月1日前报送年度总结"),
            ),
        ),
    )  # fmt: skip


@pytest.fixture
def by_directory() -> Callable[[str], Address]:
    """What the county's directory knows; 县消防大队 and 各有关部门 are not in it."""

    def resolver(name: str) -> Address:
        known = {"县住建局": "县住建局", "县住房和城乡建设局": "县住建局", "各乡镇": "柳溪镇"}
        unit = Unit.objects.filter(short_name=known.get(name, name)).first()
        if unit is None:
            return Address(Resolution.OPEN)
        return Address(Resolution.RESOLVED, (unit.pk,), reason="简称对应")

    return resolver


@pytest.fixture
def draft(cast, now: datetime, by_directory) -> PlanVersion:
    """The plan read and laid out, waiting in the office to be checked."""
    return new_draft(cast.office, now, by_directory)


def new_draft(by: Acting, now: datetime, resolver: Callable[[str], Address], *, digest: str = "a" * 64) -> PlanVersion:
    plan = intake._new_plan("实施方案.txt", by, now)
    return _read(intake._new_version(plan, by, now), by, now, resolver, TEXT, read_by_hand(), digest)


def _read(
    version: PlanVersion, by: Acting, now: datetime, resolver, text: str, ledger: Ledger, digest: str
) -> PlanVersion:
    from zhiben.core.workflow import engine

    file, _ = StoredFile.objects.get_or_create(
        digest=digest, defaults={"size": len(text), "media_type": "text/plain", "created_at": now}
    )
    version.document = PlanDocument.objects.create(
        plan=version.plan, unit=by.unit, file=file, name="实施方案.txt", digest=digest, uploaded_by=by.person,
        uploaded_at=now,
    )  # fmt: skip
    version.save()
    engine.begin(version, by=by, now=now, label="上传")
    return lay_out(
        version=version, source=SourceText(text, name="实施方案.txt"), ledger=ledger, warnings=(), resolver=resolver,
        now=now,
    )  # fmt: skip


@pytest.fixture
def item(draft: PlanVersion) -> Callable[[str], PlanItem]:
    """`item("3")`: the item of that number as it stands now."""
    return lambda number: draft.items.get(number=number)
