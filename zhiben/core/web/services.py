"""What people do with pages themselves: save a view, choose columns, say something about a record."""

from collections.abc import Sequence
from datetime import datetime

from django.db import models, transaction

from zhiben.core.access.acting import Acting
from zhiben.core.audit import services as audit
from zhiben.core.refusal import Refused

from .models import ChosenColumns, Comment, SavedView

LONGEST_COMMENT = 2000


def save_view(*, pages: str, name: str, query: str, shared: bool, by: Acting, now: datetime) -> SavedView:
    """Keep the filters of a list under a name; one's own view of that name is replaced."""
    name = name.strip()
    if not name:
        raise Refused("请给视图起个名字，例如“本季度逾期”")
    if len(name) > 32:
        raise Refused("视图的名字请控制在 32 个字以内")
    return SavedView.objects.update_or_create(
        owner=by.person,
        pages=pages,
        name=name,
        defaults={"query": query, "shared_with": by.unit if shared else None, "created_at": now},
    )[0]


def forget_view(*, view_id: int, by: Acting) -> None:
    """Only one's own."""
    SavedView.objects.filter(pk=view_id, owner=by.person).delete()


def choose_columns(*, pages: str, names: Sequence[str], by: Acting) -> None:
    """An empty choice goes back to the columns the list itself proposes."""
    if names:
        ChosenColumns.objects.update_or_create(person=by.person, pages=pages, defaults={"names": list(names)})
    else:
        ChosenColumns.objects.filter(person=by.person, pages=pages).delete()


def comment_on(record: models.Model, *, text: str, by: Acting, now: datetime) -> Comment:
    text = text.strip()
    if not text:
        raise Refused("请先写下要说的话")
    if len(text) > LONGEST_COMMENT:
        raise Refused(f"评论请控制在 {LONGEST_COMMENT} 字以内，现在是 {len(text)} 字；长材料可作为附件上传")
    record_type = record._meta.label_lower
    with transaction.atomic():
        type(record)._base_manager.select_for_update().get(pk=record.pk)  # the chain of the trail has one writer
        comment = Comment.objects.create(
            record_type=record_type,
            record_id=str(record.pk),
            author=by.person,
            author_post=str(by.post),
            text=text,
            at=now,
        )
        audit.append(
            record_type=record_type,
            record_id=str(record.pk),
            kind="edit",
            verb="comment",
            label="评论",
            by=by,
            now=now,
            data={"comment": comment.pk},
        )
    return comment
