"""隐患闭环: the life of a hazard, from report to close-out; of a look-back; of the review of what came back."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from zhiben.core.access.acting import By
from zhiben.core.clock import local_day
from zhiben.core.workflow.table import Approval, Deadline, Input, Step, Workflow, days

from . import apart, duplicates, judging, looking, planning, reviews, transferring, verifying, withdrawing
from .actors import (
    CHECKER,
    CLOSER,
    CLOSER_CHIEF,
    OWNER,
    OWNER_HEAD,
    RECEIVER,
    REGULATOR,
    SUPERVISOR,
    SUPERVISOR_CHIEF,
    VERIFIER,
)
from .apart import ORDERED, VERIFIED
from .events import (
    HazardChanged,
    HazardClosed,
    HazardExtended,
    HazardJudged,
    HazardMarkedDuplicate,
    HazardOrdered,
    HazardOverdue,
    HazardPlanAccepted,
    HazardPlanFiled,
    HazardRectified,
    HazardTransferred,
    HazardVerified,
    HazardWithdrawn,
    LookBackDue,
    ReviewDone,
)
from .models import (
    OPEN_STATUSES,
    UNDER_RECTIFICATION,
    DualReport,
    Hazard,
    HazardLevel,
    HazardStatus,
    LookBack,
    LookBackStatus,
    Review,
    ReviewStatus,
)
from .photos import AFTER, BEFORE, LOOKED_AGAIN, ON_SITE, photos_only
from .planning import not_in_the_past, not_negative

S = HazardStatus

BEFORE_VERIFICATION = (S.REPORTED, S.JUDGED, *UNDER_RECTIFICATION, S.RECTIFIED)
UNDER_WAY = (*UNDER_RECTIFICATION, S.RECTIFIED)
ON_THE_WAY_BACK = (S.ORDERED, S.PLANNED, S.RECTIFYING, S.RECTIFIED)


STAGE_DAYS = ("judge_by", "plan_by", "verify_by")
"""Days that a stage is given: gone when it is left, so that none outlives its purpose. The day by which it must be
rectified is no stage's: it stays, and figures count by it."""


def _changing(step: Step) -> Step:
    """Every step leaves the moment of the change: what was sent to another system is sent again after it. And what holds
    only in some states is gone where it does not. And each is announced, for whoever keeps a copy."""
    effect = step.effect

    def note_change(hazard: Hazard, data: Mapping[str, Any], by: By, now: datetime) -> Iterable[str]:
        fields = [*(effect(hazard, data, by, now) or ())] if effect else []
        hazard.changed_at = now
        return list(dict.fromkeys((*fields, "changed_at", *_past_their_purpose(hazard))))

    return replace(step, effect=note_change, announces=step.announces or HazardChanged)


def _past_their_purpose(hazard: Hazard) -> Iterable[str]:
    gone = [each.due for each in HAZARD_LIFE.deadlines if each.due in STAGE_DAYS and hazard.status not in each.states]
    if hazard.status not in BEFORE_VERIFICATION:
        gone.append("transfer_to")
    for name in gone:
        if getattr(hazard, f"{name}_id" if name == "transfer_to" else name) is not None:
            setattr(hazard, name, None)
            yield name


