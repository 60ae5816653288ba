"""Whoever Ada is, no log knows her: every route and every function with her id in the path, the
query, the body and the data, when all goes well and when it does not."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from functions.forecast import handler as forecast_function
from functions.import_events import handler as import_events
from functions.plan_run import handler as plan_run
from functions.record_progress import handler as record_progress
from functions.score_users import handler as score_users
from functions.train_model import handler as train_model
from intent_segments.api.operations import OPERATIONS
from intent_segments.lake.calendar import from_day
from intent_segments.services import resuming, training
from tests.fixtures.charges import charges
from tests.fixtures.functions import call, fresh_containers, run, shard
from tests.fixtures.histories import START
from tests.fixtures.nights import Nights, nights
from tests.unit.api.requests import ask, serving_function

MARK = "lovelace"
ADA = f"ada.{MARK}+1@mail.example"
AS_OF = START + 120
NEXT = from_day(AS_OF + 1).isoformat()
HAPPENED = charges(users=150, days=122)
DEFINITION = {"any": [{"users": [ADA]}, {"profile": {"property": "mail", "contains": MARK}}]}


def rows(first: int, last: int) -> bytes:
    """Everybody is an Ada, in id and properties."""
    lines = [
        {
            "user_id": f"{h.uh}-{ADA}",
            "event": h.event,
            "ts": f"{from_day(h.day)}T12:00:00Z",
            "properties": h.properties | {"mail": ADA},
        }
        for h in HAPPENED
        if first <= h.day <= last
    ]
    return "\n".join(map(json.dumps, lines)).encode()


def profiles() -> bytes:
    users = sorted({h.uh for h in HAPPENED})
    return "\n".join(
        json.dumps({"user_id": f"{uh}-{ADA}", "mail": ADA, "name": MARK}) for uh in users
    ).encode()


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nights]:
    folder = tmp_path_factory.mktemp("ada")
    with nights(folder) as made, fresh_containers(folder):
        yield made


@pytest.fixture
def log(capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> Iterator[list[str]]:
    """What Lambda would write besides what is written to stdout and stderr: the messages of errors.
    At the end nothing of all this may know Ada."""
    messages: list[str] = []
    caplog.set_level("DEBUG", logger="intent_segments")
    yield messages
    out, err = capfd.readouterr()
    records = [str(vars(record)) for record in caplog.records]
    written = "\n".join([out, err, *messages, *records])
    assert '"message": "' in written, "nothing was logged at all"
    around = re.search(f".{{0,200}}{MARK}.{{0,200}}", written, re.IGNORECASE)
    assert around is None, around.group(0) if around else ""


def failing(function: Any, event: Any, log: list[str]) -> None:
    """Call a function that must raise; its message goes where Lambda writes it."""
    with pytest.raises(Exception) as found:
        call(function, event)
    log += [str(found.value), repr(found.value)]


def load(account: Nights, name: str, body: bytes, **how: Any) -> dict[str, Any]:
    key = f"landing/{name}"
    account.stores.objects.put(key, body)
    return call(import_events, {"key": key, "kind": "events", **how})


def test_imports_and_what_they_refuse(account: Nights, log: list[str]) -> None:
    until = from_day(AS_OF).isoformat()
    assert load(account, "1/p.jsonl", profiles(), kind="profiles")["added"] > 0
    report = load(account, "1/e.jsonl", rows(START, AS_OF), until=until)
    assert report["added"] > 1000
    refused = [
        load(account, "2/e.jsonl", b"{" + ADA.encode()),
        load(account, "2/e.csv", f"user_id,event,ts\n{ADA},a,{ADA}\n".encode()),
        load(account, "2/q.csv", f'user_id,event,ts\n"{ADA},a,2026-01-01\n'.encode()),
        load(account, "2/c.csv", f"user_id,event,{ADA}\n1,a,b\n".encode()),
        load(account, f"2/{ADA}.parquet", ADA.encode()),
        load(account, "2/n.csv", b"user_id,event,ts\n", kind=ADA),
        load(account, "2/n.csv", b"user_id,event,ts\n", until=ADA),
        call(import_events, {"key": ADA, "kind": "events"}),
        call(import_events, {"key": f"landing/{ADA}.csv", "kind": "events"}),
    ]
    assert all("errorMessage" in answer["failed"] for answer in refused)
    assert any(ADA in answer["failed"]["errorMessage"] for answer in refused)  # the caller is told


def test_every_route_asked_well_and_badly(account: Nights, log: list[str]) -> None:
    bodies: list[Any] = [
        {"name": ADA, "definition": DEFINITION},
        {"definition": DEFINITION},
        {ADA: ADA},
        {"name": ADA, "definition": {"did": {"event": ADA, "count": {"gte": ADA}}}},
        {"name": ADA, "segment_id": ADA, "events": [ADA], "ends_on": ADA},
        {"segment_id": "all-users", "events": [ADA], "ends_on": from_day(AS_OF + 9).isoformat()},
        "{" + ADA,
    ]
    saved = ask("POST", "/v1/segments", bodies[0])
    assert saved.status == 201
    statuses = set()
    for operation in OPERATIONS:
        paths = {
            re.sub(r"\{\w+\}", quote(ADA), operation.path),
            re.sub(r"\{segment_id\}", saved.json["id"], operation.path)
            .replace("{", "")
            .replace("}", ""),
        }
        function = (
            forecast_function
            if operation.function == "forecast"
            else serving_function(operation.method, operation.path)
        )
        for path in sorted(paths):
            asked = f"{path}?limit=5&starting_after={quote(ADA)}&q={quote(ADA)}&from={quote(ADA)}"
            for sent in bodies if operation.method in ("POST", "PATCH") else [None]:
                headers = {"idempotency-key": ADA, "x-user": ADA}
                statuses.add(ask(operation.method, asked, sent, headers, function).status)
    assert ask("GET", f"/v1/users/{quote(ADA)}/no/such/thing").status == 404
    assert ask("PUT", f"/v1/users/{quote(ADA)}/intents").status == 405
    assert {200, 404, 422} <= statuses and 500 not in statuses


def test_a_goal_from_its_set_up_to_a_night(account: Nights, log: list[str]) -> None:
    goal = account.saved(
        {"name": ADA, "segment_id": "all-users", "events": ["Charged"]}
        | {"ends_on": from_day(AS_OF + 9).isoformat()}
    )
    assert run({"kind": "goal_setup", "goal_id": goal}, 2)["status"] == "published"
    load(account, "3/e.jsonl", rows(AS_OF + 1, AS_OF + 1), until=NEXT)
    assert run({"kind": "night", "date": NEXT}, 2)["status"] == "published"
    users = ask("GET", f"/v1/goals/{goal}/buckets/least_likely/users?limit=3").json["data"]
    assert MARK in users[0]["user_id"]
    [intent] = ask("GET", f"/v1/users/{users[0]['user_id']}/intents").json["data"]
    assert intent["goal_id"] == goal


def test_starts_that_make_no_sense(account: Nights, log: list[str]) -> None:
    for event in (
        {"kind": ADA},
        {"kind": "night", "date": ADA},
        {"kind": "goal_setup", "goal_id": None, "user_id": ADA},
        {ADA: ADA},
        {"detail-type": ADA, "detail": {"user_id": ADA}},
    ):
        failing(plan_run, event, log)
    told = {"Error": ADA, "Cause": json.dumps({"errorType": ADA, "errorMessage": ADA})}
    assert call(record_progress, {"kind": ADA, "failed": told})["run_id"] is None


def test_steps_that_fail_over_a_user(
    account: Nights, log: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        try:
            raise ValueError(f"could not convert {ADA}")
        except ValueError as error:
            raise KeyError(ADA) from error

    again = {"kind": "night", "date": NEXT}
    event = call(plan_run, again)
    monkeypatch.setattr(training, "load_history", fail)
    failing(train_model, event, log)
    monkeypatch.setattr(resuming, "score_users", fail)
    failing(score_users, shard(event, 0), log)
    monkeypatch.setattr("functions.record_progress.handler.finish", fail)
    failing(record_progress, event, log)
    monkeypatch.setattr("functions.plan_run.handler.plan", fail)
    failing(plan_run, again, log)
    monkeypatch.setattr("functions.import_events.handler.import_landed", fail)
    failing(import_events, {"key": "landing/1/e.jsonl", "kind": "events"}, log)
    monkeypatch.setattr(type(account.stores.goals), "at_work", fail)
    monkeypatch.setattr(type(account.stores.table), "get", fail)
    assert ask("GET", f"/v1/users/{quote(ADA)}/intents").status == 500
    assert ask("GET", "/v1/account").status == 500
