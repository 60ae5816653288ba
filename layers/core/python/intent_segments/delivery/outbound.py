"""HTTP to a stranger's receiver: one POST to an address that was checked, and nothing besides.

The standard library's client, since all that is wanted is what it does by itself: it follows no
redirect, reads no proxy from the environment, repeats nothing, unpacks nothing. urllib3 would be
there through botocore, in whichever version that brings, and would need its redirects, retries,
proxies and pools switched off.
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ..errors import IntentError
from .addresses import Resolve, checked_addresses, system_resolve
from .urls import Address, Rules, Target, parse_url

CONNECT_SECONDS = 5.0
TOTAL_SECONDS = 20.0
"""From the first connection to the end of the answer; the specification of Standard Webhooks gives
receivers 15 to 30."""
MOST_RESPONSE_BYTES = 16_384
"""Of a body that is read for politeness and thrown away."""


class NotReached(IntentError):
    """No connection was made, so nothing arrived; trying again is safe."""


class NoAnswer(IntentError):
    """The request went out and no answer came: it may have arrived."""


@dataclass(frozen=True)
class Answer:
    """Status and the text of Retry-After, if there was one."""

    status: int
    retry_after: str | None


@dataclass(frozen=True)
class Outbound:
    """A client under `rules`. `clock` gives monotonic seconds; `trust` has the roots that
    certificates are verified against, those of the system when it is None."""

    rules: Rules
    clock: Callable[[], float]
    resolve: Resolve = system_resolve
    trust: ssl.SSLContext | None = field(default=None, repr=False)
    total_seconds: float = TOTAL_SECONDS

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return self.trust or ssl.create_default_context()

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send one request and read the answer's status.

        Raises InvalidInput and AddressRefused for what is not contacted, NotReached, NoAnswer.
        """
        target = parse_url(url, self.rules)
        deadline = self.clock() + self.total_seconds
        try:
            addresses = checked_addresses(target, self.resolve)
        except OSError as error:
            raise NotReached(f"{target.host} was not found ({_kind(error)}).") from None
        connection = _Pinned(target.host, target.port)
        connection.default_port = 443 if target.secure else 80
        connection.sock = self._connected(target, addresses, deadline)
        try:
            connection.request("POST", target.path, body, {**headers, "connection": "close"})
            response = connection.getresponse()
            answer = Answer(response.status, response.getheader("Retry-After"))
            with suppress(OSError, http.client.HTTPException):
                response.read(MOST_RESPONSE_BYTES)
        except (OSError, http.client.HTTPException) as error:
            raise NoAnswer(f"{target.host} gave no answer ({_kind(error)}).") from None
        finally:
            connection.close()
        return answer

    def _connected(self, target: Target, addresses: list[Address], deadline: float) -> Any:
        """A socket to the first of the checked addresses that accepts one."""
        reason = "no time left"
        for address in addresses:
            seconds = min(CONNECT_SECONDS, deadline - self.clock())
            if seconds <= 0:
                break
            try:
                plain = socket.create_connection((str(address), target.port), seconds)
            except OSError as error:
                reason = _kind(error)
                continue
            try:
                if target.secure:
                    # The name, not the address, is what the certificate has to be for.
                    name = target.host.strip("[]")
                    plain = self._tls.wrap_socket(plain, server_hostname=name)
                return _Bounded(plain, deadline, self.clock)
            except OSError as error:
                plain.close()
                reason = _kind(error)
        raise NotReached(f"{target.host} was not reached ({reason}).")


class _Pinned(http.client.HTTPConnection):
    """A connection that has its socket and never makes another one."""

    def connect(self) -> None:
        raise http.client.NotConnected


class _Bounded:
    """A socket on which everything together ends at the deadline: a timeout of each read alone lets
    a receiver hold on for ever, one byte at a time."""

    def __init__(self, plain: socket.socket, deadline: float, clock: Callable[[], float]) -> None:
        self._plain, self._deadline, self._clock = plain, deadline, clock

    def _limit(self) -> None:
        left = self._deadline - self._clock()
        if left <= 0:
            raise TimeoutError
        self._plain.settimeout(left)

    def sendall(self, data: bytes) -> None:
        self._limit()
        self._plain.sendall(data)

    def makefile(self, mode: str) -> io.BufferedReader:
        assert mode == "rb"
        return io.BufferedReader(_Reads(self))

    def recv_into(self, buffer: memoryview) -> int:
        self._limit()
        return self._plain.recv_into(buffer)

    def close(self) -> None:
        self._plain.close()


class _Reads(io.RawIOBase):
    def __init__(self, bounded: _Bounded) -> None:
        self._bounded = bounded

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._bounded.recv_into(buffer)


def _kind(error: Exception) -> str:
    """What went wrong in a word or two, without whatever a receiver may have put into it."""
    if isinstance(error, TimeoutError):
        return "timeout"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"certificate: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return "TLS failed"
    return type(error).__name__
