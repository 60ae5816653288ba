"""What a group of users adds to a goal's comparisons: all its members, and those of engagements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..campaigns.exposures import Outcome
from ..goals.buckets import NO_PERCENTILE
from ..goals.compared import Engaged
from ..goals.effects import Amounts, Effects, Measured, Population
from ..goals.plan import PlannedGoal
from ..lake.calendar import to_day
from ..lake.columns import read_columns
from ..lake.tables import Tables
from ..propensity.evidence import Evidence
from ..store.stores import Stores
from .audiences import audience_file
from .counting import strata
from .metric_rows import MetricRows, metric_rows

Columns = Mapping[str, npt.NDArray[Any]]

NEVER = np.iinfo(np.int64).max

KNOWN = ("bucket", "percentile", "likelihood")
AUDIENCE = ("uh", "bucket", "likelihood", "outcome")


@dataclass(frozen=True)
class Shelf:
    """Where a group's users are read: its tables, the `single` events that metrics ask for, the
    files of engagements; `scratch` keeps what is fetched."""

    stores: Stores
    group: int
    tables: Tables
    single: Tables | None
    scratch: Path


@dataclass(frozen=True)
class Members:
    """A goal's members in one group, (n,) each: their user hashes, ascending, their positions in
    the evidence's history, their arms, and who is `held` out of everything, None where nobody is;
    `night` is the day that is being closed."""

    uh: npt.NDArray[np.int64]
    positions: npt.NDArray[np.int32]
    arm: npt.NDArray[np.uint8]
    held: npt.NDArray[np.bool_] | None
    evidence: Evidence
    night: int


@dataclass(frozen=True)
class Pool:
    """Members who are compared, (k,) each: `at` their places among all, the side they are on
    (`arm`), the day after which what they do counts (`since`) and the last one that counts
    (`until`), and what was `known` of them on that day (KNOWN)."""

    at: npt.NDArray[np.int64]
    arm: npt.NDArray[np.uint8]
    since: npt.NDArray[np.int64]
    until: npt.NDArray[np.int64]
    known: Columns


def reachable(members: Members, known: Columns, since: int, until: int) -> Pool:
    """All members whom campaigns may reach and those held back from them by the goal, of whom
    something was known on the day `since`."""
    at = np.arange(len(members.uh))
    if members.held is not None:
        at = at[~members.held]
    return Pool(
        at,
        members.arm[at],
        np.full(len(at), since),
        np.full(len(at), min(until, members.night)),
        {name: known[name][at] for name in KNOWN},
    )


def held_out(members: Members, everybody: Columns, since: int, until: int) -> Pool:
    """All members, those who are held out of everything in the place of control."""
    count = len(members.uh)
    held = np.zeros(count, bool) if members.held is None else members.held
    return Pool(
        np.arange(count),
        held.astype(np.uint8),
        np.full(count, since),
        np.full(count, min(until, members.night)),
        {name: everybody[name] for name in KNOWN},
    )


def eligible(goal: PlannedGoal, engaged: Engaged, members: Members, shelf: Shelf) -> Pool:
    """Who came into an engagement in this group, in both arms, and when: the audiences of its
    sends as they were settled. Everybody stays in, whatever became of the message; who was
    suppressed before is in neither arm."""
    parts = []
    for name, day in engaged.sends:
        key = audience_file(engaged.id, name, shelf.group)
        path = shelf.stores.objects.download(key, shelf.scratch / f"{engaged.id}-{name}.parquet")
        found = read_columns(path, AUDIENCE, shelf.tables.con)
        kept = found["outcome"] != Outcome.SUPPRESSED
        since = np.full(int(kept.sum()), to_day(day), np.int64)
        parts.append((found["uh"][kept], found["bucket"][kept], found["likelihood"][kept], since))
    uh, bucket, likelihood, since = (np.concatenate(column) for column in zip(*parts, strict=True))
    place = np.minimum(np.searchsorted(members.uh, uh), max(len(members.uh) - 1, 0))
    # Who was erased since is no member any more.
    there = members.uh[place] == uh if len(members.uh) else np.zeros(len(uh), bool)
    if members.held is not None and len(members.uh):
        there &= ~members.held[place]
    until = since[there] + goal.terms.horizon if goal.terms.rolling else _end(goal)
    return Pool(
        place[there],
        members.arm[place[there]],
        since[there],
        np.minimum(np.broadcast_to(until, int(there.sum())), members.night),
        {
            "bucket": bucket[there],
            "likelihood": likelihood[there],
            "percentile": np.full(int(there.sum()), NO_PERCENTILE, np.uint8),
        },
    )


def _end(goal: PlannedGoal) -> int:
    assert goal.terms.ends_on is not None  # it does not roll
    return to_day(goal.terms.ends_on)


def effects_of(
    goal: PlannedGoal, members: Members, wholes: Mapping[str, Pool], shelf: Shelf
) -> Effects:
    """The comparisons of a goal in one group: of `wholes`, by their names, and of each of its
    engagements."""
    pools = {one.id: eligible(goal, one, members, shelf) for one in goal.compared.engaged}
    pools |= wholes
    first = to_day(goal.terms.as_of) + 1
    rows = {
        metric.id: metric_rows(shelf.tables, shelf.single, metric, first, members.night)
        for metric in goal.compared.metrics
    }
    return Effects(
        {
            name: Population(
                strata(pool.known, pool.arm, did(members, pool), goal.terms.direction),
                {metric: measured(members, pool, found) for metric, found in rows.items()},
            )
            for name, pool in pools.items()
        }
    )


def did(members: Members, pool: Pool) -> npt.NDArray[np.bool_]:
    """bool (k,): who did the goal's events within their days."""
    done = np.zeros(len(pool.at), bool)
    for since in np.unique(pool.since).tolist():
        here = pool.since == since
        users = members.positions[pool.at[here]]
        done[here] = members.evidence.goal.achieved_on(users, since) <= pool.until[here]
    return done


def measured(members: Members, pool: Pool, rows: MetricRows) -> Measured:
    """Sums of a metric over a pool, by bucket and arm."""
    size = len(members.uh)
    since, until = np.full(size, NEVER), np.zeros(size, np.int64)
    since[pool.at], until[pool.at] = pool.since, pool.until
    cell = np.zeros(size, np.int64)
    cell[pool.at] = pool.known["bucket"].astype(np.int64) << 1 | pool.arm
    at = np.minimum(np.searchsorted(members.uh, rows.uh), max(size - 1, 0))
    if not size or not len(at):
        return {}
    counts = (members.uh[at] == rows.uh) & (rows.day > since[at]) & (rows.day <= until[at])
    at, n, total = at[counts], rows.n[counts], rows.total[counts]
    first = np.flatnonzero(np.diff(at, prepend=-1))
    if not len(first):
        return {}
    per_user = zip(
        cell[at[first]].tolist(),
        np.add.reduceat(n, first).tolist(),
        np.add.reduceat(total, first).tolist(),
        strict=True,
    )
    sums: dict[int, list[int]] = {}
    # Squares of amounts in 1e-6 are beyond 64 bits: Python's whole numbers are not.
    for place, many, amount in per_user:
        so_far = sums.setdefault(place, [0] * 6)
        one = (1, int(amount != 0), many, many * many, amount, amount * amount)
        for index, more in enumerate(one):
            so_far[index] += more
    return {(place >> 1, place & 1): Amounts(*found) for place, found in sums.items()}
