"""Who asks, and whether they may: the one place where roles are enforced.

API Gateway checks signatures, issuer, audience and expiry; what arrives here is whom it let in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import NotPermitted, NotSignedIn
from ..settings import Access
from .operation import ROLES, Operation, Role
from .operations import OPERATIONS


@dataclass(frozen=True)
class Caller:
    """`subject` is the e-mail address, name or id in a token, or the ARN of an IAM identity; None
    where nobody is asked. `role` is None for a token without any of the product's roles."""

    subject: str | None
    role: Role | None

    def may(self, operation: Operation) -> bool:
        """Whether the caller's role reaches. What is open to all needs no role."""
        if operation.is_open or operation.role == "anybody":
            return True
        return self.role is not None and ROLES.index(self.role) >= ROLES.index(operation.role)

    def operations(self) -> list[str]:
        """The ids of all operations that the caller may use, in the order of the document. Those
        of a write key are for another kind of caller."""
        return [one.id for one in OPERATIONS if one.role != "write_key" and self.may(one)]


NOBODY = Caller(None, None)


def admit(operation: Operation, event: Mapping[str, Any], access: Access) -> Caller:
    """The caller of an operation that is not open to all. Raises NotSignedIn where the gateway
    passed on no identity, and NotPermitted when the role does not reach."""
    caller = caller_of(event, access)
    if not caller.may(operation):
        have = "no role" if caller.role is None else f"the role {caller.role}"
        raise NotPermitted(
            f"{operation.route} needs the role {operation.role}, and you have {have}. Whoever looks"
            f" after users can put you into the group {operation.role}; then sign in again.",
            needed=str(operation.role),
        )
    return caller


def caller_of(event: Mapping[str, Any], access: Access) -> Caller:
    """Whom the API's authorizer let in. Raises NotSignedIn.

    IAM decides by itself who may call the API, so whoever it lets through is an admin; so is
    everybody where nobody is asked, which is for a laptop on loopback.
    """
    if access.authorization == "NONE":
        return Caller(None, "admin")
    context: Mapping[str, Any] = event.get("requestContext") or {}
    authorizer: Mapping[str, Any] = context.get("authorizer") or {}
    if access.authorization == "AWS_IAM":
        arn = (authorizer.get("iam") or {}).get("userArn")
        if arn is None:
            raise NotSignedIn("The request has no identity of IAM: sign it with AWS credentials.")
        return Caller(str(arn), "admin")
    claims: Mapping[str, Any] = (authorizer.get("jwt") or {}).get("claims") or {}
    subject = next((claims[name] for name in ("email", "username", "sub") if name in claims), None)
    if subject is None:
        raise NotSignedIn("The request has no token: sign in and send `Authorization: Bearer …`.")
    return Caller(str(subject), role_in(claims.get(access.roles_claim)))


def role_in(claim: Any) -> Role | None:
    """The highest of the product's roles in a claim; None when it has none.

    API Gateway turns every claim into text, a list into `[viewer marketer]`; others leave the list
    as it is or part the names by commas.
    """
    names = claim if isinstance(claim, list) else re.split(r"[\s,]+", str(claim).strip("[] "))
    return next((role for role in reversed(ROLES) if role in names), None)
