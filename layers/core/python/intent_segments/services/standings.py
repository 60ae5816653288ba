"""What goals had published of their members by a day, for segments that ask for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from pathlib import Path

from ..goals.buckets import CERTAIN, NO_PERCENTILE, Bucket
from ..goals.goal import Goal, ScoreFiles
from ..lake.calendar import to_day
from ..lake.tables import Tables
from ..store.runs import night_id
from ..store.stores import Stores
from .opening import score_key
from .segments import known_goal

_OPEN_MEMBERS = """
INSERT INTO scores
SELECT $goal, uh, $since, $until, CAST(likelihood AS DOUBLE) / $certain,
       list_extract($names, bucket + 1), {percentile}
FROM read_parquet($path) WHERE state = 0
"""


def published_scores(
    stores: Stores, goal_ids: Iterable[str], day: date
) -> dict[str, ScoreFiles | None]:
    """Goal -> the newest scores it had published by the end of `day`; None before its first.

    Raises InvalidInput for a goal that does not exist.
    """
    return {goal_id: _newest(stores, known_goal(stores, goal_id), day) for goal_id in goal_ids}


def load_scores(
    stores: Stores,
    tables: Tables,
    published: Mapping[str, ScoreFiles | None],
    day: date,
    group: int,
    folder: Path,
) -> None:
    """Fill the table `scores` for questions about `day`, with one group of users."""
    for goal_id, files in published.items():
        if files is None:
            continue
        (path,) = stores.objects.fetch([score_key(goal_id, files, group)], folder)
        found = tables.con.execute("SELECT * FROM read_parquet($1) LIMIT 0", [str(path)])
        # The first nights of a goal may be older than percentiles are.
        has_percentile = "percentile" in [name for name, *_ in found.description or ()]
        percentile = f"NULLIF(percentile, {NO_PERCENTILE})" if has_percentile else "NULL"
        tables.con.execute(
            _OPEN_MEMBERS.format(percentile=percentile),
            {
                "goal": goal_id,
                "since": to_day(files.date),
                "until": to_day(day) + 1,
                "certain": float(CERTAIN),
                "names": [bucket.label for bucket in sorted(Bucket)],
                "path": str(path),
            },
        )


def score_warnings(published: Mapping[str, ScoreFiles | None], day: date) -> list[str]:
    """What is sound but probably not meant: goals without scores by then, or with old ones."""
    said = []
    for goal_id, files in published.items():
        if files is None:
            said.append(
                f"{goal_id} had no scores yet at the end of {day}, so nobody is in its buckets."
            )
        elif files.date < day:
            said.append(
                f"{goal_id} was last scored on {files.date}: its scores of then stand for {day}."
            )
    return said


def _newest(stores: Stores, goal: Goal, day: date) -> ScoreFiles | None:
    if goal.scores is None or goal.day0_scores is None or day < goal.day0_scores.date:
        return None
    if goal.scores.date <= day:
        return goal.scores
    first = goal.day0_scores.date + timedelta(days=1)
    published = [night["date"] for night in stores.runs.nights_of(goal.id, first, day)]
    if not published:
        return goal.day0_scores
    night = date.fromisoformat(published[-1])
    run = stores.runs.get(night_id(night))
    assert run.attempt is not None  # every night that published a goal read a version of the lake
    return ScoreFiles(night, run.attempt, goal.scores.groups)
