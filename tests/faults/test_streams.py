"""Whatever happens to a call of AWS while crossings are told, and however often that is started:
everybody who crossed is told of once as what they did, also when events of that night come in
before it is started again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any, cast

import pytest

from intent_segments.services import streams
from tests.faults.account import Account, State
from tests.faults.counted import COUNTED
from tests.faults.wire import Fault, Point, Wire
from tests.fixtures.engaged import allowed, campaign
from tests.fixtures.nights import Nights
from tests.fixtures.streamed import Stream, named
from tests.unit.api.requests import ask
from tests.unit.delivery.receiver import receiver

WRITES = ("PutItem", "UpdateItem", "TransactWriteItems", "PutObject")
FIRST, SECOND, THIRD = range(20), range(10, 30), range(25, 35)

Said = tuple[str, str, str]
"""Send, type of message, user."""


class Told:
    """A stream whose first night is told, and whose second is closed and about to be."""

    def __init__(self, stream: Stream) -> None:
        self.stream, self.made = stream, stream.made
        assert stream.here is not None
        to = self.made.destination("webhook", {"url": stream.here.url, "most_users": 10})
        self.engagement = stream.start(to)
        stream.closes(FIRST)
        stream.sends(self.engagement)
        stream.closes(SECOND)
        self.run_id = stream.run_of(self.engagement)
        self.account = Account(cast(Nights, self.made))
        self.before: State = self.account.state()
        self.calls = self.undisturbed()

    def undisturbed(self) -> tuple[Point, ...]:
        wire = Wire()
        with wire.tapped():
            self.made.run(self.run_id)
        assert Counter(self.said()) == self.second()
        return tuple(wire.calls)

    def second(self) -> Counter[Said]:
        """What is to be told of the second night."""
        night = self.run_id[-10:]
        entered = {(night, "segment.entered", user) for user in named(range(20, 30))}
        return Counter(entered | {(night, "segment.left", user) for user in named(range(10))})

    def said(self) -> list[Said]:
        return [
            (message["data"]["send"], message["type"], user["user_id"])
            for message in self.stream.messages()
            for user in message["data"]["users"]
        ]

    def back(self) -> None:
        """To the evening of the second night."""
        self.account.restore(self.before)
        self.account.forget()
        self.stream.here.seen.clear()  # type: ignore[union-attr]

    def start(self, wire: Wire) -> None:
        """The send from its beginning, over a wire on which something goes wrong once."""
        self.back()
        with wire.tapped():
            try:
                self.made.run(self.run_id)
            except Exception:
                assert wire.struck, "the send failed of itself"
        assert wire.struck

    def late(self) -> None:
        """Events of both nights come in. Asked anew, the nights would have other members."""
        self.stream.visits_of({1: range(20, 25), 2: range(5, 10)})

    def wrong(self) -> list[str]:
        """Who is not told of once: those whose batch is in doubt may be."""
        said, wanted = Counter(self.said()), self.second()
        listed = ask("GET", f"/v1/engagements/{self.engagement}/failures").json["data"]
        doubtful = sum(failure["users"] for failure in listed)
        found = [f"{who} was told {times} times" for who, times in said.items() if times > 1]
        found += [f"{who} should not have been told" for who in said - wanted]
        lost = wanted - said
        if len(lost) > doubtful:
            found.append(f"{len(lost)} are lost, {doubtful} listed")
        sent = ask("GET", f"/v1/engagements/{self.engagement}/deliveries").json["data"][0]
        if (sent["status"], sent["crossings"]) != ("published", {"entered": 10, "left": 10}):
            found.append(f"{sent['status']}: {sent['crossings']}")
        return found


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    with campaign(tmp_path_factory.mktemp("streams")) as made, receiver() as here:
        allowed(made, here.host)
        yield Told(Stream(made, here))


def losses(
    told: Told, fault: Fault, points: list[Point], meanwhile: Callable[[], object] = lambda: None
) -> dict[str, list[str]]:
    found = {}
    for point in points:
        again = partial(told.made.run, told.run_id)
        told.start(Wire(point.__eq__, fault, again))
        meanwhile()
        told.made.run(told.run_id)
        if wrong := told.wrong():
            found[str(point)] = wrong
    return found


def writes(told: Told, *what: str) -> list[Point]:
    """Those of planning, of one group's job and of publishing; they name one of `what`, if any."""
    found = [p for p in told.calls if p[0].startswith(WRITES)]
    found = [p for p in found if "g0001" not in p[0] and "g=0001" not in p[0]]
    return [p for p in found if not what or any(name in p[0] for name in what)]


def test_killed_after_any_write_late_events_come_in_and_it_is_started_again(told: Told) -> None:
    # Plans and tallies are those of every send, whose writes test_sends.py harms.
    points = [p for p in writes(told) if " runs/" not in p[0] and "PutItem RUN/" not in p[0]]
    assert len([p for p in points if "memberships/" in p[0]]) == 1
    lost = losses(told, Fault.KILLED, points, told.late)
    COUNTED.tell("stream", len(points), len(lost))
    assert lost == {}


def test_two_executions_at_once_tell_of_nobody_twice(told: Told) -> None:
    points = writes(told, "TransactWriteItems", "memberships/", "audiences/")
    lost = losses(told, Fault.SLOW, points)
    COUNTED.tell("stream", len(points), len(lost))
    assert lost == {}


def third_before_second(told: Told) -> Counter[Said]:
    """The second night is planned and dies; the third is told, with late events, then the second
    is started again."""
    told.back()
    told.made.plan(told.run_id)
    night, now = told.stream.night, told.made.now
    try:
        told.stream.closes(THIRD)
        told.late()
        told.made.run(told.stream.run_of(told.engagement))
        told.made.run(told.run_id)
        return Counter(told.said())
    finally:
        told.stream.night, told.made.now = night, now


def test_a_night_that_died_is_told_after_the_next_one_as_it_was(told: Told) -> None:
    said = third_before_second(told)
    night = (told.stream.day + timedelta(days=1)).isoformat()
    entered = {(night, "segment.entered", user) for user in named(range(30, 35))}
    left = {(night, "segment.left", user) for user in named(range(10, 25))}
    assert said == told.second() + Counter(entered | left)


def test_without_the_members_that_were_written_down_late_events_lose_and_double(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guard is the file of the night before: here both nights are asked anew."""

    def anew(stores: Any, engagement: Any, send: Any, group: int, folder: Any) -> Any:
        head = stores.head.read()
        now = replace(send, manifest_key=head.manifest_key)
        columns = streams._members(stores, engagement, now, group, folder)
        return streams.Membership(columns["uh"], columns["uh"][:0])

    told.back()
    told.late()
    monkeypatch.setattr(streams, "membership", anew)
    told.made.run(told.run_id)
    assert Counter(told.said()) != told.second()
