"""After a night: remove scores, changes and folders of runs that nobody can want any more.

Every night removes what one day more makes too old, by its prefix, and of the night a week ago the
scores that executions wrote which were not published. On Sundays it lists folders (never files, of
which there may be millions), and finds what sweeps that were cut short have left over.

It may run beside nights, set-ups and exports, twice, or be killed. What a goal is pointed to is
read after the folders are listed, a goal's scores only ever move on, and nothing is touched of a
day that is not closed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from typing import Any

from ..goals.goal import Goal, Status
from ..goals.retention import KEPT_DAYS, REPEATED_DAYS, is_kept, kept_days
from ..lake.objects import PARALLEL
from ..lake.removal import remove_folders
from ..store.runs import night_id
from ..store.sends import MEMBERSHIPS
from ..store.stores import Stores
from .export_runs import PREFIX as EXPORT
from .size_runs import PREFIX as SIZES

MOST_REMOVED = 50_000
"""Objects removed after one night, in about 20 seconds. At 1,024 groups and five goals a day has
15,000; the publishing function has a minute."""

SUNDAY = 6


def sweep_nights(stores: Stores, done: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Sweep when `done`, the answer of the last step, says that a night is published:
    {"files_removed", "sweep_problem"}; nothing for other runs. `now` is a UTC instant.

    Never raises for what S3 refuses: the night is published, and the next one removes the rest.
    """
    if done.get("status") != "published" or not str(done["run_id"]).startswith("night-"):
        return {}
    closed = stores.head.read().watermark
    assert closed is not None  # by the night
    swept = remove_folders(stores.objects, _folders(stores, closed, now), MOST_REMOVED)
    return {"files_removed": swept.removed, "sweep_problem": swept.problem}


def _folders(stores: Stores, closed: date, now: datetime) -> Iterator[str]:
    yield f"runs/night-{_oldest_run(closed)}/"
    goals = list(stores.goals.all())
    for goal in goals:
        night = closed - timedelta(days=kept_days(goal.terms))
        if _was_scored(goal, night) and not is_kept(goal, night, closed):
            yield f"scores/{goal.id}/{night}/"
    yield from _unpublished(stores, goals, closed - timedelta(days=REPEATED_DAYS + 1), now)
    if closed.weekday() == SUNDAY:
        yield from _left_over_scores(stores, closed)
        yield from _left_over_runs(stores, closed, now)
        yield from _old_memberships(stores, closed)


def _unpublished(stores: Stores, goals: list[Goal], night: date, now: datetime) -> Iterator[str]:
    """Scores of a night that no goal was ever pointed to. Files of the last days are left alone: a
    late repeat may be writing them."""
    run = stores.runs.find(night_id(night))
    for goal in goals:
        if not _was_scored(goal, night):
            continue
        known = (goal.day0_scores, goal.scores)
        pointed = {files.attempt for files in known if files is not None and files.date == night}
        if run is not None and goal.id in run.goals and run.attempt is not None:
            pointed.add(run.attempt)
        for folder in stores.objects.folders(f"scores/{goal.id}/{night}/"):
            written = stores.objects.written(folder) if _attempt(folder) not in pointed else {}
            if written and max(written.values()) < now - timedelta(days=REPEATED_DAYS):
                yield folder


def _left_over_scores(stores: Stores, closed: date) -> Iterator[str]:
    of_goals = stores.objects.folders("scores/")
    with ThreadPoolExecutor(PARALLEL) as pool:
        nights = dict(zip(of_goals, pool.map(stores.objects.folders, of_goals), strict=True))
    for goal in stores.goals.all():
        for folder in nights.get(f"scores/{goal.id}/", ()):
            if not is_kept(goal, date.fromisoformat(folder.split("/")[2]), closed):
                yield folder


def _left_over_runs(stores: Stores, closed: date, now: datetime) -> Iterator[str]:
    """Folders of nights and of counts of segments by their day, of set-ups that are over by the age
    of their goal, of exports that are gone. Those of sends stay: a failed batch can be sent again
    at any time, and what became of the others is in there."""
    listed = [folder.split("/")[1] for folder in stores.objects.folders("runs/")]
    old = now - timedelta(days=KEPT_DAYS)
    over = {
        f"setup-{goal.id}"
        for goal in stores.goals.all()
        if goal.status != Status.PREPARING and datetime.fromisoformat(goal.created_at) < old
    }
    exports = {f"{EXPORT}{export.id}" for export in stores.exports.kept(now)}
    for run_id in listed:
        kind, _, day = run_id.partition("-")
        if f"{kind}-" in ("night-", SIZES):
            outdated = day <= _oldest_run(closed).isoformat()
        elif run_id.startswith(EXPORT):
            outdated = run_id not in exports
        else:
            outdated = run_id in over
        if outdated:
            yield f"runs/{run_id}/"


def _old_memberships(stores: Stores, closed: date) -> Iterator[str]:
    """Who was in segments that are streamed. The newest send of a stream at work is compared with,
    and compares with the one before while it is still under way."""
    at_work = {engagement_id for engagement_id, _ in stores.engagements.at_work()}
    for folder in stores.objects.folders(MEMBERSHIPS):
        engagement_id = folder.split("/")[1]
        needed: Sequence[str] = ()
        if engagement_id in at_work:
            needed = stores.engagements.get(engagement_id).sends[-2:]
        for night in stores.objects.folders(folder):
            send = night.split("/")[2]
            if send not in needed and send <= _oldest_run(closed).isoformat():
                yield night


def _oldest_run(closed: date) -> date:
    """The night whose folder goes when `closed` is the last closed day."""
    return closed - timedelta(days=KEPT_DAYS)


def _was_scored(goal: Goal, night: date) -> bool:
    return goal.scores is not None and goal.terms.as_of <= night <= goal.scores.date


def _attempt(folder: str) -> int:
    return int(folder.split("/")[3])
