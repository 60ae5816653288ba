"""A seeded maker of a world of concert-goers, for docs, tests and the bench. Nothing in it is real.

What makes it hard in the way real data are hard: users differ (gamma rates), the level wanders
from week to week for everybody at once (an autoregression, so counts vary more than any binomial
says), weeks and years have a season, users join over time and leave for good, traits matter, and
the rare purchase is driven by an intent nobody sees except through recent `Concert Viewed`.

Users are made in chunks, each from its own stream of random numbers, so memory stays bounded.
All times are UTC. `synthetic_users.py` holds the behaviour of the users.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ..errors import InvalidInput
from .synthetic_users import Crowd, Floats, Shared

CHUNK_USERS = 20_000
FIRST_DAY = date(2025, 1, 1)

WEEKDAY = (0.90, 0.88, 0.92, 0.98, 1.15, 1.20, 0.97)
"""Monday to Sunday."""
YEAR_SWING, YEAR_PEAK = 0.25, 350
"""Size of the yearly wave and the day of the year on which it peaks (mid-December)."""
SHOCK_MEMORY = 0.75
"""How much of a week's shock is left in the next week."""
LEVEL_SHOCK, PURCHASE_SHOCK = 0.10, 0.18
"""Standard deviation of the weekly news in log activity and in log-odds of buying."""


@dataclass(frozen=True)
class Written:
    """What a world became on disk."""

    events: Path
    profiles: Path
    users: int
    event_rows: int


@dataclass(frozen=True)
class World:
    """A world that is decided but not yet written out."""

    users: int
    seed: int
    shared: Shared

    def chunks(self) -> Iterator[tuple[pa.Table, pa.Table]]:
        """(profiles, events) of CHUNK_USERS users at a time, events in order of time.

        profiles: user_id, valid_from, plan, city, platform, age, newsletter, signed_up_at; a later
        row of the same user holds what changed. events: user_id, event, ts (µs, UTC), properties
        (JSON text), message_id.
        """
        for start in range(0, self.users, CHUNK_USERS):
            size = min(CHUNK_USERS, self.users - start)
            yield Crowd(self.shared, self.seed, start, size).tables()

    def write(self, folder: Path) -> Written:
        """Write `events.parquet` and `profiles.parquet` into `folder`, one row group per chunk."""
        folder.mkdir(parents=True, exist_ok=True)
        paths = (folder / "profiles.parquet", folder / "events.parquet")
        rows = 0
        with ExitStack() as opened:
            writers: list[pq.ParquetWriter] = []
            for pair in self.chunks():
                # Without the Arrow schema a reader sees plain strings, not dictionaries.
                writers = writers or [
                    opened.enter_context(
                        pq.ParquetWriter(path, table.schema, compression="zstd", store_schema=False)
                    )
                    for path, table in zip(paths, pair, strict=True)
                ]
                for writer, table in zip(writers, pair, strict=True):
                    writer.write_table(table, row_group_size=max(1, table.num_rows))
                rows += pair[1].num_rows
        return Written(paths[1], paths[0], self.users, rows)


def make_world(users: int, days: int, seed: int, first_day: date = FIRST_DAY) -> World:
    """A world of `users` users seen for `days` days from midnight UTC of `first_day`.

    The same arguments give the same rows. Raises InvalidInput for fewer than 1 user or 28 days.
    """
    if users < 1:
        raise InvalidInput.at("users", f"users must be at least 1, not {users}")
    if days < 28:
        raise InvalidInput.at(
            "days", f"days must be at least 28, so that weeks can differ, not {days}"
        )
    rng = np.random.default_rng([seed, 0])
    weeks = days // 7 + 1
    day = np.arange(days)
    weekday = np.asarray(WEEKDAY)[(first_day.weekday() + day) % 7]
    of_year = first_day.timetuple().tm_yday + day
    year = YEAR_SWING * np.cos(2 * np.pi * (of_year - YEAR_PEAK) / 365.25)
    shock = _wander(rng, weeks, LEVEL_SHOCK)[day // 7]
    level = weekday * np.exp(year + shock)
    mass = np.concatenate([[0.0], np.cumsum(level)])
    purchase_shock = _wander(rng, weeks, PURCHASE_SHOCK)
    return World(users, seed, Shared(first_day, days, mass, purchase_shock))


def write_world(
    folder: Path, *, users: int, days: int, seed: int, first_day: date = FIRST_DAY
) -> Written:
    """`make_world` straight to `events.parquet` and `profiles.parquet` in `folder`."""
    return make_world(users, days, seed, first_day).write(folder)


def _wander(rng: np.random.Generator, weeks: int, news: float) -> Floats:
    """An autoregression of order 1, begun in its long-run spread."""
    values = np.empty(weeks)
    values[0] = rng.normal(0, news / np.sqrt(1 - SHOCK_MEMORY**2))
    for week in range(1, weeks):
        values[week] = SHOCK_MEMORY * values[week - 1] + rng.normal(0, news)
    return values
