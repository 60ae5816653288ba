"""One group of users in an export: its file, written by DuckDB.

Rows are in the order of the user hash and everything that is read is immutable, so a repeated job
writes the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import numpy as np

from ..goals.buckets import CERTAIN, Bucket
from ..goals.goal import ScoreFiles
from ..goals.holdout import Holdout
from ..goals.target_group import Arm
from ..lake.calendar import to_day
from ..lake.manifest import read_manifest
from ..lake.reader import open_lake
from ..lake.spreadsheets import CSV, PARQUET, safe_name, safe_text
from ..lake.tables import Tables, identifier, literal
from ..segments.binds import Binds
from ..segments.definition import parse
from ..segments.evaluate import members
from ..segments.passes import traits_as_of
from ..store.exports import Export
from ..store.stores import Stores
from .control_groups import held_back
from .export_columns import columns_of, file_key
from .export_runs import count_key, planned_export
from .opening import group_tables, score_key, target_key
from .standings import load_scores

TRAIT_TEXT = """CASE kind
 WHEN 'string' THEN text
 WHEN 'boolean' THEN CASE WHEN number = 1 THEN 'true' ELSE 'false' END
 WHEN 'timestamp' THEN CASE WHEN CAST(number AS BIGINT) % 1000000 = 0
  THEN strftime(make_timestamp(CAST(number AS BIGINT)), '%Y-%m-%dT%H:%M:%SZ')
  ELSE strftime(make_timestamp(CAST(number AS BIGINT)), '%Y-%m-%dT%H:%M:%S.%fZ') END
 WHEN 'number' THEN CASE
  WHEN abs(number) < 9e15 AND number = floor(number) THEN CAST(CAST(number AS BIGINT) AS VARCHAR)
  ELSE CAST(number AS VARCHAR) END
 END"""
"""A trait's value as text: numbers without needless digits, timestamps in ISO form, UTC."""


def export_group(stores: Stores, event: Mapping[str, Any], folder: Path) -> dict[str, int]:
    """Do the job {"plan_key", "group"}: write the group's file, then say what is in it.

    Returns {"group": …} and nothing of the users.
    """
    export = planned_export(stores, event["plan_key"])
    group = int(event["group"])
    with TemporaryDirectory() as scratch:
        path = Path(scratch) / "users"
        if export.goal_id is None:
            con = _segment(stores, export, group, folder)
        else:
            con = _goal(stores, export, group, folder, Path(scratch))
        [(control,)] = con.execute("SELECT COUNT(*) FROM chosen WHERE NOT shown").fetchall()
        _hold_out(con, export)
        rows = _write(con, export, path)
        con.close()
        size = path.stat().st_size
        stores.objects.upload({file_key(export, group): path})
    counted = {"rows": rows, "bytes": size, "control": control}
    stores.objects.put_json(count_key(export, group), counted)
    stores.meter.add(users=rows)
    return {"group": group}


def _segment(stores: Stores, export: Export, group: int, folder: Path) -> duckdb.DuckDBPyConnection:
    """A connection with the tables `chosen` (uh, user_id, shown) and `held` (traits)."""
    definition = parse(dict(export.definition or {}))
    day = date.fromisoformat(export.as_of)
    tables = group_tables(stores, export.manifest_key, group, [definition], (), folder, as_of=day)
    scores = {
        goal: None if files is None else ScoreFiles.from_json(files)
        for goal, files in export.scores.items()
    }
    load_scores(stores, tables, scores, day, group, folder)
    tables.con.register("found", {"uh": members(tables, definition, day)})
    # Whoever is chosen by what a goal says of them is reached by it: its control group is not.
    scored = [goal for goal, files in scores.items() if files is not None]
    tables.con.register("held_back", {"uh": held_back(stores, scored, group)})
    tables.con.execute(
        "CREATE TEMP TABLE chosen AS SELECT uh, user_id, "
        "uh NOT IN (SELECT uh FROM held_back) AS shown FROM users JOIN found USING (uh)"
    )
    _hold_traits(tables, export.traits, day)
    return tables.con


