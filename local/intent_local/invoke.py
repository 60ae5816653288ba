"""Call a function of the stack and wait for its answer."""

from __future__ import annotations

import json
from typing import Any

from intent_segments.errors import IntentError


class FunctionFailedError(IntentError):
    """A function raised; the message is its own."""


def invoke(client: Any, function: str, payload: dict[str, Any]) -> Any:
    """The JSON that the function returns. `client` is a boto3 Lambda client.

    Raises FunctionFailedError with the message of the exception in the function, or of the refusal
    that it answers with.
    """
    answer = client.invoke(FunctionName=function, Payload=json.dumps(payload).encode())
    result = json.loads(answer["Payload"].read() or b"null")
    if answer.get("FunctionError"):
        raise FunctionFailedError(message_of(result))
    if isinstance(result, dict) and "failed" in result:
        raise FunctionFailedError(message_of(result["failed"]))
    return result


def message_of(failure: Any) -> str:
    """What a failed function said. `failure` is the object that Lambda makes of an exception, or
    the `Cause` of a failed task of a state machine, which is the same as JSON text."""
    if isinstance(failure, str):
        try:
            failure = json.loads(failure)
        except ValueError:
            return failure
    if isinstance(failure, dict) and "errorMessage" in failure:
        return str(failure["errorMessage"])
    return json.dumps(failure, ensure_ascii=False)
