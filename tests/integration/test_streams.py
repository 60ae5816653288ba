"""Who entered a segment and who left it, told night by night: each crossing once, whatever fails
and whenever events come in. And whom nothing reaches, over every path of sends."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import boto3
import duckdb
import pytest
from standardwebhooks import Webhook

from intent_segments.api import answers
from intent_segments.campaigns.exposures import Outcome
from intent_segments.goals.buckets import Bucket
from intent_segments.lake.layout import user_hash
from intent_segments.services import run_steps
from intent_segments.services.exporting import export_group
from intent_segments.store.erasures import ErasureStore
from tests.fixtures.engaged import (
    CONTROL,
    USERS,
    Campaign,
    allowed,
    bucket_of,
    campaign,
    in_bucket,
)
from tests.fixtures.streamed import VISITED, Stream, entered_and_left, named
from tests.unit.api.requests import ask
from tests.unit.delivery.receiver import receiver

SECRET = "whsec_" + "QUJD" * 8
NOBODY = entered_and_left((), ())


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Campaign]:
    with campaign(tmp_path_factory.mktemp("streams")) as found:
        yield found


@pytest.fixture(scope="module")
def stream(made: Campaign) -> Iterator[Stream]:
    with receiver() as here:
        allowed(made, here.host)
        yield Stream(made, here)


def webhook(stream: Stream, **settings: Any) -> str:
    assert stream.here is not None
    asked = {"url": stream.here.url, "most_users": 5, "secrets": [SECRET]}
    return stream.made.destination("webhook", asked | settings)


def deliveries(engagement_id: str) -> list[dict[str, Any]]:
    """The oldest first."""
    answer = ask("GET", f"/v1/engagements/{engagement_id}/deliveries").json
    answers.DeliveryList.model_validate(answer)
    return list(reversed(answer["data"]))


def test_a_stream_tells_every_crossing_once_and_late_events_lose_and_double_none(
    stream: Stream,
) -> None:
    made = stream.made
    engagement = stream.start(webhook(stream, traits=["city"]))
    stream.closes(range(20))
    stream.sends(engagement, times=2)
    assert stream.told() == NOBODY, "the first night is where the stream begins"

    stream.closes(range(10, 30))
    stream.sends(engagement)
    for message, (_, headers, body) in zip(stream.messages(), stream.here.seen, strict=True):
        assert Webhook(SECRET).verify(body, headers) == message
        data = message["data"]
        assert data["engagement_id"] == engagement and data["send"] == stream.day.isoformat()
        assert len(data["users"]) <= 5 and "goal_id" not in data
        for user in data["users"]:
            number = USERS.index(user["user_id"])
            assert user["traits"] == {"city": "Bern" if number % 2 else "Basel"}
            assert user.keys() == {"user_id", "traits"}
    assert len({headers["webhook-id"] for _, headers, _ in stream.here.seen}) == len(
        stream.here.seen
    )
    assert stream.told() == entered_and_left(range(20, 30), range(10))
    stream.sends(engagement, times=2)
    assert stream.told() == NOBODY, "a send that is started again tells nobody twice"

    # Visits of the night before come in late. Asked anew, that night would have had 0 to 4 and 40
    # to 44 in the segment: 0 to 4 would enter unseen, and 40 to 44 leave without having come.
    stream.visits([*range(5), *range(40, 45)], stream.night)
    stream.closes([*range(5), *range(10, 30)])
    stream.sends(engagement)
    assert stream.told() == entered_and_left(range(5), ())

    # Two days are closed without a send between them: what is told is the difference.
    stream.closes(range(50, 60))
    stream.closes([0, 1, *range(50, 52)])
    stream.sends(engagement)
    assert stream.told() == entered_and_left([50, 51], [*range(2, 5), *range(10, 30)])

    sent = deliveries(engagement)
    assert [d["crossings"] for d in sent] == [
        {"entered": 0, "left": 0},
        {"entered": 10, "left": 10},
        {"entered": 5, "left": 0},
        {"entered": 2, "left": 23},
    ]
    assert [d["counts"]["delivered"] for d in sent] == [0, 20, 5, 25]
    log = [(row["user"], row["crossing"], row["day"]) for row in made.log(engagement)]
    assert len(set(log)) == len(log) == 50
    ask("POST", f"/v1/engagements/{engagement}/stop")


def test_a_stream_can_begin_with_everybody_and_tell_of_one_kind(stream: Stream) -> None:
    to = webhook(stream)
    everybody = stream.start(to, initial=True, stream=["entered"])
    leaving = stream.start(to, stream=["left"])
    stream.closes(range(8))
    stream.sends(everybody)
    assert stream.told() == entered_and_left(range(8), ())
    stream.sends(leaving)
    stream.closes(range(4, 12))
    stream.sends(everybody)
    assert stream.told() == entered_and_left(range(8, 12), ())
    stream.sends(leaving)
    assert stream.told() == entered_and_left((), range(4))
    shown = ask("GET", f"/v1/engagements/{everybody}").json
    answers.Engagement.model_validate(shown)
    assert shown["audience"]["stream"] == ["entered"] and shown["audience"]["initial"]
    assert "no control group" in shown["note"] and shown["goal_id"] is None
    path = f"/v1/engagements/{everybody}/clone"
    assert ask("POST", path, {"name": "Again"}).json["audience"] == shown["audience"]
    now = {"schedule": {"kind": "now"}}
    assert ask("POST", path, now).json["errors"][0]["field"] == "audience.stream"


def test_what_failed_is_replayed_as_what_it_was(stream: Stream) -> None:
    engagement = stream.start(webhook(stream))
    stream.closes(range(20))
    stream.sends(engagement)
    stream.closes(range(10, 30))
    stream.here.replies += [(400, {})] * 100
    stream.sends(engagement)
    stream.here.replies.clear()
    stream.here.seen.clear()
    failed = ask("GET", f"/v1/engagements/{engagement}/failures").json["data"]
    assert sum(failure["users"] for failure in failed) == 20
    body = {"batches": [failure["id"] for failure in failed]}
    assert ask("POST", f"/v1/engagements/{engagement}/replay", body).status == 202
    stream.made.run(stream.made.requested.pop())
    assert stream.told() == entered_and_left(range(20, 30), range(10))
    assert deliveries(engagement)[-1]["counts"]["delivered"] == 20


def test_a_queue_files_and_a_bus_are_told_the_same(stream: Stream) -> None:
    made, sqs = stream.made, boto3.client("sqs")
    url = sqs.create_queue(QueueName="crossings")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    bus = boto3.client("events").describe_event_bus(Name="intent-bus")["Arn"]
    to = {
        "sqs": made.destination("sqs", {"queue": arn["QueueArn"]}),
        "file": made.destination("file", {"format": "parquet", "traits": ["city"]}),
        "eventbridge": made.destination("eventbridge", {"bus": bus}),
    }
    started = {kind: stream.start(destination) for kind, destination in to.items()}
    for people in (range(20), range(10, 30)):
        stream.closes(people)
        for engagement in started.values():
            stream.sends(engagement)
    bodies = [
        json.loads(message["Body"])
        for _ in range(8)
        for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", ())
    ]
    found = {
        kind: sorted(
            user["user_id"]
            for body in bodies
            if body["type"] == kind
            for user in body["data"]["users"]
        )
        for kind in ("segment.entered", "segment.left")
    }
    assert found == entered_and_left(range(20, 30), range(10))
    for kind in ("file", "eventbridge"):
        rows = written(made, started[kind], stream.day.isoformat())
        assert {row[:2] for row in rows} == {
            *((user, "entered") for user in named(range(20, 30))),
            *((user, "left") for user in named(range(10))),
        }
        assert len(rows) == 20
    announced = f"send-{started['eventbridge']}-{stream.day}-announce"
    assert announced in made.requested
    made.run(announced)
    manifest = f"deliveries/{started['eventbridge']}/{stream.day}/manifest.json"
    told = made.stores.objects.get_json(manifest)
    assert (told["entered"], told["left"]) == (10, 10)
    made.requested.clear()


def written(made: Campaign, engagement_id: str, send: str) -> list[tuple[str, ...]]:
    rows = []
    for key in made.stores.objects.keys(f"deliveries/{engagement_id}/{send}/g="):
        path = made.stores.objects.download(key, made.folder / "file")
        query = "SELECT * FROM read_parquet($1) ORDER BY user_id"
        rows += duckdb.execute(query, [str(path)]).fetchall()
    return rows


def test_whom_a_goal_holds_back_is_told_of_to_nobody(stream: Stream) -> None:
    """The segment asks for buckets, so the control group of that goal is left out."""
    likely = {"bucket": {"goal": "goal_1", "in": ["most_likely", "moderately_likely"]}}
    engagement = stream.start(webhook(stream), segment={"all": [VISITED, likely]})
    inside = [n for n, user in enumerate(USERS) if bucket_of(user) != Bucket.LEAST_LIKELY]
    first, second = inside[:40], inside[20:60]
    for people in (first, second):
        stream.closes(people)
        stream.sends(engagement)
    held = {USERS.index(user) for user in CONTROL}
    came, went = set(second) - set(first), set(first) - set(second)
    assert came & held and went & held
    assert stream.told() == entered_and_left(came - held, went - held)
    counts = deliveries(engagement)[-1]["counts"]
    assert counts["held_back"] == len((came | went) & held)
    log = {row["user"] for row in stream.made.log(engagement) if row["outcome"] == 0}
    assert log == named((came | went) & held)


def test_whoever_is_to_be_erased_is_told_of_no_more_not_even_that_they_left(
    stream: Stream,
) -> None:
    engagement = stream.start(webhook(stream))
    stream.closes(range(20))
    stream.sends(engagement)
    hidden = frozenset(map(user_hash, named([0, 15, 25])))
    stream.closes(range(10, 30))
    with patch.object(ErasureStore, "suppressed", lambda _: hidden):
        stream.sends(engagement)
    entered = [*range(20, 25), *range(26, 30)]
    assert stream.told() == entered_and_left(entered, range(1, 10))
    log = stream.made.log(engagement)
    gone = {row["user"] for row in log if row["outcome"] == Outcome.SUPPRESSED}
    assert gone == named([0, 15]), "members of the night before; the other one was none yet"
    written_down = "memberships/" + f"{engagement}/{stream.day}/"
    for number, key in enumerate(stream.made.stores.objects.keys(written_down)):
        path = stream.made.stores.objects.download(key, stream.made.folder / f"m{number}")
        found = duckdb.execute("SELECT uh FROM read_parquet($1)", [str(path)]).fetchall()
        assert not hidden & {uh for (uh,) in found}


def test_whom_nothing_reaches_is_reached_by_no_send_and_leaves_every_stream(
    stream: Stream,
) -> None:
    """The account's holdout: buckets, everyone, a plain segment, files, exports, a stream."""
    made = stream.made
    engagement = stream.start(webhook(stream), initial=True)
    stream.closes(range(60))
    stream.sends(engagement)
    assert stream.told() == entered_and_left(range(60), ())
    with held_out(made) as held:
        assert held & named(range(60)) and held - CONTROL
        stream.closes([*range(60), *range(100, 120)])
        stream.sends(engagement)
        told = stream.told()
        assert set(told["segment.left"]) == held & named(range(60)), "the receiver lets go of them"
        assert set(told["segment.entered"]) == named(range(100, 120)) - held
        for found in (reached_by_others(stream), exports_of(made)):
            assert found and not found & held
    stream.closes([*range(60), *range(100, 120)])
    stream.sends(engagement)
    assert set(stream.told()["segment.entered"]) == held & named([*range(60), *range(100, 120)])


