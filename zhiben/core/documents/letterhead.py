"""版头和版记: what a unit's documents repeat, as templates see it (`{{ letterhead.issuer }}`) and as the unit keeps it."""

import dataclasses
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from zhiben.core.access.acting import Acting
from zhiben.core.access.permissions import Permission, require
from zhiben.core.audit import services as audit
from zhiben.core.org.models import Unit
from zhiben.core.refusal import Refused

from .kinds import said
from .layout.word import clean
from .models import Letterhead


@dataclass(frozen=True)
class LetterheadText:
    """Known to every template as `letterhead`."""

    unit: str = said("发文机关全称", "成文日期上方的署名", example="澄溪县安全生产委员会办公室")
    issuer: str = said("发文机关标志", "红色大字", example="澄溪县安全生产委员会办公室文件")
    code: str = said("机关代字", "发文字号“〔年份〕”前面的字", example="澄安委办")
    signer: str = said("签发人", "上行文才需要", example="")
    to: str = said("主送机关", example="各乡镇人民政府，县安委会各成员单位")
    copies_to: str = said("抄送机关", example="县委办公室，县政府办公室")
    printed_by: str = said("印发机关", example="澄溪县安全生产委员会办公室")
    contact: str = said("联系人", example="安宁")
    telephone: str = said("联系电话", example="0990-1234567")


FIELDS = tuple(field.name for field in dataclasses.fields(LetterheadText) if field.name != "unit")


def letterhead_of(unit: Unit) -> LetterheadText:
    """What the unit has filled in, the rest from its name. One query."""
    kept = Letterhead.objects.filter(unit=unit).first()
    given = {name: getattr(kept, name) for name in FIELDS} if kept else dict.fromkeys(FIELDS, "")
    given["issuer"] = given["issuer"] or f"{unit.name}文件"
    given["printed_by"] = given["printed_by"] or unit.name
    return LetterheadText(unit=unit.name, **given)


@transaction.atomic
def change_letterhead(*, unit: Unit, by: Acting, now: datetime, **texts: str) -> Letterhead:
    """`texts`: any of `FIELDS`. Only one's own unit's."""
    require_own(by, unit)
    unknown = texts.keys() - set(FIELDS)
    if unknown:
        raise TypeError(f"a letterhead has no {unknown}")
    Unit.objects.select_for_update().get(pk=unit.pk)
    letterhead, _ = Letterhead.objects.get_or_create(unit=unit)
    said_now = {name: " ".join(clean(text).split()) for name, text in texts.items()}
    changes = {name: text for name, text in said_now.items() if getattr(letterhead, name) != text}
    if not changes:
        return letterhead
    before = {name: getattr(letterhead, name) for name in changes}
    for name, text in changes.items():
        setattr(letterhead, name, text)
    letterhead.save(update_fields=list(changes))
    audit.append(
        record_type=letterhead._meta.label_lower, record_id=str(letterhead.pk), kind="edit", verb="change_letterhead",
        label="修改版头", by=by, now=now, data={"before": before, "after": changes},
    )  # fmt: skip
    return letterhead


def require_own(by: Acting, unit: Unit) -> None:
    """Templates and letterhead are kept by the unit itself. Raises Refused."""
    require(by, Permission.MANAGE_TEMPLATES)
    if by.unit.pk != unit.pk:
        raise Refused("只能维护本单位的公文模板和版头。请切换到该单位的岗位。")
