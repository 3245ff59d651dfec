"""What the file store does behind the page."""

from zhiben.core.jobs.services import Running, job
from zhiben.core.refusal import Refused

from .models import StoredFile
from .previews import make_preview, preview_of


@job("files.preview")
def preview(running: Running, *, file_id: int) -> None:
    file = StoredFile.objects.filter(pk=file_id).first()
    if file is None:
        raise Refused("这个文件已不在系统中，请刷新原来的页面。")
    if preview_of(file) is None:
        running.progress(0, 1, "正在转换")
        make_preview(file)
    with running.finishing() as outcome:
        outcome.result = {"summary": "预览已准备好。"}
