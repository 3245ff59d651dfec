import hashlib
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

from .digest import ALGORITHMS


@register(Tags.security)
def digest_is_available(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if settings.ZHIBEN_DIGEST not in ALGORITHMS:
        return [
            Error(
                f"ZHIBEN_DIGEST 设为 {settings.ZHIBEN_DIGEST!r}，不是支持的摘要算法",
                hint=f"请改为 {' 或 '.join(ALGORITHMS)}",
                id="audit.E001",
            )
        ]
    if settings.ZHIBEN_DIGEST not in hashlib.algorithms_available:
        return [
            Error(
                f"本机的 OpenSSL 没有 {settings.ZHIBEN_DIGEST.upper()} 摘要算法",
                hint="请安装带国密算法的 OpenSSL 1.1.1 或更高版本，或设 ZHIBEN_DIGEST=sha256",
                id="audit.E002",
            )
        ]
    return []
