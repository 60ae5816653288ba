"""At most once per user and send, wherever a process dies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from typing import Any

import boto3
import pytest

from intent_segments.delivery.batches import Batch, Recipient
from intent_segments.delivery.deliver import deliver
from intent_segments.delivery.ledger import TableLedger
from intent_segments.delivery.receipts import Receipt
from intent_segments.delivery.webhook import message_batches
from tests.unit.delivery.aws import NO_ANSWER, answered, faults
from tests.unit.delivery.receiver import NOW, Receiver, webhook

pytestmark = pytest.mark.usefixtures("in_aws")
NUMBERS = count()


class Killed(BaseException):
    """The process ends here."""


@dataclass
class Mailbox:
    """A sender that writes down who got something."""

    got: list[str] = field(default_factory=list)
    dies_before: int = -1
    dies_after: int = -1

    def send(self, batch: Batch) -> tuple[Receipt, ...]:
        if batch.number == self.dies_before:
            raise Killed
        self.got += batch.user_ids
        if batch.number == self.dies_after:
            raise Killed
        return (Receipt(batch.message_id, batch.user_ids, "sent", 1, 200),)


@dataclass
class DiesAfterBegin:
    inner: TableLedger
    at: str

    def begin(self, batch_id: str) -> bool:
        began = self.inner.begin(batch_id)
        if batch_id.endswith(self.at):
            raise Killed
        return began

    def done(self, batch_id: str, result: Mapping[str, Any]) -> None:
        self.inner.done(batch_id, result)


@pytest.fixture
def send_id() -> str:
    return f"send{next(NUMBERS)}"


@pytest.fixture(scope="module")
def ledger(account: None) -> TableLedger:
    tokens = count()
    return TableLedger("intent", lambda: NOW, lambda: str(next(tokens)))


def batches(send_id: str) -> list[Batch]:
    people = [Recipient(f"user{n}") for n in range(50)]
    return list(message_batches(send_id, people, 10, 10_000))


def results(ledger: TableLedger, send_id: str) -> dict[str, Any]:
    return {e.batch_id: e.result for e in ledger.entries(send_id) if e.result is not None}


EVERYBODY = {f"user{n}" for n in range(50)}


def test_a_repeat_of_a_whole_send_sends_nothing(send_id: str, ledger: TableLedger) -> None:
    box = Mailbox()
    first = list(deliver(batches(send_id), box, ledger))
    second = list(deliver(batches(send_id), box, ledger))
    assert sorted(box.got) == sorted(EVERYBODY)
    assert not any(sent.repeated for sent in first) and all(sent.repeated for sent in second)
    assert results(ledger, send_id)[f"{send_id}-000003"] == {
        "sent": 10,
        "failed": 0,
        "unknown": 0,
        "attempts": 1,
        "failures": [],
    }


@pytest.mark.parametrize("at", range(5))
@pytest.mark.parametrize("where", ["after begin", "before sending", "after sending"])
def test_nobody_gets_two_wherever_the_process_dies(
    send_id: str, ledger: TableLedger, where: str, at: int
) -> None:
    box = Mailbox()
    dying: Any = ledger
    if where == "after begin":
        dying = DiesAfterBegin(ledger, f"{at:06d}")
    else:
        setattr(box, "dies_before" if where == "before sending" else "dies_after", at)
    with pytest.raises(Killed):
        list(deliver(batches(send_id), box, dying))
    repeat = Mailbox(box.got)
    list(deliver(batches(send_id), repeat, ledger))
    assert len(repeat.got) == len(set(repeat.got)), "at most once"
    lost = EVERYBODY - set(repeat.got)
    assert len(lost) == (0 if where == "after sending" else 10), "one batch is in doubt, no more"
    unknown = [e.batch_id for e in ledger.entries(send_id) if e.result is None]
    assert unknown == [f"{send_id}-{at:06d}"]


def test_two_processes_at_once_share_the_batches_between_them(
    send_id: str, ledger: TableLedger
) -> None:
    box = Mailbox()
    one, two = (deliver(batches(send_id), box, ledger) for _ in range(2))
    while any([next(one, None), next(two, None)]):
        pass
    assert len(box.got) == 50 and set(box.got) == EVERYBODY


def test_an_entry_whose_answer_was_lost_is_recognised_as_ones_own(
    send_id: str, ledger: TableLedger
) -> None:
    fresh = replace(ledger)
    faults(fresh._client, [NO_ANSWER], after=True)
    assert fresh.begin(f"{send_id}-000000"), "boto3 repeats the put and meets its own entry"
    assert not fresh.begin(f"{send_id}-000000")


def test_another_error_of_the_table_is_not_taken_for_a_repeat(
    send_id: str, ledger: TableLedger
) -> None:
    fresh = replace(ledger)
    faults(fresh._client, [answered("AccessDeniedException")])
    with pytest.raises(Exception, match="AccessDenied"):
        fresh.begin(f"{send_id}-000000")


def test_an_entry_names_no_user_and_expires(send_id: str, ledger: TableLedger) -> None:
    list(deliver(batches(send_id)[:1], Mailbox(), ledger))
    [item] = boto3.client("dynamodb").query(
        TableName="intent",
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": f"SEND#{send_id}"}},
    )["Items"]
    assert "user" not in str(item) and set(item) == {
        *("pk", "sk", "begun_at", "done_at", "token", "ttl", "result")
    }
    assert int(item["ttl"]["N"]) == int((NOW + timedelta(days=400)).timestamp())


def test_a_replay_is_sent_once_with_the_message_id_of_before(
    send_id: str, ledger: TableLedger, here: Receiver
) -> None:
    [first, *_] = batches(send_id)
    here.replies.append((400, {}))
    [failed] = deliver([first], webhook(here), ledger)
    assert failed.receipts[0].status == "failed"
    again = replace(first, replay=1)
    [sent] = deliver([again], webhook(here), ledger)
    assert sent.receipts[0].status == "sent"
    [repeated] = deliver([again], webhook(here), ledger)
    assert repeated.repeated
    assert [headers["webhook-id"] for _, headers, _ in here.seen] == [f"{send_id}-000000"] * 2
    found = results(ledger, send_id)
    assert found[f"{send_id}-000000"]["failures"] == [
        {
            "message_id": f"{send_id}-000000",
            "attempts": 1,
            "last_status": 400,
            "reason": "the receiver answered 400",
        }
    ]
    assert found[f"{send_id}-000000:1"]["sent"] == 10


def test_after_410_nothing_more_is_sent_and_the_rest_can_be_sent_later(
    send_id: str, ledger: TableLedger, here: Receiver
) -> None:
    here.replies += [(204, {}), (410, {})]
    sent = list(deliver(batches(send_id), webhook(here), ledger))
    assert [s.gone for s in sent] == [False, True, False, False, False]
    assert len(here.seen) == 2
    assert {r.status for s in sent[2:] for r in s.receipts} == {"failed"}
    assert set(results(ledger, send_id)) == {f"{send_id}-000000", f"{send_id}-000001"}
    later = list(deliver(batches(send_id), webhook(here), ledger))
    assert [s.repeated for s in later] == [True, True, False, False, False]
    assert len(here.seen) == 5
