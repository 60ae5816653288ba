"""Generated worlds whose every period has a shock of its own, which no user's history foretells.

Users visit and buy at gamma paces, join and leave for good; the whole market's level wanders from
week to week (AR(1) on the logarithm), with a season in some worlds. What a world is like is drawn
from its seed and from nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from intent_segments.lake.tables import Tables

START = 20_000
"""The first day's number; nothing depends on which."""

DAYS, HORIZON = 290, 30
"""Days generated, and how many of them lie after the day on which the forecast is made."""

AS_OF = START + DAYS - HORIZON - 1

PACES = {"rare": 0.0006, "middle": 0.004, "common": 0.02}
"""Base rate: purchases per user and day, on average over users."""

SHOCKS = {"calm": 0.1, "moderate": 0.2, "strong": 0.35}
"""Standard deviation of the weekly log level. Its memory from week to week is .5 to .9."""

SEASONS = {"no season": 0.0, "season": 0.3}
"""Amplitude of a yearly sine of the log level, at a phase of the world's own."""

ARRIVALS = ("one cohort", "steady joins")
"""Everybody joins in the first 60 days, or over all days."""

SHAPE = 0.7
"""Of the gamma distribution of users' paces: many buy seldom, few often."""

LEAVING = 0.003
"""Chance per day to leave for good."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Kind:
    """What a world is like; each field is a name of the constants above."""

    pace: str
    shock: str
    season: str
    arrivals: str

    def names(self) -> tuple[str, ...]:
        return (self.pace, self.shock, self.season, self.arrivals)


KINDS = len(PACES) * len(SHOCKS) * len(SEASONS) * len(ARRIVALS)
"""Seeds in a row that hold each combination once."""


def kind_of(seed: int) -> Kind:
    """Every KINDS seeds in a row hold each combination once."""
    seed, pace = divmod(seed, len(PACES))
    seed, shock = divmod(seed, len(SHOCKS))
    seed, season = divmod(seed, len(SEASONS))
    arrivals = ARRIVALS[seed % len(ARRIVALS)]
    return Kind(list(PACES)[pace], list(SHOCKS)[shock], list(SEASONS)[season], arrivals)


def world(seed: int, users: int | None = None) -> Tables:
    """Tables of one world: events `visit` and `buy`, and 3,000 to 5,000 users by default."""
    random, kind = np.random.default_rng(seed), kind_of(seed)
    n = users or int(random.integers(3_000, 5_001))
    days = np.arange(DAYS)
    pace = random.gamma(SHAPE, PACES[kind.pace] / SHAPE, n)
    joins = random.integers(0, 60 if kind.arrivals == "one cohort" else DAYS, n)
    leaves = joins + random.geometric(LEAVING, n)
    here = (joins[:, None] <= days) & (days < leaves[:, None])
    level = market_of(seed)
    buys = random.poisson(pace[:, None] * level * here)
    # Visits follow interest: a steady part of everybody, and more from those who buy more.
    visits = random.poisson((0.02 + 2 * pace[:, None] * np.sqrt(level)) * here)
    visits[np.arange(n), joins] += 1  # the first visit is how a user becomes known
    return _tables({"buy": buys, "visit": visits})


def market_of(seed: int) -> Floats:
    """float64 (DAYS,): the level of every day of a world.

    KINDS seeds further on, the same kind of world has the opposite market (antithetic variates,
    Hammersley and Morton 1956): where one rises after the forecast, the other falls by as much.
    Otherwise chance alone has 200 last months 4 % below those before them.
    """
    turn, place = divmod(seed, KINDS)
    random, kind = np.random.default_rng([turn // 2, place]), kind_of(seed)
    sign = -1.0 if turn % 2 else 1.0
    return market(random, sign, SHOCKS[kind.shock], SEASONS[kind.season])


def market(random: np.random.Generator, sign: float, shock: float, season: float) -> Floats:
    """float64 (DAYS,): the level of every day, 1 in the middle; weekends are half as busy again.
    Its logarithm comes with the `sign`, 1 or -1."""
    memory = random.uniform(0.5, 0.9)
    weeks = np.empty(DAYS // 7 + 1)
    weeks[0] = random.normal(0, shock)
    for week in range(1, len(weeks)):
        fresh = random.normal(0, shock * np.sqrt(1 - memory**2))
        weeks[week] = memory * weeks[week - 1] + fresh
    days = np.arange(DAYS)
    yearly = season * np.sin(2 * np.pi * (days / 365 + random.random()))
    weekend = np.where(days % 7 >= 5, 1.5, 1.0)
    return weekend * np.exp(sign * (weeks[days // 7] + yearly))


def _tables(counts: dict[str, npt.NDArray[np.int64]]) -> Tables:
    tables = Tables.empty()
    for code, (name, count) in enumerate(counts.items()):
        user, day = np.nonzero(count)
        rows = {
            "uh": user.astype(np.int64),
            "event": np.full(len(user), code, np.int32),
            "day": (START + day).astype(np.int32),
            "n": count[user, day].astype(np.int32),
        }
        tables.con.register("rows", rows)
        tables.con.execute("INSERT INTO event_names VALUES ($1, $2)", [code, name])
        tables.con.execute("INSERT INTO activity SELECT uh, event, day, n FROM rows")
        tables.con.unregister("rows")
    tables.con.execute(
        "INSERT INTO users SELECT uh, 'u' || uh, MIN(day), MIN(day) FROM activity GROUP BY uh"
    )
    return tables
