"""Users whom a send can be about, in one group: what a goal says of them and their traits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt

from ..campaigns.engagement import Engagement
from ..campaigns.exposures import NO_LIKELIHOOD
from ..goals.buckets import CERTAIN, NO_BUCKET, Bucket
from ..goals.goal import ScoreFiles
from ..goals.target_group import Arm
from ..lake.calendar import to_day
from ..lake.manifest import read_manifest
from ..lake.reader import open_lake
from ..lake.tables import Tables, identifier, literal
from ..segments.binds import Binds
from ..segments.crossings import Crossing
from ..segments.definition import parse
from ..segments.evaluate import members
from ..segments.passes import traits_as_of
from ..store.sends import Send
from ..store.stores import Stores
from .control_groups import held_back
from .exporting import TRAIT_TEXT
from .opening import group_tables, score_key, target_key
from .standings import load_scores

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

ROWS = 2_000
"""Users that are turned into Python objects at a time."""

Columns = dict[str, npt.NDArray[Any]]

CROSSINGS = ("uh", "arm", "crossing")
"""Columns that say who entered and who left."""


@dataclass(frozen=True)
class Person:
    """A user who is looked at: what a goal says of them, and the traits that are needed."""

    uh: int
    user_id: str
    arm: int
    bucket: int
    likelihood: int
    crossing: int
    traits: dict[str, Any]

    @property
    def standing(self) -> dict[str, Any]:
        """What receivers are told of the goal, if there is one."""
        if self.bucket == NO_BUCKET:
            return {}
        return {"bucket": Bucket(self.bucket).label, "likelihood": self.likelihood / CERTAIN}


class People:
    """The users whom a send can be about in one group, in ascending order of uh, with the traits
    that held on its day; those of `only` (user hashes) where it is given. With `crossed` (columns
    CROSSINGS) those users, first who entered the segment, then who left it."""

    def __init__(
        self,
        stores: Stores,
        engagement: Engagement,
        send: Send,
        group: int,
        traits: Sequence[str],
        folder: Path,
        only: npt.NDArray[np.int64] | None = None,
        crossed: Columns | None = None,
    ) -> None:
        self._scratch = TemporaryDirectory()
        self._on_goal = engagement.audience.goal_id is not None
        self._streams = crossed is not None
        scratch = Path(self._scratch.name)
        if crossed is not None:
            self.con = _crossed(stores, send, group, crossed, folder)
        elif self._on_goal:
            self.con = _members(stores, engagement, send, group, traits, folder, scratch)
        else:
            self.con = _segment(stores, engagement, send, group, folder)
        _hold_traits(self.con, traits, send)
        if only is not None:
            self.con.register("wanted", {"uh": only})
            self.con.execute("DELETE FROM chosen WHERE uh NOT IN (SELECT uh FROM wanted)")

    def __enter__(self) -> People:
        return self

    def __exit__(self, *_: object) -> None:
        self.con.close()
        self._scratch.cleanup()

    def __iter__(self) -> Iterator[Person]:
        rows = self.con.execute(
            "SELECT chosen.*, traits.held FROM chosen LEFT JOIN ("
            "SELECT uh, list({'name': property, 'kind': kind, 'text': text, 'number': number}) held"
            " FROM held GROUP BY uh) traits USING (uh) ORDER BY crossing, uh"
        )
        while batch := rows.fetchmany(ROWS):
            for uh, user_id, arm, bucket, likelihood, crossing, held in batch:
                traits = {entry["name"]: value_of(entry) for entry in held or ()}
                yield Person(uh, user_id, arm, bucket, likelihood, crossing, traits)

    def as_table(self, traits: Sequence[str]) -> tuple[str, ...]:
        """Make the table `as_table` of text columns, beside uh; the columns."""
        labels = [bucket.label for bucket in sorted(Bucket)]
        crossings = [crossing.label for crossing in sorted(Crossing)]
        own = {"user_id": "ANY_VALUE(user_id)"}
        if self._on_goal:
            likelihood = "ANY_VALUE(likelihood) / CAST($certain AS DOUBLE)"
            own["bucket"] = "list_extract($labels, ANY_VALUE(bucket) + 1)"
            own["likelihood"] = f"CAST({likelihood} AS VARCHAR)"
        if self._streams:
            own["crossing"] = "list_extract($crossings, ANY_VALUE(crossing) + 1)"
        pivots = {
            identifier(t): f"MAX(CASE WHEN property = {literal(t)} THEN {TRAIT_TEXT} END)"
            for t in traits
        }
        columns = "".join(f", {value} AS {name}" for name, value in (own | pivots).items())
        known = {"labels": labels, "certain": CERTAIN, "crossings": crossings}
        self.con.execute(
            f"CREATE TEMP TABLE as_table AS SELECT chosen.uh{columns} "
            "FROM chosen LEFT JOIN held USING (uh) GROUP BY chosen.uh",
            {name: value for name, value in known.items() if f"${name}" in columns},
        )
        return (*own, *traits)


def value_of(entry: dict[str, Any]) -> str | int | float | bool:
    """A trait as JSON: text, a number, a boolean; an instant as ISO text, UTC."""
    match entry["kind"]:
        case "string":
            return str(entry["text"])
        case "boolean":
            return bool(entry["number"] == 1)
        case "timestamp":
            at = EPOCH + timedelta(microseconds=int(entry["number"]))
            return at.isoformat().replace("+00:00", "Z")
    number = float(entry["number"])
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


def _members(
    stores: Stores,
    engagement: Engagement,
    send: Send,
    group: int,
    traits: Sequence[str],
    folder: Path,
    scratch: Path,
) -> duckdb.DuckDBPyConnection:
    """A connection with the table `chosen` (uh, user_id, arm, bucket, likelihood, crossing) of a
    goal's open members in the buckets in question, and with `profiles` where traits are asked
    for."""
    goal_id = str(engagement.audience.goal_id)
    files = ScoreFiles.from_json(send.scores[goal_id])
    objects = stores.objects
    if traits:
        manifest = read_manifest(objects, send.manifest_key)
        wanted = {"users", "profiles"}
        tables = open_lake(objects, manifest, [group], wanted, None, folder, user_ids=False)
    else:
        tables = Tables.empty()
    scores = objects.download(score_key(goal_id, files, group), scratch / "scores.parquet")
    targets = objects.download(target_key(goal_id, group), scratch / "targets.parquet")
    tables.con.execute(
        "CREATE TEMP TABLE chosen AS SELECT scores.uh, targets.user_id, scores.arm, "
        "scores.bucket, scores.likelihood, $none AS crossing "
        "FROM read_parquet($scores) scores JOIN read_parquet($targets) targets USING (uh) "
        "WHERE scores.state = 0 AND list_contains($wanted, scores.bucket)",
        {
            "none": int(Crossing.NONE),
            "scores": str(scores),
            "targets": str(targets),
            "wanted": [int(b) for b in Bucket if b.label in engagement.audience.buckets],
        },
    )
    return tables.con


def _segment(
    stores: Stores, engagement: Engagement, send: Send, group: int, folder: Path
) -> duckdb.DuckDBPyConnection:
    """The same of a segment's members: in the arm `control` is whoever is in the control group of
    a goal that the segment asks for; bucket and likelihood have none of both."""
    tables, found, held = segment_members(stores, engagement, send, group, folder)
    tables.con.register("found", {"uh": found})
    tables.con.register("held_back", {"uh": held})
    tables.con.execute(
        "CREATE TEMP TABLE chosen AS SELECT uh, user_id, "
        "CASE WHEN uh IN (SELECT uh FROM held_back) THEN $control ELSE $test END AS arm, "
        "$no_bucket AS bucket, $no_likelihood AS likelihood, $none AS crossing "
        "FROM users JOIN found USING (uh)",
        {
            "control": int(Arm.CONTROL),
            "test": int(Arm.TEST),
            "no_bucket": NO_BUCKET,
            "no_likelihood": NO_LIKELIHOOD,
            "none": int(Crossing.NONE),
        },
    )
    return tables.con


def segment_members(
    stores: Stores, engagement: Engagement, send: Send, group: int, folder: Path, named: bool = True
) -> tuple[Tables, npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The members of the engagement's segment on the day of a send, and whoever is in the control
    group of a goal that it asks for, a member or not: int64 user hashes, ascending. The open tables
    know user ids where they are `named`."""
    definition = parse(dict(engagement.audience.definition or {}))
    day = date.fromisoformat(send.as_of)
    asked = {"definitions": [definition]} if named else {"definitions": (), "counted": [definition]}
    tables = group_tables(
        stores, send.manifest_key, group, events=(), folder=folder, as_of=day, **asked
    )
    scores = {
        goal: None if files is None else ScoreFiles.from_json(files)
        for goal, files in send.scores.items()
    }
    load_scores(stores, tables, scores, day, group, folder)
    scored = [goal for goal, files in scores.items() if files is not None]
    return tables, members(tables, definition, day), held_back(stores, scored, group)


