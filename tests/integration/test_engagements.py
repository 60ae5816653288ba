"""Engagements of a goal, from the HTTP API to the receivers: who is reached once, who never."""

from __future__ import annotations

import csv
import gzip
import io
import json
import urllib.parse
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import count
from typing import Any
from unittest.mock import patch

import boto3
import duckdb
import pytest
from standardwebhooks import Webhook

from intent_segments.api import answers
from intent_segments.campaigns.exposures import COLUMNS, Outcome
from intent_segments.goals.buckets import Bucket
from intent_segments.goals.target_group import Arm
from intent_segments.lake.columns import write_columns
from intent_segments.lake.layout import user_hash
from intent_segments.services.sending import send_group
from intent_segments.store.erasures import ErasureStore
from tests.fixtures.engaged import (
    ARMS,
    CONTROL,
    DAY,
    USERS,
    Campaign,
    allowed,
    bucket_of,
    campaign,
    in_bucket,
)
from tests.unit.api.requests import ask
from tests.unit.delivery.receiver import Receiver, receiver

MIDDLE = in_bucket(Bucket.MODERATELY_LIKELY)
ACCOUNT, REGION = "123456789012", "eu-central-1"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Campaign]:
    with campaign(tmp_path_factory.mktemp("engaged")) as found:
        yield found


@pytest.fixture
def here(made: Campaign) -> Iterator[Receiver]:
    with receiver() as found:
        allowed(made, f"localhost:{found.port}")
        yield found


def webhook(made: Campaign, here: Receiver, **settings: Any) -> str:
    return made.destination("webhook", {"url": here.url, "most_users": 5} | settings)


def users_of(here: Receiver) -> list[str]:
    messages = [json.loads(body)["data"] for _, _, body in here.seen]
    return [user["user_id"] for data in messages for user in data["users"]]


def delivery(engagement: dict[str, Any]) -> dict[str, Any]:
    answer = ask("GET", f"/v1/engagements/{engagement['id']}/deliveries").json
    answers.DeliveryList.model_validate(answer)
    [only] = answer["data"]
    found: dict[str, Any] = only
    return found


def failures(engagement: dict[str, Any]) -> list[dict[str, Any]]:
    answer = ask("GET", f"/v1/engagements/{engagement['id']}/failures").json
    answers.FailureList.model_validate(answer)
    found: list[dict[str, Any]] = answer["data"]
    return found


def replay(made: Campaign, engagement: dict[str, Any], batches: list[str]) -> dict[str, Any]:
    path = f"/v1/engagements/{engagement['id']}/replay"
    answer = ask("POST", path, {"batches": batches})
    assert answer.status == 202, answer.text
    answers.Replayed.model_validate(answer.json)
    made.run(made.requested.pop())
    asked: dict[str, Any] = answer.json
    return asked


def test_a_bucket_reaches_a_webhook_signed_and_without_the_control_group(
    made: Campaign, here: Receiver
) -> None:
    secret = "whsec_" + "QUJD" * 8
    to = webhook(made, here, secrets=[secret], traits=["city", "age", "joined_at", "agrees"])
    engagement = made.sent(to, reference="spring-26")
    answers.Engagement.model_validate(engagement)
    assert (engagement["status"], engagement["sends"]) == ("done", 1)
    assert "control group is left out" in engagement["note"]
    assert sorted(users_of(here)) == sorted(MIDDLE - CONTROL)
    for _, headers, body in here.seen:
        told = Webhook(secret).verify(body, headers)
        assert told["type"] == "engagement.users"
        assert told["data"]["engagement_id"] == engagement["id"]
        assert told["data"]["goal_id"] == "goal_1"
        assert told["data"]["reference"] == "spring-26"
        for user in told["data"]["users"]:
            n = USERS.index(user["user_id"])
            assert user["bucket"] == "moderately_likely"
            assert user["likelihood"] == n / 1000
            assert user["traits"] == {
                "city": "Bern" if n % 2 else "Basel",
                "age": 20 + n,
                "joined_at": "2026-01-02T03:04:05Z",
                "agrees": n % 7 != 0,
            }
    sent = delivery(engagement)
    assert sent["counts"] == {
        "delivered": len(MIDDLE - CONTROL),
        "failed": 0,
        "unknown": 0,
        "held_back": len(MIDDLE & CONTROL),
        "unreachable": 0,
        "suppressed": 0,
    }
    assert (sent["date"], sent["status"], sent["files"]) == ("2026-11-10", "published", None)
    run = ask("GET", f"/v1/runs/{sent['run_id']}").json
    assert (run["kind"], run["status"], run["date"]) == ("send", "published", "2026-11-10")
    assert failures(engagement) == []


