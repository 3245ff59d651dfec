"""The office's own certificate authority, for a network that reaches no public one.

Keys are EC P-256: every phone and desktop made since 2012 takes it, it is as strong as RSA 3072, and its handshakes cost
a tenth of RSA's. To trust the authority is harmless: it is limited (critical name constraints) to the hosts and networks
named when it was made, and to servers.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from zhiben.core.refusal import Refused

from .hosts import Address, Network, alternative_names, constraints, is_permitted

AUTHORITY_LASTS = timedelta(days=3652)
SERVER_LASTS = timedelta(days=397)
"""The longest that phones accept."""
RENEW_WITHIN = timedelta(days=30)
CLOCKS_DIFFER_BY = timedelta(days=1)
"""Valid from a day ago, so that a phone whose clock is slow is not refused."""

ForServers = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])


@dataclass(frozen=True)
class Authority:
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def limits(self) -> x509.NameConstraints:
        return self.certificate.extensions.get_extension_for_class(x509.NameConstraints).value


@dataclass(frozen=True)
class Issued:
    """A server's certificate with its key, and the chain a server sends after it."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey
    chain: tuple[x509.Certificate, ...] = ()

    def pem(self) -> bytes:
        """Key, certificate and chain in one file, so that they are always replaced together."""
        parts = [
            certificate.public_bytes(serialization.Encoding.PEM) for certificate in (self.certificate, *self.chain)
        ]
        return key_pem(self.key) + b"".join(parts)


def key_pem(key: ec.EllipticCurvePrivateKey, passphrase: bytes = b"") -> bytes:
    protection: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if passphrase:
        protection = serialization.BestAvailableEncryption(passphrase)
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, protection)


def make_authority(
    *,
    office: str,
    hosts: Iterable[str | Address],
    domains: Iterable[str] = (),
    networks: Iterable[Network] = (),
    now: datetime,
) -> Authority:
    """`office` stands in the name people see when they install it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, office[:64]),
            x509.NameAttribute(NameOID.COMMON_NAME, f"治本内部证书 {now:%Y%m%d}"),
        ]
    )
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    certificate = (
        _builder(name, name, key, now, AUTHORITY_LASTS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True)
        .add_extension(constraints(hosts, domains, networks), critical=True)
        .add_extension(ForServers, critical=False)
        .add_extension(identifier, critical=False)
        .sign(key, hashes.SHA256())
    )
    return Authority(certificate, key)


def issue(*, authority: Authority, hosts: Iterable[str | Address], now: datetime) -> Issued:
    """A certificate for our server. Raises Refused where the authority may not speak for a host, or has run out."""
    named = list(hosts)
    if not named:
        raise Refused("请至少写一个主机名或 IP 地址，例如 --host zhiben.example.gov.cn")
    foreign = [str(host) for host in named if not is_permitted(host, authority.limits)]
    if foreign:
        raise Refused(
            f"内部证书机构建立时没有包括 {'、'.join(foreign)}，不能给它签发证书。请用 zhiben certificate make --replace "
            "重新建立（写全所有主机名和网段），之后各台电脑和手机要重新安装一次"
        )
    if authority.certificate.not_valid_after_utc <= now + CLOCKS_DIFFER_BY:
        raise Refused("内部证书机构已经到期。请用 zhiben certificate make --replace 重新建立，并通知大家重新安装")
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, str(named[0])[:64])])
    lasts = min(SERVER_LASTS, authority.certificate.not_valid_after_utc - now)
    issuer = authority.key.public_key()
    certificate = (
        _builder(subject, authority.certificate.subject, key, now, lasts)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(digital_signature=True), critical=True)
        .add_extension(ForServers, critical=False)
        .add_extension(alternative_names(named), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer), critical=False)
        .sign(authority.key, hashes.SHA256())
    )
    return Issued(certificate, key)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime, lasts: timedelta
) -> x509.CertificateBuilder:
    whole = now.astimezone(UTC).replace(microsecond=0)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(whole - CLOCKS_DIFFER_BY)
        .not_valid_after(whole - CLOCKS_DIFFER_BY + lasts)
    )


def _usage(**wanted: bool) -> x509.KeyUsage:
    kinds = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    return x509.KeyUsage(**{kind: wanted.get(kind, False) for kind in kinds})
