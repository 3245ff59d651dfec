"""A server's certificate as somebody handed it in, or as it is served: what it says, and what is wrong with it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Address
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from zhiben.core.refusal import Refused

from .authority import RENEW_WITHIN
from .hosts import Address, read_host

NOT_FOR_BROWSERS = (
    "证书或私钥用的是浏览器和手机不通用的算法（例如国密 SM2）。请向颁发单位另要一份 RSA 或 ECDSA 证书；"
    "国密证书请配置在前端的国密网关上，本系统设 ZHIBEN_BEHIND_PROXY=1"
)
SHORTEST_RSA = 2048


@dataclass(frozen=True)
class Served:
    """A certificate with its key and the chain above it, the server's own first."""

    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

    @property
    def hosts(self) -> list[str | Address]:
        try:
            names = self.certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        except x509.ExtensionNotFound:
            return []
        return [name.value for name in names if isinstance(name, x509.DNSName)] + [
            name.value
            for name in names
            if isinstance(name, x509.IPAddress) and isinstance(name.value, IPv4Address | IPv6Address)
        ]

    @property
    def issuer(self) -> str:
        return called(self.certificate.issuer)

    @property
    def ends_at(self) -> datetime:
        return self.certificate.not_valid_after_utc

    @property
    def begins_at(self) -> datetime:
        return self.certificate.not_valid_before_utc

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.certificate)

    def days_left(self, now: datetime) -> int:
        """Negative once it has ended."""
        return (self.ends_at - now) // timedelta(days=1)

    def covers(self, host: str | Address) -> bool:
        if not isinstance(host, str):
            return host in self.hosts
        wildcard = "*." + host.partition(".")[2]
        return host in self.hosts or wildcard in self.hosts

    def is_issued_by(self, authority: x509.Certificate) -> bool:
        try:
            self.certificate.verify_directly_issued_by(authority)
        except (ValueError, TypeError, InvalidSignature):
            return False
        return True

    def pem(self) -> bytes:
        key = self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        parts = [one.public_bytes(serialization.Encoding.PEM) for one in (self.certificate, *self.chain)]
        return key + b"".join(parts)

    def concerns(self, hosts: Iterable[str], now: datetime) -> list[str]:
        """Sentences about what visitors will meet; empty when all is well. `hosts`: by which they come."""
        found = []
        if self.ends_at <= now:
            found.append(
                f"证书已于 {self.ends_at:%Y-%m-%d} 到期，浏览器会拒绝打开。请运行 zhiben certificate renew 或换上新证书"
            )
        elif self.begins_at > now:
            found.append(f"证书从 {self.begins_at:%Y-%m-%d %H:%M} UTC 才开始有效。请检查本机时间，或等到那时再用")
        elif self.ends_at <= now + RENEW_WITHIN:
            found.append(f"证书还有 {self.days_left(now)} 天到期，请运行 zhiben certificate renew 或准备新证书")
        missing = [host for host in hosts if not self.covers(read_host(host))]
        if missing:
            found.append(f"证书里没有 {'、'.join(missing)}，用这个地址打开会提示不安全。请换一张写全主机名的证书")
        return found


def read_served(content: bytes, key_content: bytes = b"", passphrase: bytes = b"") -> Served:
    """
    From PEM, DER or PKCS#12 as offices receive them, in any order. Raises Refused with what to do where a server cannot
    use it: unreadable, no key or another's key, a weak or unusual algorithm.
    """
    try:
        certificates, key = _parts(content, key_content, passphrase)
        own = [one for one in certificates if _public(one) == _public(key)]
    except UnsupportedAlgorithm:
        raise Refused(NOT_FOR_BROWSERS) from None
    if not own:
        raise Refused("私钥和证书不是一对。请确认两个文件来自同一次申请")
    first = own[0]
    _refuse_weak(first, key)
    return Served(first, _chain_above(first, certificates), key)