def test_the_exposure_log_has_both_arms_with_what_was_known(made: Campaign, here: Receiver) -> None:
    engagement = made.sent(webhook(made, here), audience={"everyone": True})
    log = made.log(engagement["id"])
    assert sorted(row["user"] for row in log) == sorted(USERS)
    for row in log:
        user = row["user"]
        assert row["arm"] == ARMS[user] and row["bucket"] == bucket_of(user)
        assert row["likelihood"] == USERS.index(user) * 1000
        assert row["day"] == (DAY - date(1970, 1, 1)).days
        held = user in CONTROL
        assert row["outcome"] == (Outcome.HELD_BACK if held else Outcome.SENT)
        assert (row["at"] == 0, row["message_id"] == "") == (held, held)
    seen = {headers["webhook-id"] for _, headers, _ in here.seen}
    assert {row["message_id"] for row in log} - {""} == seen
    for key in {row["key"] for row in log}:
        path = made.stores.objects.download(key, made.folder / "one")
        found = duckdb.execute("DESCRIBE SELECT * FROM read_parquet($1)", [str(path)]).fetchall()
        assert {name: kind for name, kind, *_ in found} == dict(COLUMNS)
        order = [row["uh"] for row in log if row["key"] == key]
        assert order == sorted(order)


def test_a_repeat_delivers_to_nobody_and_writes_the_same(made: Campaign, here: Receiver) -> None:
    engagement = made.sent(webhook(made, here))
    count, log = len(here.seen), made.log(engagement["id"])
    for job in made.stores.objects.get_json(f"runs/{delivery(engagement)['run_id']}/shards.json"):
        made.deliver(job)
    made.run(delivery(engagement)["run_id"])
    assert len(here.seen) == count
    assert made.log(engagement["id"]) == log


def test_a_group_that_takes_longer_than_a_call_is_gone_on_with_by_the_next(
    made: Campaign, here: Receiver
) -> None:
    made.engaged(webhook(made, here))
    planned = made.plan(made.requested.pop())
    for job in made.stores.objects.get_json(planned["shards_key"]):
        calls, unfinished = 0, True
        while unfinished:
            # Two minutes pass with every look at the clock.
            machine = replace(made.machine, clock=count(0, 120).__next__)
            unfinished = send_group(made.stores, job, made.folder / "cache", machine)["unfinished"]
            calls += 1
        assert calls > 1
    assert sorted(users_of(here)) == sorted(MIDDLE - CONTROL)


def test_what_is_agreed_is_locked_and_a_name_is_not(made: Campaign, here: Receiver) -> None:
    engagement = made.engaged(webhook(made, here))
    path = f"/v1/engagements/{engagement['id']}"
    for field, value in {
        "audience": {"everyone": True},
        "destination": "dst_x",
        "schedule": {"kind": "nightly"},
        "message": None,
    }.items():
        refused = ask("PATCH", path, {field: value})
        assert (refused.status, refused.json["errors"][0]["field"]) == (409, field)
        assert "locked" in refused.json["detail"] and "/clone" in refused.json["detail"]
    renamed = ask("PATCH", path, {"name": "Other", "reference": "r2"}).json
    assert (renamed["name"], renamed["reference"]) == ("Other", "r2")
    assert renamed["audience"] == engagement["audience"]
    assert ask("PATCH", path, {"name": None}).status == 422  # nothing to change
    without = ask("PATCH", path, {"name": None, "reference": None}).json
    assert (without["name"], without["reference"]) == ("Other", None)
    answers.Engagement.model_validate(without)
    gone = ask("DELETE", path)
    assert gone.status == 405 and "/stop" in gone.json["detail"]
    made.requested.clear()


