"""The smallest record with a life of its own: what one unit does for another. The engine is tried on it."""

from django.db import models

from zhiben.core.access.scope import Scoped


class Errand(Scoped):
    class Status(models.TextChoices):
        GIVEN = "given", "待接收"
        DOING = "doing", "办理中"
        DONE = "done", "待核验"
        CLOSED = "closed", "办结"
        DROPPED = "dropped", "撤回"

    title = models.CharField("事项", max_length=40)
    status = models.CharField("状态", max_length=10, choices=Status.choices, default=Status.GIVEN)
    due_on = models.DateField("期限", null=True)
    done_by = models.ForeignKey("org.Person", on_delete=models.PROTECT, null=True, related_name="+")
    spent = models.DecimalField("费用", max_digits=8, decimal_places=2, null=True)

    class Meta:
        verbose_name = "差事"

    def __str__(self) -> str:
        return self.title
