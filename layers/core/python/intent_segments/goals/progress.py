"""What a night knows of a goal: integer tallies per user group, and their published summary.

Tallies are counts and sums of integers only, so adding up any number of groups in any order gives
the same result to the byte.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from typing import Any

from ..errors import CorruptObject
from .buckets import CERTAIN, Bucket, Cuts
from .changes import TO, Changes
from .effects import Effects
from .goal import Direction
from .realised import Realised
from .recount import Recount
from .target_group import Arm

BUCKETS = tuple(Bucket)
ARMS = tuple(Arm)

Triple = tuple[int, int, int]


@dataclass(frozen=True)
class Converted:
    """Members of one day-0 bucket and one arm, and how many of them did it so far."""

    users: int = 0
    did: int = 0

    def __add__(self, other: Converted) -> Converted:
        return Converted(self.users + other.users, self.did + other.did)


Cells = Mapping[tuple[Bucket, Arm], Converted]


def no_one() -> Cells:
    """Cells that count nobody."""
    return {(bucket, arm): Converted() for bucket in BUCKETS for arm in ARMS}


def cells_json(cells: Cells) -> dict[str, dict[str, dict[str, int]]]:
    """{bucket: {arm: {users, did}}}"""
    return {
        bucket.label: {arm.label: vars(cells[bucket, arm]).copy() for arm in ARMS}
        for bucket in BUCKETS
    }


def by_arm(cells: Cells) -> dict[str, dict[str, int]]:
    """{arm: {users, did}} over all buckets."""
    return {
        arm.label: vars(sum((cells[bucket, arm] for bucket in BUCKETS), Converted())).copy()
        for arm in ARMS
    }


@dataclass(frozen=True)
class GoalTally:
    """Counts of one goal in one user group at the end of one day. `+` merges groups.

    `members` = `open` + `achieved` + `lost`. `events` counts the goal's events by members since
    `starts_on`. `day0` has one entry per day-0 bucket and arm. `open_by_bucket` counts open members
    by tonight's bucket (least, moderately, most); `transitions[from][to]` counts members open on
    both nights by the bucket of the night before and tonight's. `likelihood` is the sum of the open
    members' likelihoods in 1e-6.
    Of a rolling goal nobody achieves or loses; `window` counts the members by the bucket they had
    when the window began that is complete tonight, and who did it, `window_events` its events.
    `realised` holds day 0 against the outcome, on the last night of a goal with an end. `changes`
    counts all members by their standing of the night before and tonight's, `effects` are counts for
    the uplift, `recount` tells what is known by now of the days before.
    """

    members: int = 0
    open: int = 0
    achieved: int = 0
    lost: int = 0
    events: int = 0
    likelihood: int = 0
    day0: Cells = field(default_factory=no_one)
    open_by_bucket: Triple = (0, 0, 0)
    transitions: tuple[Triple, Triple, Triple] = ((0, 0, 0),) * 3
    window: Cells = field(default_factory=no_one)
    window_events: int = 0
    realised: Realised = field(default_factory=Realised)
    changes: Changes = field(default_factory=Changes)
    effects: Effects = field(default_factory=Effects)
    recount: Recount = field(default_factory=Recount)

    def __add__(self, other: GoalTally) -> GoalTally:
        return GoalTally(
            members=self.members + other.members,
            open=self.open + other.open,
            achieved=self.achieved + other.achieved,
            lost=self.lost + other.lost,
            events=self.events + other.events,
            likelihood=self.likelihood + other.likelihood,
            day0={key: self.day0[key] + other.day0[key] for key in self.day0},
            open_by_bucket=_added(self.open_by_bucket, other.open_by_bucket),
            transitions=(
                _added(self.transitions[0], other.transitions[0]),
                _added(self.transitions[1], other.transitions[1]),
                _added(self.transitions[2], other.transitions[2]),
            ),
            window={key: self.window[key] + other.window[key] for key in self.window},
            window_events=self.window_events + other.window_events,
            realised=self.realised + other.realised,
            changes=self.changes + other.changes,
            effects=self.effects + other.effects,
            recount=self.recount + other.recount,
        )

    def check(self) -> None:
        """Raises CorruptObject unless the counts add up: a tally that does not was cut short."""
        faults = []
        if self.members != self.open + self.achieved + self.lost:
            faults.append("members = open + achieved + lost")
        if self.open != sum(self.open_by_bucket):
            faults.append("open = sum of open_by_bucket")
        if self.members != sum(cell.users for cell in self.day0.values()):
            faults.append("members = sum of day0 users")
        if self.achieved + self.lost != sum(cell.did for cell in self.day0.values()):
            faults.append("achieved + lost = sum of day0 did")
        if self.achieved + self.lost != sum(self.recount.first_days.values()):
            faults.append("achieved + lost = sum of first_days")
        if sum(counts[0] for counts in self.realised.bins.values()) not in (0, self.members):
            faults.append("members = sum of realised users")
        if sum(cell.users for cell in self.window.values()) not in (0, self.members):
            faults.append("members = sum of window users")
        if (*self.open_by_bucket, self.achieved, self.lost) != tuple(map(self.changes.now, TO)):
            faults.append("columns of changes = open_by_bucket, achieved, lost")
        faults += self.effects.faults(self.members)
        if faults:
            raise CorruptObject(
                f"A tally does not add up ({'; '.join(faults)}). Run the night again: it repeats "
                "every count from the lake."
            )

    def to_json(self) -> dict[str, Any]:
        """Plain JSON: day0 and window as {bucket: {arm: {users, did}}}."""
        flat = {entry.name: getattr(self, entry.name) for entry in fields(self)}
        return flat | {
            "day0": cells_json(self.day0),
            "window": cells_json(self.window),
            "open_by_bucket": list(self.open_by_bucket),
            "transitions": [list(row) for row in self.transitions],
            "realised": self.realised.to_json(),
            "changes": self.changes.to_json(),
            "effects": self.effects.to_json(),
            "recount": self.recount.to_json(),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> GoalTally:
        """The inverse of `to_json`. Raises CorruptObject when something is missing."""
        try:
            rows = [_triple(row) for row in document["transitions"]]
            return cls(
                **{name: int(document[name]) for name in _COUNTS},
                day0=_cells(document["day0"]),
                window=_cells(document["window"]),
                open_by_bucket=_triple(document["open_by_bucket"]),
                transitions=(rows[0], rows[1], rows[2]),
                realised=Realised.from_json(document["realised"]),
                changes=Changes.from_json(document["changes"]),
                effects=Effects.from_json(document.get("effects") or {}),
                recount=Recount.from_json(document["recount"]),
            )
        except (KeyError, TypeError, ValueError, IndexError) as fault:
            raise CorruptObject(f"A tally is incomplete: {fault!r}. Run the night again.") from None


_COUNTS = ("members", "open", "achieved", "lost", "events", "likelihood", "window_events")


@dataclass(frozen=True)
class GoalNight:
    """What is published of one goal for one day: counts, tonight's cuts and the expected end.

    `did` counts members who did it so far (achieved, or lost when minimizing). `expected_users` is
    how many will have done it by the end: those who did, plus the likelihoods of the open ones.
    """

    date: date
    tally: GoalTally
    direction: Direction
    cuts: Cuts

    @property
    def did(self) -> int:
        return self.tally.achieved + self.tally.lost

    @property
    def expected_users(self) -> float:
        tally = self.tally
        micro = tally.likelihood
        if self.direction == "minimize":
            micro = CERTAIN * tally.open - micro
        return round(self.did + micro / CERTAIN, 2)

    def to_json(self) -> dict[str, Any]:
        """The stored and shown form; `by_bucket` goes by day-0 buckets, `transitions` by name."""
        tally = self.tally
        return {
            "date": self.date.isoformat(),
            "users": tally.members,
            "did": self.did,
            "open": tally.open,
            "achieved": tally.achieved,
            "lost": tally.lost,
            "events": tally.events,
            "expected_users": self.expected_users,
            "by_bucket": cells_json(tally.day0),
            "by_arm": by_arm(tally.day0),
            "open_by_bucket": _named(tally.open_by_bucket),
            "transitions": {bucket.label: _named(tally.transitions[bucket]) for bucket in BUCKETS},
            "cuts": self.cuts.to_json(),
            "changes": tally.changes.told(),
        }


def predicted_by(curve: Iterable[Mapping[str, Any]], day: date) -> dict[str, Any] | None:
    """The point of a forecast's curve for `day`: users expected to have done it by its end.

    The curve is a list of {"date", "value", "low80", "high80"}, ascending by ISO date. Days after
    the period have its last point; None before the period and without a curve.
    """
    found = None
    for point in curve:
        if point["date"] > day.isoformat():
            break
        found = {key: point[key] for key in ("value", "low80", "high80")}
    return found


def _added(left: Triple, right: Triple) -> Triple:
    return left[0] + right[0], left[1] + right[1], left[2] + right[2]


def _cells(document: Mapping[str, Any]) -> Cells:
    return {
        (bucket, arm): Converted(**document[bucket.label][arm.label])
        for bucket in BUCKETS
        for arm in ARMS
    }


def _triple(values: Any) -> Triple:
    least, moderately, most = values
    return int(least), int(moderately), int(most)


def _named(counts: Triple) -> dict[str, int]:
    return {bucket.label: counts[bucket] for bucket in BUCKETS}
