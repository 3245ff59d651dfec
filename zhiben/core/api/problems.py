"""Refusals in the form every client can read: RFC 9457, in Chinese, with a sentence for each field."""

import json
import logging
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import DisallowedHost, RequestDataTooBig, SuspiciousOperation, ValidationError
from django.db import DataError
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError
from ninja.errors import ValidationError as InvalidRequest
from pydantic import Field

from zhiben.core.access.permissions import NotPermitted
from zhiben.core.events.since import CursorDamaged, CursorGone
from zhiben.core.files.refused import FileRefused
from zhiben.core.refusal import Refused
from zhiben.core.workflow.refusal import StepInvalid, StepRefused

from .sentences import sentences_of

MEDIA_TYPE = "application/problem+json"
TITLES = {
    400: "请求无法读取",
    401: "令牌无效",
    403: "没有权限",
    404: "没有这个内容",
    405: "不支持这种请求方法",
    409: "现在不能这样办理",
    410: "已过保留期",
    413: "请求过大",
    415: "请求的格式不对",
    422: "内容不符合要求",
    429: "请求过于频繁",
    500: "服务器内部错误",
    507: "服务器空间不足",
}
log = logging.getLogger(__name__)


class ProblemOut(Schema):
    """说明为什么没有办成、该怎么办（RFC 9457）。"""

    type: str = Field("about:blank", description="固定为 about:blank，请按 status 判断")
    title: str = Field(description="这一类问题的名称", examples=["内容不符合要求"])
    status: int = Field(description="与 HTTP 状态码相同", examples=[422])
    detail: str = Field(description="可以直接给人看的中文说明", examples=["进度：应为 0 到 100 的整数"])
    errors: dict[str, str] = Field(default_factory=dict, description="哪一项有什么问题：名称 → 说明")


class Problem(Exception):
    """An answer other than the one hoped for. `headers` go out with it."""

    def __init__(
        self,
        status: int,
        detail: str,
        errors: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.detail = status, detail
        self.errors, self.headers = dict(errors or {}), dict(headers or {})

    def as_dict(self) -> dict[str, Any]:
        return {
            "type": "about:blank",
            "title": TITLES[self.status],
            "status": self.status,
            "detail": self.detail,
            "errors": self.errors,
        }

    def response(self) -> HttpResponse:
        body = json.dumps(self.as_dict(), ensure_ascii=False)
        return HttpResponse(body, status=self.status, content_type=MEDIA_TYPE, headers=self.headers)


def problem_of(error: Exception) -> Problem | None:
    """What is said about an error; None for what is nobody's fault but ours."""
    match error:
        case Problem():
            return error
        case HttpError() if error.__cause__ is not None:
            return problem_of(error.__cause__) or _UNREADABLE  # type: ignore[arg-type]
        case AuthenticationError():
            return Problem(401, "请在 Authorization 标头中给出令牌。")
        case Http404():
            return Problem(404, "没有这个内容，或者令牌的岗位看不到它。")
        case InvalidRequest():
            errors = sentences_of(error.errors)
            return Problem(422, "；".join(errors.values()), errors)
        case NotPermitted():
            return Problem(403, error.sentence)
        case StepInvalid():
            return Problem(422, error.sentence, error.errors)
        case StepRefused():
            return Problem(409, error.sentence)
        case CursorGone():
            return Problem(410, error.sentence, {"after": error.sentence})
        case FileRefused() | CursorDamaged():
            return Problem(422, error.sentence, {error.field: error.sentence})
        case Refused():
            return Problem(
                422 if error.field else 409, error.sentence, {error.field: error.sentence} if error.field else {}
            )
        case RequestDataTooBig():
            return Problem(413, "请求过大：一次不超过 2.5 MB，较多的内容请分几次发送。")
        case DisallowedHost():
            return Problem(400, "这个服务器不用这个域名，请检查地址，或联系系统管理员把域名加入配置。")
        case MultiPartParserError():
            return Problem(400, "表单读不出来，请按 multipart/form-data 发送，文件名不超过 200 个字。")
        case SuspiciousOperation() | UnreadablePostError():
            return _UNREADABLE
        case ValidationError() | DataError():
            return Problem(422, "有的内容超出了可以保存的范围，请检查编号、日期和长度。")
        case _:
            return None


_UNREADABLE = Problem(400, "请求的正文读不出来，请检查格式是否完整、是否为 UTF-8。")


def answer_problems(api: NinjaAPI) -> None:
    """Every error of an operation becomes a problem; what nobody foresaw is logged, and says nothing of our inside."""

    def answer(request: HttpRequest, error: Any) -> HttpResponse:
        problem = problem_of(error)
        if problem is None:
            log.error("api.failed", exc_info=error)
            problem = Problem(500, "服务器内部错误，已记录。请稍后再试；多次出现请联系管理员。")
        return problem.response()

    for kind in (Exception, Http404, HttpError, InvalidRequest):
        api.add_exception_handler(kind, answer)
