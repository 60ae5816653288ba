"""Which URLs a webhook may have: a grammar far narrower than RFC 3986, so that no two readers of a
URL can disagree about its host."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address

from ..errors import InvalidInput

Address = IPv4Address | IPv6Address

MOST_CHARACTERS = 2048
URL = re.compile(
    r"(?P<scheme>https?)://"
    r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)"
    r"(?::(?P<port>[1-9][0-9]{0,4}))?"
    r"(?P<target>(?:/[!$-;=?-Z_a-z~]*)?)",
    re.ASCII,
)
"""Scheme, host, port, and a path that may have a query: no user, no fragment, no backslash, no
white space."""
LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)", re.ASCII)
NUMERIC = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)
"""A last label by which URL readers take the whole host for an IPv4 address (WHATWG URL, "ends in a
number")."""

SPECIAL_NAMES = (
    *("localhost", "test", "invalid", "example", "arpa"),  # RFC 6761
    "local",  # RFC 6762
    "onion",  # RFC 7686
    "alt",  # RFC 9476
    "internal",  # reserved by ICANN for private use, 2024
    *("localdomain", "lan", "home", "corp", "intranet", "private"),  # RFC 6762, appendix G
)
"""Top-level names that no public receiver has."""


@dataclass(frozen=True)
class Rules:
    """What may be contacted. `ports` are those of public hosts. `private_hosts` are `host:port`,
    allowed by name to have a private or loopback address and to be plain http; none by default."""

    ports: frozenset[int] = frozenset({443})
    private_hosts: frozenset[str] = frozenset()

    @classmethod
    def parse(cls, private_hosts: str, ports: str = "443") -> Rules:
        """From two settings, lists with commas such as `localhost:8080,receiver:443`.

        Raises InvalidInput.
        """
        hosts = frozenset(entry.strip().lower() for entry in private_hosts.split(",") if entry)
        for entry in hosts:
            host, _, port = entry.rpartition(":")
            if not host or not port.isascii() or not port.isdecimal():
                raise InvalidInput.at(
                    "private_hosts", f"A private host is allowed as host:port, not as {entry!r}"
                )
        numbers = [entry.strip() for entry in ports.split(",")]
        wrong = [n for n in numbers if not (n.isascii() and n.isdecimal() and 0 < int(n) < 65536)]
        if wrong:
            raise InvalidInput.at("ports", f"A port is a number from 1 to 65535, not {wrong[0]!r}")
        return cls(frozenset(map(int, numbers)), hosts)


@dataclass(frozen=True)
class Target:
    """A URL that may be tried: its addresses are yet to be looked at. `path` includes the query and
    is not in reprs, since receivers put tokens there."""

    secure: bool
    host: str
    port: int
    path: str = field(repr=False)
    literal: Address | None
    """The address that the host is, where it is no name."""
    private: bool
    """Whether the rules allow this host and port by name."""


def parse_url(url: str, rules: Rules, at: str = "url") -> Target:
    """The parts of a URL. Raises InvalidInput that names the rule and the part at fault, never the
    whole URL, in which receivers put tokens."""
    try:
        return _parsed(url, rules)
    except InvalidInput as wrong:
        raise InvalidInput.at(at, wrong.message) from None


def _parsed(url: str, rules: Rules) -> Target:
    if len(url) > MOST_CHARACTERS:
        raise InvalidInput(f"A URL has at most {MOST_CHARACTERS} characters, not {len(url)}")
    match = URL.fullmatch(url)
    if match is None:
        raise InvalidInput(_complaint(url))
    scheme, host = match["scheme"], match["host"].lower()
    literal = _literal(host)
    port = int(match["port"] or (443 if scheme == "https" else 80))
    private = f"{host}:{port}" in rules.private_hosts
    if scheme != "https" and not private:
        raise InvalidInput("The scheme must be https: http is for hosts that are allowed by name")
    if port not in rules.ports and not private:
        allowed = ", ".join(map(str, sorted(rules.ports)))
        raise InvalidInput(f"Port {port} is not allowed; allowed: {allowed}")
    if literal is None and not private:
        last = host.rpartition(".")[2]
        if last == host or last in SPECIAL_NAMES:
            raise InvalidInput(f"{host} is no name on the internet: use the receiver's public one")
    return Target(scheme == "https", host, port, match["target"] or "/", literal, private)


def _literal(host: str) -> Address | None:
    """The address that a host is, None for a name."""
    if host.startswith("["):
        try:
            return IPv6Address(host[1:-1])
        except ValueError:
            raise InvalidInput("The host in brackets is not an IPv6 address") from None
    labels = host.split(".")
    if NUMERIC.fullmatch(labels[-1]):
        try:
            return IPv4Address(host)
        except ValueError:
            raise InvalidInput(
                "The host is a number in another form than four decimal ones: use the "
                "receiver's name"
            ) from None
    if len(host) > 253 or not all(LABEL.fullmatch(label) for label in labels):
        raise InvalidInput(
            "The host is not a name: labels of letters, digits and hyphens between single dots, "
            "and no dot at the end"
        )
    if any(label.startswith("xn--") for label in labels):
        raise InvalidInput("The host is an encoded name (xn--): use one of letters and digits")
    return None


def _complaint(url: str) -> str:
    """Why a text is not a URL of the grammar."""
    authority = re.split(r"[/?#\\]", url.split("://", 1)[-1], maxsplit=1)[0]
    if not url.isascii():
        return "A URL has ASCII characters alone: write a path in percent encoding"
    if re.search(r"[\x00-\x20\x7f]", url):
        return "A URL has no white space and no control characters: use percent encoding"
    if not re.match(r"https?://", url):
        return "A URL begins with https:// in lower case"
    if "@" in authority:
        return "A URL has no user name or password: authenticate with the signature"
    if "\\" in url:
        return "A URL has no backslashes"
    if "%" in authority:
        return "The host of a URL is not percent-encoded"
    if "#" in url:
        return "A URL has no fragment (#): receivers never see it"
    return "The URL is not of the form https://host/path?query"