HAZARD_STEPS = (
    # 判定和交办: the supervising unit. What is judged waits for its order, though it may be judged anew
    Step("order", "交办", S.JUDGED, S.ORDERED, SUPERVISOR, needs=("rectify_by",), effect=planning.order,
         announces=HazardOrdered, bulk=True),
    Step("judge", "判定", (S.REPORTED, S.JUDGED), S.JUDGED, SUPERVISOR, needs=("judged_level",),
         takes=("criterion_key", "criterion_reason", "category"), effect=judging.judge, announces=HazardJudged,
         help="候选情形只供参考，由您决定；判定结果与候选不一致时写明理由"),
    Step("judge_and_order", "判定并交办", S.REPORTED, S.ORDERED, SUPERVISOR, needs=("judged_level", "rectify_by"),
         takes=("criterion_key", "criterion_reason", "category"), effect=planning.judge_and_order,
         announces=HazardOrdered, waits=False),
    Step("fix_on_spot", "即查即改", S.REPORTED, S.CLOSED, SUPERVISOR, needs=("after_photos", "summary"),
         takes=("more_before_photos", "criterion_reason"), unless=verifying.is_no_small_thing,
         effect=verifying.fix_on_spot, announces=HazardClosed, waits=False,
         help="当场整改到位的一般隐患，须有整改前、整改后照片"),
    # 整改: the responsible unit
    Step("file_plan", "报送五定", S.ORDERED, S.PLANNED, OWNER,
         needs=("liable_person", "measures", "funds", "plan_rectify_by", "contingency_plan"),
         takes=("liable_mobile", "goals", "bodies", "safety_measures", "plan_files"), effect=planning.file_plan,
         announces=HazardPlanFiled, help="定责任人、定措施、定资金、定时限、定预案"),
    Step("report_progress", "报进展", S.RECTIFYING, None, OWNER, needs=("percent", "text"),
         takes=("stage", "spent", "fall_reason", "progress_photos"), effect=planning.report_progress, waits=False),
    Step("register_dual_report", "登记双报告", UNDER_WAY, None, OWNER, needs=("report_to", "reported_on", "report_proof"),
         takes=("report_text",), effect=planning.register_dual_report, waits=False, tone="quiet",
         help="重大事故隐患排查治理情况，须向监管部门和职工大会或职工代表大会报告（安全生产法第四十一条）"),
    Step("submit", "报送复查", S.RECTIFYING, S.RECTIFIED, OWNER, needs=("summary", "after_photos"), takes=("spent",),
         unless=planning.not_ready, effect=planning.hand_in, announces=HazardRectified),
    Step("extend", "延期", UNDER_RECTIFICATION, None, OWNER, needs=("extended_to", "reason"),
         unless=planning.extended_enough, approval=Approval(SUPERVISOR), effect=planning.extend,
         announces=HazardExtended, waits=False, tone="quiet"),
    Step("extend_beyond", "特批延期", UNDER_RECTIFICATION, None, OWNER, needs=("extended_beyond", "reason"),
         approval=Approval(SUPERVISOR_CHIEF), effect=planning.extend, announces=HazardExtended, waits=False,
         tone="quiet", help="超过规定次数或天数，或期限已过的延期，由监管单位负责人审批"),
    Step("report_as_major", "上报重大", BEFORE_VERIFICATION, S.REPORTED, OWNER, needs=("reason",),
         takes=("criterion_key",), unless=judging.not_internal, effect=judging.hand_up, renews=("judge_by",), waits=False,
         tone="quiet",
         help="企业自查发现属于重大事故隐患的，报给监管部门判定"),
    # 审核、复查和销号: whoever had no hand in it
    Step("accept_plan", "通过方案", S.PLANNED, S.RECTIFYING, CHECKER, takes=("plan_opinion",), unless=apart.own_work,
         effect=planning.accept_plan, announces=HazardPlanAccepted),
    Step("return_plan", "退回方案", S.PLANNED, S.ORDERED, CHECKER, needs=("reason",), effect=planning.return_plan,
         tone="danger"),
    Step("verify", "复查通过", S.RECTIFIED, S.VERIFIED, VERIFIER, needs=("finding",), takes=("on_site", "site_photos"),
         unless=apart.own_work_or(ORDERED), effect=verifying.verify, announces=HazardVerified, renews=("verify_by",),
         help="重大事故隐患须由交办人以外的人到现场复查并上传现场照片"),
    Step("verify_and_close", "复查销号", S.RECTIFIED, S.CLOSED, VERIFIER, needs=("finding",),
         takes=("on_site", "site_photos"), unless=verifying.is_for_another_to_close,
         effect=verifying.verify_and_close, announces=HazardClosed, waits=False, tells=(OWNER,)),
    Step("reject", "复查不通过", S.RECTIFIED, S.RECTIFYING, VERIFIER, needs=("reason",),
         takes=("rectify_by", "on_site", "site_photos"), effect=verifying.reject, tone="danger"),
    Step("close", "销号", S.VERIFIED, S.CLOSED, CLOSER, takes=("closing_opinion",),
         unless=apart.own_work_or(VERIFIED), effect=verifying.close, announces=HazardClosed, tells=(OWNER, SUPERVISOR),
         help="重大事故隐患须由复查人以外的人销号"),
    Step("send_back", "退回复查", S.VERIFIED, S.RECTIFIED, CLOSER, needs=("reason",), effect=verifying.send_back,
         renews=("verify_by",), tone="danger"),
    # 期限和等级: the supervising unit
    Step("redate", "调整期限", UNDER_RECTIFICATION, None, SUPERVISOR, needs=("rectify_by", "reason"),
         effect=planning.redate, announces=HazardExtended, tells=(OWNER,), waits=False, tone="quiet",
         help="推迟期限算作延期，计入延期次数；超过规定次数、天数或期限已过的，由监管单位负责人办理"),
    Step("upgrade", "升为重大", ON_THE_WAY_BACK, S.ORDERED, SUPERVISOR, needs=("reason",),
         takes=("criterion_key", "rectify_by"), unless=judging.is_major, effect=judging.level_up,
         announces=HazardJudged, renews=("plan_by",), waits=False, tone="quiet", help="须按重大事故隐患重新报送治理方案"),
    Step("downgrade", "降为一般", ON_THE_WAY_BACK, None, SUPERVISOR, needs=("reason",), unless=judging.is_general,
         approval=Approval(CLOSER_CHIEF), effect=judging.level_down, announces=HazardJudged, tells=(OWNER,), waits=False,
         tone="quiet", help="由销号单位负责人审批"),
    # 移交: the first unit keeps it until the other has accepted
    Step("offer_transfer", "移交", BEFORE_VERIFICATION, None, SUPERVISOR, needs=("transfer_to", "reason"),
         unless=transferring.offered_already, waits=False, tone="quiet", help="对方接收以前仍由本单位负责（首查负责）"),
    Step("accept_transfer", "接收移交", BEFORE_VERIFICATION, None, RECEIVER, unless=transferring.not_offered,
         effect=transferring.accept, announces=HazardTransferred, renews=("judge_by", "verify_by")),
    Step("decline_transfer", "退回移交", BEFORE_VERIFICATION, None, RECEIVER, needs=("reason",),
         unless=transferring.not_offered, effect=transferring.keep, tells=(SUPERVISOR,), waits=False, tone="danger"),
    Step("recall_transfer", "撤回移交", BEFORE_VERIFICATION, None, SUPERVISOR, unless=transferring.not_offered,
         effect=transferring.keep, waits=False, tone="quiet"),
    Step("take_over", "收归监管", BEFORE_VERIFICATION, None, REGULATOR, needs=("reason",), unless=judging.not_internal,
         effect=judging.take_over, announces=HazardTransferred, tells=(OWNER,), waits=False, tone="quiet",
         help="企业内部闭环的隐患，改由监管单位判定、交办和复查"),
    # 不再办理
    Step("withdraw", "撤销", OPEN_STATUSES, S.WITHDRAWN, SUPERVISOR, needs=("reason",),
         unless=withdrawing.is_for_the_closing_unit, announces=HazardWithdrawn, tells=(OWNER,), waits=False,
         tone="danger", help="查实不是隐患的；记录和照片保留"),
    Step("ask_to_withdraw", "申请撤销", OPEN_STATUSES, S.WITHDRAWN, SUPERVISOR, needs=("reason",),
         unless=withdrawing.is_for_the_supervisor, approval=Approval(CLOSER_CHIEF), announces=HazardWithdrawn,
         tells=(OWNER,), waits=False, tone="danger", help="重大的、由别的单位销号的，由销号单位负责人审批；记录和照片保留"),
    Step("mark_duplicate", "标为重复", OPEN_STATUSES, S.DUPLICATE, SUPERVISOR, needs=("duplicate_number", "reason"),
         effect=duplicates.point_at_kept, announces=HazardMarkedDuplicate, tells=(OWNER,), waits=False, tone="quiet",
         help="照片和来源保留；保留的那条销号后会告诉这条的发现人"),
)  # fmt: skip


