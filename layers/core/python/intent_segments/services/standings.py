"""Scores of goals as a table, for segments that ask for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

from ..goals.buckets import CERTAIN, NO_PERCENTILE, Bucket
from ..goals.goal import ScoreFiles
from ..lake.calendar import to_day
from ..lake.tables import Tables
from ..store.stores import Stores
from .opening import score_key, since_erasure

_OPEN_MEMBERS = """
INSERT INTO scores
SELECT $goal, uh, $since, $until, CAST(likelihood AS DOUBLE) / $certain,
       list_extract($names, bucket + 1), {percentile}
FROM read_parquet($path) WHERE state = 0 AND NOT list_contains($without, uh)
"""


def load_scores(
    stores: Stores,
    tables: Tables,
    published: Mapping[str, ScoreFiles | None],
    day: date,
    group: int,
    folder: Path,
) -> None:
    """Fill the table `scores` for questions about `day`, with one group of users."""
    of_goals = {goal_id: [] if files is None else [files] for goal_id, files in published.items()}
    load_scores_of_days(stores, tables, of_goals, day, group, folder)


def load_scores_of_days(
    stores: Stores,
    tables: Tables,
    published: Mapping[str, Sequence[ScoreFiles]],
    last: date,
    group: int,
    folder: Path,
) -> None:
    """Fill the table `scores` for questions about the days up to `last`, with one group of users.

    The scores of a goal are in the order of their dates; each holds until the next one.
    """
    for goal_id, nights in published.items():
        ends = [files.date for files in nights[1:]] + [last + timedelta(days=1)]
        for files, until in zip(nights, ends, strict=False):
            _load(stores, tables, goal_id, files, until, group, folder)


def _load(
    stores: Stores,
    tables: Tables,
    goal_id: str,
    files: ScoreFiles,
    until: date,
    group: int,
    folder: Path,
) -> None:
    [path] = stores.objects.fetch([score_key(goal_id, files, group)], since_erasure(stores, folder))
    found = tables.con.execute("SELECT * FROM read_parquet($1) LIMIT 0", [str(path)])
    # The first nights of a goal may be older than percentiles are.
    has_percentile = "percentile" in [name for name, *_ in found.description or ()]
    percentile = f"NULLIF(percentile, {NO_PERCENTILE})" if has_percentile else "NULL"
    tables.con.execute(
        _OPEN_MEMBERS.format(percentile=percentile),
        {
            "goal": goal_id,
            "since": to_day(files.date),
            "until": to_day(until),
            "certain": float(CERTAIN),
            "names": [bucket.label for bucket in sorted(Bucket)],
            "path": str(path),
            "without": sorted(tables.without),
        },
    )
