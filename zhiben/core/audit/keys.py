"""The keys of the trail, kept outside the database under `ZHIBEN_AUDIT_ROOT/keys`, readable by the service only.

`seal.key` signs the daily seals (Ed25519); `seal.pub` is for whoever verifies, best kept by somebody else too.
`sealed.key` makes the digests of values that may have to be erased.
"""

import hashlib
import os
import secrets
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from django.conf import settings


def root() -> Path:
    return Path(settings.ZHIBEN_AUDIT_ROOT)


def signing_key() -> Ed25519PrivateKey:
    """Made at first use. Raises ValueError if the file holds something else."""
    made = Ed25519PrivateKey.generate()
    pem = _kept("seal.key", made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    key = load_pem_private_key(pem, password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError(f"{root() / 'keys' / 'seal.key'} 不是 Ed25519 私钥")
    public = key.public_key()
    _kept(f"{key_id(public)}.pub", public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo), mode=0o644)
    return key


def public_key(name: str) -> Ed25519PublicKey | None:
    """The public key of that id; None when it was never kept here or is not one. Old keys stay beside the new."""
    try:
        key = load_pem_public_key((root() / "keys" / f"{name}.pub").read_bytes())
    except (OSError, ValueError):
        return None
    if not isinstance(key, Ed25519PublicKey) or key_id(key) != name:
        return None
    return key


def key_id(key: Ed25519PublicKey) -> str:
    """The first 16 hex digits of the SHA-256 of the raw public key."""
    return hashlib.sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:16]


def is_signed(message: bytes, signature: str, name: str) -> bool:
    key = public_key(name)
    if key is None:
        return False
    try:
        key.verify(bytes.fromhex(signature), message)
    except (InvalidSignature, ValueError):
        return False
    return True


def erasure_key() -> bytes:
    """Without it the digest of a mobile number could be found by trying them all."""
    return _kept("sealed.key", secrets.token_bytes(32))


def _kept(name: str, made: bytes, mode: int = 0o600) -> bytes:
    """What the file holds; written with `made` if there is none. Two processes at once agree on one of the two."""
    path = root() / "keys" / name
    with suppress(FileNotFoundError):
        return path.read_bytes()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{name}.{os.getpid()}.{secrets.token_hex(4)}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(made)
        file.flush()
        os.fsync(file.fileno())
    with suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()
    return path.read_bytes()
