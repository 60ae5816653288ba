"""The tables every question is asked of, inside one DuckDB connection.

They look the same whether they were filled from files on a laptop or from the lake in S3, so that
segments, forecasts and scores have one way to read:

| table         | a row is                                                                     |
| ------------- | ---------------------------------------------------------------------------- |
| `events`      | one event: uh, event, ts (epoch µs, UTC), day, properties (JSON object)       |
| `activity`    | a user, event and day: uh, event, day, n                                      |
| `users`       | a user: uh, user_id, first_day (or NULL), entry_day                           |
| `profiles`    | a trait's value: uh, property, kind, text, number, valid_from, dated          |
| `event_names` | an event code: event, name                                                    |
| `scores`      | an open member: goal, uh, since, until, likelihood, bucket, percentile        |

`SCHEMA` has the types. `uh` is the user hash of `layout.user_hash`; `day` and its kin count the
account's local days since 1970-01-01 (`calendar.to_day`). `first_day` is the day of the user's
first event; `entry_day` is the day from which the user belongs to the universe: the first event or
the first dated trait, whichever comes first, and `ALWAYS` for a user with a profile and no event at
all.
`kind` is `string` (value in `text`), `number`, `boolean` (`number` is 0 or 1) or `timestamp`
(`number` is epoch µs). A trait holds from `valid_from` until the next row of the same user and
property; an undated trait has `dated` false and enters with its user.
`scores` is empty unless a definition asks for a goal's buckets or likelihoods: the scores of a
night are the newest ones from the day `since` to the day before `until`; `likelihood` lies in 0..1,
`bucket` is its name, `percentile` 0..99 or NULL.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import gettempdir

import duckdb

ALWAYS = -1_000_000
"""A day before any calendar date in use: 'has always held'."""

SCHEMA = {
    "events": "uh BIGINT, event INTEGER, ts BIGINT, day INTEGER, properties VARCHAR",
    "activity": "uh BIGINT, event INTEGER, day INTEGER, n INTEGER",
    "users": "uh BIGINT, user_id VARCHAR, first_day INTEGER, entry_day INTEGER",
    "profiles": "uh BIGINT, property VARCHAR, kind VARCHAR, text VARCHAR, number DOUBLE, "
    "valid_from INTEGER, dated BOOLEAN",
    "event_names": "event INTEGER, name VARCHAR",
    "scores": "goal VARCHAR, uh BIGINT, since INTEGER, until INTEGER, likelihood DOUBLE, "
    "bucket VARCHAR, percentile INTEGER",
}


def connect(folder: Path | None = None) -> duckdb.DuckDBPyConnection:
    """A DuckDB connection in memory, in which no cast depends on the machine's time zone.

    Work larger than memory spills into `folder`, by default the system's temporary folder; DuckDB's
    own default would be the current directory, which in a Lambda function cannot be written.
    """
    con = duckdb.connect(":memory:")
    con.execute("SET TimeZone = 'UTC'")
    spill = (folder or Path(gettempdir())) / "spill"
    con.execute(f"SET temp_directory = {literal(str(spill))}")
    return con


def identifier(name: str) -> str:
    """A column name quoted for SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Text quoted for SQL, for the places where DuckDB takes no bound value (views, COPY)."""
    return "'" + text.replace("'", "''") + "'"


@dataclass(frozen=True)
class Tables:
    """An open DuckDB connection that holds the tables of `SCHEMA`, and the account's time zone.

    Where `added_up` is false `activity` may have several rows of a user, event and day, whose n
    have still to be added up. `without` are the hashes of users who were left out of all tables.
    """

    con: duckdb.DuckDBPyConnection
    timezone: str = "UTC"
    added_up: bool = True
    without: frozenset[int] = frozenset()

    @classmethod
    def empty(cls, timezone: str = "UTC") -> Tables:
        """Tables in memory with no rows."""
        con = connect()
        for name, columns in SCHEMA.items():
            con.execute(f"CREATE TABLE {name} ({columns})")
        return cls(con, timezone)

    def below(self, bound: int) -> Tables:
        """The same tables without the users whose hash is `bound` or more: views, which live in a
        connection of their own."""
        con = self.con.cursor()
        con.execute("SET TimeZone = 'UTC'")
        for name, columns in SCHEMA.items():
            if "uh BIGINT" in columns:
                con.execute(
                    f"CREATE TEMP VIEW {name} AS SELECT * FROM memory.main.{name} "
                    f"WHERE uh < {int(bound)}"
                )
        return Tables(con, self.timezone, without=self.without)

    def rows(self, table: str) -> int:
        """How many rows one of the tables has."""
        [(count,)] = self.con.execute(f"SELECT count(*) FROM {identifier(table)}").fetchall()
        return int(count)

    def event_codes(self) -> dict[str, int]:
        """Event name -> code, for every event ever seen."""
        rows = self.con.execute("SELECT name, event FROM event_names").fetchall()
        return dict(rows)
