"""Making, renewing and taking in certificates. Each leaves a line in the trail, once there is a database to hold it."""

from collections.abc import Iterable
from datetime import datetime

import structlog
from cryptography import x509
from django.conf import settings
from django.db import DatabaseError, transaction

from zhiben.core.access.acting import By
from zhiben.core.audit.models import Kind
from zhiben.core.audit.services import append
from zhiben.core.refusal import Refused

from . import folder
from .authority import RENEW_WITHIN, issue, make_authority
from .hosts import for_visitors, read_host, read_hosts, read_network
from .reading import Served, read_served

log = structlog.get_logger(__name__)


def make_certificates(
    *,
    office: str,
    hosts: Iterable[str],
    domains: Iterable[str] = (),
    networks: Iterable[str] = (),
    passphrase: bytes = b"",
    replace: bool = False,
    by: By,
    now: datetime,
) -> Served:
    """
    The office's own authority, and a first certificate for the server. `domains` and `networks` leave room for hosts
    that come later. Raises Refused where there are certificates already, unless they are to be replaced.
    """
    if not replace and (folder.has_authority() or folder.has_server()):
        raise Refused(
            "已经有证书了（zhiben certificate show 可查看）。续期请用 zhiben certificate renew；确实要另建请加 --replace，"
            "之后各台电脑和手机要重新安装一次"
        )
    named = read_hosts(hosts)
    whole_domains = [str(read_host(domain)) for domain in domains]
    ranges = [read_network(network) for network in networks]
    made = make_authority(office=office, hosts=named, domains=whole_domains, networks=ranges, now=now)
    issued = issue(authority=made, hosts=named, now=now)
    folder.keep_authority(made, passphrase=passphrase, now=now)
    folder.keep_server(issued)
    return _written_down("make", "建立内部证书机构并签发服务器证书", by, now)


def renew_certificate(*, hosts: Iterable[str] = (), passphrase: bytes = b"", by: By, now: datetime) -> Served:
    """A new certificate from our own authority, for the same hosts unless others are named."""
    if not folder.has_authority():
        raise Refused(
            "现在用的证书不是本系统签发的，不能在这里续期。请向原颁发单位申请新证书，再运行 zhiben certificate use 证书 私钥"
        )
    named = read_hosts(hosts) or folder.served().hosts
    folder.keep_server(issue(authority=folder.authority(passphrase), hosts=named, now=now))
    return _written_down("renew", "续期服务器证书", by, now)


def use_certificate(
    *, content: bytes, key_content: bytes = b"", passphrase: bytes = b"", by: By, now: datetime
) -> Served:
    """A certificate from elsewhere. Raises Refused where it cannot serve; an ended one is refused, too."""
    handed_in = read_served(content, key_content, passphrase)
    if handed_in.ends_at <= now:
        raise Refused(f"这张证书已于 {handed_in.ends_at:%Y-%m-%d} 到期。请向颁发单位申请新证书")
    folder.write(folder.server_path(), handed_in.pem())
    return _written_down("use", "换上外部颁发的服务器证书", by, now)


def renew_when_due(*, by: By, now: datetime) -> bool:
    """Called every hour: our own certificate is renewed thirty days before its end, nobody need remember it."""
    if not folder.has_server() or folder.served().ends_at > now + RENEW_WITHIN or not folder.renews_by_itself():
        return False
    renew_certificate(by=by, now=now)
    return True


def concerns(now: datetime) -> list[str]:
    """What visitors will meet, in sentences. Empty where all is well, or where somebody else holds the certificate."""
    if not serves_https():
        return []
    try:
        return folder.served().concerns(for_visitors(settings.ALLOWED_HOSTS), now)
    except Refused as refusal:
        return [refusal.sentence]


def serves_https() -> bool:
    """Whether `zhiben web` itself speaks TLS, and not a proxy in front of it."""
    return settings.ZHIBEN_HTTPS and not settings.ZHIBEN_BEHIND_PROXY and folder.has_server()


def _written_down(verb: str, label: str, by: By, now: datetime) -> Served:
    """Certificates come before the first `migrate`, and must be renewed while the database is down: then the log holds
    what the trail cannot."""
    served = folder.served()
    data = {
        "hosts": [str(host) for host in served.hosts],
        "issuer": served.issuer,
        "until": served.ends_at.isoformat(),
        "serial": f"{served.certificate.serial_number:x}",
    }
    log.info("certificate", verb=verb, **data)
    try:
        with transaction.atomic():
            append(
                record_type="config.certificate",
                record_id="server",
                kind=Kind.SECURITY,
                verb=verb,
                label=label,
                by=by,
                now=now,
                data=data,
            )
    except DatabaseError:
        log.warning("certificate_not_in_trail", verb=verb)
    return served


def authority_to_install() -> x509.Certificate | None:
    """What visitors need to trust; None where the server's certificate is not our own authority's."""
    if not (serves_https() and folder.has_authority()):
        return None
    try:
        authority = folder.authority_certificate()
        return authority if folder.served().is_issued_by(authority) else None
    except Refused:
        return None
