"""What may be wrong with the settings of messages, each with what to do about it."""

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register
from django.utils.module_loading import import_string

from .channels.mail import Server


@register()
def mail_is_rightly_set(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if not settings.ZHIBEN_SMTP_URL:
        return []
    found: list[CheckMessage] = []
    try:
        Server.from_url(settings.ZHIBEN_SMTP_URL)
    except ValueError as wrong:
        found.append(Error(str(wrong), hint="用户名和口令中的特殊字符请写成 %40 这样的形式。", id="notify.E001"))
    if "@" not in settings.ZHIBEN_MAIL_FROM:
        hint = "请设 ZHIBEN_MAIL_FROM，例如 治本 <zhiben@example.gov.cn>。"
        found.append(Error("设置了邮件服务器，却没有设置发件人", hint=hint, id="notify.E002"))
    if settings.ZHIBEN_SMTP_CA and not Path(settings.ZHIBEN_SMTP_CA).is_file():
        hint = "请核对 ZHIBEN_SMTP_CA 的路径，并让运行本系统的用户能读它。"
        found.append(Error("找不到签发邮件服务器证书的机构证书", hint=hint, id="notify.E003"))
    return found


@register()
def sms_is_rightly_set(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if not settings.ZHIBEN_SMS_GATEWAY:
        return []
    found: list[CheckMessage] = []
    try:
        import_string(settings.ZHIBEN_SMS_GATEWAY)
    except ImportError:
        hint = "请核对 ZHIBEN_SMS_GATEWAY，或删除它以关闭短信。"
        found.append(Error(f"没有短信网关 {settings.ZHIBEN_SMS_GATEWAY}", hint=hint, id="notify.E004"))
    for name in ("ZHIBEN_SMS_BODY", "ZHIBEN_SMS_HEADERS"):
        try:
            json.loads(getattr(settings, name) or "{}")
        except ValueError:
            hint = "请写成一个 JSON 对象，注意引号。"
            found.append(Error(f"{name} 不是 JSON", hint=hint, id="notify.E005"))
    return found


@register(deploy=True)
def messages_have_links(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if settings.ZHIBEN_PUBLIC_URL or not (settings.ZHIBEN_SMTP_URL or settings.ZHIBEN_SMS_GATEWAY):
        return []
    hint = "请设 ZHIBEN_PUBLIC_URL 为用户访问本系统的地址，例如 https://zhiben.example.gov.cn。"
    return [Warning("消息里没有链接：不知道用户从哪个地址访问本系统", hint=hint, id="notify.W001")]
