"""Whom a send is for, in one group of users: settled once, in a file that is never written again.

Columns: uh BIGINT, arm UTINYINT, bucket UTINYINT, likelihood INTEGER as in the exposure log;
outcome UTINYINT, `Outcome` or TO_SEND; batch INTEGER, -1 for who is sent nothing; place INTEGER,
from 0 on in the batch: an erasure takes rows out, and the ledger counts places. In ascending order
of uh, without user ids. Later sends of an engagement are without everybody in the files of earlier
ones, which are made where they are missing: so every user is in one send, wherever one died.
"""

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
from ..campaigns.exposures import NO_LIKELIHOOD, Outcome
from ..delivery.batches import Recipient
from ..delivery.reach import Reach
from ..errors import Raced
from ..goals.buckets import CERTAIN, NO_BUCKET, Bucket
from ..goals.goal import ScoreFiles
from ..goals.holdout import Holdout
from ..goals.target_group import Arm
from ..lake.calendar import to_day
from ..lake.columns import read_columns, write_columns
from ..lake.manifest import read_manifest
from ..lake.reader import open_lake
from ..lake.tables import Tables, identifier, literal
from ..segments.binds import Binds
from ..segments.definition import parse
from ..segments.evaluate import members
from ..segments.passes import traits_as_of
from ..store.sends import Send
from ..store.stores import Stores
from .control_groups import held_back
from .exporting import TRAIT_TEXT
from .opening import group_tables, score_key, target_key
from .standings import load_scores
from .suppression import suppressed

TO_SEND = 255
"""The column `outcome` of users who are in a batch."""

NO_BATCH = -1

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

ROWS = 2_000
"""Users that are turned into Python objects at a time."""

Columns = dict[str, npt.NDArray[Any]]
NAMES = ("uh", "arm", "bucket", "likelihood", "outcome", "batch", "place")


@dataclass(frozen=True)
class Person:
    """A user who is looked at: what a goal says of them, and the traits that are needed."""

    uh: int
    user_id: str
    arm: int
    bucket: int
    likelihood: int
    traits: dict[str, Any]

    @property
    def standing(self) -> dict[str, Any]:
        """What receivers are told of the goal, if there is one."""
        if self.bucket == NO_BUCKET:
            return {}
        return {"bucket": Bucket(self.bucket).label, "likelihood": self.likelihood / CERTAIN}


def audience_key(send: Send, group: int) -> str:
    """Where the file of a group lies."""
    return audience_file(send.engagement_id, send.name, group)


def audience_file(engagement_id: str, send: str, group: int) -> str:
    """The same by the names of engagement and send."""
    return f"audiences/{engagement_id}/{send}/g={group:04d}.parquet"


def audience(
    stores: Stores, engagement: Engagement, reach: Reach, send: Send, group: int, folder: Path
) -> Columns:
    """The audience of a group, made where it is missing. `folder` keeps what is fetched."""
    key = audience_key(send, group)
    with TemporaryDirectory() as scratch:
        path = Path(scratch) / "audience.parquet"
        if key not in stores.objects.keys(key):
            before = _before(stores, engagement, reach, send, group, folder)
            with People(stores, engagement, send, group, reach.traits, folder) as found:
                columns = _chosen(found, reach, send, group, before, suppressed(stores))
            write_columns(path, columns)
            try:
                stores.objects.put_new(key, path.read_bytes())
            except Raced:
                pass  # another job of the same was faster: its file counts
            else:
                return columns
        return read_columns(stores.objects.download(key, path), NAMES)


class People:
    """The users whom a send can be about in one group, in ascending order of uh, with the traits
    that held on its day; those of `only` (user hashes) where it is given."""

    def __init__(
        self,
        stores: Stores,
        engagement: Engagement,
        send: Send,
        group: int,
        traits: Sequence[str],
        folder: Path,
        only: npt.NDArray[np.int64] | None = None,
    ) -> None:
        self._scratch = TemporaryDirectory()
        self._on_goal = engagement.audience.goal_id is not None
        scratch = Path(self._scratch.name)
        if self._on_goal:
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
            " FROM held GROUP BY uh) traits USING (uh) ORDER BY uh"
        )
        while batch := rows.fetchmany(ROWS):
            for uh, user_id, arm, bucket, likelihood, held in batch:
                traits = {entry["name"]: value_of(entry) for entry in held or ()}
                yield Person(uh, user_id, arm, bucket, likelihood, traits)

    def as_table(self, traits: Sequence[str]) -> tuple[str, ...]:
        """Make the table `as_table` of text columns, beside uh; the columns."""
        labels = [bucket.label for bucket in sorted(Bucket)]
        pivots = "".join(
            f", MAX(CASE WHEN property = {literal(trait)} THEN {TRAIT_TEXT} END) AS "
            f"{identifier(trait)}"
            for trait in traits
        )
        self.con.execute(
            "CREATE TEMP TABLE as_table AS SELECT chosen.uh, ANY_VALUE(user_id) AS user_id, "
            "list_extract($labels, ANY_VALUE(bucket) + 1) AS bucket, "
            "CAST(ANY_VALUE(likelihood) / CAST($certain AS DOUBLE) AS VARCHAR) AS likelihood"
            f"{pivots} FROM chosen LEFT JOIN held USING (uh) GROUP BY chosen.uh",
            {"labels": labels, "certain": CERTAIN},
        )
        own = ("user_id", "bucket", "likelihood") if self._on_goal else ("user_id",)
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


