"""A target on which the engine is tried: errands, told apart by their titles."""

from collections.abc import Sequence
from typing import Any

from tests.errands.models import Errand
from zhiben.core.access.permissions import Permission
from zhiben.core.exchange.declaration import Checked, Context, Done, Field, Importing, Problem, Row
from zhiben.core.org.models import Unit


class ErrandImport(Importing):
    key, title, counter = "tests.errands", "差事", "件"
    fields = (
        Field("title", "事项", aliases=("任务名称", "工作事项"), required=True, max_length=40, example="检查仓库"),
        Field("due_on", "期限", aliases=("办结时限",), kind="date", example="2026-06-30"),
        Field("unit", "承办单位", aliases=("责任单位",), required=True, help="填写单位简称。"),
        Field("spent", "费用", kind="number"),
        Field("code", "编号", is_code=True, max_length=18),
        Field("after", "前置事项", help="同一张表里的另一件差事。"),
        Field("urgent", "是否加急", kind="choice", choices=(("yes", "加急"), ("no", "普通"))),
    )
    identity = ("title",)
    permission = Permission.DISPATCH_TASKS
    help = "按事项名称区分：系统中已有的更新，没有的新增。"
    list_url = "web:home"

    def order(self, row: Row) -> Any:
        return (bool(row["after"]), row.number)

    def check(self, rows: Sequence[Row], at: Context) -> Sequence[Checked]:
        units = self._units()
        known = {each.title: each for each in Errand.objects.filter(title__in=[row["title"] for row in rows])}
        checked = []
        for row in rows:
            problems = []
            if row["unit"] not in units:
                problems.append(Problem("unit", f"没有叫“{row['unit']}”的单位，请核对名称。"))
            if row["after"] and row["after"] not in at.whole.values("title"):
                problems.append(Problem("after", f"表里没有“{row['after']}”。"))
            errand = known.get(row["title"])
            same = errand is not None and errand.due_on == row["due_on"]
            action = "new" if errand is None else "same" if same else "change"
            checked.append(Checked(row.number, action, tuple(problems)))  # type: ignore[arg-type]
        return checked

    def carry_out(self, rows: Sequence[Row], at: Context) -> Sequence[Done]:
        units = self._units()
        known = {each.title: each for each in Errand.objects.filter(title__in=[row["title"] for row in rows])}
        new = []
        done = []
        for row in rows:
            errand = known.get(row["title"])
            action = "new" if errand is None else "change" if errand.due_on != row["due_on"] else "same"
            if errand is None:
                unit = units[row["unit"]]
                errand = Errand(
                    title=row["title"], due_on=row["due_on"], spent=row["spent"], responsible_unit=unit,
                    supervising_unit=unit, region_path=unit.region_path,
                )  # fmt: skip
                new.append(errand)
            elif action == "change":
                Errand.objects.filter(pk=errand.pk).update(due_on=row["due_on"])
            done.append((row.number, action, errand))
        Errand.objects.bulk_create(new)
        return [Done(number, action, "errands.errand", str(errand.pk)) for number, action, errand in done]  # type: ignore[arg-type]

    def _units(self) -> dict[str, Unit]:
        return {unit.short_name: unit for unit in Unit.objects.all()}
