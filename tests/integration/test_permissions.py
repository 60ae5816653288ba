"""Least privilege: what functions ask of AWS in a life of an account is what template.yaml grants
them; nothing is missing and nothing granted in vain.

A permission that is new needs something in `live` below that uses it, over the function's handler.
"""

from __future__ import annotations

import gzip
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any
from unittest.mock import patch
from urllib.parse import unquote, urlsplit

import boto3
import numpy as np
import pytest
from samtranslator.yaml_helper import yaml_parse

from functions.api import handler as api_function
from functions.calls import handler as calls_function
from functions.deliver import handler as deliver_function
from functions.erase_users import handler as erase_users
from functions.forecast import handler as forecast_function
from functions.import_events import handler as import_events
from functions.land_calls import handler as land_calls
from functions.plan_run import handler as plan_run
from functions.query import handler as query_function
from functions.record_progress import handler as record_progress
from functions.roll_up import handler as roll_up
from functions.score_users import handler as score_users
from functions.train_model import handler as train_model
from intent_local.stack.project import CHECKOUT
from intent_segments.api.operations import operation_of
from intent_segments.goals import retention
from intent_segments.lake import compaction
from intent_segments.lake.calendar import from_day
from intent_segments.lake.columns import write_columns
from intent_segments.services import forgotten, sweeping_nights
from tests.fixtures.charges import Happened, charges
from tests.fixtures.erasing import version_bucket
from tests.fixtures.functions import fresh_containers
from tests.fixtures.histories import START
from tests.fixtures.nights import Nights, nights
from tests.fixtures.recording import CALLS_QUEUE, START_ROLE, Recording, asked, grants
from tests.unit.api.requests import Answer, ask

TEMPLATE = yaml_parse((CHECKOUT / "template.yaml").read_text())
GRANTS = grants(TEMPLATE)
FUNCTIONS = {
    "Api": api_function,
    "Query": query_function,
    "Forecast": forecast_function,
    "Deliver": deliver_function,
    "Calls": calls_function,
    "LandCalls": land_calls,
    "RollUp": roll_up,
    "ImportEvents": import_events,
    "PlanRun": plan_run,
    "TrainModel": train_model,
    "ScoreUsers": score_users,
    "RecordProgress": record_progress,
    "EraseUsers": erase_users,
}

ELSEWHERE = {"sns:Publish"}
"""What has no part in the life: messages to devices, which tests/unit/delivery send."""

POLLED = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}
"""What Lambda itself asks of a queue whose messages it hands to a function, by that one's role."""

NAMED_AT_DEPLOYMENT = {"sqs:GetQueueUrl", "sqs:SendMessage"}
"""What the policy DeliveryPolicy allows on the resources of the parameter DeliveryTargets."""

GROUPS = 2
AS_OF = START + 120
HAPPENED = charges(users=150, days=124)
LONG_AGO = datetime.now(UTC) - timedelta(days=40)


