"""Papers and photographs that people attach: small, plainly made up, of real file types."""

import io
from dataclasses import dataclass
from datetime import datetime
from random import Random

from PIL import Image, ImageDraw

from zhiben.core.access.acting import Acting, By
from zhiben.core.clock import local_day
from zhiben.core.documents.paper import Paper, Paragraph, compose
from zhiben.core.files.models import StoredFile, Upload
from zhiben.core.files.services import bring, store_file

PAPERS = (
    ("现场检查记录.docx", "现场检查记录（演示）", "检查对象、检查内容、发现问题、整改要求由检查组填写并签字。"),
    ("整改完成报告.docx", "整改完成报告（演示）", "对照问题清单逐项整改，附整改前后照片，请予核验。"),
    ("会议纪要.docx", "会议纪要（演示）", "会议听取了进展情况，明确了下一步任务分工和时间节点。"),
    ("培训签到表.docx", "培训签到表（演示）", "培训时间、地点、参加人员、授课内容。"),
)
PICTURES = (("整改前照片.png", (168, 96, 80)), ("整改后照片.png", (84, 132, 104)), ("现场照片.png", (90, 110, 150)))


@dataclass
class Cabinet:
    """The papers, made and stored once."""

    rng: Random
    by: By
    now: datetime

    def __post_init__(self) -> None:
        day = local_day(self.now)
        contents = [
            (name, compose(Paper(title=title, body=(Paragraph(text),), issued_on=day, sealed=False)))
            for name, title, text in PAPERS
        ]
        contents += [(name, _picture(colour)) for name, colour in PICTURES]
        self._files: list[tuple[str, StoredFile]] = [
            (name, store_file(content=content, name=name, by=self.by, now=self.now)) for name, content in contents
        ]

    def take(self, count: int, *, by: Acting, now: datetime) -> list[Upload]:
        """So many different files, brought by this person at that moment."""
        return [bring(file, name=name, by=by, now=now) for name, file in self.rng.sample(self._files, count)]


def _picture(colour: tuple[int, int, int]) -> bytes:
    """A sketch of a hall with a door: enough to be seen as a picture."""
    image = Image.new("RGB", (640, 420), (226, 230, 234))
    draw = ImageDraw.Draw(image)
    draw.rectangle((60, 120, 580, 380), fill=colour)
    draw.polygon(((40, 120), (320, 30), (600, 120)), fill=(120, 126, 134))
    draw.rectangle((270, 240, 370, 380), fill=(240, 240, 236))
    kept = io.BytesIO()
    image.save(kept, "PNG")
    return kept.getvalue()
