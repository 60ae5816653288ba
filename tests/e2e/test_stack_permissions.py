"""The whole job while the roles of template.yaml are enforced: each function may do what it must.
The API asks for tokens meanwhile, as it does where there is a console.

MiniStack checks every request of a function against its role when AUTH is set. On the laptop it is
not set, so a missing permission would first be met on AWS; here it is met at once.
"""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

from standardwebhooks import Webhook

from intent_local.client import fetch
from intent_local.commands.engage import delivered
from intent_local.commands.export import download, ready
from intent_local.commands.load import load
from intent_local.commands.nightly import erase_pending, run_night
from intent_local.connection import local
from intent_local.stack.home import Home
from intent_local.stack.project import CHECKOUT, Project
from intent_local.stack.running import running_stack
from intent_segments.events.synthetic import make_world
from intent_segments.goals.retention import KEPT_DAYS
from tests.fixtures.everything import Kept, places_of
from tests.unit.delivery.receiver import receiver

AS_OF = date(2025, 4, 30)
SECONDS = 120


def project_without_tls(root):
    """The project, but that its bucket takes plain HTTP, which is all there is on loopback."""
    root.mkdir()
    text = (CHECKOUT / "template.yaml").read_text()
    start, end = text.index("  BucketPolicy:\n"), text.index("  Table:\n")
    text = text[:start] + text[end:]
    # MiniStack asks for an action of SendMessageBatch; on AWS it is sqs:SendMessage.
    text = text.replace("sqs:SendMessage]", "sqs:SendMessage, sqs:SendMessageBatch]")
    # And it takes every schedule for one of the default group.
    text = text.replace("schedule/${Schedules}/*", "schedule/default/*")
    (root / "template.yaml").write_text(text)
    for name in ("functions", "layers", "infra"):
        (root / name).symlink_to(CHECKOUT / name)
    return Project(root)


@contextmanager
def enforcing_stack(tmp_path, monkeypatch, allowed):
    monkeypatch.setenv("AUTH", "true")
    project, home = project_without_tls(tmp_path / "project"), Home(tmp_path / "home")
    # MiniStack knows no identity as the resource of a mail.
    parameters = {"AllowedHosts": allowed, "DeliveryTargets": "*"}
    with running_stack(project, home, parameters, signs_in=True) as running:
        yield local(running)


def active(api, goal):
    end = time.monotonic() + SECONDS
    while goal["status"] == "preparing":
        assert time.monotonic() < end
        time.sleep(0.2)
        goal = api.get(f"/v1/goals/{goal['id']}")
    return goal


def delivered_by_every_kind(stack, goal, here, folder):
    """An engagement through each kind of destination; nobody of the control group is in any."""
    api, sqs = stack.api, stack.client("sqs")
    queue = sqs.create_queue(QueueName="engaged")["QueueUrl"]
    stack.client("sesv2").create_email_identity(EmailIdentity="shop.example")
    arn = "arn:aws:{}:us-east-1:000000000000:{}"
    kinds = {
        "webhook": {"url": here.url, "traits": ["plan"]},
        "file": {"format": "parquet", "traits": ["plan"]},
        "sqs": {"queue": arn.format("sqs", "engaged"), "most_users": 10_000},
        "eventbridge": {"bus": arn.format("events", "event-bus/intent-segments")},
        "email": {"sender": "news@shop.example"},
        "sms": {"phone_country_code": "49"},
    }
    words = {
        "email": {"subject": "Hello", "text": "Hello {{plan | there}}"},
        "sms": {"text": "Hello"},
    }
    counts = {}
    for kind, settings in kinds.items():
        body = {"name": kind, "kind": kind, "settings": settings}
        made = api.post("/v1/destinations", body)
        # One is sent by a schedule, in a moment; the others at once.
        soon = (datetime.now(UTC) + timedelta(seconds=5)).isoformat()
        wanted = {
            "name": kind,
            "audience": {"buckets": ["most_likely", "moderately_likely"]},
            "destination": made["id"],
            "schedule": {"kind": "at", "at": soon} if kind == "sms" else {"kind": "now"},
        } | ({"message": words[kind]} if kind in words else {})
        engagement = api.post(f"/v1/goals/{goal['id']}/engagements", wanted)
        sent = delivered(stack, engagement)
        assert sent["status"] == "published", (kind, sent["reason"])
        counts[kind] = sent["counts"]
        if kind == "webhook":
            told = [Webhook(made["secret"]).verify(body, headers) for _, headers, body in here.seen]
            users = {user["user_id"] for message in told for user in message["data"]["users"]}
        if kind == "file":
            file = sent["files"][0]
            fetch(api.redirect(file["href"]), folder / "file", file["bytes"])
    for kind in ("webhook", "file", "sqs", "eventbridge"):
        assert counts[kind]["delivered"] == len(users) > 0, kind
        assert counts[kind]["held_back"] > 0 and not counts[kind]["failed"], kind
    bodies = [
        m["Body"] for m in sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    ]
    queued = {user["user_id"] for body in bodies for user in json.loads(body)["data"]["users"]}
    assert queued == users
    arms = {}
    for bucket in ("most_likely", "moderately_likely"):
        path = f"/v1/goals/{goal['id']}/buckets/{bucket}/users?limit=100"
        arms |= {user["user_id"]: user["arm"] for user in api.get(path)["data"]}
    assert {arm for user, arm in arms.items() if user in users} == {"test"}
    # The world has neither addresses nor numbers: nobody can be written to.
    assert counts["email"]["unreachable"] == counts["sms"]["unreachable"] == len(users)
    definition = {"did": {"event": goal["events"][0], "within": {"days": 30}}}
    wanted = {
        "name": "plain",
        "audience": {"segment": definition},
        "destination": made["id"],
        "schedule": {"kind": "now"},
        "message": words["sms"],
    }
    plain = delivered(stack, api.post("/v1/engagements", wanted))
    assert plain["counts"]["unreachable"] > 0
    [announced] = [r for r in api.get("/v1/runs?limit=100")["data"] if "announce" in r["id"]]
    assert announced["kind"] == "send"


