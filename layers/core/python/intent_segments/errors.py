"""Every error that a caller can meet, under one base class.

A message names the rule, the value that broke it and the remedy. How an error looks over HTTP
is decided in one place, `api/problem.py`; nothing here knows about status codes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class FieldError:
    """One broken rule: `field` is a JSON path such as `events[0]`, `message` has the remedy."""

    field: str
    message: str


class IntentError(Exception):
    """Base class. `errors` lists the single fields at fault, if the input had fields."""

    def __init__(self, message: str, errors: tuple[FieldError, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.errors = errors

    @classmethod
    def at(cls, field: str, message: str) -> IntentError:
        """The common case of one field at fault."""
        return cls(message, (FieldError(field, message),))


class InvalidInput(IntentError):
    """A value breaks a documented rule."""


class InvalidFile(IntentError):
    """An events or profiles file cannot be read as such."""


class NotFound(IntentError):
    """The thing named by an id or a name does not exist."""


class Conflict(IntentError):
    """The request is sound but the present state forbids it."""


class Expired(NotFound):
    """The thing was kept for a while, and that is over."""


class NotIncluded(IntentError):
    """The account has switched off what the request asks for."""


class NotSignedIn(IntentError):
    """The request says nobody who asks."""


class WrongEntrance(IntentError):
    """The request went around the address at which the stack is meant to be reached."""


class NotPermitted(IntentError):
    """Who asks has too low a role; `needed` is the least one that may."""

    def __init__(self, message: str, errors: tuple[FieldError, ...] = (), needed: str = "") -> None:
        super().__init__(message, errors)
        self.needed = needed


class LimitReached(Conflict):
    """An account limit is used up (for example five active goals)."""


class TooLittleMemory(Conflict):
    """A job would take more memory than the stack's functions have."""


class InsufficientHistory(IntentError):
    """Nothing honest can be said from the history there is; the message says what to change.

    `extras` has the same as JSON values: `rung` (of the ladder, "none"), `missing` (what -> needed,
    known), `longest_end_date` (ISO or None) and `candidates` (events that would do).
    """

    def __init__(
        self,
        message: str,
        errors: tuple[FieldError, ...] = (),
        extras: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message, errors)
        self.extras = dict(extras or {})


class CorruptObject(IntentError):
    """A stored object is not what was written (checksum, schema): refused before use."""


class Raced(IntentError):
    """Another writer committed first; reading again and repeating is safe."""


class Misconfigured(IntentError):
    """The stack's environment lacks something that the template should have set."""
