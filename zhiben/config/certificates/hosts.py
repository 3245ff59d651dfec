"""The names under which people reach the site: domain names and addresses of an intranet."""

import ipaddress
import re
from collections.abc import Iterable

from cryptography import x509

from zhiben.core.refusal import Refused

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)\Z")
ONLY_THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1", "[::1]"})


def read_host(word: str) -> str | Address:
    """A domain name in the form certificates carry (lower case, punycode), or an address. Raises Refused."""
    text = word.strip().rstrip(".").strip("[]")
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        pass
    try:
        name = text.lower().encode("idna").decode() if text else ""
    except UnicodeError:
        name = ""
    if not name or len(name) > 253 or not all(LABEL.match(label) for label in name.split(".")):
        raise Refused(
            f"“{word}”不是域名也不是 IP 地址。请写用户在浏览器里输入的主机名，不带 https:// 和端口，"
            "例如 zhiben.example.gov.cn 或 10.1.2.3"
        )
    return name


def read_hosts(words: Iterable[str]) -> list[str | Address]:
    """Each once, in the order given."""
    return list(dict.fromkeys(read_host(word) for word in words))


def read_network(word: str) -> Network:
    try:
        return ipaddress.ip_network(word.strip(), strict=False)
    except ValueError:
        raise Refused(f"“{word}”不是网段。请写成 10.1.0.0/16 这样") from None


def for_visitors(allowed: Iterable[str]) -> list[str]:
    """Of ALLOWED_HOSTS those that other machines can use."""
    return [host for host in allowed if host not in ONLY_THIS_MACHINE and host != "*" and not host.startswith(".")]


def alternative_names(hosts: Iterable[str | Address]) -> x509.SubjectAlternativeName:
    return x509.SubjectAlternativeName(
        [x509.DNSName(host) if isinstance(host, str) else x509.IPAddress(host) for host in hosts]
    )


def constraints(
    hosts: Iterable[str | Address], domains: Iterable[str] = (), networks: Iterable[Network] = ()
) -> x509.NameConstraints:
    """
    The only names an authority may speak for. RFC 5280, 4.2.1.10: a kind of name without a permitted entry is not
    limited at all, so a kind that is not needed is excluded as a whole.
    """
    named = list(hosts)
    names = [*dict.fromkeys([*(host for host in named if isinstance(host, str)), *domains])]
    ranges: list[Network] = [ipaddress.ip_network(host) for host in named if not isinstance(host, str)]
    ranges += [network for network in networks if network not in ranges]
    permitted: list[x509.GeneralName] = [*map(x509.DNSName, names), *map(x509.IPAddress, ranges)]
    excluded: list[x509.GeneralName] = []
    if not names:
        excluded.append(x509.DNSName(""))
    for version, everything in ((4, "0.0.0.0/0"), (6, "::/0")):
        if not any(network.version == version for network in ranges):
            excluded.append(x509.IPAddress(ipaddress.ip_network(everything)))
    return x509.NameConstraints(permitted_subtrees=permitted, excluded_subtrees=excluded or None)


def is_permitted(host: str | Address, limits: x509.NameConstraints) -> bool:
    permitted = [entry.value for entry in limits.permitted_subtrees or ()]
    if isinstance(host, str):
        return any(host == value or host.endswith(f".{value}") for value in permitted if isinstance(value, str))
    return any(host in value for value in permitted if isinstance(value, Network))
