"""What the issuer signs: access and ID tokens as Cognito makes them, and its own codes.

Codes and refresh tokens are signed as well, so that the issuer keeps no state; another `iss` keeps
the API from ever taking one for an access token.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from .key import ALGORITHM

CLIENT_ID = "intent-segments"
SCOPES = ("openid", "email")
ROLES_CLAIM = "cognito:groups"

ACCESS_SECONDS = 3_600
REFRESH_SECONDS = 7 * 86_400
CODE_SECONDS = 60

Kind = Literal["code", "refresh"]


class InvalidGrant(Exception):
    """A code or refresh token that is not what it should be; the words are for its sender."""


@dataclass(frozen=True)
class Person:
    """Who somebody chose to be. `role` is empty for somebody without one."""

    email: str
    role: str


@dataclass(frozen=True)
class Tokens:
    """`issuer` is the address that tokens name, without a slash at its end. Times are seconds since
    1970."""

    issuer: str
    key: RSAKey

    def answer(self, person: Person, nonce: str | None, now: int, token_id: str) -> dict[str, Any]:
        """The body of a token response (RFC 6749, section 5.1; OpenID Connect Core, 3.1.3.3)."""
        id_claims = {"aud": CLIENT_ID, "token_use": "id", "email": person.email}
        access = {
            "client_id": CLIENT_ID,
            "token_use": "access",
            "username": person.email,
            "scope": " ".join(SCOPES),
            "jti": token_id,
        }
        return {
            "access_token": self._about(person, access, now),
            "id_token": self._about(
                person, id_claims | ({} if nonce is None else {"nonce": nonce}), now
            ),
            "refresh_token": self.grant("refresh", asdict(person), now, REFRESH_SECONDS, token_id),
            "token_type": "Bearer",
            "expires_in": ACCESS_SECONDS,
            "scope": " ".join(SCOPES),
        }

    def grant(
        self, kind: Kind, about: dict[str, Any], now: int, seconds: int, grant_id: str
    ) -> str:
        """A code or a refresh token, for this issuer alone to read."""
        claims = {"iss": self._inward(kind), "iat": now, "exp": now + seconds, "jti": grant_id}
        return self._signed({**claims, "about": about})

    def read(self, kind: Kind, token: str, now: int) -> tuple[dict[str, Any], str]:
        """What a grant is about, and its id. Raises InvalidGrant."""
        valid = jwt.JWTClaimsRegistry(
            now=now,
            leeway=0,
            iss={"essential": True, "value": self._inward(kind)},
            exp={"essential": True},
        )
        try:
            claims = jwt.decode(token, self.key, algorithms=[ALGORITHM]).claims
            valid.validate(claims)
        except (JoseError, ValueError) as wrong:
            raise InvalidGrant(f"the {kind} is not valid: {wrong}") from None
        return claims["about"], claims["jti"]

    def _about(self, person: Person, claims: dict[str, Any], now: int) -> str:
        groups = {ROLES_CLAIM: [person.role]} if person.role else {}
        times = {"iat": now, "auth_time": now, "exp": now + ACCESS_SECONDS}
        return self._signed({"iss": self.issuer, "sub": person.email, **times, **claims, **groups})

    def _signed(self, claims: dict[str, Any]) -> str:
        return jwt.encode({"alg": ALGORITHM, "kid": self.key.kid}, claims, self.key)

    def _inward(self, kind: Kind) -> str:
        return f"{self.issuer}/{kind}"
