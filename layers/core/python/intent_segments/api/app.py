"""A function's HTTP application: its routers, and every error told as a problem."""

from __future__ import annotations

import json
import re
import traceback
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from aws_lambda_powertools.event_handler.api_gateway import (
    APIGatewayHttpResolver,
    Response,
    Router,
)
from aws_lambda_powertools.logging import Logger

from ..errors import IntentError
from ..settings import Settings
from ..store.stores import Stores
from .call import Call
from .operations import OPERATIONS
from .problem import MEDIA_TYPE, UnknownRoute, WrongMethod, problem_of

logger = Logger(service="intent-segments")


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
        # debug=False whatever POWERTOOLS_DEV says: debugging prints whole events, user ids and all.
        self.resolver = APIGatewayHttpResolver(debug=False)
        for router in routers:
            self.resolver.include_router(router)
        self.resolver.not_found(self._no_route)
        self.resolver.exception_handler(IntentError)(_told)
        self.resolver.exception_handler(Exception)(_unexpected)

    def __call__(self, event: Mapping[str, Any], context: Any) -> dict[str, Any]:
        """The answer to one HTTP API event (payload 2.0)."""
        self.resolver.append_context(call=partial(self._call, event))
        return self.resolver.resolve(event, context)

    def _call(self, event: Mapping[str, Any]) -> Call:
        """Made when a route asks for it: health and the documents need no settings."""
        if self.stores is None:
            self.stores = Stores.of(Settings.from_env())
        return Call(event, self.stores, self.clock(), self.random)

    def _no_route(self, _: Exception) -> Response[str]:
        event = self.resolver.current_event
        method = event.http_method.upper()
        allowed = methods_of(event.path)
        if not allowed:
            return _told(UnknownRoute("No resource has this path. GET /openapi.json lists all."))
        return _told(
            WrongMethod(f"{method} does not work here; {', '.join(allowed)} does.", allowed)
        )


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
    return tuple(
        operation.method
        for operation in OPERATIONS
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", operation.path), path)
    )


def _told(error: Exception) -> Response[str]:
    problem = problem_of(error)
    if problem.status == 500:
        _log(error)
    return Response(problem.status, MEDIA_TYPE, problem.body, problem.headers)


def _unexpected(error: Exception) -> Response[str]:
    _log(error)
    problem = problem_of(error)
    return Response(problem.status, MEDIA_TYPE, problem.body, problem.headers)


def _log(error: Exception) -> None:
    """Where it happened, without the message: messages may carry user ids."""
    where = "".join(traceback.format_tb(error.__traceback__))
    logger.error("request failed", error=type(error).__name__, where=where)