def test_a_replay_reaches_nobody_who_is_held_out_by_now(stream: Stream) -> None:
    made, here = stream.made, stream.here
    here.replies += [(400, {})] * 100
    engagement = made.sent(webhook(stream))
    here.replies.clear()
    here.seen.clear()
    with held_out(made) as held:
        path = f"/v1/engagements/{engagement['id']}"
        failed = ask("GET", f"{path}/failures").json["data"]
        ask("POST", f"{path}/replay", {"batches": [failure["id"] for failure in failed]})
        made.run(made.requested.pop())
        users = {user["user_id"] for m in stream.messages() for user in m["data"]["users"]}
        audience = in_bucket(Bucket.MODERATELY_LIKELY) - CONTROL
        assert audience & held and users == audience - held
        left = ask("GET", f"{path}/failures").json["data"]
        assert sum(failure["users"] for failure in left) == len(audience & held)
    here.seen.clear()


def test_a_send_that_failed_and_is_made_good_reaches_nobody_who_is_held_out_by_now(
    stream: Stream,
) -> None:
    made = stream.made
    engaged = made.engaged(webhook(stream))
    run_id = made.requested.pop()
    down = patch("intent_segments.services.sending.deliver", side_effect=OSError)
    with down, pytest.raises(OSError):
        made.run(run_id)
    with held_out(made) as held:
        made.run(run_id)
        users = {user["user_id"] for m in stream.messages() for user in m["data"]["users"]}
        audience = in_bucket(Bucket.MODERATELY_LIKELY) - CONTROL
        assert audience & held and users == audience - held, engaged["id"]
    assert stream.here is not None
    stream.here.seen.clear()