def test_a_stopped_engagement_sends_nothing(made: Campaign, here: Receiver) -> None:
    to = webhook(made, here)
    engagement = made.engaged(to)
    kept = ask("DELETE", f"/v1/destinations/{to}")
    assert kept.status == 409 and engagement["id"] in kept.json["detail"]
    stopped = ask("POST", f"/v1/engagements/{engagement['id']}/stop").json
    assert (stopped["status"], stopped["status_reason"]) == ("stopped", "Stopped by its owner.")
    assert made.run(made.requested.pop())["idle"]
    assert here.seen == []
    assert (
        ask("POST", f"/v1/engagements/{engagement['id']}/replay", {"batches": ["x"]}).status == 409
    )
    assert ask("DELETE", f"/v1/destinations/{to}").status == 204


def test_stopping_while_it_is_sent_ends_it_with_the_batch_at_hand(
    made: Campaign, here: Receiver
) -> None:
    engagement = made.engaged(webhook(made, here))

    def stop(handler: Any) -> None:
        ask("POST", f"/v1/engagements/{engagement['id']}/stop")
        handler.send_response(204)
        handler.end_headers()

    here.replies.append(stop)
    made.run(made.requested.pop())
    assert len(here.seen) == 1
    counts = delivery(engagement)["counts"]
    assert counts["delivered"] == 5
    assert counts["failed"] == len(MIDDLE - CONTROL) - 5
    assert {f["status"] for f in failures(engagement)} == {"not_sent"}


def test_the_same_request_twice_with_a_key_is_one_engagement(
    made: Campaign, here: Receiver
) -> None:
    to = webhook(made, here)
    body = {
        "name": "x",
        "audience": {"everyone": True},
        "destination": to,
        "schedule": {"kind": "now"},
    }
    key = {"idempotency-key": f"k {to}"}
    first, second = (ask("POST", "/v1/goals/goal_1/engagements", body, key) for _ in range(2))
    assert first.json["id"] == second.json["id"]
    other = ask("POST", "/v1/goals/goal_1/engagements", body | {"name": "y"}, key)
    assert other.status == 409
    assert len(set(made.requested)) == 1, "the start is asked for again, of the same run"
    listed = ask("GET", "/v1/goals/goal_1/engagements?limit=100").json
    answers.EngagementList.model_validate(listed)
    assert [e["id"] for e in listed["data"]].count(first.json["id"]) == 1
    every = ask("GET", "/v1/engagements?limit=100").json["data"]
    assert [e["id"] for e in every] == [e["id"] for e in listed["data"]]
    made.requested.clear()


WRONG: list[tuple[dict[str, Any], int, str]] = [
    ({"audience": {}}, 422, "audience"),
    ({"audience": {"everyone": True, "buckets": ["most_likely"]}}, 422, "audience"),
    ({"audience": {"everyone": True, "follow": True}}, 422, "audience.follow"),
    ({"audience": {"buckets": []}}, 422, "audience.buckets"),
    ({"destination": "dst_x"}, 422, "destination"),
    ({"schedule": {"kind": "now", "until": "2026-11-20"}}, 422, "schedule.until"),
    ({"schedule": {"kind": "nightly", "until": "2026-11-01"}}, 422, "schedule.until"),
    ({"schedule": {"kind": "nightly", "until": "2026-12-31"}}, 422, "schedule.until"),
    ({"message": {"text": "Hello"}}, 422, "message"),
    ({"who": "everybody"}, 422, "who"),
]


@pytest.mark.parametrize(("changes", "status", "field"), WRONG, ids=[str(w[0]) for w in WRONG])
def test_an_engagement_that_breaks_a_rule_is_refused_with_the_field(
    made: Campaign, changes: dict[str, Any], status: int, field: str
) -> None:
    refused = made.engage(made.destination("file", {}), **changes)
    assert refused.status == status
    assert [error["field"] for error in refused.json["errors"]] == [field]


