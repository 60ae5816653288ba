from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from intent_segments.delivery.eventbridge import Announcement, EventBridgeSender
from tests.unit.delivery.aws import ACCOUNT, NO_ANSWER, REGION, answered, faults, messages
from tests.unit.delivery.receiver import NOW, backoff

pytestmark = pytest.mark.usefixtures("in_aws", "bus")

TOLD = Announcement(
    "send_1-manifest",
    "intent-segments.audience.ready",
    NOW,
    "engagement/eng_1",
    "s3://lake/sends/send_1/manifest.json",
    {"send_id": "send_1", "users": 120},
)


@pytest.fixture(scope="module")
def bus(account: None) -> None:
    """A rule that puts every event of the product into the queue `users`."""
    events = boto3.client("events")
    pattern = json.dumps({"source": ["intent-segments"]})
    events.put_rule(Name="all", EventBusName="intent-bus", EventPattern=pattern)
    target = {"Id": "1", "Arn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:users"}
    events.put_targets(Rule="all", EventBusName="intent-bus", Targets=[target])


def sender(slept: list[float] | None = None, bus: str = "intent-bus") -> EventBridgeSender:
    arn = f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/{bus}"
    return EventBridgeSender(arn, backoff(slept))


def test_a_target_gets_a_cloud_event_with_the_link_and_no_user() -> None:
    [receipt] = sender().announce(TOLD)
    [event] = [json.loads(message["Body"]) for message in messages("users")]
    assert event["source"] == "intent-segments"
    assert event["detail-type"] == "intent-segments.audience.ready"
    assert event["detail"] == {
        "specversion": "1.0",
        "id": "send_1-manifest",
        "source": "urn:intent-segments",
        "type": "intent-segments.audience.ready",
        "subject": "engagement/eng_1",
        "time": "2026-11-22T12:00:00Z",
        "datacontenttype": "application/json",
        "data": {
            "send_id": "send_1",
            "users": 120,
            "manifest": "s3://lake/sends/send_1/manifest.json",
        },
    }
    assert (receipt.status, receipt.provider_id, receipt.users) == ("sent", event["id"], ())


def test_an_event_over_the_limit_is_not_put() -> None:
    large = Announcement(**TOLD.__dict__ | {"about": {"x": "ä" * 140_000}})
    [receipt] = sender().announce(large)
    assert receipt.status == "failed" and "is over 262143" in str(receipt.reason)
    assert messages("users") == []


def test_a_bus_that_was_too_busy_is_asked_again() -> None:
    slept: list[float] = []
    made = sender(slept)
    faults(made._client, [answered("ThrottlingException"), NO_ANSWER])
    [receipt] = made.announce(TOLD)
    assert receipt.status == "sent" and slept == [0.5, 1.0] and len(messages("users")) == 1


def test_a_failure_inside_of_an_answer_is_seen() -> None:
    slept: list[float] = []
    made = sender(slept)
    real = made._client.put_events
    refusals = iter(["InternalFailure", "ThrottlingException"])

    def busy(**request: Any) -> dict[str, Any]:
        code = next(refusals, None)
        if code is None:
            return dict(real(**request))
        return {"FailedEntryCount": 1, "Entries": [{"ErrorCode": code}], "ResponseMetadata": {}}

    made._client.put_events = busy
    [receipt] = made.announce(TOLD)
    assert (receipt.status, receipt.attempts, len(slept)) == ("sent", 3, 2)
    refusals = iter(["InternalFailure"] * 9)
    [receipt] = made.announce(TOLD)
    assert (receipt.status, receipt.attempts, receipt.reason) == ("failed", 5, "InternalFailure")


def test_announced_again_it_is_the_same_event_with_the_same_id() -> None:
    for _ in range(2):
        sender().announce(TOLD)
    first, second = [json.loads(message["Body"])["detail"] for message in messages("users")]
    assert first == second
    assert first["id"] == TOLD.message_id
