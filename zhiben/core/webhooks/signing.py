"""The signature of a message, after Standard Webhooks 1.0 (https://www.standardwebhooks.com): whoever holds the secret
knows that it is ours, whole, and new. Libraries that check it exist for most languages."""

import base64
import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256

PREFIX = "whsec_"
_BYTES = 32


def new_secret() -> str:
    """whsec_…: 256 random bits in base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_BYTES)).decode()


def headers_of(key: str, body: bytes, *, secrets_in_use: Iterable[str], now: datetime) -> dict[str, str]:
    """`webhook-id`, `webhook-timestamp`, `webhook-signature`; one signature for each secret."""
    timestamp = str(int(now.timestamp()))
    content = f"{key}.{timestamp}.".encode() + body
    return {
        "webhook-id": key,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"v1,{_signature(content, secret)}" for secret in secrets_in_use if secret),
    }


def _signature(content: bytes, secret: str) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return base64.b64encode(hmac.digest(key, content, sha256)).decode()
