"""The wire between the product and AWS, where a test makes things go wrong.

Calls pass botocore's own retries: what is thrown here is what the SDK sees of the network.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar
from unittest.mock import patch

import botocore.client
import botocore.endpoint
from botocore.exceptions import ConnectionClosedError

Point = tuple[str, int]
"""A call by what it does and to what, and how many such calls came before it."""


class Fault(StrEnum):
    """What can happen to one call."""

    REFUSED = "fails before"
    ANSWER_LOST = "is applied but the answer is lost"
    KILLED = "process killed right after"
    THROTTLED = "throttled"
    SLOW = "slow: the step is run a second time to its end meanwhile"


class Killed(RuntimeError):
    """The process is gone. Whatever it still tries on the way out fails as well."""


class Unavailable(RuntimeError):
    """AWS answered with an error, and went on doing so for all of the SDK's tries."""


@dataclass
class Wire:
    """Counts the calls, and does `fault` once to the first one that it `harms`. `meanwhile` is
    what goes on while a slow call hangs."""

    harms: Callable[[Point], bool] = lambda point: False
    fault: Fault | None = None
    meanwhile: Callable[[], object] = lambda: None
    calls: list[Point] = field(default_factory=list)
    struck: bool = False
    dead: bool = False
    _seen: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _inside: threading.local = field(default_factory=threading.local)

    @contextmanager
    def tapped(self) -> Iterator[Wire]:
        """Every call of boto3 goes over this wire."""
        call, send = (
            botocore.client.BaseClient._make_api_call,
            botocore.endpoint.Endpoint._get_response,
        )

        def _make_api_call(client: Any, operation: str, arguments: dict[str, Any]) -> Any:
            self._inside.name = what(operation, arguments)
            return call(client, operation, arguments)

        def _get_response(endpoint: Any, *request: Any) -> Any:
            return self._pass(lambda: send(endpoint, *request))

        with (
            patch.object(botocore.client.BaseClient, "_make_api_call", _make_api_call),
            patch.object(botocore.endpoint.Endpoint, "_get_response", _get_response),
            patch.object(botocore.endpoint.time, "sleep", lambda seconds: None),
        ):
            yield self

    def _pass(self, send: Callable[[], Any]) -> Any:
        if self.dead:
            raise Killed
        name = self._inside.name
        with self._lock:
            point = (name, self._seen[name])
            self._seen[name] += 1
            self.calls.append(point)
            strikes = not self.struck and self.harms(point)
            self.struck |= strikes
        return self._strike(send) if strikes else send()

    def _strike(self, send: Callable[[], Any]) -> Any:
        match self.fault:
            case Fault.REFUSED:
                raise Unavailable
            case Fault.THROTTLED:
                return _throttled()
            case Fault.SLOW:
                self.meanwhile()
                return send()
        send()
        if self.fault is Fault.ANSWER_LOST:
            return None, ConnectionClosedError(endpoint_url="https://aws")
        self.dead = True
        raise Killed


@contextmanager
def while_hanging(call: str, meanwhile: Callable[[], object]) -> Iterator[None]:
    """The first call whose name begins with `call` hangs until `meanwhile` is over. Fails when
    there was no such call."""
    wire = Wire(lambda point: point[0].startswith(call), Fault.SLOW, meanwhile)
    with wire.tapped():
        yield
    assert wire.struck, f"no call began with {call!r} among {wire.calls}"


def what(operation: str, arguments: Mapping[str, Any]) -> str:
    """A call as one line: the operation and the objects or items that it is about."""
    if "Key" in arguments and isinstance(arguments["Key"], str):
        return f"{operation} {arguments['Key']}"
    if "Prefix" in arguments:
        return f"{operation} {arguments['Prefix']}"
    if "TransactItems" in arguments:
        inner = (entry for item in arguments["TransactItems"] for entry in item.values())
        return f"{operation} {' + '.join(map(_item, inner))}"
    if "Entries" in arguments:
        return f"{operation} {' + '.join(entry['DetailType'] for entry in arguments['Entries'])}"
    if "Delete" in arguments:
        return f"{operation} {' + '.join(key['Key'] for key in arguments['Delete']['Objects'])}"
    if "KeyConditionExpression" in arguments:
        return f"{operation} {_plain(arguments['ExpressionAttributeValues'])}"
    return f"{operation} {_item(arguments)}"


def _item(entry: Mapping[str, Any]) -> str:
    key = entry.get("Key") or entry.get("Item")
    if not key:
        raise ValueError(f"a call that the wire cannot name: {entry}")
    return f"{key['pk']['S']}/{key['sk']['S']}"


def _plain(values: Mapping[str, Any]) -> str:
    return json.dumps(sorted(next(iter(value.values())) for value in values.values()))


def _throttled() -> tuple[Any, None]:
    """What the SDK's parser makes of an answer that asks to slow down."""

    class Answer:
        status_code = 503
        headers: ClassVar[dict[str, str]] = {}

    error = {"Code": "ThrottlingException", "Message": "Rate exceeded"}
    return (Answer(), {"Error": error, "ResponseMetadata": {"HTTPStatusCode": 503}}), None