HAZARD_LIFE = Workflow(
    model=Hazard,
    label="隐患",
    start=S.REPORTED,
    enters=(S.ORDERED, S.RECTIFIED, S.CLOSED),
    final=(S.CLOSED, S.WITHDRAWN, S.DUPLICATE),
    with_related=("responsible_unit", "supervising_unit", "enterprise", "criterion__standard", "transfer_to", "site"),
    inputs=(
        Input("judged_level", "等级", "choice", choices=tuple(HazardLevel.choices),
              initial=lambda hazard, acting, now: hazard.level),
        Input("criterion_key", "判定情形", "text", help="从候选中选择；目录中没有相符的，写明判定理由",
              initial=lambda hazard, acting, now: hazard.criterion.key if hazard.criterion else "",
              check=judging.criterion_in_force),
        Input("rectify_by", "整改期限", "date", initial=planning.usual_day, check=planning.a_day_to_work_towards),
        Input("more_before_photos", BEFORE, "files", help="登记时已上传的不用重复", check=photos_only),
        Input("after_photos", AFTER, "files", check=photos_only),
        Input("progress_photos", "整改过程照片", "files", check=photos_only),
        Input("site_photos", ON_SITE, "files", check=photos_only),
        Input("on_site", "已到现场复查", "yes_no"),
        # 五定
        Input("liable_person", "整改责任人", "text", initial=planning.as_before("liable_person"),
              check=planning.no_longer_than(32)),
        Input("liable_mobile", "责任人电话", "text", initial=planning.as_before("liable_mobile"),
              check=planning.no_longer_than(20)),
        Input("measures", "整改措施", "long_text", initial=planning.as_before("measures")),
        Input("funds", "整改资金", "number", unit="元", help="不需要资金的填 0",
              initial=planning.as_before("funds"), check=not_negative),
        Input("plan_rectify_by", "整改时限", "date", initial=lambda hazard, acting, now: hazard.rectify_by,
              check=planning.within_the_order),
        Input("contingency_plan", "应急预案和防范措施", "long_text", help="整改期间怎样防止发生事故，发生了怎么办",
              initial=planning.as_before("contingency_plan")),
        Input("goals", "治理目标和任务", "long_text", help="重大事故隐患必填", initial=planning.as_before("goals")),
        Input("bodies", "负责机构和人员", "long_text", help="重大事故隐患必填", initial=planning.as_before("bodies")),
        Input("safety_measures", "治理期间的安全措施", "long_text",
              help="重大事故隐患必填：撤出人员、疏散、警戒、停产停用等",
              initial=planning.as_before("safety_measures")),
        Input("plan_files", "方案附件", "files"),
        Input("percent", "整改进度", "percent", unit="%", initial=lambda hazard, acting, now: hazard.progress),
        Input("text", "进展情况", "long_text"),
        Input("stage", "阶段", "text", help="例如：设备采购、施工、调试", check=planning.no_longer_than(64)),
        Input("fall_reason", "进度下降的理由", "long_text", help="只在进度比上次低时填写", when_falls="percent"),
        Input("spent", "累计投入资金", "number", unit="元", check=not_negative),
        Input("report_to", "报告对象", "choice", choices=tuple(DualReport.To.choices)),
        Input("reported_on", "报告日期", "date", initial=lambda hazard, acting, now: local_day(now),
              check=planning.since_it_was_found),
        Input("report_text", "报告内容", "long_text"),
        Input("report_proof", "双报告凭证", "files", help="报告回执、会议纪要、公示照片等"),
        Input("extended_to", "延期至", "date", check=planning.within_the_limit),
        Input("extended_beyond", "延期至", "date", check=planning.later_than_now),
        Input("transfer_to", "移交给", "unit", check=transferring.another_regulator),
        Input("duplicate_number", "已有记录的编号", "text", help="例如：990121-2026-000123"),
        Input("plan_opinion", "审核意见", "long_text"),
        Input("closing_opinion", "销号意见", "long_text"),
        # not asked by a step, but named in the trail
        Input("before_photos", BEFORE, "files"),
        Input("closing_unit", "销号单位", "unit"),
        Input("through", "经由", "text"),
    ),
    steps=tuple(_changing(step) for step in HAZARD_STEPS),
    deadlines=(
        Deadline("judge", "判定期限", (S.REPORTED, S.JUDGED), due="judge_by", remind=(days(1),),
                 escalate=((days(0), SUPERVISOR_CHIEF),)),
        Deadline("plan", "报方案期限", (S.ORDERED,), due="plan_by", remind=(days(1),),
                 escalate=((days(0), OWNER_HEAD), (days(3), SUPERVISOR))),
        Deadline("rectify", "整改期限", UNDER_RECTIFICATION, due="rectify_by", remind=(days(3), days(1)),
                 escalate=((days(0), OWNER_HEAD), (days(7), SUPERVISOR_CHIEF)), announces=HazardOverdue),
        Deadline("verify", "审核、复查期限", (S.PLANNED, S.RECTIFIED, S.VERIFIED), due="verify_by", remind=(days(1),),
                 escalate=((days(0), SUPERVISOR_CHIEF),)),
    ),
)  # fmt: skip


