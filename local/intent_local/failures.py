"""Errors that a person can do something about, in words; everything else is a bug and keeps its
traceback."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from intent_segments.errors import IntentError

from .console import say, show_json
from .stack.home import Home


@dataclass(frozen=True)
class Explanation:
    """What is said instead of a traceback. `errors` holds {"field", "message"} objects."""

    title: str
    detail: str
    errors: list[dict[str, str]] = field(default_factory=list)
    status: int | None = None

    def show(self, *, as_json: bool) -> None:
        """A problem document on stdout, or lines on stderr."""
        if as_json:
            problem: dict[str, Any] = {"title": self.title, "detail": self.detail}
            if self.status is not None:
                problem["status"] = self.status
            if self.errors:
                problem["errors"] = self.errors
            show_json(problem)
            return
        say(f"error: {self.detail}")
        for error in self.errors:
            if error["message"] != self.detail:
                say(f"  {error['field']}: {error['message']}")


def explain(error: Exception) -> Explanation | None:
    """None when the error is not one that a user of `intent` can mend."""
    if isinstance(error, IntentError):
        errors = [{"field": e.field, "message": e.message} for e in error.errors]
        status = getattr(error, "status", None)
        detail = error.message
        if status is not None and status >= 500 and (log := Home.default().log).exists():
            detail += f" (the log of the local stack: {log})"
        return Explanation(words(type(error).__name__), detail, errors, status)
    if isinstance(error, OSError) and error.filename is not None:
        return Explanation("File problem", f"{error.filename}: {error.strerror}")
    if type(error).__module__.startswith("botocore"):
        return Explanation("AWS problem", f"AWS says: {error}")
    return None


def words(name: str) -> str:
    """`InvalidInput` -> `Invalid input`."""
    spaced = "".join(f" {c.lower()}" if c.isupper() else c for c in name).strip()
    return spaced[:1].upper() + spaced[1:]
