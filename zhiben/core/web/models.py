"""What the pages keep for people: views they saved, columns they chose, what they said about a record."""

from typing import Self

from django.db import models
from django.db.models import Q

from zhiben.core.access.acting import Acting
from zhiben.core.org.models import Person, Unit


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    def offered_to(self, acting: Acting) -> Self:
        """One's own, and those colleagues of the unit share."""
        return self.filter(Q(owner=acting.person) | Q(shared_with=acting.unit))


class SavedView(models.Model):
    """The filters of a list under a name; `query` is what follows the question mark of its address."""

    pages = models.CharField(max_length=64)
    """Name of the list, `tasks`."""
    name = models.CharField("名称", max_length=32)
    query = models.TextField("筛选条件", blank=True)
    owner = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="saved_views")
    shared_with = models.ForeignKey(Unit, on_delete=models.CASCADE, null=True, related_name="shared_views")
    created_at = models.DateTimeField("时间")

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        verbose_name = "保存的视图"
        ordering = ("name", "pk")
        constraints = [models.UniqueConstraint(fields=("owner", "pages", "name"), name="web_view_named_once")]

    def __str__(self) -> str:
        return self.name


class ChosenColumns(models.Model):
    """The columns a person wants to see in a list, in the list's own order."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="chosen_columns")
    pages = models.CharField(max_length=64)
    names = models.JSONField(default=list)

    class Meta:
        verbose_name = "列的选择"
        constraints = [models.UniqueConstraint(fields=("person", "pages"), name="web_columns_chosen_once")]


class Comment(models.Model):
    """What somebody said about a record. It cannot be changed or taken back; the trail keeps that it was said."""

    record_type = models.CharField(max_length=64)
    record_id = models.CharField(max_length=36)
    author = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="comments")
    author_post = models.CharField("岗位", max_length=128)
    text = models.TextField("内容")
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = "评论"
        ordering = ("at", "pk")
        indexes = [models.Index(fields=("record_type", "record_id", "at"), name="web_comment_of_record")]

    def __str__(self) -> str:
        return self.text[:40]
