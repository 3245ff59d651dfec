"""Where the certificates lie: `tls/` in the data folder, closed to everybody but the user who runs the system.

`authority.crt` may be given to anyone and is what `/install/` serves; `authority.key` never leaves the folder;
`server.pem` holds the server's key, its certificate and the chain, in one file that is replaced as a whole.
"""

import contextlib
import os
import tempfile
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings

from zhiben.core.refusal import Refused

from .authority import Authority, Issued, key_pem
from .reading import Served, read_served


def folder() -> Path:
    return settings.ZHIBEN_DATA / "tls"


def authority_path() -> Path:
    return folder() / "authority.crt"


def authority_key_path() -> Path:
    return folder() / "authority.key"


def server_path() -> Path:
    return folder() / "server.pem"


def has_authority() -> bool:
    return authority_path().exists()


def has_server() -> bool:
    return server_path().exists()


def authority_certificate() -> x509.Certificate:
    """Raises Refused where it cannot be read."""
    try:
        return x509.load_pem_x509_certificate(authority_path().read_bytes())
    except (OSError, ValueError):
        raise Refused(f"内部证书机构的证书 {authority_path()} 读不出来。请从备份恢复 tls 目录") from None


def authority(passphrase: bytes = b"") -> Authority:
    """With its key. Raises Refused where there is none, or the passphrase is missing or wrong."""
    if not has_authority():
        raise Refused("还没有内部证书机构。请先运行 zhiben certificate make --host 主机名")
    try:
        content = authority_key_path().read_bytes()
    except OSError:
        raise Refused(
            f"没有内部证书机构的私钥 {authority_key_path()}。请从备份恢复它，或在保存它的机器上续期"
        ) from None
    try:
        key = serialization.load_pem_private_key(content, passphrase or None)
    except TypeError:
        raise Refused("内部证书机构的私钥有口令保护。请加 --passphrase-file 文件，或在提示时输入口令") from None
    except ValueError:
        raise Refused("内部证书机构的私钥打不开：口令不对，或文件已损坏") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise Refused("内部证书机构的私钥不是本系统建立的。请从备份恢复 tls 目录")
    return Authority(authority_certificate(), key)


def renews_by_itself() -> bool:
    """Whether the server's certificate is our own authority's and its key lies here without a passphrase."""
    try:
        holder = authority()
        return served().is_issued_by(holder.certificate)
    except Refused:
        return False


def served() -> Served:
    """What browsers are shown. Raises Refused where it cannot be used."""
    try:
        content = server_path().read_bytes()
    except OSError:
        raise Refused(f"服务器证书 {server_path()} 读不出来。请检查文件权限，或运行 zhiben certificate show") from None
    return read_served(content)


def keep_authority(made: Authority, *, passphrase: bytes, now: datetime) -> None:
    """What was there before is put aside under `old/`."""
    _put_aside(now)
    write(authority_key_path(), key_pem(made.key, passphrase))
    write(authority_path(), made.certificate.public_bytes(serialization.Encoding.PEM), mode=0o644)


def keep_server(issued: Issued) -> None:
    write(server_path(), issued.pem())


def _put_aside(now: datetime) -> None:
    present = [path for path in (authority_path(), authority_key_path(), server_path()) if path.exists()]
    if present:
        old = folder() / "old" / f"{now:%Y%m%dT%H%M%S}"
        old.mkdir(parents=True, mode=0o700)
        for path in present:
            path.rename(old / path.name)


def write(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """All of it or nothing, and never readable by others for a moment."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(mode)
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise
