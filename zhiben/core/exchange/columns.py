"""Which column of a file holds which field: guessed, remembered from the last time, or said by a person."""

import re
from collections.abc import Collection, Mapping
from datetime import datetime

from zhiben.core.access.acting import Acting, By
from zhiben.core.refusal import Refused

from .declaration import Field
from .headings import fingerprint, matched
from .layout import Layout
from .models import ImportRun, RememberedMapping


def mapping_for(run: ImportRun, layout: Layout, by: By) -> dict[str, str]:
    """Column, as text → field: as this unit matched these headings before, otherwise a guess."""
    return _remembered(run, layout, by) or _guessed(run, layout)


def _guessed(run: ImportRun, layout: Layout) -> dict[str, str]:
    found = matched(layout.texts, run.target.fields)
    for field in run.target.fields:
        if field.name not in found.values() and (place := _by_looks(field, layout, found)) is not None:
            found[place] = field.name
    return {str(layout.headings[place].column): name for place, name in sorted(found.items())}


def _by_looks(field: Field, layout: Layout, taken: Collection[int]) -> int | None:
    """The first column nobody named whose cells all look like this field: mobiles below 联系号码."""
    for place, heading in enumerate(layout.headings):
        told = [re.sub(r"[\s-]", "", each) for each in heading.samples if each]
        if place not in taken and told and field.looks and all(re.fullmatch(field.looks, each) for each in told):
            return place
    return None


def _remembered(run: ImportRun, layout: Layout, by: By) -> dict[str, str]:
    if not isinstance(by, Acting):
        return {}
    known = RememberedMapping.objects.filter(unit=by.unit, key=run.key, fingerprint=fingerprint(layout.texts)).first()
    names = {field.name for field in run.target.fields}
    places = {str(place): str(each.column) for place, each in enumerate(layout.headings)}
    return {places[at]: name for at, name in known.mapping.items() if at in places and name in names} if known else {}


def remember_mapping(run: ImportRun, now: datetime) -> None:
    if run.post is not None:
        places = {str(each.column): str(place) for place, each in enumerate(run.plan.headings)}
        RememberedMapping.objects.update_or_create(
            unit_id=run.post.unit_id, key=run.key, fingerprint=fingerprint(run.plan.texts),
            defaults={"mapping": {places[at]: name for at, name in run.mapping.items()}, "used_at": now},
        )  # fmt: skip


def sound_mapping(run: ImportRun, mapping: Mapping[int, str]) -> dict[str, str]:
    fields = {field.name: field for field in run.target.fields}
    columns = {each.column: each for each in run.plan.headings}
    chosen = {at: name for at, name in mapping.items() if name in fields and at in columns}
    for name in fields:
        twice = [columns[at].text for at, chosen_name in chosen.items() if chosen_name == name]
        if len(twice) > 1:
            raise Refused(f"“{twice[0]}”和“{twice[1]}”都对应了{fields[name].label}，请只留一列。", name)
    missing = [field.label for field in run.target.fields if field.required and field.name not in chosen.values()]
    if missing:
        raise Refused(f"还没有找到{'、'.join(missing)}所在的列。请在下面选出对应的列，表中没有的请补上后重新上传。")
    return {str(at): name for at, name in sorted(chosen.items())}
