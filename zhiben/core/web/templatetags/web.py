"""Tags and filters known to every template (settings: `builtins`)."""

from datetime import date, datetime, timedelta
from typing import Any

from django import forms, template
from django.forms import BoundField
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from zhiben.core import clock
from zhiben.core.access import permissions
from zhiben.core.access.acting import Acting
from zhiben.core.access.permissions import Permission
from zhiben.core.files import previews
from zhiben.core.files.models import StoredFile
from zhiben.core.web import assets, words

PICTURES = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp", "image/bmp"})

register = template.Library()


@register.simple_tag
def entry(source: str = "src/main.ts") -> SafeString:
    """The stylesheets and the script of a Vite entry."""
    styles = format_html_join("\n", '<link rel="stylesheet" href="{}">', ((url,) for url in assets.styles_of(source)))
    script = assets.address_of(source)
    return styles + (format_html('\n<script type="module" src="{}"></script>', script) if script else SafeString(""))


@register.simple_tag
def icon(name: str, words_for_it: str = "") -> SafeString:
    """An icon of the built sprite. It stands beside words; alone, `words_for_it` says what it means."""
    sprite = assets.address_of("icons.svg")
    if not sprite:
        return SafeString("")
    if words_for_it:
        return format_html(
            '<svg class="icon" role="img" aria-label="{}"><use href="{}#{}"/></svg>', words_for_it, sprite, name
        )
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>', sprite, name)


@register.simple_tag(takes_context=True)
def due(context: template.Context, day: date | None, finished: bool = False) -> SafeString:
    """A deadline as people say it: 还剩 3 天, 今天到期, 逾期 2 天; for what is finished, only the day."""
    if day is None:
        return mark_safe('<span class="text-secondary">无期限</span>')
    request = context.get("request")
    today = clock.local_day(request.now if request else clock.now())
    return due_span(day, today, finished=finished)


def due_span(day: date, today: date, *, finished: bool = False) -> SafeString:
    if finished:
        return format_html('<time datetime="{}">{}</time>', day.isoformat(), words.day(day, today))
    tone = "due-over" if day < today else "due-soon" if (day - today).days <= 3 else ""
    return format_html(
        '<span class="due {}">{}</span> <small class="due"><time datetime="{}">{}</time></small>',
        tone,
        words.time_left(day, today),
        day.isoformat(),
        words.day(day, today),
    )


@register.filter
def moment(value: datetime | None) -> str:
    """A moment on the office's clock: 2026年3月5日 09:30."""
    return words.moment(value) if value else ""


@register.filter
def said_day(text: str | None) -> str:
    """A day that is kept as text."""
    return words.said_day(text or "")


@register.filter
def ago(value: datetime, now: datetime) -> str:
    return words.ago(value, now)


@register.filter
def can_preview(file: StoredFile) -> bool:
    return previews.can_preview(file)


@register.filter
def may(acting: Acting, permission: str) -> bool:
    """`{% if shell.acting|may:"MANAGE_PLANS" %}`: whether a button leads this post anywhere."""
    return permissions.may(acting, Permission[permission])


@register.filter
def is_picture(media_type: str) -> bool:
    """Whether there is a thumbnail to show."""
    return media_type in PICTURES


@register.filter
def span(length: timedelta) -> str:
    return words.span(length)


@register.simple_tag
def control(bound: BoundField, draft: str = "") -> SafeString:
    """A form field with the looks of this house; long text keeps a draft of itself."""
    attrs: dict[str, str | bool] = {}
    widget = bound.field.widget
    if isinstance(widget, forms.Select):
        attrs["class"] = "form-select"
    elif not isinstance(widget, forms.CheckboxInput | forms.CheckboxSelectMultiple | forms.RadioSelect):
        attrs["class"] = "form-control"
    if isinstance(widget, forms.Textarea) and draft:
        attrs["data-draft"] = f"{draft}:{bound.name}"
    if isinstance(widget, forms.DateInput):
        widget.input_type, widget.format = "date", "%Y-%m-%d"
    return bound.as_widget(attrs=attrs)


@register.filter
def get(mapping: Any, key: str) -> Any:
    """`row.values|get:column.name`"""
    return mapping.get(key)


@register.simple_tag(takes_context=True)
def query(context: template.Context, **changes: Any) -> str:
    """The address of this page with some parameters changed; None takes one out. The place in the list is forgotten."""
    params = context["request"].GET.copy()
    for name in ("after", "before"):
        params.pop(name, None)
    for name, value in changes.items():
        if value is None:
            params.pop(name, None)
        elif isinstance(value, list | tuple):
            params.setlist(name, [str(each) for each in value])
        else:
            params[name] = str(value)
    return f"?{params.urlencode()}" if params else "?"
