"""How requests say who asks: signed with AWS credentials (SigV4), or with a token."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol


class Signer(Protocol):
    """Gives the headers of a request, those it has included."""

    def headers(
        self, method: str, url: str, data: bytes | None, headers: dict[str, str]
    ) -> dict[str, str]: ...


class Unsigned:
    """For an API that asks nobody."""

    def headers(
        self, method: str, url: str, data: bytes | None, headers: dict[str, str]
    ) -> dict[str, str]:
        return headers


@dataclass(frozen=True)
class AwsSigner:
    """`credentials` are botocore's."""

    credentials: Any
    region: str

    def headers(
        self, method: str, url: str, data: bytes | None, headers: dict[str, str]
    ) -> dict[str, str]:
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest

        request = AWSRequest(method, url, headers=headers, data=data)
        SigV4Auth(self.credentials, "execute-api", self.region).add_auth(request)
        return dict(request.headers)


@dataclass(frozen=True)
class TokenSigner:
    """`token()` gives one that is valid now."""

    token: Callable[[], str]

    def headers(
        self, method: str, url: str, data: bytes | None, headers: dict[str, str]
    ) -> dict[str, str]:
        return {**headers, "Authorization": f"Bearer {self.token()}"}
