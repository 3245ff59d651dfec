"""The steps of a record through the interface: what may be done now, one step, many at once. All of it is `fire`."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from ninja import Path, Router, Schema
from pydantic import Field, StrictBool, StrictFloat, StrictInt, StrictStr, create_model

from zhiben.core.access.actors import TheSystem
from zhiben.core.refusal import Refused
from zhiben.core.web.pages.at import At
from zhiben.core.workflow.engine import Result, fire_many
from zhiben.core.workflow.offers import Offer, offers
from zhiben.core.workflow.refusal import StepInvalid, StepRefused
from zhiben.core.workflow.table import Step, Workflow

from .operations import told, writes
from .problems import ProblemOut, problem_of

if TYPE_CHECKING:
    from .records import RecordApi

MOST_AT_ONCE = 500
Scalar = StrictStr | StrictInt | StrictFloat | StrictBool | None
Value = Scalar | list[StrictStr | StrictInt]
Inputs = dict[str, Value]


class InputOut(Schema):
    """步骤要填的一项。"""

    name: str
    label: str
    kind: str = Field(description="text、long_text、date、number、percent、choice、yes_no、unit、units、person、files")
    required: bool
    help: str
    unit: str = Field(description="计量单位")
    choices: list[list[str]] = Field(description="可选的值：[代码, 名称]")


class OfferOut(Schema):
    """一个可以办理的步骤。"""

    name: str = Field(description="办理时写在地址里的名称")
    label: str = Field(description="步骤的中文名称")
    help: str
    refusal: str | None = Field(description="现在不能办理的原因；可以办理时为 null")
    target: str = Field(description="办理后的状态")
    needs_approval: bool = Field(description="办理后是否还要他人审批才生效")
    inputs: list[InputOut]


class StepIn(Schema):
    """办理一个步骤时填写的内容。"""

    model_config = {"extra": "forbid"}
    inputs: Inputs = Field(
        default_factory=dict,
        max_length=50,
        description="名称 → 值。日期写 2026-06-30，单位、人员和文件写编号，多个用数组",
        examples=[{"reason": "不属于本单位职责"}],
    )


class StepOut(Schema):
    """办理的结果。"""

    id: str = Field(description="记录的编号")
    status: str = Field(description="办理后的状态")
    status_label: str
    awaits_approval: bool = Field(description="true：已提出申请，等待审批，状态还没有变")


class RowOut(Schema):
    """一条的结果，次序与发来的相同。"""

    index: int = Field(description="从 0 数起的次序")
    id: str
    done: bool = Field(description="是否办成")
    result: StepOut | None
    problem: ProblemOut | None = Field(description="没有办成的原因；办成时为 null")


class BulkOut(Schema):
    """逐条的结果：有的没有办成，不影响其他的。"""

    done: int = Field(description="办成的条数")
    refused: int = Field(description="没有办成的条数")
    rows: list[RowOut]


def offered(api: "RecordApi", record: Any, at: At) -> dict[str, Any]:
    """`{"steps": […]}`; nothing for a record without a life."""
    if not api.workflow:
        return {}
    return {"steps": [_offer(each) for each in offers(record, at.acting, at.now)]}


def add_steps(api: "RecordApi", router: Router) -> None:
    item = create_model(
        f"{api.answer}StepItem",
        __base__=StepIn,
        id=(api.key, Field(description=f"{api.title}的编号")),
        step=(str, Field(max_length=64, description="步骤的名称")),
    )
    many = create_model(
        f"{api.answer}Steps",
        __base__=Schema,
        items=(list[item], Field(min_length=1, max_length=MOST_AT_ONCE, description=f"最多 {MOST_AT_ONCE} 条")),  # type: ignore[valid-type]
    )

    def bulk(request: HttpRequest, sent: Any) -> HttpResponse:
        return told(_take_each(api, sent.items, At(request.acting, request.now)))

    bulk.__annotations__["sent"] = many
    writes(
        router, "/bulk", scope=f"{api.scope}:write", answer=BulkOut, summary=f"批量办理{api.title}",
        name=f"take_{api.word}_steps",
        description="逐条办理、逐条给出结果。整个请求是一次写入：同一请求编号重发，不会再办一遍。",
    )(bulk)  # fmt: skip

    def take(request: HttpRequest, key: Any, step: str, sent: StepIn) -> HttpResponse:
        at = At(request.acting, request.now)
        result = take_one(api, api.find(key, at), step, sent.inputs, at)
        return told(taken(api, result))

    take.__annotations__["key"] = Path[api.key]  # type: ignore[misc, name-defined]
    writes(
        router, api.place("/steps/{step}"), scope=f"{api.scope}:write", answer=StepOut, summary=f"办理{api.title}的一个步骤",
        name=f"take_{api.word}_step", also=(404,),
        description=f"能办理哪些步骤、各要填什么，见“一件{api.title}”的 steps。\n\n{said_steps(api.workflow)}",
    )(take)  # fmt: skip


def take_one(api: "RecordApi", record: Any, step: str, inputs: Mapping[str, Any], at: At) -> Result:
    """Raises Http404 for an unknown step, Refused."""
    if api.workflow is None or not any(each.name == step for each in api.workflow.steps):
        raise Http404
    result = api.take_many([record], step, inputs, at)[0]
    result.or_raise()
    return result


def fire_each(records: Sequence[Any], step: str, inputs: Mapping[str, Any], at: At) -> list[Result]:
    """`fire_many` with what came over the wire. An effect that refuses undoes only its own record."""
    given: dict[str, Any] = {
        name: list(dict.fromkeys(value)) if isinstance(value, list) else value for name, value in inputs.items()
    }
    if clash := given.keys() & {"records", "step", "by", "now", "key", "progress"}:
        invalid = StepInvalid(dict.fromkeys(clash, "没有这一项，请检查名称"))
        return [Result(record, invalid) for record in records]
    try:
        with transaction.atomic():
            return fire_many(records, step, by=at.acting, now=at.now, **given)
    except (StepRefused, ValidationError) as refused:
        if len(records) == 1:
            return [Result(records[0], _refusal(refused))]
    return [fire_each([record], step, inputs, at)[0] for record in records]


def said_steps(workflow: Workflow | None) -> str:
    """Every step with what it needs, as a list in Markdown."""
    if workflow is None:
        return ""
    return "\n".join(f"- `{step.name}` {step.label}{_needs(workflow, step)}" for step in workflow.steps if _open(step))


def _take_each(api: "RecordApi", items: Sequence[Any], at: At) -> dict[str, Any]:
    seen = api.rows(at).in_bulk({item.id for item in items})
    rows: list[dict[str, Any]] = []
    for run in _runs(items):
        step, inputs = run[0].step, run[0].inputs
        known = any(each.name == step for each in api.workflow.steps) if api.workflow else False
        found = [seen[item.id] for item in run if item.id in seen] if known else []
        results = {result.record.pk: result for result in api.take_many(found, step, inputs, at)} if found else {}
        for item in run:
            rows.append(_row(api, len(rows), item.id, results.get(item.id), known))
    done = sum(row["done"] for row in rows)
    return {"done": done, "refused": len(rows) - done, "rows": rows}


def _runs(items: Sequence[Any]) -> Iterator[list[Any]]:
    """Neighbours that are the same step with the same inputs on different records, to be taken together."""
    run: list[Any] = []
    for item in items:
        if run and (
            (item.step, item.inputs) != (run[0].step, run[0].inputs) or any(item.id == each.id for each in run)
        ):
            yield run
            run = []
        run.append(item)
    if run:
        yield run


def _row(api: "RecordApi", index: int, key: Any, result: Result | None, known: bool) -> dict[str, Any]:
    row: dict[str, Any] = {"index": index, "id": str(key), "done": False, "result": None, "problem": None}
    if result is not None and result.refusal is None:
        return {**row, "done": True, "result": taken(api, result)}
    error: Exception = result.refusal if result is not None and result.refusal else Http404()
    if not known:
        error = StepInvalid({"step": "没有这个步骤，请检查名称"})
    problem = problem_of(error)
    assert problem is not None
    return {**row, "problem": problem.as_dict()}


def taken(api: "RecordApi", result: Result) -> dict[str, Any]:
    assert api.workflow is not None
    status = getattr(result.record, api.workflow.field_name)
    return {
        "id": str(result.record.pk),
        "status": status,
        "status_label": api.workflow.state_label(status),
        "awaits_approval": result.awaits_approval,
    }


def _refusal(error: Refused | ValidationError) -> StepRefused:
    if isinstance(error, StepRefused):
        return error
    return StepInvalid({"inputs": "有的编号或数值不对，请检查"})


def _offer(offer: Offer) -> dict[str, Any]:
    step = offer.step
    return {
        "name": step.name,
        "label": step.label,
        "help": step.help,
        "refusal": offer.refusal,
        "target": offer.target_label,
        "needs_approval": step.approval is not None,
        "inputs": [
            {
                "name": each.name,
                "label": each.label,
                "kind": each.kind,
                "required": each.name in step.needs,
                "help": each.help,
                "unit": each.unit,
                "choices": [[str(value), str(label)] for value, label in each.choices or ()],
            }
            for each in offer.inputs
        ],
    }


def _needs(workflow: Workflow, step: Step) -> str:
    needs = [f"{workflow.input(name).label} `{name}`" for name in step.needs]
    takes = [f"{workflow.input(name).label} `{name}`" for name in step.takes]
    return "".join((f"；须填{'、'.join(needs)}" if needs else "", f"；可填{'、'.join(takes)}" if takes else ""))


def _open(step: Step) -> bool:
    """Whether anybody but the system itself takes it."""
    return not isinstance(step.actor, TheSystem)