@dataclass
class Life:
    """An account whose functions are called as Lambda would, each under its own name."""

    account: Nights
    recording: Recording

    @contextmanager
    def machine(self, name: str) -> Iterator[None]:
        """A function at work where no file was fetched yet."""
        with (
            TemporaryDirectory() as disk,
            patch.object(tempfile, "tempdir", disk),
            cache_below(FUNCTIONS[name], disk),
            self.recording.of(name),
        ):
            yield

    def http(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        operation = operation_of(method, path.partition("?")[0])
        assert operation is not None, path
        name = operation.function.capitalize()
        with self.machine(name):
            answer = ask(method, path, body, headers, FUNCTIONS[name])
        assert answer.status < 400, (path, answer.text)
        return answer

    def call(self, name: str, event: Any) -> dict[str, Any]:
        with self.machine(name):
            answer: dict[str, Any] = FUNCTIONS[name].handler(event, None)
        return answer

    def land(self, name: str, lines: list[str], **how: Any) -> dict[str, Any]:
        key = f"landing/{name}/file.jsonl"
        self.account.stores.objects.put(key, "\n".join(lines).encode())
        return self.call("ImportEvents", {"key": key, "kind": "events", **how})

    def run(self, request: dict[str, Any]) -> dict[str, Any]:
        """The steps of infra/run.asl.yaml, whose map has a role of its own."""
        event = self.call("PlanRun", request)
        if event.get("erases"):
            for job in self.account.stores.objects.get_json(event["shards_key"]):
                self.call("EraseUsers", job)
            event = self.call("EraseUsers", event)
        elif event["has_work"]:
            if not event.get("untrained"):
                event = self.call("TrainModel", event)
            for job in self.account.stores.objects.get_json(event["shards_key"]):
                worked = self.call("Deliver" if "send" in job else "ScoreUsers", job)
                while worked.get("unfinished"):
                    worked = self.call("Deliver", worked)
        return self.call("RecordProgress", event)

    def destination(self, wanted: dict[str, Any]) -> str:
        made: str = self.http("POST", "/v1/destinations", wanted).json["id"]
        return made

    def engage(self, goal: str, destination: str) -> str:
        """The path of an engagement that was sent at once."""
        body = {"audience": {"buckets": ["least_likely"]}, "destination": destination}
        return self.sent(f"/v1/goals/{goal}/engagements", body)

    def sent(self, path: str, body: dict[str, Any]) -> str:
        asked = body | {"name": "e", "schedule": {"kind": "now"}}
        made = self.http("POST", path, asked).json["id"]
        self.run({"kind": "send", "run_id": self.recording.told[-1]["run_id"]})
        return f"/v1/engagements/{made}"

    def saved_segment(self, definition: dict[str, Any]) -> str:
        body = {"name": "p", "definition": definition}
        made: str = self.http("POST", "/v1/segments", body).json["id"]
        return made

    def follow(self, href: str) -> None:
        """A link can do what its maker can: S3 checks it against the role that signed it."""
        link = urlsplit(self.http("GET", href).headers["Location"]).path
        key = unquote(link).removeprefix("/").removeprefix("lake/")
        self.recording.note("Api", *asked("s3", "GetObject", {"Key": key}))


def lines(first: int, last: int) -> list[str]:
    def line(number: int, h: Happened) -> str:
        ts = f"{from_day(h.day)}T12:00:00Z"
        row = {"user_id": f"user {h.uh}", "event": h.event, "ts": ts, "properties": h.properties}
        return json.dumps(row | {"message_id": str(number)})

    return [line(n, h) for n, h in enumerate(HAPPENED) if first <= h.day <= last]


@contextmanager
def cache_below(function: ModuleType, disk: str) -> Iterator[None]:
    if not hasattr(function, "CACHE"):
        yield
        return
    with patch.object(function, "CACHE", Path(disk) / "lake"):
        yield


def live(life: Life) -> None:
    """An account's life: everything that any function does at AWS, once."""
    long_ago = patch("moto.s3.models.utcnow", lambda: LONG_AGO.replace(tzinfo=None))
    with long_ago, patch.multiple(compaction, MAX_PARTS=2, LEAST_RUN=2):
        loads(life)
    life.land("late", lines(AS_OF, AS_OF)[:1])  # the day's first import sweeps
    life.http("DELETE", "/v1/users/user 1")  # erased, and hidden until it is done
    goal, rolling = goals(life)
    for day in (AS_OF + 1, AS_OF + 2):
        until = from_day(day).isoformat()
        life.land(until, lines(day, day), until=until)
        life.run({"kind": "night", "date": until})
    # Once more, where the night before is old already.
    with patch.object(retention, "KEPT_DAYS", 1), patch.object(sweeping_nights, "KEPT_DAYS", 1):
        life.run({"kind": "night", "date": from_day(AS_OF + 2).isoformat()})
    reads(life, goal)
    exports(life, goal)
    failures(life)
    engagements(life, goal)
    erasures(life)
    for one in (goal, rolling):
        life.http("POST", f"/v1/goals/{one}/archive")


def track(life: Life) -> None:
    """An account that is fed by calls alone: enough of them for parts to be merged long ago, so
    that the first roll-up of a later day sweeps."""
    url = boto3.client("sqs").create_queue(QueueName=CALLS_QUEUE)["QueueUrl"]
    with patch.dict(os.environ, {"CALLS_QUEUE": url}):
        calls_function.api.stores = api_function.api.stores = None
        key = life.http("POST", "/v1/write-keys", {"name": "shop"}).json["write_key"]
        long_ago = patch("moto.s3.models.utcnow", lambda: LONG_AGO.replace(tzinfo=None))
        with long_ago, patch.multiple(compaction, MAX_PARTS=2, LEAST_RUN=2):
            for number in range(5):
                rolled_up(life, key, f"{number}")
        life.account.stores.objects.put("calls/2026-01-01/00/poison.jsonl.gz", b"no gzip")
        life.http("DELETE", "/v1/users/user 0")
        rolled_up(life, key, "today")
        [stands] = life.http("GET", "/v1/write-keys").json["data"]
        life.http("DELETE", f"/v1/write-keys/{stands['id']}")


def rolled_up(life: Life, key: str, name: str) -> None:
    """A batch of calls, one of which is none, on its whole way."""
    user = f"user {name}"
    told = [
        {"type": "track", "userId": user, "event": "Visit", "messageId": name},
        {"type": "identify", "userId": user, "traits": {"plan": name}},
        {"type": "track"},
    ]
    life.http("POST", "/v1/batch", {"batch": told, "writeKey": key})
    sqs = boto3.client("sqs")
    asked_for = {"QueueUrl": os.environ["CALLS_QUEUE"], "AttributeNames": ["All"]}
    [message] = sqs.receive_message(**asked_for)["Messages"]
    record = {
        "messageId": message["MessageId"],
        "body": message["Body"],
        "attributes": message["Attributes"],
    }
    life.call("LandCalls", {"Records": [record]})
    sqs.delete_message(QueueUrl=os.environ["CALLS_QUEUE"], ReceiptHandle=message["ReceiptHandle"])
    life.call("RollUp", {"kind": "calls"})


def loads(life: Life) -> None:
    """Enough files for parts to be merged, so that the first import of a later day sweeps."""
    users = sorted({h.uh for h in HAPPENED})
    people = [json.dumps({"user_id": f"user {uh}", "plan": "free"}) for uh in users]
    for part in range(4):
        life.land(f"people {part}", people[part::4], kind="profiles")
    until = from_day(AS_OF).isoformat()
    life.land("first", [*lines(START, AS_OF - 4), "{"])
    for day in range(AS_OF - 3, AS_OF + 1):
        life.land(f"{day}", lines(day, day), until=until)


def goals(life: Life) -> tuple[str, str]:
    """A goal from a forecast on a saved segment, and a rolling one on events with properties."""
    definition = {"did": {"event": "Visit", "within": {"days": 90}}}
    segment = life.http("POST", "/v1/segments", {"name": "s", "definition": definition}).json["id"]
    life.http("PATCH", f"/v1/segments/{segment}", {"name": "Visitors"})
    spare = life.http("POST", "/v1/segments", {"name": "x", "definition": definition}).json["id"]
    life.http("DELETE", f"/v1/segments/{spare}")
    ends_on = from_day(AS_OF + 9).isoformat()
    draft = {"segment_id": segment, "events": ["Charged"], "ends_on": ends_on}
    forecast = life.http("POST", "/v1/forecasts", draft).json["id"]
    wanted = {"name": "g", "forecast_id": forecast}
    goal = life.http("POST", "/v1/goals", wanted, **{"idempotency-key": "k"}).json["id"]
    life.run({"kind": "goal_setup", "goal_id": goal})
    paid = {"event": "Charged", "where": [{"property": "amount", "gte": 1}]}
    question = {"segment_id": "all-users", "events": [paid], "rolling_days": 7}
    life.http("POST", "/v1/forecasts", question)
    rolling = life.http("POST", "/v1/goals", question | {"name": "r"}).json["id"]
    life.run({"kind": "goal_setup", "goal_id": rolling})
    return goal, rolling


def reads(life: Life, goal: str) -> None:
    segment = life.http("GET", "/v1/segments").json["data"][0]["id"]
    where = [{"property": "page", "eq": 1}]
    definitions = [
        {
            "all": [
                {"did": {"event": "Visit", "where": where}},
                {"profile": {"property": "plan", "eq": "free"}},
            ]
        },
        {"bucket": {"goal": goal, "in": ["most_likely", "least_likely"]}},
    ]
    for definition in definitions:
        life.http("POST", "/v1/previews", {"definition": definition})
    life.http("GET", f"/v1/segments/{segment}/trend?from={from_day(AS_OF - 3).isoformat()}")
    users = life.http("GET", f"/v1/goals/{goal}/buckets/most_likely/users").json["data"]
    shown = life.http("GET", f"/v1/users/{users[0]['user_id']}/intents").json["data"]
    assert any(intent["reasons"] for intent in shown)
    life.land("today", lines(AS_OF + 3, AS_OF + 3))
    life.land(
        "log", ['{"type": "track"}', '{"type": "track", "userId": "u", "event": "A"}'], kind="calls"
    )
    life.http("GET", f"/v1/goals/{goal}/progress?today=true")
    for part in (
        "",
        "/report",
        "/buckets",
        "/evaluation",
        "/drivers",
        "/signals",
        "/changes",
        "/uplift",
    ):
        life.http("GET", f"/v1/goals/{goal}{part}")
    life.http("GET", f"/v1/goals/{goal}/changes/users")
    life.http("PATCH", f"/v1/goals/{goal}", {"name": "renamed"})
    life.http("PATCH", "/v1/account", {"goal_limit": 9})
    for path in (
        "goals",
        "events",
        "traits",
        "signals",
        "account",
        "runs",
        "roll-ups",
        "refused-calls",
    ):
        life.http("GET", f"/v1/{path}")
    life.http("GET", f"/v1/runs/night-{from_day(AS_OF + 1).isoformat()}")
    clone = life.http("POST", f"/v1/goals/{goal}/clone", {"name": "c"}).json["id"]
    life.http("POST", f"/v1/goals/{clone}/archive")


def exports(life: Life, goal: str) -> None:
    for path in ("segments/all-users", f"goals/{goal}"):
        made = life.http("POST", f"/v1/{path}/exports", {"traits": ["plan"]}).json["id"]
        life.run({"kind": "export", "export_id": made})
        for file in life.http("GET", f"/v1/exports/{made}").json["files"]:
            life.follow(file["href"])
    life.http("GET", "/v1/exports")


def failures(life: Life) -> None:
    """A set-up that fails is recorded with its reason."""
    wanted = {"segment_id": "all-users", "events": ["Visit"], "name": "f"}
    goal = life.http("POST", "/v1/goals", wanted | {"rolling_days": 7}).json["id"]
    event = life.call("PlanRun", {"kind": "goal_setup", "goal_id": goal})
    told = {"Error": "Lambda.Unknown", "Cause": json.dumps({"errorMessage": "it ended"})}
    life.call("RecordProgress", event | {"failed": told})
    # One whose set-up never started is started by the night.
    goal = life.http("POST", "/v1/goals", wanted | {"rolling_days": 8}).json["id"]
    with patch.object(forgotten, "WAIT", timedelta(0)):
        assert life.call("PlanRun", {"kind": "night"})["started_anew"] == 1
    life.http("POST", f"/v1/goals/{goal}/archive")


def engagements(life: Life, goal: str) -> None:
    """A queue that is told of users, and files of them; what failed is sent again."""
    queue = f"arn:aws:sqs:{os.environ['AWS_DEFAULT_REGION']}:123456789012:shop"
    settings = {"queue": queue, "traits": ["plan"]}
    to_queue = life.destination({"name": "d", "kind": "sqs", "settings": settings})
    failed = life.engage(goal, to_queue)
    batches = [f["id"] for f in life.http("GET", f"{failed}/failures").json["data"]]
    boto3.client("sqs").create_queue(QueueName="shop")
    assert "sent" in life.http("POST", f"/v1/destinations/{to_queue}/test").text
    life.http("POST", f"{failed}/replay", {"batches": batches})
    life.run({"kind": "send", "run_id": life.recording.told[-1]["run_id"]})
    files = life.destination({"name": "f", "kind": "file", "settings": {}})
    sent = life.engage(goal, files)
    for send in life.http("GET", f"{sent}/deliveries").json["data"]:
        life.follow(send["files"][0]["href"])
    later(life, goal, files)
    paid = {"did": {"event": "Charged", "where": [{"property": "amount", "gte": 1}]}}
    audience = {"segment": life.saved_segment(paid)}
    life.sent("/v1/engagements", {"audience": audience, "destination": files})
    revenue = {"name": "Paid", "event": "Charged", "sum": "amount"}
    life.http("PATCH", f"/v1/goals/{goal}", {"metrics": [revenue]})
    night = from_day(AS_OF + 3)
    streamed = stream(life, audience, files)
    # What a stream wrote down long ago is swept on Sundays.
    with patch.object(sweeping_nights, "SUNDAY", night.weekday()):
        life.run({"kind": "night", "date": night.isoformat()})
    life.run({"kind": "send", "run_id": f"send-{streamed}-{night}"})
    life.http("GET", f"/v1/goals/{goal}/uplift?engagement={sent.rpartition('/')[2]}")
    for part in ("", "/deliveries"):
        life.http("GET", f"{failed}{part}")
    life.http("POST", f"{failed}/stop")
    life.http("PATCH", f"/v1/destinations/{to_queue}", {"name": "Shop"})
    life.http("GET", "/v1/destinations")
    life.http("DELETE", f"/v1/destinations/{to_queue}")


def stream(life: Life, audience: dict[str, Any], destination: str) -> str:
    """The id of an engagement that tells who crossed, and did so long ago too."""
    asked = {
        "name": "s",
        "audience": audience | {"stream": ["entered"], "initial": True},
        "destination": destination,
        "schedule": {"kind": "nightly"},
    }
    made: str = life.http("POST", "/v1/engagements", asked).json["id"]
    with TemporaryDirectory() as disk:
        path = write_columns(
            Path(disk) / "members", {"uh": np.array([1]), "held_back": np.array([False])}
        )
        members = path.read_bytes()
    life.account.stores.objects.put(f"memberships/{made}/2020-01-01/g=0000.parquet", members)
    return made


def later(life: Life, goal: str, destination: str) -> None:
    """An engagement at an instant, which is stopped before."""
    boto3.client("scheduler").create_schedule_group(Name="Schedules")
    role = f"arn:aws:iam::123456789012:role/{START_ROLE}"
    starts = {
        "SCHEDULE_GROUP": "Schedules",
        "STATE_MACHINE": "arn:aws:states:eu-central-1:123456789012:stateMachine:run",
        "START_ROLE": role,
        "UNDELIVERED_STARTS": "arn:aws:sqs:eu-central-1:123456789012:undelivered",
    }
    at = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    body = {"name": "l", "audience": {"everyone": True}, "destination": destination}
    with patch.dict(os.environ, starts):
        asked = body | {"schedule": {"kind": "at", "at": at}}
        made = life.http("POST", f"/v1/goals/{goal}/engagements", asked).json["id"]
        life.http("POST", f"/v1/engagements/{made}/stop")


def erasures(life: Life) -> None:
    """Everybody is erased who is in a file for people; who of them is in a definition too."""
    stores = life.account.stores
    users = [f"user {uh}" for uh in sorted({h.uh for h in HAPPENED})]
    life.http("POST", "/v1/segments", {"name": "n", "definition": {"users": users}})
    body = "".join(json.dumps({"row": "traits", "user_id": user}) + "\n" for user in users)
    for key in ("calls/2026-11-28/08/a.jsonl.gz", "rejected/first/file.jsonl.gz"):
        stores.objects.put(key, gzip.compress(body.encode()))
    for user in users[:40]:
        life.http("POST", "/v1/erasures", {"user_id": user})
    assert life.run({"kind": "erasure"})["status"] == "published"
    for erasure in life.http("GET", "/v1/erasures").json["data"]:
        assert life.http("GET", f"/v1/erasures/{erasure['id']}").json["status"] == "done"
    life.land("again", lines(AS_OF, AS_OF))  # nobody comes back


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recording]:
    recording = Recording()
    settles = patch.dict(os.environ, {"ERASURE_DELAY": "0"})
    for part in (live, track):
        folder = tmp_path_factory.mktemp(part.__name__)
        with nights(folder, GROUPS) as account, fresh_containers(folder), settles:
            version_bucket(account.stores)
            with recording.tapped():
                part(Life(account, recording))
    yield recording


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_is_granted_all_that_it_asks_for(recording: Recording, function: str) -> None:
    own = [grant for grant in GRANTS if grant.function == function]
    missing = {
        f"{function} asked for {action} on {resource}, and template.yaml does not grant it"
        for action, resource in recording.calls.get(function, ())
        if action not in NAMED_AT_DEPLOYMENT
        and not any(grant.covers((action, resource)) for grant in own)
    }
    assert not missing, "\n".join(sorted(missing))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_is_granted_nothing_in_vain(recording: Recording, function: str) -> None:
    used = recording.calls.get(function, set())
    vain = [
        f"{grant}, and nothing in the account's life asks for it: take it out of template.yaml, or "
        "add what needs it to tests/integration/test_permissions.py"
        for grant in GRANTS
        if grant.function == function
        and grant.action not in ELSEWHERE | POLLED
        and not any(grant.covers(made) for made in used)
    ]
    assert not vain, "\n".join(vain)


def test_no_function_asks_for_objects_that_may_not_be_there(recording: Recording) -> None:
    """Without s3:ListBucket on the whole bucket S3 answers 403 for an object that is not there, and
    a function that expects 404 fails on AWS alone. List its prefix instead."""
    assert not recording.absent


def test_every_function_is_in_the_life() -> None:
    named = {
        name.removesuffix("Function")
        for name, resource in TEMPLATE["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
    }
    assert named == set(FUNCTIONS), "add the function's handler, and what it does to `live`"
