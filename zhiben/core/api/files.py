"""Files: brought before a step names them, fetched by whoever may see the record they belong to."""

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from ninja import File, Path, Schema, UploadedFile
from pydantic import Field

from zhiben.core.files.services import receive_upload
from zhiben.core.files.views import download

from .operations import group, reads, told, writes
from .problems import Problem
from .reading import is_plain
from .records import Key
from .scopes import scope

READ = scope("files:read", "下载附件")
WRITE = scope("files:write", "上传文件")
router = group("files", "文件")


class UploadOut(Schema):
    """收到的文件；办理步骤时在 files 中写它的编号。"""

    id: int = Field(description="编号")
    name: str = Field(description="文件名")
    size: int = Field(description="字节数")
    media_type: str = Field(description="按内容识别的类型")
    sha256: str = Field(description="内容的 SHA-256，可用来核对")


@writes(
    router, "", scope=WRITE, answer=UploadOut, status=201, summary="上传一个文件", name="upload_file",
    description="multipart/form-data，文件放在 file 中。收下后在办理步骤的 files 里写它的编号。",
)  # fmt: skip
def upload(request: HttpRequest, file: File[UploadedFile]) -> HttpResponse:
    if not is_plain(file.name or ""):
        raise Problem(422, "文件名中有不能识别的字符，请改名后再传。", {"file": "文件名不对"})
    received = receive_upload(file, name=file.name or "", by=request.acting, now=request.now)
    kept = received.file
    return told(
        {
            "id": received.pk,
            "name": received.name,
            "size": kept.size,
            "media_type": kept.media_type,
            "sha256": kept.digest,
        },
        status=201,
    )


@reads(
    router, "/{int:key}/content", scope=READ, answer=bytes, summary="附件的内容", name="get_file_content", also=(404,),
    description="附件的编号见记录的 attachments。",
)  # fmt: skip
def content(request: HttpRequest, key: Path[Key]) -> HttpResponseBase:
    response = download(request, key)
    if response.status_code != 200:
        raise Http404
    return response
