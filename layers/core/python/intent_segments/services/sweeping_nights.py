"""After a night: remove scores, changes and folders of runs that nobody can want any more.

Every night removes what one day more makes too old, by its prefix. On Sundays a full pass lists
folders (never files, of which there may be millions), and finds what is left over besides: of
nights on which the sweep was cut short, and scores of executions that were not published.

It may run beside nights, set-ups and exports, twice, or be killed. What a goal is pointed to is
read after the folders are listed, a goal's scores only ever move on, and nothing is touched of a
day that is not closed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from ..goals.goal import Goal
from ..goals.retention import KEPT_DAYS, is_kept, kept_days
from ..lake.removal import remove_folders
from ..store.runs import Run
from ..store.stores import Stores

MOST_REMOVED = 50_000
"""Objects removed after one night, in about 20 seconds. At 1,024 groups and five goals a day has
15,000; the publishing function has a minute."""

SUNDAY = 6

UNDATED = ("runs/setup-", "runs/export-", "runs/sizes-")
"""Folders of runs that go by when they were last written. Those of sends stay: a failed batch can
be sent again at any time, and what became of the others is in there."""

SETTLED = timedelta(days=7)
"""Files older than this are of no run that is still under way."""


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
    yield from _of_the_day(stores, closed)
    if closed.weekday() == SUNDAY:
        yield from _left_over_scores(stores, closed, now)
        yield from _left_over_runs(stores, closed, now)


def _of_the_day(stores: Stores, closed: date) -> Iterator[str]:
    """What the night that was just closed makes too old."""
    yield f"runs/night-{closed - timedelta(days=KEPT_DAYS)}/"
    for goal in stores.goals.all():
        night = closed - timedelta(days=kept_days(goal.terms))
        scored = goal.scores is not None and goal.terms.as_of < night < goal.scores.date
        if scored and not is_kept(goal, night, closed):
            yield f"scores/{goal.id}/{night}/"


def _left_over_scores(stores: Stores, closed: date, now: datetime) -> Iterator[str]:
    found = {folder: stores.objects.folders(folder) for folder in stores.objects.folders("scores/")}
    goals = list(stores.goals.all())
    since = closed - timedelta(days=max((kept_days(goal.terms) for goal in goals), default=0))
    nights = list(stores.runs.nights(since, closed))
    for goal in goals:
        published = _published(goal, nights)
        for folder in found.get(f"scores/{goal.id}/", ()):
            night = date.fromisoformat(folder.split("/")[2])
            if not is_kept(goal, night, closed):
                yield folder
            elif goal.day0_scores is not None and night <= closed:
                for attempt in stores.objects.folders(folder):
                    if attempt not in published and _is_settled(stores, attempt, now - SETTLED):
                        yield attempt


def _left_over_runs(stores: Stores, closed: date, now: datetime) -> Iterator[str]:
    oldest = f"runs/night-{closed - timedelta(days=KEPT_DAYS)}/"
    for folder in stores.objects.folders("runs/"):
        outdated = folder.startswith("runs/night-") and folder <= oldest
        if folder.startswith(UNDATED):
            outdated = _is_settled(stores, folder, now - timedelta(days=KEPT_DAYS))
        if outdated:
            yield folder


def _published(goal: Goal, nights: Iterable[Run]) -> set[str]:
    """The folders of scores that a goal or one of the nights points to."""
    pointed = {(files.date, files.attempt) for files in (goal.day0_scores, goal.scores) if files}
    pointed |= {
        (date.fromisoformat(run.date), run.attempt)
        for run in nights
        if goal.id in run.goals and run.date is not None and run.attempt is not None
    }
    return {f"scores/{goal.id}/{night}/{attempt}/" for night, attempt in pointed}


def _is_settled(stores: Stores, folder: str, before: datetime) -> bool:
    """Whether nothing in a folder was written since a UTC instant."""
    return max(stores.objects.written(folder).values(), default=before) < before
