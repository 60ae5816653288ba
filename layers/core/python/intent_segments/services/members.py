"""Single users: the ones in a bucket, and one user's standing in every goal.

Scores are Parquet per group of users, sorted by user hash. Groups are contiguous ranges of the
hash, so going through them in order gives one global order, and a page starts in the group of the
user it follows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from ..errors import Conflict, InvalidInput
from ..goals.buckets import CERTAIN, NO_BUCKET, NO_PERCENTILE, Bucket
from ..goals.goal import Goal, ScoreFiles, Status
from ..goals.target_group import Arm
from ..lake.layout import BEFORE_ALL, group_of, user_hash
from ..store.stores import Stores
from .account import require_ai_pack
from .opening import score_key, target_key
from .published_scores import shown_nights

FILES_AT_ONCE = 8
"""Nights whose files are read at the same time: some megabytes each."""

STATES = ("open", "achieved", "lost")
"""The column `state` of scores."""

_BUCKET_PAGE = """
SELECT targets.user_id, scores.likelihood, scores.arm
FROM read_parquet($scores) scores JOIN read_parquet($targets) targets ON scores.uh = targets.uh
WHERE scores.bucket = $bucket AND scores.state = 0 AND scores.uh > $after
    AND NOT list_contains($without, scores.uh)
