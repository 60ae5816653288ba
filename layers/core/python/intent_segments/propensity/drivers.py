"""Drivers: plain conditions with what members who met them really did in past windows.

A driver is observed, not inferred: rates with and without the condition are counted over the rows
that models learn from, each as it stood on its past cut-off. It says what goes along with the
events, not what causes them. Model-agnostic: the model only says which columns there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .candidates import at, candidates
from .evidence import Evidence
from .features import FeaturePlan, Matrix
from .model import Model
from .signals import Bools, Columns, Signal, lowered
from .train import training_starts

MIN_USERS = 30
"""Different users on either side of a condition: below that a rate is an anecdote."""

MIN_Z = 4.0
"""Two-proportion z of rates with and without. About a thousand conditions are tried; 4 standard
errors keep the chance that any of them passes by luck near 6 % (Bonferroni). Past windows overlap,
so counts are divided by the number of windows before z is taken."""

ALIKE, ALIKE_IN_FAMILY = 0.8, 0.4
"""From which correlation (phi) a condition adds nothing to a stronger one. For two about the same
event or trait phi counts over the largest it could be for conditions as common as these (Cole
1949), so that "5 times" is never told beside "3 times" for being rarer."""


@dataclass(frozen=True)
class Driver:
    """`direction` is +1 where those who met the condition did the goal's events more often, -1
    where less; rates are fractions of training rows (user x past window).

    `users_with` counts the different users behind `rate_with`; `share_with` is the share of today's
    members for whom it holds. `importance` is the share of the outcome's uncertainty (log loss of
    the base rate) that knowing the condition takes away: McFadden's R2 of that one split (1974).
    """

    signal: Signal
    direction: int
    rate_with: float
    rate_without: float
    users_with: int
    share_with: float
    importance: float

    @property
    def sentence(self) -> str:
        """The condition, the rate without it and the rate with it."""
        return f"{self.signal.text}: {_percent(self.rate_without)} -> {_percent(self.rate_with)}"

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values, the words included, so that readers need no code of this package."""
        return {
            "sentence": self.sentence,
            "condition": self.signal.text,
            "opposite": self.signal.opposite().text,
            "direction": self.direction,
            "rate_with": round(self.rate_with, 6),
            "rate_without": round(self.rate_without, 6),
            "users_with": self.users_with,
            "share_with": round(self.share_with, 6),
            "importance": round(self.importance, 6),
            "signal": self.signal.to_json(),
        }

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Driver:
        """The inverse of `to_json`."""
        names = ("direction", "rate_with", "rate_without", "users_with", "share_with", "importance")
        return cls(Signal.from_json(document["signal"]), **{name: document[name] for name in names})


@dataclass(frozen=True)
class Past:
    """What models learn from: `features` float32 (n, k), `did` bool (n,), `users` int32 (n,)."""

    plan: FeaturePlan
    features: Matrix
    did: Bools
    users: npt.NDArray[np.int32]
    windows: int

    @classmethod
    def of(cls, evidence: Evidence, now: int) -> Past:
        """The members of every past start as they stood then, with what they did afterwards."""
        starts = training_starts(evidence, now)
        parts = [evidence.sampled(start) for start in starts]
        horizon = evidence.question.horizon
        return cls(
            plan=evidence.plan,
            features=np.concatenate(
                [np.empty((0, len(evidence.plan.names)), np.float32), *(p.features for p in parts)]
            ),
            did=np.concatenate(
                [
                    np.empty(0, bool),
                    *(evidence.goal.within(p.users, p.cutoff, horizon) for p in parts),
                ]
            ),
            users=np.concatenate([np.empty(0, np.int32), *(p.users for p in parts)]),
            windows=max(len(starts), 1),
        )


def drivers(evidence: Evidence, model: Model, limit: int = 10) -> tuple[Driver, ...]:
    """The strongest conditions, each at its best round threshold, near-duplicates left out.

    Of a condition and its opposite the one that holds for fewer rows is told. Empty when nothing
    passes MIN_USERS and MIN_Z, as on the lowest rung of the ladder.
    """
    now = evidence.question.as_of
    past = Past.of(evidence, now)
    done = int(past.did.sum())
    if not 0 < done < len(past.did):
        return ()
    columns = Columns(model.plan, past.features)
    kinds = {name: rows.kind for name, rows in evidence.traits.rows.items()}
    found = []
    for signal, thresholds in candidates(model.plan, kinds, columns):
        best = _best(past, columns, signal, thresholds)
        if best is not None:
            found.append(best)
    # Equal ones stay in the plan's order, said without a "not" where that is the same.
    found.sort(key=lambda entry: (-round(entry[0], 9), entry[1].negated))
    present = evidence.sampled(now).features
    chosen: list[tuple[Driver, Bools]] = []
    for importance, signal in found:
        holds = signal.holds(model.plan, past.features)
        if len(chosen) == limit:
            break
        if any(_same(columns, signal, holds, *entry) for entry in chosen):
            continue
        driver = _driver(past, signal, holds, importance, model.plan, present)
        if driver is not None:
            chosen.append((driver, holds))
    return tuple(driver for driver, _ in chosen)


