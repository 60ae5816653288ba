"""Which addresses are on the public internet, and nothing else: RFC 6890 and what came after it.

Lists stand beside `ipaddress.is_global` because that changed between patch releases of Python
(CVE-2024-4032), and because some metadata services have public-looking addresses.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv6Network, ip_address, ip_network

from ..errors import InvalidInput
from .urls import Address, Target

Resolve = Callable[[str, int], Sequence[str]]
"""(host, port) -> its addresses as text. Raises OSError."""

NOWHERE = {
    "0.0.0.0/8": "this network (RFC 791)",
    "169.254.0.0/16": "link-local, where cloud metadata lies (RFC 3927)",
    "168.63.129.16/32": "Azure's platform service",
    "192.0.0.0/24": "IETF protocol assignments, Oracle's metadata (RFC 6890)",
    "192.0.2.0/24": "documentation (RFC 5737)",
    "192.31.196.0/24": "AS112 (RFC 7535)",
    "192.52.193.0/24": "AMT relays (RFC 7450)",
    "192.88.99.0/24": "6to4 relays (RFC 7526)",
    "192.175.48.0/24": "AS112 (RFC 7534)",
    "198.18.0.0/15": "benchmarking (RFC 2544)",
    "198.51.100.0/24": "documentation (RFC 5737)",
    "203.0.113.0/24": "documentation (RFC 5737)",
    "224.0.0.0/4": "multicast (RFC 5771)",
    "240.0.0.0/4": "reserved and broadcast (RFC 1112)",
    "100.100.100.200/32": "Alibaba's metadata service",
    "::/128": "unspecified (RFC 4291)",
    "::ffff:0:0/96": "IPv4-mapped (RFC 4291)",
    "::ffff:0:0:0/96": "IPv4-translated (RFC 2765)",
    "64:ff9b::/96": "NAT64 (RFC 6052)",
    "64:ff9b:1::/48": "local NAT64 (RFC 8215)",
    "100::/64": "discard (RFC 6666)",
    "2001::/32": "Teredo (RFC 4380)",
    "2001::/23": "IETF protocol assignments (RFC 2928)",
    "2001:db8::/32": "documentation (RFC 3849)",
    "2002::/16": "6to4 (RFC 3056)",
    "2620:4f:8000::/48": "AS112 (RFC 7534)",
    "3fff::/20": "documentation (RFC 9637)",
    "5f00::/16": "segment routing (RFC 9602)",
    "fd00:ec2::/32": "AWS's metadata service",
    "fd20:ce::254/128": "Google's metadata service",
    "fe80::/10": "link-local (RFC 4291)",
    "fec0::/10": "site-local (RFC 3879)",
    "ff00::/8": "multicast (RFC 4291)",
}
"""Networks that are never contacted, also not for a host that is allowed by name."""

PRIVATE = {
    "10.0.0.0/8": "private (RFC 1918)",
    "100.64.0.0/10": "shared by carriers (RFC 6598)",
    "127.0.0.0/8": "loopback (RFC 1122)",
    "172.16.0.0/12": "private (RFC 1918)",
    "192.168.0.0/16": "private (RFC 1918)",
    "::1/128": "loopback (RFC 4291)",
    "fc00::/7": "unique local (RFC 4193)",
}
"""Networks for hosts that are allowed by name."""

_NOWHERE = [(ip_network(network), why) for network, why in NOWHERE.items()]
_PRIVATE = [(ip_network(network), why) for network, why in PRIVATE.items()]
_GLOBAL_UNICAST = IPv6Network("2000::/3")
"""All that IANA has handed out of IPv6 for use on the internet (RFC 3587)."""
_ISATAP = (0x00005EFE, 0x02005EFE)
"""Bits 64 to 95 of addresses with an IPv4 address inside (RFC 5214)."""


class AddressRefused(InvalidInput):
    """A host has an address that is not contacted; nothing was sent."""


def refusal(address: Address, private: bool = False) -> str | None:
    """Why an address is not contacted, None when it may be.

    `private`: its host is allowed by name.
    """
    found = [why for network, why in _NOWHERE if address in network]
    if found:
        return found[0]
    for network, why in _PRIVATE:
        if address in network:
            return None if private else why
    if isinstance(address, IPv4Address):
        return None if address.is_global else "not global (IANA's registry)"
    if address not in _GLOBAL_UNICAST:
        return "outside of global unicast (RFC 3587)"
    if (int(address) >> 32) & 0xFFFFFFFF in _ISATAP:
        return "ISATAP (RFC 5214)"
    return None if address.is_global else "not global (IANA's registry)"


def system_resolve(host: str, port: int) -> Sequence[str]:
    """The operating system's answer, IPv4 and IPv6; how long it tries is set there."""
    answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in answers))


def checked_addresses(target: Target, resolve: Resolve) -> list[Address]:
    """Every address of a target, asked for once, when all of them may be contacted.

    Raises AddressRefused when a single one may not, or there is none; OSError of `resolve`.
    """
    if target.literal is not None:
        addresses = [target.literal]
    else:
        addresses = [ip_address(text) for text in resolve(target.host, target.port)]
    if not addresses:
        raise AddressRefused(f"{target.host} has no address.")
    for address in addresses:
        check_address(target, address)
    return addresses


def check_address(target: Target, address: Address) -> None:
    """Raises AddressRefused unless this address of a target may be contacted."""
    why = refusal(address, target.private)
    if why is not None:
        remedy = "Use a receiver on the public internet"
        if refusal(address, private=True) is None:
            remedy += ", or have its host and port allowed by name"
        raise AddressRefused(f"{target.host} has the address {address}, which is {why}. {remedy}.")
