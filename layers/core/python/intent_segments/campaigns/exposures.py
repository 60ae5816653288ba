"""The exposure log: who of an engagement was reached and when, and who was held back.

One Parquet file for each send and group of users, in the order of the user hash, with both arms:

- `uh` BIGINT: the user hash. In one engagement every user is in one send, once.
- `arm` UTINYINT: `goals.target_group.Arm`. On a plain segment `test`, unless a goal that it asks
  for has the user in its control group.
- `bucket` UTINYINT: `goals.buckets.Bucket` when the user became eligible; NO_BUCKET without a goal.
- `day` INTEGER: the day, since 1970-01-01, whose end the audience is as of.
- `at` BIGINT: epoch µs, UTC, at which the user's batch was begun; 0 where none was.
- `outcome` UTINYINT: `Outcome`.
- `likelihood` INTEGER: in 1e-6 when the user became eligible; NO_LIKELIHOOD without a goal.
- `message_id` VARCHAR: of the batch; empty where there was none.
- `crossing` UTINYINT: `segments.crossings.Crossing`, of an engagement that streams: there every
  user is in a send once, and in as many sends as they crossed.

Whoever compares the arms takes both as they are here, by intention to treat: failures and
unreachable users stay in theirs. Suppressed users are in neither.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import IntEnum

COLUMNS: Mapping[str, str] = {
    "uh": "BIGINT",
    "arm": "UTINYINT",
    "bucket": "UTINYINT",
    "day": "INTEGER",
    "at": "BIGINT",
    "outcome": "UTINYINT",
    "likelihood": "INTEGER",
    "message_id": "VARCHAR",
    "crossing": "UTINYINT",
}
"""Column -> its type in DuckDB."""

NO_LIKELIHOOD = -1


class Outcome(IntEnum):
    """The column `outcome`."""

    HELD_BACK = 0
    SENT = 1
    FAILED = 2
    UNKNOWN = 3
    """Handed over, and no answer came; or its process died. It may have arrived."""
    UNREACHABLE = 4
    """No address, number or trait to write to, or no consent."""
    SUPPRESSED = 5
    """Erased, or not to be written to by anybody; left out of both arms."""

    @property
    def label(self) -> str:
        """The name in the API: `held_back` and so on."""
        return self.name.lower()


def exposures_prefix(engagement_id: str) -> str:
    """The folder of an engagement's log; below it one folder for each send."""
    return f"exposures/{engagement_id}/"


def exposure_key(engagement_id: str, send: str, group: int) -> str:
    """The file of one group of users in one send. `send` is the day of a nightly send, such as
    `2026-11-22`, or the instant of a single one, such as `20261122T120000Z`."""
    return f"{exposures_prefix(engagement_id)}{send}/g={group:04d}.parquet"


def send_of_day(day: date) -> str:
    """What the send on the audience as of `day` is called."""
    return day.isoformat()
