"""Forms of the templates and the letterhead. They only ask; the services decide."""

from django import forms

from .letterhead import LetterheadText

_FIELDS = LetterheadText.__dataclass_fields__


def _line(name: str, length: int, help_text: str = "") -> forms.CharField:
    meta = _FIELDS[name].metadata
    example = f"例如：{meta['example']}。" if meta["example"] else ""
    return forms.CharField(
        label=meta["label"], max_length=length, required=False, help_text=f"{help_text or meta['help']}{'。' if (help_text or meta['help']) and example else ''}{example}"
    )  # fmt: skip


def _long(name: str) -> forms.CharField:
    field = _line(name, 500)
    field.widget = forms.Textarea({"rows": 2})
    return field


class LetterheadForm(forms.Form):
    issuer = _line("issuer", 64, "红色大字；不填则为单位全称加“文件”")
    code = _line("code", 32)
    signer = _line("signer", 64)
    to = _long("to")
    copies_to = _long("copies_to")
    printed_by = _line("printed_by", 128, "不填则为单位全称")
    contact = _line("contact", 32)
    telephone = _line("telephone", 32)
