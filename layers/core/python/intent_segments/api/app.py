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
from ..settings import Access, Settings, origin_secrets
from ..store.stores import Stores
from ..telemetry.journal import Metric, tell, where
from ..telemetry.redacted import named
from .access import NOBODY, Caller, admit
from .call import Call
from .conditional import conditional
from .entrance import admit_by
from .operations import methods_of, operation_of
from .problem import MEDIA_TYPE, UnknownRoute, WrongMethod, problem_of

UNKNOWN = "No resource has this path. GET /openapi.json lists all."


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
        self.access: Access | None = None
        self.secrets: tuple[str, ...] | None = None
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
        try:
            caller = self._admitted(event)
        except IntentError as error:
            answer = refusal(self._told(error))
        else:
            self.resolver.append_context(call=partial(self._call, event, caller))
            answer = conditional(event, self.resolver.resolve(event, context))
        tell_request(event, answer["statusCode"], began, self.clock(), self.fault)
        return answer

    def _admitted(self, event: Mapping[str, Any]) -> Caller:
        """Nothing is routed but what an operation of the table has, and only for whom it is.
        Raises WrongEntrance, UnknownRoute, WrongMethod, NotSignedIn, NotPermitted,
        Misconfigured."""
        if self.secrets is None:
            self.secrets = origin_secrets()
        admit_by(event, self.secrets)
        method, path = asked(event)
        operation = operation_of(method, path)
        if operation is None:
            raise no_route(method, path)
        if operation.is_open:
            return NOBODY
        if self.access is None:
            self.access = Access.from_env()
        return admit(operation, event, self.access)

    def _call(self, event: Mapping[str, Any], caller: Caller) -> Call:
        """Made when a route asks for it: health and the documents need no settings."""
        if self.stores is None:
            self.stores = Stores.of(Settings.from_env())
        return Call(event, self.stores, self.clock(), self.random, self.clock, caller)

    def _no_route(self, _: Exception) -> Response[str]:
        """The path fits an operation, and has characters that the router does not take."""
        return self._told(UnknownRoute(UNKNOWN))

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


def no_route(method: str, path: str) -> UnknownRoute | WrongMethod:
    """What is wrong with a request that no operation has."""
    allowed = methods_of(path)
    if not allowed:
        return UnknownRoute(UNKNOWN)
    works = f"{method} does not work here; {', '.join(allowed)} does."
    return WrongMethod(works + instead(method, path), allowed)


def instead(method: str, path: str) -> str:
    """What to do where a method is missed on purpose; empty elsewhere."""
    if method == "DELETE" and re.fullmatch("/v1/goals/[^/]+", path):
        return (
            f" A goal is never deleted: POST {path}/archive stops it and frees its place, and what "
            "it found can be read for ever."
        )
    if method == "DELETE" and re.fullmatch("/v1/engagements/[^/]+", path):
        return (
            f" An engagement is never deleted: POST {path}/stop ends it, and what it sent can be "
            "read for ever."
        )
    return ""


def asked(event: Mapping[str, Any]) -> tuple[str, str]:
    """The method and the path of an HTTP API event (payload 2.0)."""
    context: Mapping[str, Any] = event.get("requestContext") or {}
    http: Mapping[str, Any] = context.get("http") or {}
    return str(http.get("method")).upper(), str(event.get("rawPath"))


def refusal(answer: Response[str]) -> dict[str, Any]:
    """An answer that was made before anything was routed, as API Gateway takes it."""
    headers = {"Content-Type": answer.content_type or "", **answer.headers}
    return {
        "statusCode": answer.status_code,
        "headers": headers,
        "body": answer.body,
        "isBase64Encoded": False,
    }


def tell_request(
    event: Mapping[str, Any], status: int, began: datetime, ended: datetime, fault: dict[str, Any]
) -> None:
    """One line of a request: which route, how it went, how long it took."""
    context: Mapping[str, Any] = event.get("requestContext") or {}
    operation = operation_of(*asked(event))
    took = round((ended - began).total_seconds() * 1000, 1)
    fields = {
        "request_id": context.get("requestId"),
        # The operation's own words, since a path can hold a user id.
        "route": "unknown" if operation is None else operation.route,
        "status": status,
        "status_class": f"{status // 100}xx",
        **fault,
    }
    metrics = (
        Metric("Requests", 1, by=("status_class",)),
        Metric("Latency", took, "Milliseconds", ("function",)),
    )
    tell("request", ended, fields, metrics, "ERROR" if fault else "INFO")
