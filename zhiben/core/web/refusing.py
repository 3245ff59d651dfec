"""A refusal on the page of the form that led to it."""

from typing import Any

from zhiben.core.refusal import Refused


def put_beside(form: Any, refused: Refused) -> None:
    """The sentence beside the field it is about; above the form where that has no such field. What was typed stays."""
    form.add_error(refused.field if refused.field in form.fields else None, refused.sentence)
