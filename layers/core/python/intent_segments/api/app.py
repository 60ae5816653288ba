"""A function's HTTP application: its routers, and every error told as a problem."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from aws_lambda_powertools.event_handler.api_gateway import (
    APIGatewayHttpResolver,
    Response,
    Router,
)

from ..errors import IntentError
from ..settings import Settings
from ..store.stores import Stores
from ..telemetry.journal import Metric, tell, where
from ..telemetry.redacted import named
from .call import Call
from .operations import OPERATIONS, Operation
from .problem import MEDIA_TYPE, UnknownRoute, WrongMethod, problem_of


class Api:
    """The routes of one function. `clock()` gives the present UTC instant and `random(n)` n fresh
    bytes: both come from the handler, so that nothing below knows the time by itself."""

    def __init__(
        self,
        routers: Sequence[Router],
        clock: Callable[[], datetime],
        random: Callable[[int], bytes],
    ) -> None:
        self.clock = clock
        self.random = random
        self.stores: Stores | None = None
        self.fault: dict[str, Any] = {}
        # debug=False whatever POWERTOOLS_DEV says: debugging prints whole events, user ids and all.
        self.resolver = APIGatewayHttpResolver(debug=False)
        for router in routers:
            self.resolver.include_router(router)
        self.resolver.not_found(self._no_route)
        self.resolver.exception_handler(IntentError)(self._told)
        self.resolver.exception_handler(Exception)(self._unexpected)

    def __call__(self, event: Mapping[str, Any], context: Any) -> dict[str, Any]:
        """The answer to one HTTP API event (payload 2.0); what it was is told in one line."""
        began = self.clock()
        self.fault = {}
        self.resolver.append_context(call=partial(self._call, event))
        answer = self.resolver.resolve(event, context)
        tell_request(event, answer["statusCode"], began, self.clock(), self.fault)
        return answer

    def _call(self, event: Mapping[str, Any]) -> Call:
        """Made when a route asks for it: health and the documents need no settings."""
        if self.stores is None:
            self.stores = Stores.of(Settings.from_env())
        return Call(event, self.stores, self.clock(), self.random, self.clock)

    def _no_route(self, _: Exception) -> Response[str]:
        event = self.resolver.current_event
        method = event.http_method.upper()
        allowed = methods_of(event.path)
        if not allowed:
            unknown = "No resource has this path. GET /openapi.json lists all."
            return self._told(UnknownRoute(unknown))
        return self._told(
            WrongMethod(
                f"{method} does not work here; {', '.join(allowed)} does."
                + instead(method, event.path),
                allowed,
            )
        )

    def _told(self, error: Exception) -> Response[str]:
        problem = problem_of(error)
        if problem.status == 500:
            self._note(error)
        return Response(problem.status, MEDIA_TYPE, problem.body, problem.headers)

    def _unexpected(self, error: Exception) -> Response[str]:
        self._note(error)
        problem = problem_of(error)
        return Response(problem.status, MEDIA_TYPE, problem.body, problem.headers)

    def _note(self, error: Exception) -> None:
        """Where it happened, without the message: messages may carry user ids."""
        self.fault = {**named(error), "where": where(error)}


def call_of(router: Router) -> Call:
    """The request that `router` is answering. Raises Misconfigured when the stack's environment
    is incomplete."""
    made: Call = router.context["call"]()
    return made


def json_answer(status: int, document: Any, location: str | None) -> Response[str]:
    """A JSON answer with its own status, and where the thing that was made can be found."""
    headers: dict[str, str | list[str]] = {} if location is None else {"Location": location}
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return Response(status, "application/json", body, headers)


def methods_of(path: str) -> tuple[str, ...]:
    """The methods that some function knows for a path."""
    return tuple(operation.method for operation in OPERATIONS if _has(operation, path))


def instead(method: str, path: str) -> str:
    """What to do where a method is missed on purpose; empty elsewhere."""
    if method == "DELETE" and re.fullmatch("/v1/goals/[^/]+", path):
        return (
            f" A goal is never deleted: POST {path}/archive stops it and frees its place, and what "
            "it found can be read for ever."
        )
    return ""


def route_of(method: str, path: str) -> str:
    """`GET /v1/users/{user_id}/intents`: the operation's own words, since a path can hold a user
    id; `unknown` for what no operation has."""
    for operation in OPERATIONS:
        if operation.method == method and _has(operation, path):
            return f"{method} {operation.path}"
    return "unknown"


def _has(operation: Operation, path: str) -> bool:
    return re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", operation.path), path) is not None


def tell_request(
    event: Mapping[str, Any], status: int, began: datetime, ended: datetime, fault: dict[str, Any]
) -> None:
    """One line of a request: which route, how it went, how long it took."""
    context: Mapping[str, Any] = event.get("requestContext") or {}
    http: Mapping[str, Any] = context.get("http") or {}
    took = round((ended - began).total_seconds() * 1000, 1)
    fields = {
        "request_id": context.get("requestId"),
        "route": route_of(str(http.get("method")), str(event.get("rawPath"))),
        "status": status,
        "status_class": f"{status // 100}xx",
        **fault,
    }
    metrics = (
        Metric("Requests", 1, by=("status_class",)),
        Metric("Latency", took, "Milliseconds", ("function",)),
    )
    tell("request", ended, fields, metrics, "ERROR" if fault else "INFO")