def by_bucket(
    found: Sequence[Driver], plan: FeaturePlan, features: Matrix, place: npt.NDArray[np.int64]
) -> list[list[dict[str, Any]]]:
    """Per bucket number 0, 1, 2: the share of its members who meet each driver's condition, and
    that share over the one of all members (`times`; null when nobody at all meets it).

    `place` (n,) is the bucket of each row of `features`. Most unusual first.
    """
    holds = [driver.signal.holds(plan, features) for driver in found]
    overall = [float(held.mean()) if len(held) else 0.0 for held in holds]
    buckets = []
    for bucket in range(3):
        inside = place == bucket
        shares = [float(held[inside].mean()) if inside.any() else 0.0 for held in holds]
        unusual = sorted(range(len(found)), key=lambda i: -abs(shares[i] - overall[i]))
        rows = [
            {
                "driver": i,
                "share": round(shares[i], 6),
                "times": round(shares[i] / overall[i], 4) if overall[i] else None,
            }
            for i in unusual
        ]
        buckets.append(rows if inside.any() else [])
    return buckets


def _best(
    past: Past, columns: Columns, signal: Signal, thresholds: Sequence[float]
) -> tuple[float, Signal] | None:
    """(importance, condition) at the threshold that takes away most of the uncertainty."""
    measure = columns.measure(signal)
    edges = np.array([lowered(least) for least in thresholds])
    step = np.searchsorted(edges, measure, side="right")
    users = np.bincount(step, minlength=len(edges) + 1)[::-1].cumsum()[::-1][1:]
    done = np.bincount(step, weights=past.did, minlength=len(edges) + 1)[::-1].cumsum()[::-1][1:]
    gains = _gain(users, done, len(past.did), int(past.did.sum()), past.windows)
    best = int(np.argmax(gains))  # the first of equals: the plainest threshold
    if not gains[best] > 0:
        return None
    chosen = at(signal, thresholds[best])
    fewer = users[best] * 2 <= len(past.did)
    return float(gains[best]), chosen if fewer else chosen.opposite()


def _gain(
    users: npt.NDArray[np.int64],
    done: npt.NDArray[np.float64],
    all_users: int,
    all_done: int,
    windows: int,
) -> npt.NDArray[np.float64]:
    """McFadden's R2 of each split, 0 where it is too small or could well be luck."""
    rest, rest_done = all_users - users, all_done - done
    ok = (users >= MIN_USERS) & (rest >= MIN_USERS)
    users, rest = np.maximum(users, 1), np.maximum(rest, 1)
    base = all_done / all_users
    error = np.sqrt(base * (1 - base) * (1 / users + 1 / rest) * windows)
    ok &= np.abs(done / users - rest_done / rest) >= MIN_Z * error
    loss = _loss(done, users) + _loss(rest_done, rest)
    whole = _loss(np.array([float(all_done)]), np.array([all_users]))[0]
    return np.where(ok, 1 - loss / whole, 0.0)


def _loss(done: npt.NDArray[np.float64], users: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Log loss, in nats, of telling every one of `users` their common rate; 0 log 0 is 0."""
    total = np.zeros(len(done))
    for part in (done, users - done):
        total -= part * np.log(np.where(part > 0, part / users, 1.0))
    return total


def _driver(
    past: Past,
    signal: Signal,
    holds: Bools,
    importance: float,
    plan: FeaturePlan,
    present: Matrix,
) -> Driver | None:
    users = len(np.unique(past.users[holds]))
    if min(users, len(np.unique(past.users[~holds]))) < MIN_USERS:
        return None
    with_, without = float(past.did[holds].mean()), float(past.did[~holds].mean())
    today = signal.holds(plan, present)
    return Driver(
        signal=signal,
        direction=1 if with_ > without else -1,
        rate_with=with_,
        rate_without=without,
        users_with=users,
        share_with=float(today.mean()) if len(today) else 0.0,
        importance=importance,
    )


def _same(columns: Columns, signal: Signal, holds: Bools, other: Driver, held: Bools) -> bool:
    """Whether a condition says what a stronger one said already."""
    related = set(columns.family(signal)) & set(columns.family(other.signal))
    both, a, b = float((holds & held).mean()), float(holds.mean()), float(held.mean())
    excess = both - a * b
    most = np.sqrt(a * (1 - a) * b * (1 - b))
    if related:
        most = min(a, b) - a * b if excess > 0 else a * b - max(0.0, a + b - 1)
    return bool(most <= 0 or abs(excess) / most >= (ALIKE_IN_FAMILY if related else ALIKE))


def _percent(rate: float) -> str:
    return f"{100 * rate:.1f} %" if rate >= 0.001 or rate == 0 else f"{100 * rate:.2g} %"
