"""Whatever happens to a call of AWS in a send, and however often it is started: nobody is delivered
to twice, nobody of the control group ever, and whoever was not reached is on the list."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, cast
from unittest.mock import patch

import pytest

from intent_segments.campaigns.exposures import Outcome
from intent_segments.delivery.ledger import TableLedger
from intent_segments.goals.buckets import Bucket
from intent_segments.store.table import Table
from tests.faults.account import Account, State
from tests.faults.counted import COUNTED
from tests.faults.wire import Fault, Point, Wire
from tests.fixtures.engaged import CONTROL, DAY, USERS, Campaign, allowed, campaign, in_bucket
from tests.fixtures.nights import Nights
from tests.unit.api.requests import ask
from tests.unit.delivery.receiver import Receiver, receiver

MIDDLE = in_bucket(Bucket.MODERATELY_LIKELY)
WRITES = ("PutItem", "UpdateItem", "TransactWriteItems", "PutObject", "DeleteItem")


class Sent:
    """An engagement that is about to be sent, and what an undisturbed send asks of AWS."""

    def __init__(self, made: Campaign, here: Receiver) -> None:
        self.made, self.here = made, here
        to = made.destination("webhook", {"url": here.url, "most_users": 10})
        self.engagement = made.engaged(to)
        self.run_id = made.requested.pop()
        self.account = Account(cast(Nights, made))
        self.before: State = self.account.state()
        wire = Wire()
        with wire.tapped():
            made.run(self.run_id)
        self.calls = tuple(wire.calls)
        assert self.found_wrong() == []
        assert sorted(self.reached()) == sorted(MIDDLE - CONTROL)

    def start(self, wire: Wire) -> None:
        """The send from its beginning, over a wire on which something goes wrong once."""
        self.account.restore(self.before)
        self.here.seen.clear()
        with wire.tapped():
            try:
                self.made.run(self.run_id)
            except Exception:
                assert wire.struck, "the send failed of itself"
        assert wire.struck

    def again(self) -> None:
        self.made.run(self.run_id)

    def reached(self) -> list[str]:
        messages = [json.loads(body)["data"] for _, _, body in self.here.seen]
        return [user["user_id"] for data in messages for user in data["users"]]

    def found_wrong(self) -> list[str]:
        """What must not be, for people."""
        reached, path = self.reached(), f"/v1/engagements/{self.engagement['id']}"
        twice = {user for user in reached if reached.count(user) > 1}
        wrong = [f"{user} got two" for user in sorted(twice)]
        wrong += [f"{user} is in the control group" for user in set(reached) & CONTROL]
        log = self.made.log(self.engagement["id"])
        users = {
            outcome: {row["user"] for row in log if row["outcome"] == outcome}
            for outcome in Outcome
        }
        if len(log) != len(MIDDLE) or users[Outcome.HELD_BACK] != MIDDLE & CONTROL:
            wrong.append(f"the log has {len(log)} users")
        if not users[Outcome.SENT] <= set(reached):
            wrong.append("the log says sent of somebody who got nothing")
        if set(reached) - users[Outcome.SENT] - users[Outcome.UNKNOWN]:
            wrong.append("the log does not know of somebody who got something")
        open_ = len(users[Outcome.UNKNOWN]) + len(users[Outcome.FAILED])
        listed = sum(f["users"] for f in ask("GET", f"{path}/failures").json["data"])
        [sent] = ask("GET", f"{path}/deliveries").json["data"]
        told = sent["counts"]["unknown"] + sent["counts"]["failed"]
        if not open_ == listed == told or sent["status"] != "published":
            wrong.append(f"{open_} users are open, {listed} listed, {told} told: {sent['status']}")
        return wrong


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Campaign]:
    with campaign(tmp_path_factory.mktemp("sends")) as found:
        yield found


@pytest.fixture(scope="module")
def send(made: Campaign) -> Iterator[Sent]:
    with receiver() as here:
        allowed(made, here.host)
        yield Sent(made, here)


def losses(send: Sent, fault: Fault, points: list[Point]) -> dict[str, list[str]]:
    found = {}
    for point in points:
        meanwhile = send.again if fault is Fault.SLOW else lambda: None
        send.start(Wire(point.__eq__, fault, meanwhile))
        send.again()
        wrong = send.found_wrong()
        if wrong:
            found[str(point)] = wrong
    return found


def writes(send: Sent, *what: str) -> list[Point]:
    """The writes of planning, of one group's job, which the other's are like, and of publishing;
    those that name one of `what` where there are some. To be killed after a read is to be killed
    after the write before it."""
    found = [p for p in send.calls if p[0].startswith(WRITES) and "g0001" not in p[0]]
    found = [point for point in found if "g=0001" not in point[0]]
    return [p for p in found if not what or any(name in p[0] for name in what)]


def test_killed_after_any_write_and_started_again(send: Sent) -> None:
    points = writes(send)
    lost = losses(send, Fault.KILLED, points)
    COUNTED.tell("send", len(points), len(lost))
    assert lost == {}


@pytest.mark.parametrize("fault", [Fault.REFUSED, Fault.ANSWER_LOST, Fault.SLOW])
def test_what_keeps_two_apart_fails_or_hangs_while_another_execution_goes_through(
    send: Sent, fault: Fault
) -> None:
    """The transactions, the audience, and the ledger's entries."""
    decisive = writes(send, "TransactWriteItems", "audiences/", "SEND#")
    assert len(decisive) >= 7
    lost = losses(send, fault, decisive)
    COUNTED.tell("send", len(decisive), len(lost))
    assert lost == {}


