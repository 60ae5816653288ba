"""A file that is refused is an answer of its import, not an accident.

What is wrong with a file is told by repeating what it says, and Lambda writes the message of every
error that leaves a function into the log: so refusals do not leave as errors. Nor are they worth
the second and third try that Lambda gives to errors of functions that nobody waits for.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from ..errors import Conflict, InvalidFile, InvalidInput, NotFound

REFUSALS = (InvalidFile, InvalidInput, NotFound, Conflict)

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


def refusals_as_answers(work: Handler) -> Handler:
    """Decorate a handler to answer {"failed": {"errorType", "errorMessage"}} where its request is
    refused. What trying again may mend is raised still: Raced, errors of AWS."""

    @wraps(work)
    def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
        try:
            return work(event, context)
        except REFUSALS as refused:
            return {
                "failed": {"errorType": type(refused).__name__, "errorMessage": refused.message}
            }

    return handler
