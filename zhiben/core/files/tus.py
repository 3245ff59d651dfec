"""The tus protocol 1.0.0 over `resumable` (https://tus.io/protocols/resumable-upload): OPTIONS, POST, HEAD, PATCH, DELETE.

Beside the protocol, an upload that is whole is named in `Zhiben-Upload`, the key by which a form hands it in. What is
refused is said in a Chinese sentence as plain text.
"""

import base64
import binascii
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import http_date
from django.views.decorators.http import require_http_methods

from zhiben.core.access.acting import Acting

from . import resumable
from .models import ResumableUpload
from .refused import FileRefused

VERSION = "1.0.0"
EXTENSIONS = "creation,expiration,termination"
PIECE_TYPE = "application/offset+octet-stream"
_MOST_DIGITS = 15


class Unclear(Exception):
    """The request does not speak the protocol: the HTTP code, and a sentence for whoever writes the client."""

    def __init__(self, code: int, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


@require_http_methods(["OPTIONS", "POST"])
def collection(request: HttpRequest) -> HttpResponse:
    acting = _acting(request)
    if request.method == "OPTIONS":
        answer = HttpResponse(status=204)
        answer["Tus-Version"], answer["Tus-Extension"] = VERSION, EXTENSIONS
        answer["Tus-Max-Size"] = str(resumable.largest())
        return _spoken(answer)
    return _answered(request, lambda: _create(request, acting))


@require_http_methods(["HEAD", "PATCH", "DELETE"])
def member(request: HttpRequest, pk: UUID) -> HttpResponse:
    acting = _acting(request)
    arriving = resumable.find_upload(pk, by=acting, now=request.now)
    if arriving is None:
        raise Http404
    answers: dict[str | None, Callable[[HttpRequest, ResumableUpload, Acting], HttpResponse]] = {
        "HEAD": _head,
        "PATCH": _patch,
        "DELETE": _delete,
    }
    return _answered(request, lambda: answers[request.method](request, arriving, acting))


def _create(request: HttpRequest, acting: Acting) -> HttpResponse:
    length = _number(request, "Upload-Length")
    name = _metadata(request).get("filename", "")
    begun = resumable.begin_upload(name=name, length=length, by=acting, now=request.now)
    answer = _standing(begun, 201)
    answer["Location"] = reverse("files:resumable_upload", args=[begun.pk])
    return answer


def _head(request: HttpRequest, arriving: ResumableUpload, acting: Acting) -> HttpResponse:
    answer = _standing(resumable.look_up(arriving, by=acting, now=request.now), 200)
    answer["Upload-Length"] = str(arriving.length)
    answer["Cache-Control"] = "no-store"
    return answer


def _patch(request: HttpRequest, arriving: ResumableUpload, acting: Acting) -> HttpResponse:
    if request.content_type != PIECE_TYPE:
        raise Unclear(415, f"Content-Type 应为 {PIECE_TYPE}")
    at = _number(request, "Upload-Offset")
    received = resumable.add_piece(arriving, request, at=at, by=acting, now=request.now)
    return _standing(received, 204)


def _delete(request: HttpRequest, arriving: ResumableUpload, acting: Acting) -> HttpResponse:
    resumable.drop_upload(arriving)
    return HttpResponse(status=204)


def _answered(request: HttpRequest, answer: Callable[[], HttpResponse]) -> HttpResponse:
    try:
        if request.headers.get("Tus-Resumable") != VERSION:
            raise Unclear(412, f"请求头 Tus-Resumable 应为 {VERSION}")
        return _spoken(answer())
    except resumable.WrongPlace as place:
        refused = _sentence(409, "这一段与已收到的部分接不上，请从已收到的位置继续。")
        refused["Upload-Offset"] = str(place.received)
        return _spoken(refused)
    except resumable.Busy:
        return _spoken(_sentence(423, "这个文件正在另一处上传，请稍后再试。"))
    except FileRefused as reason:
        return _spoken(_sentence(422, reason.sentence))
    except Unclear as reason:
        return _spoken(_sentence(reason.code, reason.sentence))


def _standing(arriving: ResumableUpload, status: int) -> HttpResponse:
    answer = HttpResponse(status=status)
    answer["Upload-Offset"] = str(arriving.received)
    answer["Upload-Expires"] = http_date(arriving.expires_at.timestamp())
    if arriving.upload_id is not None:
        answer["Zhiben-Upload"] = str(arriving.upload_id)
    return answer


def _sentence(status: int, sentence: str) -> HttpResponse:
    return HttpResponse(sentence, status=status, content_type="text/plain; charset=utf-8")


def _spoken(answer: HttpResponse) -> HttpResponse:
    answer["Tus-Resumable"] = VERSION
    return answer


def _number(request: HttpRequest, header: str) -> int:
    text = request.headers.get(header, "")
    if not (text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS):
        raise Unclear(400, f"请求头 {header} 应为非负整数")
    return int(text)


def _metadata(request: HttpRequest) -> dict[str, str]:
    """`filename 5paH5Lu2,type …`: keys and base64 of their values."""
    found = {}
    for pair in request.headers.get("Upload-Metadata", "").split(","):
        key, _, value = pair.strip().partition(" ")
        try:
            found[key] = base64.b64decode(value, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError) as problem:
            raise Unclear(400, "请求头 Upload-Metadata 的值应为 UTF-8 文本的 base64 编码") from problem
    return found


def _acting(request: Any) -> Acting:
    acting: Acting | None = request.acting
    if acting is None:
        raise Http404
    return acting