L = LookBackStatus

LOOK_BACK_LIFE = Workflow(
    model=LookBack,
    label="回头看",
    start=L.DUE,
    enters=(L.EXCUSED,),
    final=(L.HOLDS, L.RECURRED, L.EXCUSED),
    with_related=("hazard__responsible_unit", "hazard__enterprise"),
    inputs=(
        Input("looked_on", "查看日期", "date", initial=lambda look, acting, now: local_day(now),
              check=looking.within_its_time),
        Input("again_photos", LOOKED_AGAIN, "files", help="重大事故隐患须有现在的现场照片；一般隐患整改保持的可不传",
              check=photos_only),
        Input("again_description", "现在的情况", "long_text",
              initial=lambda look, acting, now: look.hazard.description),
        Input("excuse", "免予的情形", "choice", choices=looking.OFFERED_EXCUSES),
        Input("rectify_by", "整改期限", "date", check=not_in_the_past),
    ),
    steps=(
        Step("hold", "整改保持", L.DUE, L.HOLDS, SUPERVISOR, needs=("looked_on", "finding"), takes=("again_photos",),
             unless=looking.own_work, effect=looking.note, awaited_as="现场查看"),
        Step("recur", "隐患复发", L.DUE, L.RECURRED, SUPERVISOR,
             needs=("looked_on", "finding", "again_photos"), takes=("again_description", "never_fixed"),
             unless=looking.own_work, effect=looking.record_recurrence, tone="primary",
             help="登记为复发隐患，与原隐患关联，并启动五步复盘"),
        Step("excuse", "免予回头看", L.DUE, L.EXCUSED, SUPERVISOR_CHIEF, needs=("excuse", "reason"), waits=False,
             tone="quiet", help="免予的条数和情形会在回头看页面上列出"),
    ),
    deadlines=(
        Deadline("due", "回头看期限", (L.DUE,), due="due_on", remind=(days(7), days(1)),
                 escalate=((days(0), SUPERVISOR), (days(3), SUPERVISOR_CHIEF)), announces=LookBackDue),
    ),
)  # fmt: skip


