"""What is sent: every request of a load, made from its number alone.

Calls are numbered from 0; call n is the same call in whatever request it stands, so who sends it
again needs to remember nothing. A call that cannot be used ("poison") has an id of its own by which
it is found among those that the product set aside.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

SINGLE_KINDS = ("track", "page", "screen", "identify")
"""Calls that are sent one by one, in turn."""
SINGLES = 1_000
"""One of so many calls is sent by itself, as browsers send them."""
EVENTS_PER_USER = 50
DAYS = 3
"""Days over which the calls are spread, up to the one on which they are sent."""
AGAIN = 25
"""One of so many batches is sent once more as it is, though it was answered."""
MIXED = 20
"""One of so many batches also repeats calls of an earlier one, beside its own."""
SPOILT = 10
"""One of so many batches holds poison, and so does one of so many single calls."""
TOO_LARGE = "x" * 33_000
NAMES = ("Order Completed", "Song Played", "Concert Viewed", "App Launched", "Item Added")

POISON: tuple[dict[str, Any], ...] = (
    {"type": "track", "userId": "p", "event": "Too Large", "properties": {"text": TOO_LARGE}},
    {"type": "track", "event": "Nobody"},
    {"type": "track", "userId": "p"},
    {"type": "trick", "userId": "p", "event": "No Kind"},
    {"type": "track", "userId": "p", "event": "When", "timestamp": "last Tuesday"},
    {"type": "track", "userId": "p", "event": "When", "timestamp": "9999-12-31T23:59:59Z"},
    {"type": "track", "userId": {"id": 1}, "event": "Wrong Type"},
    {"type": "track", "userId": "p", "event": ["Wrong Type"]},
    {"type": "track", "userId": "p", "event": "NUL\0"},
    {"type": "identify", "userId": "p", "traits": "none"},
)
"""Calls of which each breaks another rule."""


@dataclass(frozen=True)
class Request:
    """Calls `first` to `first + count` in one request of `kind` (batch or a call's), and calls
    `repeated` of earlier ones; `poison` are places in POISON. `again` has it sent twice."""

    number: int
    kind: str
    first: int
    count: int
    repeated: range = range(0)
    poison: tuple[int, ...] = ()
    again: bool = False

    @property
    def is_refused(self) -> bool:
        """Whether nothing in it can be used."""
        return not self.count

    def poison_ids(self) -> list[str]:
        return [f"poison-{self.number}-{place}" for place in self.poison]


@dataclass(frozen=True)
class Load:
    """`events` calls, `batch` in each batch; `began` is when, a UTC instant in whole seconds."""

    events: int
    batch: int
    began: datetime

    @property
    def singles(self) -> int:
        return max(self.events // SINGLES, len(SINGLE_KINDS) * SPOILT)

    @property
    def users(self) -> int:
        return max(1, self.events // EVENTS_PER_USER)

    def requests(self) -> Iterator[Request]:
        """All of them; those of single calls lie evenly between the batches."""
        batched = self.events - self.singles
        batches = -(-batched // self.batch)
        number = single = 0
        for place in range(batches):
            first = place * self.batch
            spoilt = place % SPOILT == 0
            yield Request(
                number,
                "batch",
                first,
                min(self.batch, batched - first),
                range(first // 2, first // 2 + self.batch // 10)
                if place % MIXED == 1
                else range(0),
                tuple(range(len(POISON))) if spoilt else (),
                place % AGAIN == 0,
            )
            number += 1
            until = self.singles * (place + 1) // batches
            for single in range(single, until):  # noqa: B020 goes on where it was
                yield Request(number, self.kind_of(batched + single), batched + single, 1)
                number += 1
                if single % SPOILT == 0:
                    poison = (single // SPOILT) % len(POISON)
                    kind = POISON[poison]["type"]
                    kind = "batch" if kind == "trick" else kind
                    yield Request(number, kind, 0, 0, range(0), (poison,))
                    number += 1
            single = until

    def kind_of(self, n: int) -> str:
        """The kind of call `n`."""
        single = n - (self.events - self.singles)
        return "track" if single < 0 else SINGLE_KINDS[single % len(SINGLE_KINDS)]

    def user_of(self, n: int) -> str:
        return f"u{n * 7919 % self.users:07d}"

    def call(self, n: int) -> str:
        """Call `n` as JSON, some 175 bytes."""
        seconds = DAYS * 86_400 * (n * 31 % 100_003) // 100_003
        at = (self.began - timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        kind = self.kind_of(n)
        if kind == "identify":
            return (
                f'{{"type":"identify","userId":"i{n:09d}","messageId":"m-{n:09d}",'
                f'"timestamp":"{at}","traits":{{"n":{n}}}}}'
            )
        named = f'"event":"{NAMES[n % len(NAMES)]}",' if kind == "track" else '"name":"Home",'
        return (
            f'{{"type":"{kind}","userId":"{self.user_of(n)}",{named}"messageId":"m-{n:09d}",'
            f'"timestamp":"{at}","properties":{{"n":{n},"amount":{n % 997 / 10}}}}}'
        )

    def body(self, request: Request, sent: datetime) -> bytes:
        """What is sent at `sent`, a UTC instant."""
        calls = [self.call(n) for n in range(request.first, request.first + request.count)]
        calls += [self.call(n) for n in request.repeated]
        calls += [
            json.dumps({**POISON[place], "messageId": name})
            for place, name in zip(request.poison, request.poison_ids(), strict=True)
        ]
        at = sent.astimezone(UTC).isoformat()
        if request.kind == "batch":
            return f'{{"sentAt":"{at}","batch":[{",".join(calls)}]}}'.encode()
        [only] = calls
        return f'{{"sentAt":"{at}",{only[1:]}'.encode()