def said_about_chain(served: Served) -> list[str]:
    """What the person who hands it in should know, besides `Served.concerns`."""
    found = []
    top = served.chain[-1] if served.chain else served.certificate
    if not served.chain and top.issuer != top.subject:
        found.append(
            "文件里只有服务器证书，没有颁发机构的中间证书。如果颁发单位给了中间证书，请把它接在同一个文件后面再试"
        )
    try:
        usage = served.certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        usage = None
    if usage is not None and ExtendedKeyUsageOID.SERVER_AUTH not in usage:
        found.append("证书没有“服务器身份验证”用途，浏览器会拒绝。请向颁发单位申请服务器证书")
    if not served.hosts:
        found.append("证书没有写明主机名（SAN），浏览器会拒绝。请向颁发单位重新申请")
    return found


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 in groups that can be read aloud over the telephone."""
    digest = certificate.fingerprint(hashes.SHA256()).hex().upper()
    return " ".join(digest[at : at + 4] for at in range(0, len(digest), 4))


def _parts(content: bytes, key_content: bytes, passphrase: bytes) -> tuple[list[x509.Certificate], Any]:
    if b"-----BEGIN" not in content and not key_content:
        return _from_pkcs12(content, passphrase)
    try:
        if b"-----BEGIN" in content:
            certificates = x509.load_pem_x509_certificates(content)
        else:
            certificates = [x509.load_der_x509_certificate(content)]
    except ValueError:
        raise Refused("文件里没有能读出的证书。请提供 PEM（文本，-----BEGIN CERTIFICATE-----）或 DER 格式") from None
    return certificates, _key(key_content or content, passphrase)


def _from_pkcs12(content: bytes, passphrase: bytes) -> tuple[list[x509.Certificate], Any]:
    try:
        key, certificate, more = pkcs12.load_key_and_certificates(content, passphrase or None)
    except ValueError:
        raise Refused(
            "文件读不出来：不是 PFX（PKCS#12），或口令不对。证书和私钥是两个文件时，请都写上：zhiben certificate use 证书 私钥"
        ) from None
    if key is None or certificate is None:
        raise Refused("PFX 文件里缺少私钥或证书。请导出时选“包含私钥”")
    return [certificate, *more], key


def _key(content: bytes, passphrase: bytes) -> Any:
    load = serialization.load_pem_private_key if b"-----BEGIN" in content else serialization.load_der_private_key
    try:
        return load(content, passphrase or None)
    except TypeError:
        if passphrase:  # given for a key that has none
            return _key(content, b"")
        raise Refused("私钥有口令保护。请加 --passphrase-file 文件，或在提示时输入口令") from None
    except ValueError:
        reason = "口令不对，或文件已损坏" if passphrase else "没有找到私钥，或文件已损坏"
        raise Refused(f"私钥读不出来：{reason}。请提供 PEM 或 DER 格式的私钥") from None


def _public(holder: Any) -> bytes:
    return holder.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def _refuse_weak(certificate: x509.Certificate, key: Any) -> None:
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise Refused(NOT_FOR_BROWSERS)
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size < SHORTEST_RSA:
        raise Refused(f"私钥只有 {key.key_size} 位，浏览器会拒绝。请重新申请 {SHORTEST_RSA} 位以上的证书")
    if isinstance(certificate.signature_hash_algorithm, hashes.SHA1 | hashes.MD5):
        raise Refused("证书用的是已被淘汰的签名算法（SHA-1 或 MD5），浏览器会拒绝。请向颁发单位换发 SHA-256 的证书")


def _chain_above(first: x509.Certificate, others: list[x509.Certificate]) -> tuple[x509.Certificate, ...]:
    """Put in order by who signed whom; what does not belong is left out."""
    chain: list[x509.Certificate] = []
    last = first
    while last.issuer != last.subject:
        above = next((one for one in others if one not in (first, *chain) and _signed(last, one)), None)
        if above is None:
            break
        chain.append(above)
        last = above
    return tuple(chain)


def _signed(below: x509.Certificate, above: x509.Certificate) -> bool:
    try:
        below.verify_directly_issued_by(above)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def called(name: x509.Name) -> str:
    words = [
        str(part.value)
        for oid in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME)
        for part in name.get_attributes_for_oid(oid)
    ]
    return "，".join(words) or name.rfc4514_string()