def test_without_the_ledgers_condition_somebody_gets_two(send: Sent) -> None:
    begin = TableLedger.begin

    def always(ledger: TableLedger, batch_id: str) -> bool:
        begin(ledger, batch_id)
        return True

    ledger = [p for p in send.calls if p[0].startswith("UpdateItem SEND#")]
    with patch.object(TableLedger, "begin", always):
        assert "got two" in str(losses(send, Fault.SLOW, ledger))


def two_nights_at_once(send: Sent) -> list[str]:
    """The night after is planned before the first one's jobs run, and sent before them."""
    send.account.restore(send.before)
    made, here = send.made, send.here
    to = made.destination("webhook", {"url": here.url, "most_users": 10})
    nightly = made.engaged(to, schedule={"kind": "nightly"})
    here.seen.clear()
    runs = [f"send-{nightly['id']}-{DAY + timedelta(days=n)}" for n in range(2)]
    made.scores(DAY, dict.fromkeys(USERS, Bucket.MODERATELY_LIKELY))
    first: dict[str, Any] = made.plan(runs[0])
    made.scores(DAY + timedelta(days=1), dict.fromkeys(USERS, Bucket.MODERATELY_LIKELY))
    made.run(runs[1])
    for job in made.stores.objects.get_json(first["shards_key"]):
        made.deliver(job)
    made.run(runs[0])
    log = made.log(nightly["id"])
    assert len({row["uh"] for row in log}) == len(log) == len(USERS)
    return send.reached()


def test_two_nights_at_once_share_nobody_and_lose_nobody(send: Sent) -> None:
    assert sorted(two_nights_at_once(send)) == sorted(set(USERS) - CONTROL)


def test_without_the_order_of_sends_two_nights_at_once_reach_somebody_twice(send: Sent) -> None:
    """The guard is that an engagement's next send knows all before it."""
    transact = Table.transact

    def forgetful(table: Table, actions: Any) -> None:
        kept = [a for a in actions if "list_append" not in (a.update or "")]
        transact(table, kept)

    with patch.object(Table, "transact", forgetful), pytest.raises(AssertionError):
        reached = two_nights_at_once(send)
        assert len(reached) == len(set(reached))
