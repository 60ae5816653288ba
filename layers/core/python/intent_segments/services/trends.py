"""How the size of a segment went, day by day: what nights counted, and the rest on demand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

from ..errors import IntentError, InvalidInput
from ..goals.retention import SHOWN_DAYS
from ..lake.calendar import parse_date
from ..lake.tables import Tables
from ..segments.definition import ALL_USERS, EVERYBODY, Definition, parse, references
from ..segments.limits import MAX_SECONDS
from ..segments.time_limit import TimeLimit, TookTooLong
from ..segments.together import sizes as sizes_of
from ..store.sizes import Size
from ..store.stores import Stores
from .catalogue import LakeState, lake_state
from .census import Census
from .published_scores import oldest_shown, published_between
from .segments import fingerprint, freeze, known_goal, require_scores
from .standings import load_scores_of_days

DEFAULT_DAYS = 30

MOST_DAYS = 1_100
"""Of one answer: three years."""

DAYS_AT_ONCE = 16
"""Days that are made good together. All of them are answered by one pass over the tables; what was
counted is kept after every so many, so fewer are lost when time runs out."""


@dataclass(frozen=True)
class Asked:
    """The first and the last day asked for, as ISO dates; None: 30 days that end with the last
    closed one."""

    since: str | None = None
    until: str | None = None


def trend(stores: Stores, segment_id: str, asked: Asked, folder: Path) -> dict[str, Any]:
    """The members of a segment, as it is defined now, at the end of each day. Days without a size
    are counted, newest first, as long as there is time, and kept; the others are named in
    `missing`.

    Raises NotFound for an unknown segment, InvalidInput for days that are no range, that are not
    closed yet, or of which not even DAYS_AT_ONCE can be counted in time, Conflict before anything
    is loaded.
    """
    state = lake_state(stores)
    first, last = _range(state, asked)
    saved = EVERYBODY.to_json() if segment_id == ALL_USERS else _saved(stores, segment_id)
    series = fingerprint(stores, segment_id, saved)
    definition = parse(require_scores(stores, freeze(stores, saved, (segment_id,))))
    available, said = _available_from(stores, definition)
    days = [] if available is None else _days(max(first, available), last)
    found = stores.sizes.between(segment_id, series, first, last)
    missing, gone = _countable(state, definition, [day for day in days if day not in found])
    said += gone
    counting = _Counting(stores, state, definition, folder)
    waiting = missing[::-1]
    end = perf_counter() + MAX_SECONDS
    slowest = 0.0
    while waiting:
        started = perf_counter()
        left = end - started
        if slowest > left:
            break
        some = waiting[:DAYS_AT_ONCE]
        try:
            counted = counting.sizes(some, left)
        except TookTooLong:
            if slowest == 0.0:
                raise _too_long(some) from None
            break
        slowest = max(slowest, perf_counter() - started)
        stores.sizes.put(segment_id, series, counted)
        found |= counted
        waiting = waiting[DAYS_AT_ONCE:]
    if waiting:
        said.append(
            f"{len(waiting)} days did not fit into the time of one request. What was counted is "
            "kept: ask again to go on."
        )
    return {
        "segment_id": segment_id,
        "from": first.isoformat(),
        "to": last.isoformat(),
        "points": [
            {"date": day.isoformat(), "users": size.users, "estimated": size.estimated}
            for day, size in sorted(found.items())
            if day in set(days)
        ],
        "missing": [day.isoformat() for day in sorted(waiting)],
        "available_from": None if available in (None, date.min) else available.isoformat(),
        "warnings": said,
    }


class _Counting:
    """One definition, counted on several days at one state of the lake."""

    def __init__(
        self, stores: Stores, state: LakeState, definition: Definition, folder: Path
    ) -> None:
        self.stores = stores
        self.definition = definition
        self.folder = folder
        self.census = Census.of(stores, state.manifest_key, [definition], folder)

    def sizes(self, days: Sequence[date], seconds: float) -> dict[date, Size]:
        """Raises TookTooLong."""
        goals = references(self.definition).goals
        published = published_between(self.stores, goals, min(days), max(days))
        totals = [0] * len(days)

        def prepare(tables: Tables, group: int) -> None:
            load_scores_of_days(self.stores, tables, published, max(days), group, self.folder)

        with TimeLimit(max(seconds, 0.0)) as limit:
            for _, tables in self.census.tables(prepare):
                limit.watch(tables)
                counted = sizes_of(tables, [(self.definition, day) for day in days])
                totals = [total + more for total, more in zip(totals, counted, strict=True)]
        sampled = self.census.sampled(self.census.bound)
        return {
            day: Size(sampled.scaled(total).users, estimated=not sampled.everybody)
            for day, total in zip(days, totals, strict=True)
        }


def _range(state: LakeState, asked: Asked) -> tuple[date, date]:
    last = state.watermark if asked.until is None else parse_date(asked.until, "to")
    if last > state.watermark:
        raise InvalidInput.at(
            "to",
            f"to {last} is not closed yet: the last closed day is {state.watermark}. Leave to out, "
            "or choose that day or an earlier one.",
        )
    if asked.since is None:
        return last - timedelta(days=DEFAULT_DAYS - 1), last
    first = parse_date(asked.since, "from")
    if first > last:
        raise InvalidInput.at("from", f"from {first} is after to {last}: turn them round.")
    if (last - first).days >= MOST_DAYS:
        raise InvalidInput.at(
            "from",
            f"from {first} to {last} are {(last - first).days + 1:,} days; ask for at most "
            f"{MOST_DAYS:,} at a time.",
        )
    return first, last


def _saved(stores: Stores, segment_id: str) -> dict[str, Any]:
    return dict(stores.segments.get(segment_id).definition)


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def _available_from(stores: Stores, definition: Definition) -> tuple[date | None, list[str]]:
    """The first day that has a size, None where none has, and what to say about it."""
    begins, said = date.min, []
    for goal_id in references(definition).goals:
        goal = known_goal(stores, goal_id)
        if goal.day0_scores is None:
            return None, [f"{goal_id} has no scores yet, so there is no day to count."]
        day0 = goal.day0_scores.date
        said.append(f"The scores of {goal_id} begin on {day0}: days before it have no size.")
        begins = max(begins, day0)
    return begins, said


def _countable(
    state: LakeState, definition: Definition, missing: list[date]
) -> tuple[list[date], list[str]]:
    """Those of the days without a size that can still be counted, and what to say about it."""
    since = oldest_shown(state.watermark)
    if not references(definition).goals or not missing or missing[0] >= since:
        return missing, []
    kept = [day for day in missing if day >= since]
    return kept, [
        f"{len(missing) - len(kept)} days before {since} have no size and get none: likelihoods "
        f"and buckets are kept for {SHOWN_DAYS} nights."
    ]


def _too_long(days: Sequence[date]) -> IntentError:
    return InvalidInput.at(
        "from",
        f"To count {len(days)} days takes longer than the {MAX_SECONDS} seconds there are. Ask for "
        "fewer days at a time, or shorten the windows of clauses with where, hours or a sequence.",
    )
