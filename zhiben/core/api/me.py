"""Who the token is: the first thing a developer asks."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from ninja import Schema
from pydantic import Field

from .fields import Named, named, plain
from .models import ApiToken
from .operations import group, reads, told

router = group("me", "令牌")


class MeOut(Schema):
    """令牌以谁的名义、有什么权限、到什么时候。"""

    name: str = Field(description="令牌的用途")
    person: Named
    unit: Named
    role: str = Field(description="岗位的角色")
    post: str = Field(description="岗位的名称")
    scopes: list[str] = Field(description="权限范围")
    valid_until: datetime = Field(description="有效期至")
    per_minute: int = Field(description="每分钟次数")
    now: datetime = Field(description="服务器的时间")


@reads(router, "", scope="", answer=MeOut, summary="令牌的身份", name="get_me")
def me(request: HttpRequest) -> HttpResponse:
    token: ApiToken = request.auth  # type: ignore[attr-defined]
    post = token.post
    return told(
        {
            "name": token.name,
            "person": named(post.person),
            "unit": named(post.unit),
            "role": post.role,
            "post": str(post),
            "scopes": token.scopes,
            "valid_until": plain(token.valid_until),
            "per_minute": token.per_minute,
            "now": plain(request.now),
        }
    )