@contextmanager
def held_out(made: Campaign) -> Iterator[set[str]]:
    """Some of USERS are held out of everything, while it lasts."""
    ask("PATCH", "/v1/account", {"holdout_share": 0.1})
    holdout = made.stores.account.holdout()
    assert holdout is not None
    try:
        yield {user for user in USERS if holdout.holds([user_hash(user)])[0]}
    finally:
        ask("PATCH", "/v1/account", {"holdout_share": 0})


def reached_by_others(stream: Stream) -> set[str]:
    """Whom engagements of every other form reach."""
    made, to, found = stream.made, webhook(stream), set[str]()
    file = made.destination("file", {"format": "parquet"})
    plain = {"name": "x", "audience": {"segment": "all-users"}, "destination": to}
    for sent in (
        made.engage(to),
        made.engage(to, audience={"everyone": True}),
        made.engage(file),
        ask("POST", "/v1/engagements", plain | {"schedule": {"kind": "now"}}),
    ):
        assert sent.status == 201, sent.text
        made.run(made.requested.pop())
        reached = [row for row in made.log(sent.json["id"]) if row["outcome"] == Outcome.SENT]
        found |= {row["user"] for row in reached}
    messages = stream.messages()
    found |= {user["user_id"] for message in messages for user in message["data"]["users"]}
    stream.here.seen.clear()
    return found


def exports_of(made: Campaign) -> set[str]:
    """Users of an export of a goal's buckets, and of a segment that asks for them."""
    bucket = {"bucket": {"goal": "goal_1", "in": ["moderately_likely"]}}
    segment = ask("POST", "/v1/segments", {"name": "x", "definition": bucket}).json["id"]
    found = set[str]()
    for path in ("goals/goal_1", f"segments/{segment}"):
        with_buckets = {"buckets": ["moderately_likely"]} if "goal" in path else {}
        answer = ask("POST", f"/v1/{path}/exports", {"format": "parquet"} | with_buckets)
        assert answer.status == 202, answer.text
        run_id = f"export-{answer.json['id']}"
        planned = run_steps.plan(made.stores, {"kind": "export", "run_id": run_id}, made.now)
        for job in made.stores.objects.get_json(planned["shards_key"]):
            export_group(made.stores, job, made.folder / "cache")
        for key in made.stores.objects.keys(f"exports/{answer.json['id']}/g="):
            file = made.stores.objects.download(key, made.folder / "export")
            query = "SELECT user_id FROM read_parquet($1)"
            found |= {user for (user,) in duckdb.execute(query, [str(file)]).fetchall()}
    return found
