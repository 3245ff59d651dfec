"""Secrets that the program must read again (a robot's address, what signs a webhook) and nobody else: sealed with the
installation's key, of no use to whoever reads only the database."""

from base64 import urlsafe_b64encode
from hashlib import sha256

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

from zhiben.core.refusal import Refused


def seal(text: str) -> str:
    return _lock().encrypt(text.encode()).decode() if text else ""


def unseal(sealed: str) -> str:
    """Raises Refused where the installation's key is another than the one it was sealed with."""
    if not sealed:
        return ""
    try:
        return _lock().decrypt(sealed.encode()).decode()
    except InvalidToken as wrong:
        raise Refused("本系统的密钥已更换，原来保存的地址和密钥读不出来了，请重新填写或更换。") from wrong


def _lock() -> MultiFernet:
    """The key in force seals; earlier ones still open."""
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return MultiFernet([Fernet(urlsafe_b64encode(sha256(f"sealed:{key}".encode()).digest())) for key in keys])
