"""Errors on their way out of a function: Lambda writes the message of each into the log.

What is said to whoever started the work is for the log too, so a message may leave only if it was
written by the product and quotes nothing that came from outside.
"""

from __future__ import annotations

from ..errors import IntentError, InvalidFile, InvalidInput

QUOTING = (InvalidInput, InvalidFile)
"""Their messages repeat the value that broke a rule."""


def named(error: Exception) -> dict[str, str]:
    """An error for the log: its class, and of one from AWS the operation and AWS's code for it."""
    told = {"error": type(error).__name__}
    operation = getattr(error, "operation_name", None)
    if operation is not None:
        code = getattr(error, "response", {}).get("Error", {}).get("Code")
        told["aws"] = f"{operation}: {code}"
    return told


def redacted(error: Exception) -> Exception:
    """What to raise instead of an error: of a class with the same name, by which the state machine
    and the run's reason know it."""
    if isinstance(error, IntentError) and not isinstance(error, QUOTING):
        return error
    said = "The log has the place in the code; values are not repeated."
    if isinstance(error, IntentError):
        fields = ", ".join(entry.field for entry in error.errors) or "What this was started with"
        said = f"{fields}: breaks a rule. Values are not repeated in logs; see docs/operations.md."
        return type(error)(said)
    return type(type(error).__name__, (RuntimeError,), {})(said)