def test_failed_batches_are_listed_without_users_and_reached_by_a_replay(
    made: Campaign, here: Receiver
) -> None:
    here.replies += [(400, {}), (204, {}), (403, {})]
    engagement = made.sent(webhook(made, here))
    first = failures(engagement)
    assert [f["status"] for f in first] == ["failed"] * 2
    assert sorted(f["last_status"] for f in first) == [400, 403]
    assert not [user for user in USERS if user in json.dumps(first)]
    counts = delivery(engagement)["counts"]
    assert counts["failed"] == sum(f["users"] for f in first) == 10
    asked = replay(made, engagement, [f["id"] for f in first])
    assert asked["users"] == 10
    assert failures(engagement) == []
    after = delivery(engagement)
    assert (after["counts"]["failed"], after["replays"]) == (0, 1)
    assert after["counts"]["delivered"] == len(MIDDLE - CONTROL)
    ids = [headers["webhook-id"] for _, headers, _ in here.seen]
    assert all(ids.count(f["id"]) == 2 for f in first), "a replay keeps the message id"
    log = [row["user"] for row in made.log(engagement["id"]) if row["outcome"] == Outcome.SENT]
    assert sorted(log) == sorted(MIDDLE - CONTROL)
    path = f"/v1/engagements/{engagement['id']}/replay"
    again = ask("POST", path, {"batches": [first[0]["id"]]})
    assert again.status == 422 and "not on the list" in again.json["detail"]


def test_a_replay_that_is_killed_and_repeated_sends_once(made: Campaign, here: Receiver) -> None:
    here.replies += [(400, {})]
    engagement = made.sent(webhook(made, here))
    [failed] = failures(engagement)
    path = f"/v1/engagements/{engagement['id']}/replay"
    ask("POST", path, {"batches": [failed["id"]]})
    run_id = made.requested.pop()
    [job] = made.stores.objects.get_json(made.plan(run_id)["shards_key"])
    assert job["group"] == failed["group"]
    for _ in range(2):
        made.deliver(job)
    made.run(run_id)
    ids = [headers["webhook-id"] for _, headers, _ in here.seen]
    assert ids.count(failed["id"]) == 2, "the first time, and the replay's"


def test_whoever_is_erased_before_their_batch_is_sent_nothing(
    made: Campaign, here: Receiver
) -> None:
    engagement = made.engaged(webhook(made, here))
    planned = made.plan(made.requested.pop())
    [job, _] = made.stores.objects.get_json(planned["shards_key"])
    here.replies += [(400, {})] * 100
    made.deliver(job)
    here.replies.clear()
    sent = set(users_of(here))
    here.seen.clear()
    [user, other] = [min(some) for some in (sent, MIDDLE - CONTROL - sent)]
    hidden = frozenset({user_hash(user), user_hash(other)})
    with patch.object(ErasureStore, "suppressed", lambda store: hidden):
        made.run(planned["run_id"])
        left = [failure["id"] for failure in failures(engagement)]
        replay(made, engagement, left)
        assert sorted(users_of(here)) == sorted(MIDDLE - CONTROL - {user, other})
        assert failures(engagement) == []
        assert delivery(engagement)["counts"]["suppressed"] == 2
        file = made.sent(made.destination("file", {}))
        found = {row["user_id"] for row in rows(objects(made, file))}
        assert found == MIDDLE - CONTROL - {user, other}


def test_an_erasure_moves_nobody_elses_outcome(made: Campaign, here: Receiver) -> None:
    """The first user of a batch is taken out of the audience; the places of the others stay."""
    here.replies += [(400, {}), (204, {}), (204, {}), (400, {})]
    engagement = made.sent(webhook(made, here))
    before = {row["user"]: row["outcome"] for row in made.log(engagement["id"])}
    left = failures(engagement)
    send = engagement["last_send"]
    for group in range(2):
        key = f"audiences/{engagement['id']}/{send}/g={group:04d}.parquet"
        path = made.stores.objects.download(key, made.folder / "audience")
        query = "SELECT * FROM read_parquet($1) WHERE NOT (place = 0 AND batch = 1) ORDER BY uh"
        found = duckdb.execute(query, [str(path)]).fetchnumpy()
        made.stores.objects.put(key, write_columns(made.folder / "less", found).read_bytes())
    replay(made, engagement, [f["id"] for f in left])
    after = {row["user"]: row["outcome"] for row in made.log(engagement["id"])}
    assert len(before) - len(after) == 2
    failed = {user for user, outcome in before.items() if outcome == Outcome.FAILED}
    assert failed and after == {
        user: Outcome.SENT if user in failed else outcome
        for user, outcome in before.items()
        if user in after
    }
    assert failures(engagement) == []


