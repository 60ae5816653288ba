"""Errors over HTTP: RFC 9457 problem details, decided in one table.

`type` is a reference into the API's own documentation page, so it can be opened.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from ..errors import (
    Conflict,
    CorruptObject,
    Expired,
    InsufficientHistory,
    IntentError,
    InvalidFile,
    InvalidInput,
    LimitReached,
    Misconfigured,
    NotFound,
    NotIncluded,
    NotPermitted,
    NotSignedIn,
    Raced,
    TooLittleMemory,
    WrongEntrance,
)

MEDIA_TYPE = "application/problem+json"


class MalformedRequest(IntentError):
    """The request cannot be read as what it claims to be (its body is no JSON object)."""


class BodyTooLarge(IntentError):
    """The body is larger than any sound request."""


class UnknownRoute(IntentError):
    """No resource has this path."""


class WrongMethod(IntentError):
    """The resource does not know this method; `allowed` are those it knows."""

    def __init__(self, message: str, allowed: tuple[str, ...]) -> None:
        super().__init__(message)
        self.allowed = allowed


@dataclass(frozen=True)
class Kind:
    """How a class of errors is told: status code, the last part of `type`, and `title`."""

    status: int
    name: str
    title: str


UNEXPECTED = Kind(500, "unexpected", "Something went wrong on our side")

KINDS: dict[type[IntentError], Kind] = {
    InvalidInput: Kind(422, "invalid-input", "A value breaks a rule"),
    InvalidFile: Kind(422, "invalid-file", "The file cannot be read"),
    NotIncluded: Kind(403, "not-included", "The account has switched this off"),
    NotSignedIn: Kind(401, "not-signed-in", "The request says nobody who asks"),
    NotPermitted: Kind(403, "not-permitted", "The caller's role does not reach"),
    WrongEntrance: Kind(403, "wrong-entrance", "The API is reached at another address"),
    NotFound: Kind(404, "not-found", "There is no such thing"),
    Expired: Kind(410, "expired", "It was kept for a while, and that is over"),
    Conflict: Kind(409, "conflict", "The present state does not allow it"),
    LimitReached: Kind(409, "limit-reached", "A limit of the account is used up"),
    TooLittleMemory: Kind(409, "too-little-memory", "The account has outgrown the functions"),
    InsufficientHistory: Kind(422, "insufficient-history", "There is not enough history"),
    CorruptObject: Kind(500, "corrupt-object", "A stored object is damaged"),
    Raced: Kind(503, "raced", "Others were faster; try again"),
    Misconfigured: Kind(500, "misconfigured", "The stack is not set up completely"),
    MalformedRequest: Kind(400, "malformed-request", "The request cannot be read"),
    BodyTooLarge: Kind(413, "body-too-large", "The request is too large"),
    UnknownRoute: Kind(404, "unknown-route", "There is no such resource"),
    WrongMethod: Kind(405, "wrong-method", "The resource does not know this method"),
    IntentError: UNEXPECTED,
}
"""Every class of error. A class that is missing is told as the nearest one above it."""


@dataclass(frozen=True)
class Problem:
    """An answer that is an error: the status, the JSON body and further headers."""

    status: int
    body: str
    headers: dict[str, str]


def problem_of(error: Exception) -> Problem:
    """The answer for an error. Only the messages of IntentErrors are shown."""
    kind = _kind(type(error))
    detail = "The failure is in the log under the time of this request. Trying again is safe."
    errors: list[dict[str, str]] = []
    if isinstance(error, IntentError):
        detail = error.message
        errors = [{"field": entry.field, "message": entry.message} for entry in error.errors]
    document = {
        "type": f"/docs#problem-{kind.name}",
        "title": kind.title,
        "status": kind.status,
        "detail": detail,
        "errors": errors,
    }
    if isinstance(error, InsufficientHistory):
        document |= error.extras  # RFC 9457, section 3.2: extension members
    if isinstance(error, NotPermitted):
        document["role"] = error.needed
    headers = {}
    if kind.status == 401:
        headers["WWW-Authenticate"] = "Bearer"  # RFC 9110, section 15.5.2
    if isinstance(error, WrongMethod):
        headers["Allow"] = ", ".join(error.allowed)
    if kind.status == 503:
        headers["Retry-After"] = "1"
    return Problem(kind.status, json.dumps(document, ensure_ascii=False), headers)


def _kind(error: type[Exception]) -> Kind:
    for above in error.__mro__:
        if issubclass(above, IntentError) and above in KINDS:
            return KINDS[above]
    return UNEXPECTED