R = ReviewStatus

REVIEW_LIFE = Workflow(
    model=Review,
    label="五步复盘",
    start=R.FACTS,
    final=(R.DONE,),
    with_related=("hazard__responsible_unit", "hazard__enterprise"),
    steps=(
        Step("state_facts", "述情", R.FACTS, R.CAUSES, OWNER, needs=("facts",), effect=reviews.write,
             help="原来怎样整改的，这次怎样发现的，中间发生了什么"),
        Step("find_causes", "析因", R.CAUSES, R.ACCOUNTABILITY, OWNER,
             takes=("cause_person", "cause_machine", "cause_environment", "cause_management"),
             effect=reviews.find_causes, help="从人、机、环、管四方面分析，至少写一方面"),
        Step("hold_to_account", "追责", R.ACCOUNTABILITY, R.DUTIES, SUPERVISOR, needs=("accountability",),
             help="谁的责任，怎样追究：写明人员、处理意见和依据"),
        Step("set_duties", "明责", R.DUTIES, R.ROOT_FIX, OWNER, needs=("duties",), effect=reviews.write,
             help="以后由谁负责、按什么制度，怎样检查"),
        Step("fix_root", "治源", R.ROOT_FIX, R.SUBMITTED, OWNER, needs=("root_fix",), effect=reviews.write,
             help="怎样从源头上不再发生：改设计、改工艺、改设备、改制度"),
        Step("conclude", "验收复盘", R.SUBMITTED, R.DONE, CHECKER, takes=("finding",), unless=reviews.own_work,
             effect=reviews.conclude, announces=ReviewDone, tells=(OWNER,)),
        Step("send_back", "退回重做", R.SUBMITTED, R.CAUSES, CHECKER, needs=("reason",), tone="danger"),
    ),
    inputs=(Input("finding", "验收意见", "long_text"),),
    deadlines=(
        Deadline("due", "复盘期限", (R.FACTS, R.CAUSES, R.ACCOUNTABILITY, R.DUTIES, R.ROOT_FIX, R.SUBMITTED),
                 due="due_on", remind=(days(3), days(1)),
                 escalate=((days(0), OWNER_HEAD), (days(7), SUPERVISOR_CHIEF))),
    ),
)  # fmt: skip