def test_every_function_has_the_permissions_that_its_work_takes(tmp_path, monkeypatch):
    written = make_world(3_000, seed=11, days=150).write(tmp_path / "world")
    with receiver() as here, enforcing_stack(tmp_path, monkeypatch, here.host) as stack:
        days = {"until": AS_OF.isoformat()}
        assert load(stack, written.profiles, "profiles", days)["kind"] == "profiles"
        assert load(stack, written.events, "events", days)["added"] > 0
        api = stack.api
        frequent = api.get("/v1/events")["data"][0]["event"]
        definition = {"did": {"event": frequent, "within": {"days": 60}}}
        segment = api.post("/v1/segments", {"name": "recent", "definition": definition})
        assert api.post("/v1/previews", {"segment_id": segment["id"]})["users"] > 0
        draft = {
            "segment_id": segment["id"],
            "events": [frequent],
            "ends_on": (AS_OF + timedelta(days=14)).isoformat(),
        }
        forecast = api.post("/v1/forecasts", draft)
        goal = api.post("/v1/goals", {"name": "g", "forecast_id": forecast["id"]})
        goal = active(api, goal)
        assert goal["status"] == "active", goal["status_reason"]
        file = api.post("/v1/destinations", {"name": "file", "kind": "file"})
        every_night = {
            "name": "nightly",
            "audience": {"everyone": True},
            "destination": file["id"],
            "schedule": {"kind": "nightly"},
        }
        nightly = api.post(f"/v1/goals/{goal['id']}/engagements", every_night)
        next_day = AS_OF + timedelta(days=1)
        load(stack, written.events, "events", {"until": next_day.isoformat()})
        s3, outdated = stack.client("s3"), f"runs/night-{next_day - timedelta(days=KEPT_DAYS)}/"
        s3.put_object(Bucket=stack.bucket, Key=f"{outdated}abc/plan.json", Body=b"{}")
        assert run_night(stack, next_day)["goals"][0]["day"]["did"] > 0
        assert "Contents" not in s3.list_objects_v2(Bucket=stack.bucket, Prefix=outdated)
        work = api.get(f"/v1/runs/night-{next_day}")["work"]
        assert (work["files_removed"], work["sweep_problem"]) == (1, None)
        sent = delivered(stack, nightly)
        assert (sent["id"], sent["status"]) == (next_day.isoformat(), "published")
        assert sent["counts"]["delivered"] > 0 and sent["counts"]["held_back"] > 0
        users = api.get(f"/v1/goals/{goal['id']}/buckets/most_likely/users")["data"]
        assert users
        assert api.get(f"/v1/goals/{goal['id']}/changes")["changed"] > 0
        assert api.get(f"/v1/goals/{goal['id']}/changes/users")["data"]
        user_id = users[0]["user_id"]
        [intent] = api.get(f"/v1/users/{user_id}/intents")["data"]
        known = api.get(f"/v1/goals/{goal['id']}/drivers")["drivers"]
        assert known and intent["reasons"]
        assert api.get(f"/v1/goals/{goal['id']}/evaluation")["did"] > 0
        measured = api.get(f"/v1/goals/{goal['id']}/uplift")
        assert measured["by_likelihood"]["tenths"] and measured["looks"] == 1
        points = api.get(f"/v1/segments/{segment['id']}/trend")["points"]
        [listed] = [s for s in api.get("/v1/segments")["data"] if s["id"] == segment["id"]]
        assert (len(points), listed["size"]) == (30, points[-1])
        exported = [f"/v1/segments/{segment['id']}", f"/v1/goals/{goal['id']}"]
        for number, path in enumerate(exported):
            export = ready(stack, api.post(f"{path}/exports", {"traits": ["plan"]}))
            assert export["status"] == "ready", export["reason"]
            files = download(stack, export, tmp_path / f"export {number}")
            assert export["rows"] > 0 and len(files) == 2
        delivered_by_every_kind(stack, goal, here, tmp_path)
        assert places(stack, user_id, tmp_path / "decoded")
        erased(stack, user_id)
        assert places(stack, user_id, tmp_path / "decoded") == []
        api.post(f"/v1/goals/{goal['id']}/archive")


def erased(stack, user_id):
    """Erase a user as the schedule does, and load the file again that has them."""
    erasure = stack.api.delete(f"/v1/users/{user_id}")
    assert stack.api.get(f"/v1/users/{user_id}/intents")["data"] == []
    assert erase_pending(stack) == 1
    erasure = stack.api.get(f"/v1/erasures/{erasure['id']}")
    assert (erasure["status"], erasure["removed"]["target_groups"]) == ("done", 1)
    assert erasure["removed"]["events"] > 0 and erasure["removed"]["landed"] > 0
    [run] = [run for run in stack.api.get("/v1/runs")["data"] if run["kind"] == "erasure"]
    assert run["status"] == "published"


def places(stack, user_id, folder):
    """Where a user is in the bucket and in the table."""
    dynamodb = stack.client("dynamodb")
    [table] = dynamodb.list_tables()["TableNames"]
    kept = Kept(stack.client("s3"), stack.bucket, dynamodb, table)
    return places_of(kept, user_id, folder)
