"""The members whose standing in a goal changed with a night, page by page.

The night's manifest says what each group's file holds, so that files without anybody who was asked
for are not opened, and a page takes the memory of one file at a time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from ..errors import Expired, InvalidInput
from ..goals.changes import FROM, TO, Standing
from ..goals.goal import Goal, ScoreFiles
from ..goals.retention import SHOWN_DAYS, is_shown
from ..lake.layout import BEFORE_ALL, group_of, user_hash
from ..store.stores import Stores
from .account import require_ai_pack
from .change_files import read_manifest
from .changes import night_of
from .published_scores import scores_of_night
from .tracking import ready

_PAGE = """
SELECT user_id, from_bucket, to_bucket, likelihood, arm FROM read_parquet($path)
WHERE uh > $after AND list_contains($came, from_bucket) AND list_contains($went, to_bucket)
    AND NOT list_contains($without, uh)
ORDER BY uh LIMIT $most
"""


@dataclass(frozen=True)
class Asked:
    """Whose change is asked for: of the night of `day` (ISO; None: the last one), from and to these
    standings (None: any)."""

    day: str | None = None
    came: str | None = None
    went: str | None = None

    @property
    def standings(self) -> tuple[list[str], list[str]]:
        """(labels from, labels to). Raises InvalidInput."""
        return _labels("from", self.came, FROM), _labels("to", self.went, TO)


def changed_users(
    stores: Stores, goal_id: str, asked: Asked, limit: int, after: str | None
) -> dict[str, Any]:
    """A page of the members whose standing changed, in a fixed random order. `after` is the last
    user id of the page before.

    Raises NotFound, Expired for a night whose files are kept no longer, InvalidInput, Conflict
    while the goal has no target group yet, NotIncluded where the account has switched buckets off.
    """
    require_ai_pack(stores)
    came, went = asked.standings
    goal = ready(stores, goal_id)
    night = night_of(stores, goal, asked.day)
    closed = stores.head.read().watermark
    assert closed is not None  # by that night
    if not is_shown(goal, date.fromisoformat(night["date"]), closed):
        raise Expired(
            f"Who changed with the night of {night['date']} is no longer kept: it is for "
            f"{SHOWN_DAYS} nights. How many did stays: GET /v1/goals/{goal.id}/changes."
        )
    manifest = read_manifest(stores, goal.id, _files(stores, goal, night))
    following = BEFORE_ALL if after is None else user_hash(after)
    listed = manifest["files"]
    first = 0 if after is None else group_of(following, len(listed))
    bound: dict[str, Any] = {
        **{"came": came, "went": went, "after": following},
        "without": sorted(stores.erasures.suppressed()),
    }
    rows: list[tuple[Any, ...]] = []
    for entry in listed[first:]:
        if len(rows) > limit:
            break
        if _holds(entry["matrix"], came, went):
            rows += _rows(stores, entry["key"], bound | {"most": limit + 1 - len(rows)})
    return {
        "goal_id": goal.id,
        "date": night["date"],
        "data": [
            {"user_id": user_id, "from": before, "to": now, "likelihood": likelihood, "arm": arm}
            for user_id, before, now, likelihood, arm in rows[:limit]
        ],
        "has_more": len(rows) > limit,
    }


def _files(stores: Stores, goal: Goal, night: Mapping[str, Any]) -> ScoreFiles:
    day = date.fromisoformat(night["date"])
    if day == goal.terms.as_of:
        assert goal.day0_scores is not None  # it is set up
        return goal.day0_scores
    return scores_of_night(stores, goal, day)


def _holds(matrix: Mapping[str, Mapping[str, int]], came: list[str], went: list[str]) -> bool:
    """Whether anybody in a file went from one of the standings to one of the others."""
    return any(
        before != now and n
        for before, row in matrix.items()
        if before in came
        for now, n in row.items()
        if now in went
    )


def _rows(stores: Stores, key: str, bound: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with TemporaryDirectory() as folder:
        path = stores.objects.download(key, Path(folder) / "changes.parquet")
        return duckdb.execute(_PAGE, {"path": str(path), **bound}).fetchall()


def _labels(name: str, given: str | None, known: tuple[Standing, ...]) -> list[str]:
    labels = [standing.label for standing in known]
    if given is None:
        return labels
    if given not in labels:
        raise InvalidInput.at(name, f"{name} must be one of {', '.join(labels)}, not {given!r}")
    return [given]
