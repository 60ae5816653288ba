"""Today so far: members who did it by what has landed since the last night, before any night counts
it.

It reads and writes nothing of a run: buckets, likelihoods and arms stay those of the last night.
When everything of a day has landed, the number is the one that the day's night will publish.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial, reduce
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt

from ..errors import InvalidInput, NotFound
from ..goals.goal import Goal, Status
from ..goals.progress import ARMS, predicted_by
from ..lake.calendar import from_day, to_day
from ..lake.columns import read_columns
from ..lake.manifest import Manifest, Part, read_manifest
from ..lake.reader import open_lake
from ..lake.tables import Tables
from ..segments.filtered_days import filtered_days
from ..segments.goal_event import GoalEvent, filtered
from ..store.runs import night_id
from ..store.stores import Stores
from .opening import score_key, since_erasure
from .tracking import last_night

Hashes = npt.NDArray[np.int64]

AT_ONCE = 4
"""Groups counted side by side: most of the time is waiting for S3."""

CLOCK_BYTES = 64_000_000
"""Files of single events that are looked through for the newest instant. Groups are drawn by hash,
so the first ones are a fair sample of all users where they are more than fit."""


@dataclass(frozen=True)
class Landed:
    """What a count goes by: the goal's events on the days `first` to `last` (since 1970-01-01) in
    `manifest`, which lists only the files that may hold some the last night did not count."""

    goal: Goal
    manifest: Manifest
    first: int
    last: int


def wanted(text: str | None) -> bool:
    """The query parameter `today`. Raises InvalidInput."""
    if text in (None, "false", "true"):
        return text == "true"
    raise InvalidInput.at("today", f"today must be true or false, not {text!r}")


def so_far(stores: Stores, goal_id: str, folder: Path) -> dict[str, Any] | None:
    """Members who did it by the newest data; None for a goal that is not at work, and while nothing
    has landed that is later than the goal's last night. `folder` keeps the files fetched.

    Of a rolling goal those who did it in the window that began after the last night. Raises
    NotFound.
    """
    goal = stores.goals.get(goal_id)
    head = stores.head.read()
    if goal.status != Status.ACTIVE or head.manifest_key is None:
        return None
    night = last_night(stores, goal)
    closed = date.fromisoformat(night["date"])
    whole = read_manifest(stores.objects, head.manifest_key)
    last = goal.terms.last_day_of(closed)
    if whole.last_day is None or from_day(whole.last_day) <= closed:
        return None
    last = min(last, from_day(whole.last_day))
    began = to_day(goal.terms.first_night(closed))
    parts = tuple(_uncounted(stores, goal, whole, closed, last))
    landed = Landed(goal, replace(whole, parts=parts), began + 1, to_day(last))
    assert goal.scores is not None  # it is active
    with ThreadPoolExecutor(AT_ONCE) as pool:
        counted = list(pool.map(partial(_newly, stores, landed, folder), range(whole.groups)))
    fresh = [sum(group[arm] for group in counted) for arm in range(len(ARMS))]
    curve = (goal.forecast or {}).get("curve") or []
    predicted = night["predicted"] if goal.terms.rolling else predicted_by(curve, last)
    return {
        "partial": True,
        "date": last.isoformat(),
        "landed_until": _newest_instant(stores, whole, folder),
        "since": (closed + timedelta(days=1)).isoformat(),
        "new": sum(fresh),
        "did": night["did"] + sum(fresh),
        "users": night["users"],
        "by_arm": {
            arm.label: _with(night["by_arm"][arm.label], fresh[arm], goal.terms.rolling)
            for arm in ARMS
        },
        "predicted": predicted,
    }


def _uncounted(
    stores: Stores, goal: Goal, whole: Manifest, closed: date, last: date
) -> Iterable[Part]:
    """The parts that can hold what the last night did not count: later days, and files that it did
    not know. Where all of several events are wanted, those of the whole period."""
    if goal.terms.match == "all" and len(goal.terms.events) > 1:
        yield from whole.parts
        return
    known = _counted(stores, goal, closed)
    later = (to_day(closed) + 1, to_day(last))
    for part in whole.parts:
        if part.gen not in known or part.overlaps(later):
            yield part


def _counted(stores: Stores, goal: Goal, closed: date) -> set[str]:
    """The parts that the goal's last night knew; none where that state of the lake is gone, which
    costs time and changes no number."""
    first = closed == goal.terms.as_of
    key = goal.manifest_key if first else stores.runs.get(night_id(closed)).manifest_key
    if key is None:
        return set()
    try:
        return {part.gen for part in read_manifest(stores.objects, key).parts}
    except NotFound:
        return set()


def _newly(stores: Stores, landed: Landed, folder: Path, group: int) -> tuple[int, int]:
    """Open members of a group who did it by now: (test, control)."""
    goal = landed.goal
    assert goal.scores is not None
    events = goal.terms.events
    needed = {"activity"} | ({"events"} if filtered(events) else set())
    days = (landed.first, landed.last)
    without = stores.erasures.suppressed()
    tables = open_lake(
        stores.objects, landed.manifest, [group], needed, days, folder, False, without=without
    )
    try:
        did = [_who_did(tables, event, landed) for event in events]
        together = np.intersect1d if goal.terms.match == "all" else np.union1d
        doers = reduce(together, did)
        kept = since_erasure(stores, folder)
        [path] = stores.objects.fetch([score_key(goal.id, goal.scores, group)], kept)
        members = read_columns(path, ("uh", "state", "arm"), tables.con)
    finally:
        tables.con.close()
    new = (members["state"] == 0) & np.isin(members["uh"], doers)
    test, control = (int((new & (members["arm"] == arm)).sum()) for arm in ARMS)
    return test, control


def _who_did(tables: Tables, event: GoalEvent, landed: Landed) -> Hashes:
    """Everybody with the event on the days that count."""
    code = tables.event_codes().get(event.event)
    if code is None:
        return np.zeros(0, np.int64)
    if event.where:
        found = filtered_days(tables, code, [event], landed.last)
        return np.asarray(found["uh"][found["day"] >= landed.first], np.int64)
    rows = tables.con.execute(
        "SELECT DISTINCT uh FROM activity WHERE event = $1 AND day >= $2 AND day <= $3",
        [code, landed.first, landed.last],
    ).fetchnumpy()
    return np.asarray(rows["uh"], np.int64)


def _newest_instant(stores: Stores, whole: Manifest, folder: Path) -> str | None:
    """When the newest event happened, as an instant in UTC (see CLOCK_BYTES); None where the newest
    day's events are of no user looked at."""
    assert whole.last_day is not None  # something landed after the last night
    newest = [part for part in whole.of("events") if part.overlaps((whole.last_day,) * 2)]
    keys: list[str] = []
    read = 0.0
    for group in range(whole.groups):
        if read > CLOCK_BYTES:
            break
        keys += [key for part in newest for key in part.keys([group])]
        read += sum(part.bytes / max(len(part.groups), 1) for part in newest)
    if not keys:
        return None
    paths = [str(path) for path in stores.objects.fetch(keys, folder)]
    [(micros,)] = duckdb.execute("SELECT max(ts) FROM read_parquet($1)", [paths]).fetchall()
    return datetime.fromtimestamp(micros // 1_000_000, UTC).isoformat()


def _with(cell: Mapping[str, int], new: int, rolling: bool) -> dict[str, Any]:
    """An arm with those who are new; what an earlier window of a rolling goal did is over."""
    users, did = cell["users"], new + (0 if rolling else cell["did"])
    return {"users": users, "did": did, "rate": round(did / users, 6) if users else None}