def _goal(
    stores: Stores, export: Export, group: int, folder: Path, scratch: Path
) -> duckdb.DuckDBPyConnection:
    """The same of a goal's open members, with bucket, likelihood and arm."""
    goal_id = str(export.goal_id)
    files = ScoreFiles.from_json(export.scores[goal_id])
    objects, without = stores.objects, stores.erasures.suppressed()
    if export.traits:
        manifest = read_manifest(objects, export.manifest_key)
        wanted = {"users", "profiles"}
        tables = open_lake(
            objects, manifest, [group], wanted, None, folder, user_ids=False, without=without
        )
    else:
        tables = Tables.empty()
    scores = objects.download(score_key(goal_id, files, group), scratch / "scores.parquet")
    targets = objects.download(target_key(goal_id, group), scratch / "targets.parquet")
    tables.con.execute(
        "CREATE TEMP TABLE chosen AS SELECT scores.uh, targets.user_id, "
        "list_extract($buckets, scores.bucket + 1) AS bucket, "
        "CAST(scores.likelihood AS DOUBLE) / $certain AS likelihood, "
        "list_extract($arms, scores.arm + 1) AS arm, "
        "scores.arm <> $control OR $all AS shown "
        "FROM read_parquet($scores) scores JOIN read_parquet($targets) targets USING (uh) "
        "WHERE scores.state = 0 AND list_contains($wanted, scores.bucket) "
        "AND NOT list_contains($without, scores.uh)",
        {
            "buckets": [bucket.label for bucket in sorted(Bucket)],
            "arms": [arm.label for arm in sorted(Arm)],
            "certain": float(CERTAIN),
            "control": int(Arm.CONTROL),
            "all": bool(export.include_control),
            "scores": str(scores),
            "targets": str(targets),
            "without": sorted(without),
            "wanted": [int(b) for b in Bucket if b.label in (export.buckets or ())],
        },
    )
    _hold_traits(tables, export.traits, date.fromisoformat(export.as_of))
    return tables.con


def _hold_out(con: duckdb.DuckDBPyConnection, export: Export) -> None:
    """Whom nothing may reach is left out like the control group, or has an arm of its own."""
    if export.holdout is None:
        return
    uh = con.execute("SELECT uh FROM chosen WHERE shown ORDER BY uh").fetchnumpy()["uh"]
    held = Holdout.from_json(export.holdout).holds(uh.tolist())
    con.register("held_out", {"uh": uh[np.array(held, bool)]})
    change = "arm = 'holdout'" if export.include_control else "shown = FALSE"
    con.execute(f"UPDATE chosen SET {change} WHERE uh IN (SELECT uh FROM held_out)")


def _hold_traits(tables: Tables, traits: Sequence[str], day: date) -> None:
    binds = Binds()
    held = traits_as_of("list_contains($traits, property)", binds.bind(to_day(day)))
    tables.con.execute(
        f"CREATE TEMP TABLE held AS SELECT uh, property, kind, {TRAIT_TEXT} AS value "
        f"FROM ({held}) latest WHERE kind IS NOT NULL",
        {**binds.params, "traits": list(traits)},
    )


def _write(con: duckdb.DuckDBPyConnection, export: Export, path: Path) -> int:
    """Write the columns of an export as one file; how many rows."""
    csv = export.format == "csv"
    columns = []
    for name in columns_of(export)[: -len(export.traits) or None]:
        text = name in ("user_id", "bucket", "arm")
        columns.append(f"{safe_text(name) if csv and text else name} AS {_header(name, csv)}")
    pivots = []
    for number, trait in enumerate(export.traits):
        value = f"CASE WHEN kind = 'string' THEN {safe_text('value')} ELSE value END"
        pivots.append(
            f"MAX(CASE WHEN property = {literal(trait)} THEN {value if csv else 'value'} END) "
            f"AS t{number}"
        )
        columns.append(f"t{number} AS {_header(trait, csv)}")
    joined = ""
    if pivots:
        joined = (
            f" LEFT JOIN (SELECT uh, {', '.join(pivots)} FROM held GROUP BY uh) traits USING (uh)"
        )
    [(rows,)] = con.execute(
        f"COPY (SELECT {', '.join(columns)} FROM chosen{joined} WHERE shown ORDER BY chosen.uh) "
        f"TO {literal(str(path))} ({CSV if csv else PARQUET})"
    ).fetchall()
    return int(rows)


def _header(name: str, csv: bool) -> str:
    return identifier(safe_name(name) if csv else name)