def _before(
    stores: Stores, engagement: Engagement, reach: Reach, send: Send, group: int, folder: Path
) -> npt.NDArray[np.int64]:
    """Everybody in earlier sends of the engagement."""
    earlier = [stores.sends.get(engagement.id, name) for name in send.earlier]
    parts = [audience(stores, engagement, reach, one, group, folder)["uh"] for one in earlier]
    return np.concatenate(parts) if parts else np.empty(0, np.int64)


def _chosen(
    found: People,
    reach: Reach,
    send: Send,
    group: int,
    before: npt.NDArray[np.int64],
    without: frozenset[int],
) -> Columns:
    reached = set(before.tolist())
    holdout = None if send.holdout is None else Holdout.from_json(send.holdout)
    rows, recipients = list[tuple[int, int, int, int, int]](), list[Recipient]()
    for person in found:
        if person.uh in reached or (holdout is not None and holdout.holds([person.uh])[0]):
            continue
        if person.uh in without:
            outcome: int = Outcome.SUPPRESSED
        elif person.arm == Arm.CONTROL:
            outcome = Outcome.HELD_BACK
        elif reach.misses(person.traits):
            outcome = Outcome.UNREACHABLE
        else:
            outcome = TO_SEND
            recipients.append(recipient(person, reach))
        rows.append((person.uh, person.arm, person.bucket, person.likelihood, outcome))
    sizes = [len(batch.recipients) for batch in reach.batches(send.group_id(group), recipients)]
    values = np.array(rows, np.int64).reshape(-1, 5)
    outcomes = values[:, 4].astype(np.uint8)
    batch = np.full(len(values), NO_BATCH, np.int32)
    place = np.full(len(values), NO_BATCH, np.int32)
    batch[outcomes == TO_SEND] = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
    place[outcomes == TO_SEND] = [n for size in sizes for n in range(size)]
    return {
        "uh": values[:, 0].copy(),
        "arm": values[:, 1].astype(np.uint8),
        "bucket": values[:, 2].astype(np.uint8),
        "likelihood": values[:, 3].astype(np.int32),
        "outcome": outcomes,
        "batch": batch,
        "place": place,
    }


def recipient(person: Person, reach: Reach) -> Recipient:
    """A user as the destination is told of them: people are written to with the traits of the
    text, machines get those that the destination names."""
    if reach.message is not None:
        return Recipient(person.user_id, person.traits)
    told = {name: person.traits[name] for name in reach.told if name in person.traits}
    return Recipient(person.user_id, told, person.standing)


def _members(
    stores: Stores,
    engagement: Engagement,
    send: Send,
    group: int,
    traits: Sequence[str],
    folder: Path,
    scratch: Path,
) -> duckdb.DuckDBPyConnection:
    """A connection with the table `chosen` (uh, user_id, arm, bucket, likelihood) of a goal's open
    members in the buckets in question, and with `profiles` where traits are asked for."""
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
        "scores.bucket, scores.likelihood "
        "FROM read_parquet($scores) scores JOIN read_parquet($targets) targets USING (uh) "
        "WHERE scores.state = 0 AND list_contains($wanted, scores.bucket)",
        {
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
    definition = parse(dict(engagement.audience.definition or {}))
    day = date.fromisoformat(send.as_of)
    tables = group_tables(stores, send.manifest_key, group, [definition], (), folder, as_of=day)
    scores = {
        goal: None if files is None else ScoreFiles.from_json(files)
        for goal, files in send.scores.items()
    }
    load_scores(stores, tables, scores, day, group, folder)
    scored = [goal for goal, files in scores.items() if files is not None]
    tables.con.register("found", {"uh": members(tables, definition, day)})
    tables.con.register("held_back", {"uh": held_back(stores, scored, group)})
    tables.con.execute(
        "CREATE TEMP TABLE chosen AS SELECT uh, user_id, "
        "CASE WHEN uh IN (SELECT uh FROM held_back) THEN $control ELSE $test END AS arm, "
        "$no_bucket AS bucket, $no_likelihood AS likelihood FROM users JOIN found USING (uh)",
        {
            "control": int(Arm.CONTROL),
            "test": int(Arm.TEST),
            "no_bucket": NO_BUCKET,
            "no_likelihood": NO_LIKELIHOOD,
        },
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