ORDER BY scores.uh LIMIT $most
"""

_ONE_USER = """
SELECT scores.*
FROM read_parquet($scores) scores JOIN read_parquet($targets) targets ON scores.uh = targets.uh
WHERE scores.uh = $uh AND targets.user_id = $user_id
"""


def bucket_users(
    stores: Stores, goal_id: str, bucket: str, limit: int, after: str | None
) -> dict[str, Any]:
    """A page of the open members of a bucket, as of the goal's last published night.

    `after` is the last user id of the page before. Raises NotFound, InvalidInput for an unknown
    bucket, Conflict while the goal has no scores, NotIncluded where the account has switched off
    buckets.
    """
    wanted = _bucket(bucket)
    require_ai_pack(stores)
    goal = stores.goals.get(goal_id)
    if goal.scores is None:
        raise Conflict(f"Goal {goal_id} is {goal.status}: its buckets come with its set-up.")
    without = sorted(stores.erasures.suppressed())
    following = BEFORE_ALL if after is None else user_hash(after)
    first = 0 if after is None else group_of(following, goal.scores.groups)
    found: list[dict[str, Any]] = []
    for group in range(first, goal.scores.groups):
        with _files(stores, goal, goal.scores, group) as files:
            rows = duckdb.execute(
                _BUCKET_PAGE,
                files
                | {
                    "bucket": int(wanted),
                    "after": following,
                    "most": limit + 1 - len(found),
                    "without": without,
                },
            ).fetchall()
        found += [
            {"user_id": user_id, "likelihood": q / CERTAIN, "arm": Arm(arm).label}
            for user_id, q, arm in rows
        ]
        if len(found) > limit:
            break
    return {
        "goal_id": goal.id,
        "date": goal.scores.date.isoformat(),
        "bucket": wanted.label,
        "data": found[:limit],
        "has_more": len(found) > limit,
    }


def intents(stores: Stores, user_id: str) -> dict[str, Any]:
    """One user's standing in every active goal that has the user in its target group; none from
    the moment the user's erasure is asked for. Raises NotIncluded where the account has switched
    off buckets."""
    require_ai_pack(stores)
    data: list[dict[str, Any]] = []
    if user_hash(user_id) in stores.erasures.suppressed():
        return {"user_id": user_id, "data": data}
    for goal in stores.goals.at_work():
        if goal.status != Status.ACTIVE or goal.scores is None:
            continue
        standing = _standing(stores, goal, goal.scores, user_id)
        if standing is not None:
            data.append(standing)
    return {"user_id": user_id, "data": data}


def nights(stores: Stores, goal_id: str, user_id: str, limit: int) -> dict[str, Any]:
    """One user's standing in a goal on each of its last `limit` nights that are kept, newest first,
    day 0 among them; none of a user who is no member or is to be erased. Raises NotFound,
    NotIncluded where the account has switched off buckets."""
    require_ai_pack(stores)
    goal = stores.goals.get(goal_id)
    data: list[dict[str, Any]] = []
    if user_hash(user_id) not in stores.erasures.suppressed():
        files = shown_nights(stores, goal)[-limit:]
        with ThreadPoolExecutor(FILES_AT_ONCE) as pool:
            rows = pool.map(lambda scores: _row(stores, goal, scores, user_id), files)
            data = [_stood(scores, row) for scores, row in zip(files, rows, strict=True) if row]
    return {"goal_id": goal.id, "user_id": user_id, "data": data[::-1]}


def _standing(
    stores: Stores, goal: Goal, scores: ScoreFiles, user_id: str
) -> dict[str, Any] | None:
    row = _row(stores, goal, scores, user_id)
    if row is None:
        return None
    # Nights scored before there were reasons have no such columns.
    codes = [code for rank in (1, 2, 3) if (code := row.get(f"reason{rank}", 0))]
    return {
        "goal_id": goal.id,
        **_stood(scores, row),
        "arm": Arm(row["arm"]).label,
        "reasons": _reasons(stores, goal, codes),
    }


def _row(stores: Stores, goal: Goal, scores: ScoreFiles, user_id: str) -> dict[str, Any] | None:
    """The row of one member in the files of a night."""
    uh = user_hash(user_id)
    with _files(stores, goal, scores, group_of(uh, scores.groups)) as files:
        con = duckdb.connect()  # the module's own connection is for one thread alone
        found = con.execute(_ONE_USER, files | {"uh": uh, "user_id": user_id})
        columns = [name for name, *_ in found.description or ()]
        values = found.fetchone()
        con.close()
    return None if values is None else dict(zip(columns, values, strict=True))


def _stood(scores: ScoreFiles, row: Mapping[str, Any]) -> dict[str, Any]:
    state, bucket = row["state"], row["bucket"]
    percentile = row.get("percentile", NO_PERCENTILE)
    return {
        "date": scores.date.isoformat(),
        "state": STATES[state],
        "likelihood": row["likelihood"] / CERTAIN if STATES[state] == "open" else None,
        "percentile": None if percentile == NO_PERCENTILE else percentile,
        "bucket": None if bucket == NO_BUCKET else Bucket(bucket).label,
    }


def _reasons(stores: Stores, goal: Goal, codes: Sequence[int]) -> list[dict[str, Any]]:
    """Codes of the score files in words. `effect` is on the likelihood that is shown with them: of
    achieving the goal, which for an unwanted event runs against the event itself."""
    if not codes:
        return []
    assert goal.model is not None  # codes are written with the drivers of the goal's model
    drivers = stores.objects.get_json(goal.model["drivers"])["drivers"]
    turned = 1 if goal.terms.direction == "maximize" else -1
    reasons = []
    for code in codes:
        driver = drivers[abs(code) - 1]
        side = 1 if code > 0 else -1
        holds = side == driver["direction"]
        rates = (driver["rate_with"], driver["rate_without"])
        reasons.append(
            {
                "condition": driver["condition"] if holds else driver["opposite"],
                "effect": side * turned,
                "rate": rates[0] if holds else rates[1],
                "rate_otherwise": rates[1] if holds else rates[0],
            }
        )
    return reasons


@contextmanager
def _files(stores: Stores, goal: Goal, scores: ScoreFiles, group: int) -> Iterator[dict[str, str]]:
    """The scores and the target group of one group of users, as local files."""
    with TemporaryDirectory() as folder:
        keys = {
            "scores": score_key(goal.id, scores, group),
            "targets": target_key(goal.id, group),
        }
        yield {
            name: str(stores.objects.download(key, Path(folder) / f"{name}.parquet"))
            for name, key in keys.items()
        }


def _bucket(name: str) -> Bucket:
    for bucket in Bucket:
        if bucket.label == name:
            return bucket
    known = ", ".join(bucket.label for bucket in reversed(Bucket))
    raise InvalidInput.at("bucket", f"bucket must be one of {known}, not {name!r}")
