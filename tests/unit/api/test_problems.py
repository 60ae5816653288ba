from __future__ import annotations

import base64
import json
from collections.abc import Iterator

import pytest

from functions.api import handler as api_function
from intent_segments import errors
from intent_segments.api import answers, problem
from intent_segments.api.problem import KINDS, WrongMethod, problem_of
from intent_segments.errors import FieldError, IntentError
from intent_segments.store.stores import Stores
from tests.unit.api.requests import ask, event


def every_class(above: type[IntentError] = IntentError) -> Iterator[type[IntentError]]:
    yield above
    for below in above.__subclasses__():
        if below.__module__ in (errors.__name__, problem.__name__):
            yield from every_class(below)


@pytest.mark.parametrize("kind", list(every_class()), ids=lambda kind: kind.__name__)
def test_every_class_of_error_has_a_row_and_the_same_shape(kind: type[IntentError]) -> None:
    fields = (FieldError("events[0]", "unknown"),)
    error = kind("what to do", ("GET",)) if kind is WrongMethod else kind("what to do", fields)
    told = problem_of(error)
    document = answers.Problem.model_validate_json(told.body)
    assert kind in KINDS
    assert (document.status, document.detail) == (told.status, "what to do")
    if kind is not WrongMethod:
        assert [entry.field for entry in document.errors] == ["events[0]"]


def test_a_problem_type_can_be_opened_in_the_documentation() -> None:
    page = ask("GET", "/docs").text
    for kind in KINDS.values():
        assert f'"name": "{kind.name}"' in page


def test_an_unknown_path_is_a_problem(stores: Stores) -> None:
    answer = ask("GET", "/v1/nothing")
    assert (answer.status, answer.json["type"]) == (404, "/docs#problem-unknown-route")
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_wrong_method_says_which_work(stores: Stores) -> None:
    answer = ask("PUT", "/v1/goals/goal_1")
    assert (answer.status, answer.headers["Allow"]) == (405, "GET, PATCH")


@pytest.mark.parametrize(
    "body", ["{", "[]", "null", '"x"', "", "\ud800", "[" * 100_000, r'{"name": "\ud800"}']
)
def test_a_body_that_is_no_json_object_is_400(stores: Stores, body: str) -> None:
    answer = ask("POST", "/v1/segments", body)
    assert (answer.status, answer.json["title"]) == (400, "The request cannot be read")


def test_a_large_body_is_413(stores: Stores) -> None:
    answer = ask("POST", "/v1/segments", '{"name": "' + "x" * 300_000 + '"}')
    assert (answer.status, "262,144" in answer.json["detail"]) == (413, True)


def test_a_base64_body_is_read_as_api_gateway_sends_it(stores: Stores) -> None:
    sent = event("POST", "/v1/segments")
    body = b'{"name": "All", "definition": {"all": []}}'
    sent |= {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}
    assert api_function.handler(sent, None)["statusCode"] == 201


@pytest.mark.parametrize("limit", ["0", "101", "many", "-1"])
def test_a_limit_outside_its_range_is_refused(stores: Stores, limit: str) -> None:
    answer = ask("GET", f"/v1/goals?limit={limit}")
    assert (answer.status, answer.json["errors"][0]["field"]) == (422, "limit")


def test_an_unexpected_error_shows_nothing_and_logs_no_user_id(
    stores: Stores, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    user_id = "-".join(["user", "17"])

    def fail(*_: object) -> None:
        raise RuntimeError(user_id)

    monkeypatch.setattr(type(stores.runs), "page", fail)
    answer = ask("GET", "/v1/runs")
    assert (answer.status, answer.json["type"]) == (500, "/docs#problem-unexpected")
    logged = capsys.readouterr().out
    assert json.loads(logged)["error"] == "RuntimeError"
    assert "in page" in json.loads(logged)["where"]
    assert user_id not in logged + answer.text


def test_an_incomplete_environment_is_our_fault_not_the_callers(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TABLE")
    answer = ask("GET", "/v1/account")
    assert (answer.status, "TABLE" in answer.json["detail"]) == (500, True)
    assert ask("GET", "/v1/health").json["status"] == "ok"
