"""The office's own authority, and certificates handed in by others, as files."""

import ipaddress
import plistlib
import re
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from django.core.management import CommandError, call_command
from django.test import Client

from zhiben.config import health
from zhiben.config.certificates import folder, services
from zhiben.config.certificates.authority import RENEW_WITHIN, issue, key_pem, make_authority
from zhiben.config.certificates.reading import fingerprint
from zhiben.core.access.acting import Machine
from zhiben.core.audit.models import AuditLine
from zhiben.core.refusal import Refused

NOW = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)
HOST = "zhiben.example.gov.cn"
OPERATOR = Machine("测试")

pytestmark = pytest.mark.django_db


@pytest.fixture
def https(settings):
    """An office with its own authority, whose server speaks TLS itself."""
    settings.ZHIBEN_HTTPS = True
    settings.ZHIBEN_BEHIND_PROXY = False
    settings.ALLOWED_HOSTS = [HOST, "testserver", "localhost"]
    make()
    return settings


def make(**more):
    given = {"office": "县安委办", "hosts": [HOST, "testserver", "10.1.2.3"], "by": OPERATOR, "now": NOW, **more}
    return services.make_certificates(**given)


def pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def outside(key=None, *, lasts: int = 300, hash_=None) -> tuple[bytes, bytes, x509.Certificate]:
    """A certificate as an office receives it from elsewhere: the file with the chain, the key, and itself."""
    authority = make_authority(office="市大数据局", hosts=[HOST], now=NOW)
    if key is None:
        issued = issue(authority=authority, hosts=[HOST], now=NOW)
        return pem(authority.certificate) + pem(issued.certificate), key_pem(issued.key), issued.certificate
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(authority.certificate.subject)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(NOW - timedelta(days=500))
        .not_valid_after(NOW + timedelta(days=lasts))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(f"*.{HOST.partition('.')[2]}")]), critical=False)
        .sign(authority.key, hash_ or hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    return pem(certificate), private, certificate


def use(content: bytes, key: bytes = b"", passphrase: bytes = b""):
    return services.use_certificate(content=content, key_content=key, passphrase=passphrase, by=OPERATOR, now=NOW)


class TestOwnAuthority:
    def test_it_is_what_phones_ask_for(self) -> None:
        served = make(networks=["10.2.0.0/16"], domains=["aj.example.gov.cn"])
        authority = folder.authority_certificate()
        lasts = served.ends_at - served.begins_at
        assert lasts <= timedelta(days=397)
        assert authority.not_valid_after_utc - NOW > timedelta(days=3640)
        extensions = served.certificate.extensions
        assert extensions.get_extension_for_class(x509.ExtendedKeyUsage).value == x509.ExtendedKeyUsage(
            [x509.ExtendedKeyUsageOID.SERVER_AUTH]
        )
        usage = extensions.get_extension_for_class(x509.KeyUsage).value
        assert (usage.digital_signature, usage.key_cert_sign) == (True, False)
        own = authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
        assert extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier == own
        assert served.hosts == [HOST, "testserver", ipaddress.ip_address("10.1.2.3")]
        assert served.is_issued_by(authority)
        limits = authority.extensions.get_extension_for_class(x509.NameConstraints)
        assert limits.critical
        assert x509.IPAddress(ipaddress.ip_network("10.2.0.0/16")) in limits.value.permitted_subtrees
        assert x509.IPAddress(ipaddress.ip_network("::/0")) in limits.value.excluded_subtrees

    def test_an_office_with_addresses_only_speaks_for_no_name_at_all(self) -> None:
        make(hosts=["10.1.2.3"])
        limits = folder.authority().limits
        assert x509.DNSName("") in limits.excluded_subtrees

    def test_keys_are_for_the_systems_user_alone_and_each_step_is_in_the_trail(self) -> None:
        make()
        services.renew_certificate(by=OPERATOR, now=NOW)
        for path in (folder.server_path(), folder.authority_key_path()):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(folder.folder().stat().st_mode) == 0o700
        lines = AuditLine.objects.filter(record_type="config.certificate").order_by("seq")
        assert [line.verb for line in lines] == ["make", "renew"]
        assert "PRIVATE" not in str([line.data for line in lines])

    def test_a_second_one_is_not_made_by_mistake_and_the_first_is_put_aside(self) -> None:
        first = make().fingerprint
        with pytest.raises(Refused, match="--replace"):
            make()
        assert folder.served().fingerprint == first
        make(replace=True)
        assert folder.served().fingerprint != first
        assert sorted(path.name for path in next((folder.folder() / "old").iterdir()).iterdir()) == [
            "authority.crt", "authority.key", "server.pem",
        ]  # fmt: skip

    @pytest.mark.parametrize("host", ["https://zhiben.example.gov.cn", "a b", "", "*.example.gov.cn", "10.1.2.3:443"])
    def test_what_is_no_host_is_named(self, host: str) -> None:
        with pytest.raises(Refused, match="不是域名也不是 IP 地址"):
            make(hosts=[host])
        assert not folder.has_server()

    def test_renewal_keeps_the_hosts_and_may_not_go_beyond_the_limits(self) -> None:
        made = make(networks=["10.2.0.0/16"])
        renewed = services.renew_certificate(by=OPERATOR, now=NOW + timedelta(days=380))
        assert renewed.hosts == made.hosts
        assert renewed.ends_at > made.ends_at + timedelta(days=300)
        moved = services.renew_certificate(hosts=["10.2.9.9"], by=OPERATOR, now=NOW)
        assert moved.hosts == [ipaddress.ip_address("10.2.9.9")]
        with pytest.raises(Refused, match=r"没有包括 10\.3\.0\.1"):
            services.renew_certificate(hosts=["10.3.0.1"], by=OPERATOR, now=NOW)

    def test_it_renews_itself_thirty_days_before_the_end_and_not_sooner(self) -> None:
        made = make()
        assert not services.renew_when_due(by=OPERATOR, now=made.ends_at - RENEW_WITHIN - timedelta(hours=1))
        assert services.renew_when_due(by=OPERATOR, now=made.ends_at - RENEW_WITHIN)
        assert folder.served().ends_at > made.ends_at

    def test_a_key_under_a_passphrase_renews_only_by_hand(self) -> None:
        made = make(passphrase=b"four words of ours")
        assert not folder.renews_by_itself()
        assert not services.renew_when_due(by=OPERATOR, now=made.ends_at)
        with pytest.raises(Refused, match="有口令保护"):
            services.renew_certificate(by=OPERATOR, now=NOW)
        with pytest.raises(Refused, match="口令不对"):
            services.renew_certificate(passphrase=b"wrong", by=OPERATOR, now=NOW)
        services.renew_certificate(passphrase=b"four words of ours", by=OPERATOR, now=NOW)

    def test_an_authority_that_ended_signs_nothing(self) -> None:
        make()
        with pytest.raises(Refused, match="已经到期"):
            services.renew_certificate(by=OPERATOR, now=NOW + timedelta(days=3653))


class TestCertificateFromElsewhere:
    def test_any_order_and_form_is_taken_and_the_chain_put_right(self) -> None:
        content, key, certificate = outside()
        served = use(content, key)
        assert served.certificate == certificate
        assert [one.issuer for one in served.chain] == [certificate.issuer]
        use(content + key)
        use(certificate.public_bytes(serialization.Encoding.DER), key)
        private = serialization.load_pem_private_key(key, None)
        packed = pkcs12.serialize_key_and_certificates(
            b"zhiben", private, certificate, None, serialization.BestAvailableEncryption(b"secret")
        )
        assert use(packed, passphrase=b"secret").certificate == certificate
        with pytest.raises(Refused, match="口令不对"):
            use(packed, passphrase=b"other")

    def test_rsa_and_a_wildcard_serve_too(self) -> None:
        content, key, _ = outside(rsa.generate_private_key(65537, 2048))
        served = use(content, key)
        assert served.concerns([HOST], NOW) == []
        assert "没有 10.1.2.3" in served.concerns(["10.1.2.3"], NOW)[0]

    def test_what_cannot_serve_is_refused_with_the_reason_and_changes_nothing(self) -> None:
        before = make().fingerprint
        content, key, _ = outside()
        _, other_key, _ = outside()
        locked = key_pem(ec.generate_private_key(ec.SECP256R1()), b"secret")
        weak = outside(rsa.generate_private_key(65537, 1024))
        ended = outside(ec.generate_private_key(ec.SECP256R1()), lasts=-1)
        for reason, words in {
            "不是一对": (content, other_key),
            "没有能读出的证书": (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", key),
            "没有找到私钥": (content,),
            "PFX": (b"\x30\x82 not one",),
            "有口令保护": (content, locked),
            "只有 1024 位": weak[:2],
            "到期": ended[:2],
        }.items():
            with pytest.raises(Refused, match=reason):
                use(*words)
        with pytest.raises(Refused, match="口令不对"):
            use(content, locked, b"wrong")
        assert folder.served().fingerprint == before

    def test_it_is_not_renewed_by_us(self) -> None:
        content, key, _ = outside()
        served = use(content, key)
        assert not services.renew_when_due(by=OPERATOR, now=served.ends_at)
        with pytest.raises(Refused, match="原颁发单位"):
            services.renew_certificate(by=OPERATOR, now=NOW)


class TestWhatIsSaidAboutIt:
    @pytest.mark.parametrize(
        ("days", "sentence"), [(0, None), (380, "天到期"), (398, "已于"), (-3, "才开始有效")], ids=str
    )
    def test_in_time(self, https, days: int, sentence: str | None) -> None:
        found = services.concerns(NOW + timedelta(days=days))
        assert (sentence in found[0]) if sentence else found == []

    def test_nothing_where_a_proxy_holds_the_certificate(self, https) -> None:
        https.ZHIBEN_BEHIND_PROXY = True
        assert services.concerns(NOW + timedelta(days=900)) == []

    def test_readiness_says_an_ended_certificate_and_an_unreadable_one(
        self, https, client: Client, monkeypatch
    ) -> None:
        monkeypatch.setattr("zhiben.core.clock.machine_now", lambda: NOW + timedelta(days=398))
        finding = client.get("/readyz").json()["certificate"]
        assert not finding["ok"]
        assert "zhiben certificate renew" in finding["note"]
        monkeypatch.setattr("zhiben.core.clock.machine_now", lambda: NOW + timedelta(days=380))
        finding = health.certificate_holds()
        assert finding[0]
        assert "天到期" in finding[1]
        folder.server_path().write_bytes(b"torn")
        assert not health.certificate_holds()[0]


class TestInstallPage:
    def test_whoever_cannot_open_the_site_yet_finds_the_steps_and_the_fingerprint(self, https, client: Client) -> None:
        page = client.get("/install/", headers={"user-agent": "Mozilla/5.0 (Linux; Android 13)"})
        assert page.status_code == 200
        text = page.content.decode()
        for group in fingerprint(folder.authority_certificate()).split(" "):
            assert group in text
        assert "https://testserver:8000/" in text
        assert text.count("<svg") >= 2
        (opened,) = re.findall(r"<details open>\s*<summary>(.*?)</summary>", text)
        assert opened == "安卓手机"

    def test_only_the_certificate_is_served(self, https, client: Client) -> None:
        authority = folder.authority_certificate()
        answer = client.get("/install/zhiben.crt")
        assert answer["Content-Type"] == "application/x-x509-ca-cert"
        assert x509.load_der_x509_certificate(answer.content) == authority
        assert x509.load_pem_x509_certificate(client.get("/install/zhiben.pem").content) == authority
        profile = plistlib.loads(client.get("/install/zhiben.mobileconfig").content)
        (root,) = profile["PayloadContent"]
        assert root["PayloadType"] == "com.apple.security.root"
        assert x509.load_der_x509_certificate(root["PayloadContent"]) == authority
        for name in ("authority.key", "server.pem", "authority.crt", "../tls/authority.key"):
            assert client.get(f"/install/{name}").status_code in (404, 307)
        assert client.post("/install/").status_code == 405

    def test_where_there_is_nothing_to_install_there_is_no_page(self, https, client: Client) -> None:
        https.ZHIBEN_BEHIND_PROXY = True
        assert client.get("/install/").status_code == 404
        https.ZHIBEN_BEHIND_PROXY = False
        content, key, _ = outside()
        use(content, key)
        assert client.get("/install/").status_code == 404
        assert client.get("/install/zhiben.crt").status_code == 404


class TestCommand:
    def test_from_nothing_to_a_certificate_and_back_to_the_eye(self, settings, tmp_path: Path, capsys) -> None:
        settings.ALLOWED_HOSTS = [HOST, "10.1.2.3", "localhost", "127.0.0.1", "[::1]"]
        with pytest.raises(CommandError, match="zhiben certificate make"):
            call_command("certificate", "show")
        call_command("certificate", "make", "--office", "县安委办")
        shown = capsys.readouterr().out
        assert f"主机：{HOST}、10.1.2.3" in shown
        assert "证书机构指纹" in shown
        assert "注意" not in shown
        call_command("certificate", "renew")
        content, key, _ = outside()
        (tmp_path / "given.crt").write_bytes(content)
        (tmp_path / "given.key").write_bytes(key)
        call_command("certificate", "use", str(tmp_path / "given.crt"), str(tmp_path / "given.key"))
        assert "没有 10.1.2.3" in capsys.readouterr().out
        with pytest.raises(CommandError, match="读不了文件"):
            call_command("certificate", "use", str(tmp_path / "missing.crt"))

    def test_a_passphrase_may_come_from_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "word").write_text("four words of ours\n")
        options = ("--passphrase-file", str(tmp_path / "word"))
        call_command("certificate", "make", "--host", HOST, "--encrypt", *options)
        with pytest.raises(CommandError, match="口令"):
            call_command("certificate", "renew")
        call_command("certificate", "renew", *options)
