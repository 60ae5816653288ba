"""Messages as the official library of Standard Webhooks reads them, and what becomes of them."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from intent_segments.delivery.batches import Recipient
from intent_segments.delivery.signature import (
    SigningSecret,
    retired,
    rotated,
    signed_headers,
)
from intent_segments.delivery.webhook import message, message_batches, wait_of
from intent_segments.errors import InvalidInput
from tests.unit.delivery.receiver import NOW, SECRET, WHAT, Receiver, batch, receiver, webhook

OTHER = SigningSecret(b"o" * 24)


def test_the_official_library_verifies_what_a_receiver_got(here: Receiver) -> None:
    [receipt] = webhook(here).send(batch("ann", "ben", city="Bern"))
    [(_, headers, body)] = here.seen
    told = Webhook(SECRET.reveal()).verify(body, headers)
    assert told == {
        "type": "engagement.users",
        "timestamp": "2026-11-22T12:00:00Z",
        "data": {
            "goal_id": "goal_1",
            "send_id": "send_1",
            "batch": 0,
            "users": [
                {"user_id": "ann", "traits": {"city": "Bern"}},
                {"user_id": "ben", "traits": {"city": "Bern"}},
            ],
        },
    }
    assert headers["webhook-id"] == "send_1-000000" == receipt.message_id
    assert (receipt.status, receipt.users, receipt.attempts) == ("sent", ("ann", "ben"), 1)


def test_a_changed_body_is_not_verified(here: Receiver) -> None:
    webhook(here).send(batch())
    [(_, headers, body)] = here.seen
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET.reveal()).verify(body.replace(b"ann", b"eve"), headers)


def test_the_signature_is_the_one_that_the_library_makes() -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    body = '{"name":"Zoë"}'
    headers = signed_headers("send_1-000000", int(now.timestamp()), body.encode(), (SECRET,))
    signed = Webhook(SECRET.reveal()).sign("send_1-000000", now, body)
    assert headers["webhook-signature"] == signed


def test_while_a_secret_is_rotated_either_of_them_verifies(here: Receiver) -> None:
    both = rotated((SECRET,), OTHER)
    webhook(here, secrets=both).send(batch())
    [(_, headers, body)] = here.seen
    assert len(headers["webhook-signature"].split(" ")) == 2
    Webhook(SECRET.reveal()).verify(body, headers)
    Webhook(OTHER.reveal()).verify(body, headers)

    webhook(here, secrets=retired(both)).send(batch())
    _, headers, body = here.seen[-1]
    Webhook(OTHER.reveal()).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET.reveal()).verify(body, headers)


def test_at_most_three_secrets_sign_at_a_time() -> None:
    with pytest.raises(InvalidInput, match="retire an old one"):
        rotated((SECRET,) * 3, OTHER)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("hunter2hunter2hunter2hunter2", "begins with whsec_"),
        ("whsec_hunter2!", "base64"),
        ("whsec_aHVudGVyMg==", "24 to 64 bytes, not 7"),
        ("whsec_" + "aaaa" * 30, "not 90"),
    ],
)
def test_a_secret_of_another_form_is_refused_without_being_repeated(text: str, why: str) -> None:
    with pytest.raises(InvalidInput, match=why) as refused:
        SigningSecret.parse(text)
    assert "hunter2" not in refused.value.message


def test_a_secret_shows_in_no_text() -> None:
    secret = SigningSecret.parse(SECRET.reveal())
    assert secret == SECRET and hash(secret) == hash(SECRET) and secret != OTHER
    assert f"{secret} {secret!r} {(secret,)}" == "whsec_… whsec_… (whsec_…,)"


def test_a_compressed_message_is_verified_unpacked(here: Receiver) -> None:
    webhook(here, compressed=True).send(batch())
    [(_, headers, body)] = here.seen
    assert headers["content-encoding"] == "gzip"
    told = Webhook(SECRET.reveal()).verify(gzip.decompress(body), headers)
    assert len(told["data"]["users"]) == 2


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_every_2xx_is_delivered(here: Receiver, status: int) -> None:
    here.replies.append((status, {}))
    [receipt] = webhook(here).send(batch())
    assert (receipt.status, receipt.last_status) == ("sent", status)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 599])
def test_what_says_later_is_tried_again_with_the_same_id_and_a_fresh_signature(
    here: Receiver, status: int
) -> None:
    here.replies += [(status, {}), (status, {})]
    slept: list[float] = []
    times = iter([datetime.now(UTC) + timedelta(seconds=n) for n in range(10)])
    [receipt] = webhook(here, slept, now=lambda: next(times)).send(batch())
    assert (receipt.status, receipt.attempts, receipt.last_status) == ("sent", 3, 204)
    assert slept == [0.5, 1.0], "half of 1 and of 2 seconds"
    ids, stamps, bodies = zip(
        *((h["webhook-id"], h["webhook-timestamp"], body) for _, h, body in here.seen), strict=True
    )
    assert len(set(ids)) == 1 and len(set(stamps)) == 3 and len(set(bodies)) == 1
    Webhook(SECRET.reveal()).verify(bodies[2], here.seen[2][1])


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 413, 422, 451])
def test_every_other_4xx_fails_at_once(here: Receiver, status: int) -> None:
    here.replies.append((status, {}))
    slept: list[float] = []
    [receipt] = webhook(here, slept).send(batch())
    assert (receipt.status, receipt.attempts, receipt.gone) == ("failed", 1, False)
    assert receipt.failure() == {
        "message_id": "send_1-000000",
        "attempts": 1,
        "last_status": status,
        "reason": f"the receiver answered {status}",
    }
    assert slept == []


def test_410_says_that_the_destination_is_gone(here: Receiver) -> None:
    here.replies.append((410, {}))
    [receipt] = webhook(here).send(batch())
    assert receipt.gone and receipt.status == "failed"


def test_attempts_end_and_the_pauses_double_up_to_the_longest(here: Receiver) -> None:
    here.replies += [(503, {})] * 9
    slept: list[float] = []
    sender = webhook(here, slept)
    patient = webhook(
        here, backoff=type(sender.backoff)(slept.append, lambda: 1.0, 9, 1.0, longest=20.0)
    )
    [receipt] = patient.send(batch())
    assert (receipt.status, receipt.attempts, receipt.last_status) == ("failed", 9, 503)
    assert slept == [1, 2, 4, 8, 16, 20, 20, 20]


def test_retry_after_is_waited_for(here: Receiver) -> None:
    date = (datetime.now(UTC) + timedelta(seconds=60)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    here.replies += [(429, {"Retry-After": "7"}), (503, {"Retry-After": date})]
    slept: list[float] = []
    [receipt] = webhook(here, slept).send(batch())
    assert receipt.status == "sent" and slept[0] == 7 and 57 < slept[1] <= 60


def test_a_wait_that_no_function_lives_through_is_a_failure_that_says_so(here: Receiver) -> None:
    here.replies.append((429, {"Retry-After": "3600"}))
    [receipt] = webhook(here).send(batch())
    assert (receipt.attempts, receipt.reason) == (
        1,
        "the receiver answered 429 and asked to wait 3600 seconds",
    )


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("٣", None),
        (" 12 ", 12),
        ("0", 0),
        ("9" * 400, 999_999_999),
        ("Sun, 22 Nov 2026 12:01:00 GMT", 60),
        ("Sun, 22 Nov 2026 11:00:00 GMT", 0),
        ("Sun, 22 Nov 2026 12:01:00", 60),
    ],
)
def test_retry_after_is_a_number_or_a_date(text: str | None, seconds: float | None) -> None:
    assert wait_of(text, NOW) == seconds


def test_a_message_without_an_answer_may_have_arrived(here: Receiver) -> None:
    def hang_up(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True

    here.replies += [hang_up] * 5
    [receipt] = webhook(here).send(batch())
    assert (receipt.status, receipt.attempts, receipt.last_status) == ("unknown", 5, None)
    assert len(here.seen) == 5


def test_a_silence_before_a_refusal_still_may_have_arrived(here: Receiver) -> None:
    def hang_up(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True

    here.replies += [hang_up, (404, {})]
    [receipt] = webhook(here).send(batch())
    assert (receipt.status, receipt.last_status) == ("unknown", 404)


def test_a_receiver_that_is_not_there_has_failed() -> None:
    with receiver() as gone:
        pass
    [receipt] = webhook(gone).send(batch())
    assert (receipt.status, receipt.attempts) == ("failed", 5)
    assert receipt.reason == "localhost was not reached (ConnectionRefusedError)."


def test_an_address_that_is_not_contacted_fails_at_once(here: Receiver) -> None:
    [receipt] = webhook(here, url="https://169.254.169.254/").send(batch())
    assert receipt.status == "failed" and receipt.attempts == 1
    assert receipt.reason and "link-local" in receipt.reason


def people(count: int, size: int = 10) -> list[Recipient]:
    return [Recipient(f"user{n}", {"text": "é" * size}) for n in range(count)]


def test_the_same_users_make_the_same_messages_byte_by_byte() -> None:
    made = [
        [
            (b.message_id, message(WHAT, b))
            for b in message_batches("send_1", people(250), 100, 9000)
        ]
        for _ in range(2)
    ]
    assert made[0] == made[1] and len({name for name, _ in made[0]}) == len(made[0]) == 3


def test_messages_stay_within_users_and_bytes_and_lose_nobody() -> None:
    batches = list(message_batches("send_1", people(1000, 40), 100, 5000))
    users = [user for b in batches for user in b.user_ids]
    assert users == [f"user{n}" for n in range(1000)]
    assert max(len(message(WHAT, b)) for b in batches) <= 5000
    assert max(len(b.recipients) for b in batches) <= 100
    assert [b.number for b in batches] == list(range(len(batches)))


def test_a_user_who_is_too_large_for_any_message_is_reported_and_the_others_are_sent(
    here: Receiver,
) -> None:
    crowd = [*people(2), Recipient("huge", {"text": "x" * 9000}), *people(2)]
    sender = webhook(here, most_bytes=5000)
    receipts = [sender.send(b)[0] for b in message_batches("send_1", crowd, 100, 5000)]
    assert [r.status for r in receipts] == ["sent", "failed", "sent"]
    assert receipts[1].users == ("huge",) and receipts[1].attempts == 0
    assert "over the limit of 5000" in str(receipts[1].reason)


@pytest.mark.parametrize("wrong", ["", "a.b", "a-b", "a b", "x" * 61, "ä"])
def test_a_send_id_has_letters_digits_and_underscores(wrong: str) -> None:
    with pytest.raises(InvalidInput, match="send id"):
        list(message_batches(wrong, people(1), 1, 5000))


def test_users_and_urls_stand_in_no_repr(here: Receiver) -> None:
    sender = webhook(here)
    [receipt] = sender.send(batch("ann", city="Bern"))
    shown = f"{sender!r} {receipt!r} {batch('ann', city='Bern')!r} {receipt.failure()}"
    assert not [word for word in ("ann", "Bern", "token", SECRET.reveal()[6:]) if word in shown]


def test_a_message_is_json_that_any_reader_understands() -> None:
    told = json.loads(message(WHAT, batch("ann", visits=3, premium=True, score=0.5)))
    assert told["data"]["users"][0]["traits"] == {"visits": 3, "premium": True, "score": 0.5}
