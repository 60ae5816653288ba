from __future__ import annotations

import json
from typing import Any

import pytest

from intent_segments.delivery.batches import Batch, Recipient
from intent_segments.delivery.sqs import SqsSender
from tests.unit.delivery.aws import (
    ACCOUNT,
    NO_ANSWER,
    NO_CONNECTION,
    REGION,
    answered,
    faults,
    messages,
)
from tests.unit.delivery.receiver import WHAT, backoff

pytestmark = pytest.mark.usefixtures("in_aws")


def sender(queue: str = "users", slept: list[float] | None = None, **changes: Any) -> SqsSender:
    given: dict[str, Any] = {"most_users": 3, "most_bytes": 262_144} | changes
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}"
    return SqsSender(arn, WHAT, backoff(slept), **given)


def crowd(count: int, text: str = "") -> list[Recipient]:
    return [Recipient(f"user{n}", {"text": text}) for n in range(count)]


def one(count: int, text: str = "") -> Batch:
    return Batch("send_1", 0, tuple(crowd(count, text)))


def users_of(found: list[dict[str, Any]]) -> list[str]:
    bodies = [json.loads(message["Body"]) for message in found]
    return sorted(user["user_id"] for body in bodies for user in body["data"]["users"])


def test_every_user_is_in_exactly_one_message_with_its_id() -> None:
    receipts = sender().send(one(35))
    found = messages("users")
    assert users_of(found) == sorted(f"user{n}" for n in range(35))
    ids = [message["MessageAttributes"]["message_id"]["StringValue"] for message in found]
    assert sorted(ids) == sorted(r.message_id for r in receipts) and len(set(ids)) == 12
    assert sorted(user for r in receipts for user in r.users) == users_of(found)
    assert all(r.status == "sent" and r.provider_id for r in receipts)
    assert json.loads(found[0]["Body"])["type"] == "engagement.users"


def test_requests_stay_within_the_bytes_that_a_message_may_have() -> None:
    calls: list[int] = []
    made = sender(most_bytes=20_000, most_users=5)
    made._client.meta.events.register(
        "before-call.sqs.SendMessageBatch", lambda params, **_: calls.append(len(params["body"]))
    )
    receipts = made.send(one(40, "x" * 2000))
    assert {r.status for r in receipts} == {"sent"} and len(calls) > 4
    assert len(users_of(messages("users"))) == 40


def test_a_user_who_is_too_large_is_reported_and_the_others_are_sent() -> None:
    people = (*crowd(2), Recipient("huge", {"text": "x" * 30_000}), *crowd(1))
    receipts = sender(most_bytes=20_000).send(Batch("send_1", 0, people))
    [large] = [r for r in receipts if r.status == "failed"]
    assert large.users == ("huge",) and "over the limit" in str(large.reason)
    assert len(users_of(messages("users"))) == 3


def test_throttling_is_waited_for() -> None:
    slept: list[float] = []
    made = sender(slept=slept)
    _ = made._url
    faults(made._client, [answered("RequestThrottled"), NO_CONNECTION])
    [receipt] = made.send(one(2))
    assert (receipt.status, receipt.attempts, slept) == ("sent", 3, [0.5, 1.0])


def test_a_refusal_is_not_repeated() -> None:
    made = sender()
    _ = made._url
    faults(made._client, [answered("AccessDenied", 403)])
    receipts = made.send(one(5))
    assert [(r.status, r.attempts, r.last_status, r.reason) for r in receipts] == [
        ("failed", 1, 403, "AccessDenied")
    ] * 2
    assert messages("users") == []


def test_a_queue_that_is_not_there_has_failed() -> None:
    [receipt] = sender("nowhere").send(one(2))
    assert receipt.status == "failed" and "NonExistent" in str(receipt.reason)


def test_a_fifo_queue_drops_the_repeat_of_a_message_whose_answer_was_lost() -> None:
    made = sender("users.fifo")
    _ = made._url
    faults(made._client, [NO_ANSWER], after=True)
    [receipt] = made.send(one(2))
    assert (receipt.status, receipt.attempts) == ("sent", 2)
    assert users_of(messages("users.fifo")) == ["user0", "user1"]


def test_on_a_standard_queue_the_repeat_has_the_same_id_and_the_same_bytes() -> None:
    made = sender()
    _ = made._url
    faults(made._client, [NO_ANSWER], after=True)
    made.send(one(2))
    first, second = messages("users")
    assert first["Body"] == second["Body"]
    assert first["MessageAttributes"] == second["MessageAttributes"]


def test_messages_that_sqs_was_too_busy_for_are_sent_again_alone() -> None:
    made = sender()
    _ = made._url
    real = made._client.send_message_batch
    asked: list[list[str]] = []

    def busy(**request: Any) -> dict[str, Any]:
        entries = request["Entries"]
        asked.append([entry["Id"] for entry in entries])
        if len(asked) > 1:
            return dict(real(**request))
        answer = dict(real(**request | {"Entries": entries[:1]}))
        codes = [("InternalError", False), ("InvalidMessageContents", True)]
        answer["Failed"] = [
            {"Id": entry["Id"], "Code": code, "SenderFault": fault}
            for entry, (code, fault) in zip(entries[1:], codes, strict=True)
        ]
        return answer

    made._client.send_message_batch = busy
    receipts = made.send(one(9))
    by_id = {r.message_id: r for r in receipts}
    assert asked[1] == ["send_1-000000-1"]
    assert by_id["send_1-000000-1"].status == "sent"
    assert (by_id["send_1-000000-2"].status, by_id["send_1-000000-2"].reason) == (
        "failed",
        "InvalidMessageContents",
    )
    assert len(users_of(messages("users"))) == 6
