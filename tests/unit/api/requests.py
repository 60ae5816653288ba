"""HTTP API events (payload format 2.0) as API Gateway sends them, and the functions' answers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from types import ModuleType
from typing import Any
from urllib.parse import parse_qsl

from functions.api import handler as api_function
from functions.calls import handler as calls_function
from functions.deliver import handler as deliver_function
from functions.query import handler as query_function
from intent_segments.api.operations import operation_of

FUNCTIONS = {"query": query_function, "deliver": deliver_function, "calls": calls_function}
"""Besides `api`; `forecast` is asked for by name, since importing it takes long."""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


def event(
    method: str,
    path: str,
    body: Any = None,
    headers: dict[str, str] | None = None,
    claims: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """`body` is sent as JSON, or as it is when it is text; `claims` are those of a token that the
    gateway has verified."""
    raw_path, _, query = path.partition("?")
    sent = body if body is None or isinstance(body, str) else json.dumps(body)
    return {
        "version": "2.0",
        "routeKey": "ANY /v1/{proxy+}",
        "rawPath": raw_path,
        "rawQueryString": query,
        "headers": {"content-type": "application/json", **(headers or {})},
        **({"queryStringParameters": dict(parse_qsl(query))} if query else {}),
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "api",
            "domainName": "api.execute-api.eu-central-1.amazonaws.com",
            "http": {
                "method": method,
                "path": raw_path,
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.1",
                "userAgent": "test",
            },
            "requestId": "r",
            "routeKey": "ANY /v1/{proxy+}",
            "stage": "$default",
            "time": "22/Nov/2026:12:00:00 +0000",
            "timeEpoch": 1795348800000,
            **({} if claims is None else {"authorizer": {"jwt": {"claims": claims}}}),
        },
        **({} if sent is None else {"body": sent}),
        "isBase64Encoded": False,
    }


def serving_function(method: str, path: str) -> ModuleType:
    """The function of the operation, by the table that template.yaml is held to; `api` for what no
    operation has."""
    operation = operation_of(method, path.partition("?")[0])
    if operation is not None:
        return FUNCTIONS.get(operation.function, api_function)
    return api_function


def ask(
    method: str,
    path: str,
    body: Any = None,
    headers: dict[str, str] | None = None,
    function: ModuleType | None = None,
    claims: dict[str, Any] | None = None,
) -> Answer:
    """Call a function's handler: the one that serves the path, as API Gateway would."""
    serving = function or serving_function(method, path)
    answer = serving.handler(event(method, path, body, headers, claims), None)
    return Answer(answer["statusCode"], answer["headers"], answer["body"])