def test_410_disables_the_destination_and_the_rest_is_sent_by_a_replay(
    made: Campaign, here: Receiver
) -> None:
    to = webhook(made, here)
    here.replies += [(204, {}), (410, {})]
    engagement = made.sent(to)
    shown = ask("GET", f"/v1/destinations/{to}").json
    assert (shown["enabled"], "410" in shown["reason"]) == (False, True)
    assert len(here.seen) == 2, "nothing more is sent, by no job"
    assert made.engage(to).status == 409
    left = failures(engagement)
    assert {f["status"] for f in left} == {"failed", "not_sent"}
    ask("PATCH", f"/v1/destinations/{to}", {"enabled": True})
    replay(made, engagement, [f["id"] for f in left])
    assert failures(engagement) == []
    assert sorted(set(users_of(here))) == sorted(MIDDLE - CONTROL)


def test_a_nightly_engagement_reaches_everybody_once_when_they_come_into_the_bucket(
    made: Campaign, here: Receiver
) -> None:
    """Three nights; one of them twice, one published late."""
    engagement = made.engaged(
        webhook(made, here), schedule={"kind": "nightly", "until": "2026-11-14"}
    )
    assert engagement["audience"]["follow"] and made.requested == []
    first = in_bucket(Bucket.MODERATELY_LIKELY)
    second = in_bucket(Bucket.LEAST_LIKELY)
    nights = [first, first | second, second]
    for number, inside in enumerate(nights):
        day, before = DAY + timedelta(days=number + 1), len(here.seen)
        made.now += timedelta(days=1)
        made.scores(
            day, {u: Bucket.MODERATELY_LIKELY if u in inside else Bucket.MOST_LIKELY for u in USERS}
        )
        for _ in range(2):
            made.run(f"send-{engagement['id']}-{day}")
        new = users_of(here)
        assert len(new) == len(set(new)), "nobody twice"
        if number == 2:
            assert len(here.seen) == before, "nobody is new"
    assert sorted(users_of(here)) == sorted((first | second) - CONTROL)
    log = made.log(engagement["id"])
    assert len({row["uh"] for row in log}) == len(log), "every user is in one send"
    held = {row["user"] for row in log if row["outcome"] == Outcome.HELD_BACK}
    assert held == (first | second) & CONTROL, "control at its first eligibility"
    days = {row["user"]: row["day"] for row in log}
    assert {days[user] for user in first} == {(DAY - date(1970, 1, 1)).days + 1}
    assert {days[user] for user in second} == {(DAY - date(1970, 1, 1)).days + 2}
    # The day after `until` nothing is sent any more.
    made.now += timedelta(days=1)
    made.scores(DAY + timedelta(days=4), dict.fromkeys(USERS, Bucket.MODERATELY_LIKELY))
    assert made.run(f"send-{engagement['id']}-{DAY + timedelta(days=4)}")["idle"]
    over = ask("GET", f"/v1/engagements/{engagement['id']}").json
    assert (over["status"], over["sends"]) == ("done", 3)
    made.now -= timedelta(days=4)
    made.scores(DAY, {user: bucket_of(user) for user in USERS})


