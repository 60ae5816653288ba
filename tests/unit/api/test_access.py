"""Every operation by every role, and by whoever comes without one."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from itertools import combinations
from types import ModuleType
from typing import Any
from unittest.mock import patch

import pytest

from functions.api import handler as api_function
from functions.deliver import handler as deliver_function
from functions.forecast import handler as forecast_function
from functions.query import handler as query_function
from intent_segments.api.access import Caller, role_in
from intent_segments.api.operation import ROLES, Operation
from intent_segments.api.operations import OPERATIONS, operation_of
from tests.unit.api.requests import Answer, ask, event
from tests.unit.store.stack import loaded_stack

FUNCTIONS = {
    "api": api_function,
    "query": query_function,
    "forecast": forecast_function,
    "deliver": deliver_function,
}
IDS = {"bucket": "most_likely", "number": "0"}

GUARDED = [operation for operation in OPERATIONS if not operation.is_open]
WITH_A_ROLE = [operation for operation in GUARDED if operation.role != "anybody"]


def known_by(authorization: str) -> None:
    """The functions start anew on a stack with this parameter ApiAuthorization."""
    os.environ["API_AUTHORIZATION"] = authorization
    for function in FUNCTIONS.values():
        function.api.stores = function.api.access = None


@pytest.fixture(scope="module")
def tokens() -> Iterator[None]:
    """A loaded stack whose API takes tokens."""
    with loaded_stack(), patch.dict(os.environ):
        known_by("JWT")
        yield
    for function in FUNCTIONS.values():
        function.api.stores = function.api.access = None


def path_of(operation: Operation) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: IDS.get(found[1], f"a-{found[1]}"), operation.path)


def asked(operation: Operation, claims: dict[str, Any] | None) -> Answer:
    function: ModuleType = FUNCTIONS[operation.function]
    return ask(operation.method, path_of(operation), function=function, claims=claims)


def claims(*groups: str) -> dict[str, Any]:
    """As API Gateway hands them on: text, whatever they were."""
    return {"sub": "1", "email": "ann@example.org", "cognito:groups": f"[{' '.join(groups)}]"}


@pytest.mark.usefixtures("tokens")
@pytest.mark.parametrize("operation", GUARDED, ids=lambda one: one.route)
def test_nobody_is_let_through_without_an_identity(operation: Operation) -> None:
    answer = asked(operation, None)
    assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert answer.json["type"] == "/docs#problem-not-signed-in"


@pytest.mark.usefixtures("tokens")
@pytest.mark.parametrize("operation", WITH_A_ROLE, ids=lambda one: one.route)
def test_each_role_may_do_what_is_for_it_and_for_those_before_it(operation: Operation) -> None:
    enough = ROLES.index(operation.role)  # type: ignore[arg-type]  # one of ROLES, as filtered
    for groups in ((), ("readers",), *((role,) for role in ROLES[:enough])):
        answer = asked(operation, claims(*groups))
        assert (answer.status, answer.json["role"]) == (403, operation.role), groups
        assert f"needs the role {operation.role}" in answer.json["detail"]
    for role in ROLES[enough:]:
        answer = asked(operation, claims("readers", role))
        assert answer.status not in (401, 403, 405) and answer.status < 500, answer.text


@pytest.mark.usefixtures("tokens")
@pytest.mark.parametrize("operation", [o for o in OPERATIONS if o.role == "nobody"])
def test_what_is_for_everybody_asks_nobody(operation: Operation) -> None:
    assert asked(operation, None).status == 200


@pytest.mark.usefixtures("tokens")
@pytest.mark.parametrize("role", [None, *ROLES])
def test_me_says_exactly_what_the_caller_may_do(role: str | None) -> None:
    told = ask("GET", "/v1/me", claims=claims(*([role] if role else []))).json
    assert (told["subject"], told["role"]) == ("ann@example.org", role)
    for operation in OPERATIONS:
        if operation in GUARDED:
            let_in = asked(operation, claims(role or "")).status != 403
        else:
            let_in = operation.role == "nobody"  # write keys are for other callers
        assert (operation.id in told["can"]) is let_in, operation.route


@pytest.mark.usefixtures("tokens")
@pytest.mark.parametrize(
    "path", ["/v1/goals\n", "//v1/goals", "/v1/goals/", "/v1/../v1/goals", "/V1/goals", ""]
)
def test_a_path_that_no_operation_has_is_routed_nowhere(path: str) -> None:
    for role in ("viewer", "admin"):
        assert ask("GET", path, claims=claims(role)).status == 404


def test_no_path_is_two_operations_of_different_roles() -> None:
    def could_be_one(first: Operation, second: Operation) -> bool:
        steps = zip(first.path.split("/"), second.path.split("/"), strict=False)
        same = all(a == b or "{" in a + b for a, b in steps)
        return same and first.path.count("/") == second.path.count("/")

    for first, second in combinations(OPERATIONS, 2):
        if first.method == second.method and could_be_one(first, second):
            assert first.role == second.role, (first.route, second.route)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.route)
def test_a_path_finds_its_operation(operation: Operation) -> None:
    assert operation_of(operation.method, path_of(operation)) is operation


@pytest.mark.parametrize(
    ("claim", "role"),
    [
        ("[viewer marketer]", "marketer"),  # API Gateway's text of a list
        ("[admin]", "admin"),
        ("marketer", "marketer"),
        ("viewer,admin", "admin"),
        (["readers", "viewer"], "viewer"),  # MiniStack leaves lists as they are
        ("administrators", None),
        ("not-admin", None),
        ("Admin", None),
        ("map[roles:[admin]]", None),
        ("", None),
        ("[]", None),
        ([], None),
        (None, None),
    ],
)
def test_the_highest_role_of_a_claim_counts(claim: Any, role: str | None) -> None:
    assert role_in(claim) == role


@pytest.mark.usefixtures("tokens")
def test_roles_can_be_in_another_claim() -> None:
    with patch.dict(os.environ, {"ROLES_CLAIM": "https://example.org/roles"}):
        known_by("JWT")
        given = {"sub": "1", "https://example.org/roles": "marketer", "cognito:groups": "admin"}
        assert ask("GET", "/v1/me", claims=given).json["role"] == "marketer"
    known_by("JWT")


@pytest.mark.usefixtures("tokens")
def test_who_signs_requests_is_an_admin_and_has_an_identity() -> None:
    known_by("AWS_IAM")
    signed = event("GET", "/v1/me")
    assert api_function.handler(signed, None)["statusCode"] == 401
    arn = "arn:aws:iam::123456789012:user/ann"
    signed["requestContext"]["authorizer"] = {"iam": {"userArn": arn}}
    told = api_function.handler(signed, None)
    assert f'"subject":"{arn}","role":"admin"' in told["body"]
    known_by("JWT")


@pytest.mark.usefixtures("tokens")
@pytest.mark.parametrize("value", ["", "none", "IAM"])
def test_a_stack_that_does_not_say_how_it_is_guarded_is_closed(value: str) -> None:
    known_by(value)
    answer = ask("GET", "/v1/goals", claims=claims("admin"))
    assert (answer.status, answer.json["type"]) == (500, "/docs#problem-misconfigured")
    assert ask("GET", "/v1/health").status == 200
    known_by("JWT")


def test_a_write_key_is_no_role() -> None:
    ingest = Operation("POST", "/v1/track", "An event", None, "Events", role="write_key")
    assert ingest.is_open
    assert Caller(None, None).may(ingest)
