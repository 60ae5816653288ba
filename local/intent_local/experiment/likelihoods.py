"""Likelihoods from before exposure, beside outcomes: sums for CUPED, tenths of the users."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from intent_segments.campaigns.arms import Arm
from intent_segments.campaigns.cuped import Moments
from intent_segments.errors import InvalidFile
from intent_segments.events.files import Source, reading
from intent_segments.events.staging import drop, stage_profiles

from ..console import say
from .rows import refuse_missing_ids, repeated, user_id

if TYPE_CHECKING:
    import duckdb

TENTHS = 10
UNIT = 1_000_000
"""Likelihoods are summed as whole millionths: exact, and the same in any order."""


@dataclass(frozen=True)
class Part:
    """The users between two likelihoods, both included, and their arms."""

    lowest: float
    highest: float
    test: Arm
    control: Arm


def add_likelihoods(con: duckdb.DuckDBPyConnection, source: Source) -> None:
    """Create `scored`: outcomes with x, the likelihood in millionths; the mean where unknown."""
    name = source.name
    with reading(source):
        staged = stage_profiles(con, source, "staged_scores")
        con.execute(
            f"""CREATE TEMP TABLE scores AS SELECT {user_id(source, staged.columns)} AS user_id,
                TRY_CAST(likelihood AS DOUBLE) AS p FROM staged_scores"""
        )
    drop(con, "staged_scores")
    refuse_missing_ids(con, name, "scores")
    wrong = con.execute("SELECT count(*) FROM scores WHERE NOT coalesce(p >= 0 AND p <= 1, false)")
    if bad := wrong.fetchall()[0][0]:
        raise InvalidFile(
            f"{name}: likelihood must be a number from 0 to 1; in {bad:,} rows it is not. Leave "
            "out the users whose likelihood is not known."
        )
    rows, users, _ = repeated(con, "scores", "0")
    if rows:
        raise InvalidFile(
            f"{name}: {users:,} users stand in {rows:,} rows. Give one likelihood per user, the "
            "last one from before they were reached."
        )
    con.execute(
        f"""CREATE TEMP TABLE scored AS
        SELECT o.control, o.day, CAST(round(s.p * {UNIT}) AS BIGINT) AS x
        FROM outcomes o LEFT JOIN scores s ON s.user_id = o.user_id"""
    )
    drop(con, "scores")
    users, known, mean = con.execute(
        "SELECT count(*), count(x), CAST(round(SUM(x) / count(x)) AS BIGINT) FROM scored"
    ).fetchall()[0]
    if not known:
        raise InvalidFile(f"{name} has no likelihood of any assigned user: check the ids.")
    if known < users:
        say(f"{users - known:,} of {users:,} users have no likelihood: they count with the mean")
        con.execute("UPDATE scored SET x = ? WHERE x IS NULL", [mean])


def moments_of(con: duckdb.DuckDBPyConnection) -> tuple[Moments, Moments]:
    rows = con.execute(
        """SELECT count(*), count(day), SUM(x), SUM(x * x),
            coalesce(SUM(CASE WHEN day IS NOT NULL THEN x END), 0)
        FROM scored GROUP BY control ORDER BY control"""
    ).fetchall()
    test, control = (Moments(*(int(value) for value in row)) for row in rows)
    return test, control


def parts_of(con: duckdb.DuckDBPyConnection) -> tuple[Part, ...]:
    """Tenths of all users by likelihood; users with the same one stay together."""
    shares = ", ".join(f"{tenth / TENTHS}" for tenth in range(1, TENTHS))
    edges = con.execute(f"SELECT quantile_disc(x, [{shares}]) FROM scored").fetchall()[0][0]
    tenth = " + ".join(f"CAST(x > {int(edge)} AS INTEGER)" for edge in edges)
    rows = con.execute(
        f"""SELECT MIN(x), MAX(x), count_if(NOT control), count_if(NOT control AND day IS NOT NULL),
            count_if(control), count_if(control AND day IS NOT NULL)
        FROM scored GROUP BY {tenth} ORDER BY 1 DESC"""
    ).fetchall()
    return tuple(
        Part(low / UNIT, high / UNIT, Arm(users, did), Arm(held, held_did))
        for low, high, users, did, held, held_did in rows
    )