def _crossed(
    stores: Stores, send: Send, group: int, crossed: Columns, folder: Path
) -> duckdb.DuckDBPyConnection:
    """The same of users who entered a segment or left it, who may be no members any more."""
    manifest = read_manifest(stores.objects, send.manifest_key)
    wanted = {"users", "profiles"}
    tables = open_lake(stores.objects, manifest, [group], wanted, None, folder)
    tables.con.register("crossed", {name: crossed[name] for name in CROSSINGS})
    tables.con.execute(
        "CREATE TEMP TABLE chosen AS SELECT uh, user_id, arm, $no_bucket AS bucket, "
        "$no_likelihood AS likelihood, crossing FROM users JOIN crossed USING (uh)",
        {"no_bucket": NO_BUCKET, "no_likelihood": NO_LIKELIHOOD},
    )
    return tables.con


def _hold_traits(con: duckdb.DuckDBPyConnection, traits: Sequence[str], send: Send) -> None:
    """Make the table `held`: the values of these traits on the day of the send."""
    binds = Binds()
    day = to_day(date.fromisoformat(send.traits_on))
    held = traits_as_of("list_contains($traits, property)", binds.bind(day))
    con.execute(
        "CREATE TEMP TABLE held AS SELECT uh, property, kind, text, number "
        f"FROM ({held}) latest WHERE kind IS NOT NULL",
        {**binds.params, "traits": list(traits)},
    )