def test_an_engagement_at_an_instant_is_started_by_a_schedule_and_can_be_stopped(
    made: Campaign, here: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = {
        "SCHEDULE_GROUP": "intent",
        "STATE_MACHINE": f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:run",
        "START_ROLE": f"arn:aws:iam::{ACCOUNT}:role/start",
        "UNDELIVERED_STARTS": f"arn:aws:sqs:{REGION}:{ACCOUNT}:undelivered",
    }
    for name, value in places.items():
        monkeypatch.setenv(name, value)
    scheduler = boto3.client("scheduler")
    scheduler.create_schedule_group(Name="intent")
    to, at = webhook(made, here), "2026-11-12T09:00:00+01:00"
    engagement = made.engaged(to, schedule={"kind": "at", "at": at})
    assert engagement["schedule"]["at"] == "2026-11-12T08:00:00+00:00"
    assert made.requested == []
    found = scheduler.get_schedule(Name=engagement["id"], GroupName="intent")
    assert found["ScheduleExpression"] == "at(2026-11-12T08:00:00)"
    assert found["ActionAfterCompletion"] == "DELETE"
    started = json.loads(found["Target"]["Input"])
    assert started == {"kind": "send", "run_id": f"send-{engagement['id']}-20261112T080000Z"}
    made.run(started["run_id"])
    assert sorted(users_of(here)) == sorted(MIDDLE - CONTROL)
    assert ask("GET", f"/v1/engagements/{engagement['id']}").json["status"] == "done"
    other = made.engaged(to, schedule={"kind": "at", "at": at})
    ask("POST", f"/v1/engagements/{other['id']}/stop")
    names = [s["Name"] for s in scheduler.list_schedules(GroupName="intent")["Schedules"]]
    assert other["id"] not in names
    for wrong in ("2026-11-12T09:00:00", "2026-11-01T09:00:00Z", "2028-11-12T09:00:00Z", None):
        refused = made.engage(to, schedule={"kind": "at", "at": wrong})
        assert (refused.status, refused.json["errors"][0]["field"]) == (422, "schedule.at")


def test_a_clone_can_be_otherwise_and_reaches_them_again(made: Campaign, here: Receiver) -> None:
    source = made.sent(webhook(made, here))
    here.seen.clear()
    path = f"/v1/engagements/{source['id']}/clone"
    clone = ask("POST", path, {"name": "Again", "audience": {"buckets": ["least_likely"]}}).json
    assert clone["cloned_from"] == source["id"] and clone["name"] == "Again"
    assert clone["destination"] == source["destination"]
    made.run(made.requested.pop())
    assert sorted(users_of(here)) == sorted(in_bucket(Bucket.LEAST_LIKELY) - CONTROL)


def asks_for_a_goal(engagement: dict[str, Any]) -> bool:
    return engagement["goal_id"] is not None or "goal" in str(engagement["audience"])


def objects(made: Campaign, engagement: dict[str, Any]) -> list[bytes]:
    found = []
    for file in delivery(engagement)["files"]:
        link = ask("GET", file["href"])
        assert link.status == 302
        key = urllib.parse.unquote(urllib.parse.urlsplit(link.headers["Location"]).path)
        body = made.stores.objects.get(key.removeprefix("/").removeprefix("lake/"))
        assert len(body) == file["bytes"]
        found.append(body)
    return found


def rows(bodies: list[bytes]) -> list[dict[str, str]]:
    texts = [gzip.decompress(body).decode() for body in bodies]
    return [row for text in texts for row in csv.DictReader(io.StringIO(text, newline=""))]


def test_files_have_the_bucket_with_traits_and_nobody_of_the_control_group(made: Campaign) -> None:
    as_csv = made.sent(made.destination("file", {"traits": ["city", "age"]}))
    found = rows(objects(made, as_csv))
    assert sorted(row["user_id"] for row in found) == sorted(MIDDLE - CONTROL)
    for row in found:
        n = USERS.index(row["user_id"])
        assert (row["bucket"], row["city"]) == (
            "moderately_likely",
            "Bern" if n % 2 else "Basel",
        )
        assert (float(row["likelihood"]), row["age"]) == (n / 1000, str(20 + n))
    parquet = made.sent(made.destination("file", {"format": "parquet"}))
    users = []
    for number, body in enumerate(objects(made, parquet)):
        path = made.folder / f"file{number}"
        path.write_bytes(body)
        users += duckdb.execute("SELECT user_id FROM read_parquet($1)", [str(path)]).fetchall()
    assert sorted(user for (user,) in users) == sorted(MIDDLE - CONTROL)
    log = made.log(parquet["id"])
    assert {row["user"] for row in log if row["outcome"] == Outcome.SENT} == MIDDLE - CONTROL


def test_ad_platforms_get_hashes_of_those_they_can_match(made: Campaign) -> None:
    engagement = made.sent(made.destination("meta_audience", {"traits": {"email": "email"}}))
    found = rows(objects(made, engagement))
    matched = {u for u in MIDDLE - CONTROL if USERS.index(u) % 10}
    assert len(found) == len(matched) and all(len(row["email"]) == 64 for row in found)
    counts = delivery(engagement)["counts"]
    assert counts["delivered"] == len(matched)
    assert counts["unreachable"] == len(MIDDLE - CONTROL - matched)


def test_people_are_written_to_once_where_they_agree(made: Campaign) -> None:
    boto3.client("sesv2").create_email_identity(EmailIdentity="shop.example")
    ask("PATCH", "/v1/account", {"channels": {"email": {"trait": "email", "consent": "agrees"}}})
    to = made.destination("email", {"sender": "news@shop.example"})
    text = {"subject": "For {{city}}", "text": "Hello {{first_name | there}}, {{age}}"}
    assert made.engage(to).status == 422, "an e-mail has a text"
    engagement = made.sent(to, message=text)
    agreed = {u for u in MIDDLE - CONTROL if USERS.index(u) % 10 and USERS.index(u) % 7}
    counts = delivery(engagement)["counts"]
    assert (counts["delivered"], counts["held_back"]) == (len(agreed), len(MIDDLE & CONTROL))
    assert counts["unreachable"] == len(MIDDLE - CONTROL - agreed)
    log = made.log(engagement["id"])
    assert {row["user"] for row in log if row["outcome"] == Outcome.SENT} == agreed
    sms = made.sent(made.destination("sms", {}), message={"text": "Hello from {{city}}"})
    assert delivery(sms)["counts"]["delivered"] == len(MIDDLE - CONTROL)


def test_a_queue_gets_one_message_for_each_batch(made: Campaign) -> None:
    sqs = boto3.client("sqs")
    url = sqs.create_queue(QueueName="engaged")["QueueUrl"]
    settings = {"queue": f"arn:aws:sqs:{REGION}:{ACCOUNT}:engaged", "most_users": 7}
    engagement = made.sent(made.destination("sqs", settings))
    found: list[str] = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        bodies = [json.loads(message["Body"])["data"]["users"] for message in messages]
        assert all(len(users) <= 7 for users in bodies)
        found += [user["user_id"] for users in bodies for user in users]
        for message in messages:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    assert sorted(found) == sorted(MIDDLE - CONTROL)
    assert delivery(engagement)["counts"]["delivered"] == len(found)


def test_a_bus_is_told_where_the_files_are_and_names_no_user(made: Campaign) -> None:
    bus = f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/intent-bus"
    sqs, events = boto3.client("sqs"), boto3.client("events")
    url = sqs.create_queue(QueueName="told")["QueueUrl"]
    pattern = json.dumps({"detail-type": ["engagement.sent"]})
    events.put_rule(Name="told", EventBusName="intent-bus", EventPattern=pattern)
    queue = {"Id": "told", "Arn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:told"}
    events.put_targets(Rule="told", EventBusName="intent-bus", Targets=[queue])
    engagement = made.sent(made.destination("eventbridge", {"bus": bus}))
    run_id = made.requested.pop()
    assert run_id == f"{delivery(engagement)['run_id']}-announce"
    made.run(run_id)
    assert ask("GET", f"/v1/runs/{run_id}").json["status"] == "published"
    [message] = sqs.receive_message(QueueUrl=url)["Messages"]
    told = json.loads(message["Body"])["detail"]
    assert (told["specversion"], told["type"]) == ("1.0", "engagement.sent")
    assert told["data"]["counts"]["delivered"] == len(MIDDLE - CONTROL)
    assert not [user for user in USERS if f'"{user}"' in message["Body"]]
    key = told["data"]["manifest"].removeprefix("s3://lake/")
    users: list[str] = []
    for number, file in enumerate(made.stores.objects.get_json(key)["files"]):
        path = made.folder / f"told{number}"
        made.stores.objects.download(file["uri"].removeprefix("s3://lake/"), path)
        found = duckdb.execute("SELECT user_id FROM read_parquet($1)", [str(path)]).fetchall()
        assert len(found) == file["rows"]
        users += [user for (user,) in found]
    assert sorted(users) == sorted(MIDDLE - CONTROL)


def test_a_plain_segment_is_reached_and_says_that_it_has_no_control_group(
    made: Campaign, here: Receiver
) -> None:
    definition = {"profile": {"property": "city", "eq": "Bern"}}
    segment = ask("POST", "/v1/segments", {"name": "x", "definition": definition}).json["id"]
    body = {
        "name": "Bern",
        "audience": {"segment": segment},
        "destination": webhook(made, here, traits=["city"]),
        "schedule": {"kind": "now"},
    }
    answer = ask("POST", "/v1/engagements", body)
    assert answer.status == 201, answer.text
    answers.Engagement.model_validate(answer.json)
    assert answer.json["goal_id"] is None and answer.json["audience"]["segment"] == segment
    assert "no control group" in answer.json["note"]
    # What the segment says later changes nothing of it.
    ask("PATCH", f"/v1/segments/{segment}", {"definition": {"all": []}})
    made.run(made.requested.pop())
    bern = {user for user in USERS if USERS.index(user) % 2}
    assert sorted(users_of(here)) == sorted(bern)
    for row in made.log(answer.json["id"]):
        assert (row["arm"], row["bucket"], row["likelihood"]) == (Arm.TEST, 255, -1)
    file = made.destination("file", {"traits": ["city"]})
    path = f"/v1/engagements/{answer.json['id']}/clone"
    clone = ask("POST", path, {"destination": file}).json
    made.run(made.requested.pop())
    found = rows(objects(made, clone))
    assert {row["user_id"] for row in found} == bern and set(found[0]) == {"user_id", "city"}


def test_a_segment_of_a_goals_buckets_reaches_nobody_of_its_control_group(
    made: Campaign, here: Receiver
) -> None:
    definition = {"not": {"bucket": {"goal": "goal_1", "in": ["most_likely"]}}}
    body = {
        "name": "x",
        "audience": {"segment": definition},
        "destination": webhook(made, here),
        "schedule": {"kind": "now"},
    }
    answer = ask("POST", "/v1/engagements", body)
    assert answer.status == 201, answer.text
    made.run(made.requested.pop())
    members = set(USERS) - in_bucket(Bucket.MOST_LIKELY)
    assert sorted(users_of(here)) == sorted(members - CONTROL)
    held = {r["user"] for r in made.log(answer.json["id"]) if r["outcome"] == Outcome.HELD_BACK}
    assert held == members & CONTROL


@pytest.mark.parametrize(
    ("audience", "field"),
    [
        ({}, "audience.segment"),
        ({"segment": "seg_x"}, "audience.segment"),
        ({"segment": {"did": {"event": 5}}}, "audience.segment"),
        ({"segment": "all-users", "buckets": ["most_likely"]}, "audience.buckets"),
    ],
)
def test_a_segment_that_is_none_is_refused(
    made: Campaign, audience: dict[str, Any], field: str
) -> None:
    body = {
        "name": "x",
        "audience": audience,
        "destination": made.destination("file", {}),
        "schedule": {"kind": "now"},
    }
    refused = ask("POST", "/v1/engagements", body)
    assert refused.status == 422
    assert [error["field"] for error in refused.json["errors"]] == [field]


def test_every_destination_holds_the_control_group_back(made: Campaign) -> None:
    """Whatever was sent in this module: no control member of the goal is among the reached."""
    seen = 0
    for engagement in ask("GET", "/v1/engagements?limit=100").json["data"]:
        for row in made.log(engagement["id"]):
            seen += 1
            held = row["outcome"] == Outcome.HELD_BACK
            assert held == (row["arm"] == Arm.CONTROL)
            assert held == (row["user"] in CONTROL) or not asks_for_a_goal(engagement)
    assert seen > 500


def test_a_published_night_asks_for_its_sends(made: Campaign, here: Receiver) -> None:
    from intent_segments.services.send_requests import request_sends

    for engagement in ask("GET", "/v1/engagements?limit=100").json["data"]:
        ask("POST", f"/v1/engagements/{engagement['id']}/stop")
    nightly = made.engaged(webhook(made, here), schedule={"kind": "nightly"})
    made.requested.clear()
    request_sends(made.stores, DAY + timedelta(days=1))
    assert made.requested == [f"send-{nightly['id']}-2026-11-11"]
    made.requested.clear()
    ask("POST", f"/v1/engagements/{nightly['id']}/stop")
    request_sends(made.stores, DAY + timedelta(days=2))
    assert made.requested == []
