"""A stack behind CloudFront answers nobody who comes another way."""

from __future__ import annotations

import os
from collections.abc import Iterator
from unittest.mock import patch

import pytest

from functions.api import handler as api_function
from functions.calls import handler as calls_function
from functions.deliver import handler as deliver_function
from functions.forecast import handler as forecast_function
from functions.query import handler as query_function
from intent_segments.api.entrance import HEADER
from intent_segments.api.operation import Operation
from intent_segments.api.operations import OPERATIONS
from tests.unit.api.requests import Answer, ask
from tests.unit.api.test_access import path_of
from tests.unit.store.stack import loaded_stack

FUNCTIONS = {
    "api": api_function,
    "calls": calls_function,
    "deliver": deliver_function,
    "forecast": forecast_function,
    "query": query_function,
}
SECRET = "a-secret-that-CloudFront-tells"
OTHER = "one-that-it-told-until-now-or-tells-next"
TOLD = {"ORIGIN_SECRET": SECRET, "OTHER_ORIGIN_SECRET": OTHER}


@pytest.fixture(scope="module")
def closed() -> Iterator[None]:
    with loaded_stack(), patch.dict(os.environ, TOLD):
        anew()
        yield
    anew()


def anew() -> None:
    """As fresh containers."""
    for function in FUNCTIONS.values():
        function.api.stores = function.api.access = function.api.secrets = None


def asked(operation: Operation, headers: dict[str, str]) -> Answer:
    function = FUNCTIONS[operation.function]
    return ask(operation.method, path_of(operation), headers=headers, function=function)


@pytest.mark.usefixtures("closed")
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.route)
def test_no_operation_is_answered_past_cloudfront(operation: Operation) -> None:
    for told in (None, "", SECRET[:-1], SECRET + "é", f"{SECRET},{OTHER}"):
        answer = asked(operation, {} if told is None else {HEADER: told})
        assert answer.status == 403
        assert answer.json["type"] == "/docs#problem-wrong-entrance"
        assert SECRET[:8] not in answer.text


@pytest.mark.usefixtures("closed")
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.route)
def test_every_operation_is_answered_through_cloudfront(operation: Operation) -> None:
    answer = asked(operation, {HEADER: SECRET})
    assert answer.status != 403, answer.text


@pytest.mark.usefixtures("closed")
def test_while_the_secret_is_replaced_both_are_taken_so_that_no_call_is_lost() -> None:
    for secret in (SECRET, OTHER):
        assert ask("GET", "/v1/account", headers={HEADER: secret}).status == 200


@pytest.mark.usefixtures("closed")
def test_paths_that_lead_nowhere_are_not_told_either() -> None:
    assert ask("GET", "/v1/nothing").status == 403
    assert ask("GET", "/v1/nothing", headers={HEADER: SECRET}).status == 404


@pytest.mark.usefixtures("closed")
def test_the_secret_is_in_no_log(capsys: pytest.CaptureFixture[str]) -> None:
    ask("GET", "/v1/account", headers={HEADER: SECRET})
    ask("GET", "/v1/account", headers={HEADER: "wrong"})
    told = capsys.readouterr()
    assert '"status":403' in told.out.replace(" ", "")
    assert SECRET not in told.out + told.err


@pytest.mark.usefixtures("closed")
def test_without_a_secret_every_way_in_is_one() -> None:
    with patch.dict(os.environ, dict.fromkeys(TOLD, "")):
        anew()
        assert ask("GET", "/v1/account").status == 200
        assert ask("GET", "/v1/account", headers={HEADER: "anything"}).status == 200
    anew()
