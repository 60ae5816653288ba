"""The users of a synthetic world: who they are, when they are there, and what they do.

Times inside are floats of days since the world's first midnight, UTC.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ..lake.calendar import MICROS_PER_DAY, to_day

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

EVENTS = (
    "App Launched",
    "Search Performed",
    "Video Watched",
    "Concert Viewed",
    "Ticket Purchased",
    "App Uninstalled",
)
LAUNCH, SEARCH, VIDEO, VIEW, PURCHASE, UNINSTALL = range(len(EVENTS))

PLANS, PLAN_SHARES = ("free", "plus", "premium"), (0.72, 0.20, 0.08)
CITIES = ("San Francisco", "Oakland", "San Jose", "Los Angeles", "Chicago", "Berlin", "Pune")
CITY_SHARES = (0.22, 0.10, 0.12, 0.20, 0.16, 0.10, 0.10)
PLATFORMS, PLATFORM_SHARES = ("ios", "android", "web"), (0.45, 0.40, 0.15)
PRICES = (19.5, 25.0, 35.0, 49.9, 75.0, 120.0)
"""Of one ticket, in dollars."""
GENRES = ("rock", "pop", "jazz", "electronic", "classical")

# Log-odds and log-rates that the traits above add, in their order.
PLAN_RATE, CITY_INTENT = (0.0, 0.35, 0.6), (0.5, 0.2, 0.2, 0.1, 0.0, -0.3, -0.6)
PLAN_PURCHASE, PLATFORM_PURCHASE = (0.0, 0.5, 0.9), (0.25, 0.0, -0.35)
PLAN_HAZARD = (0.0, -0.5, -1.0)

LAUNCHES_PER_DAY = 0.065
"""Of the average free user in an average week: with views and searches 30 events in 365 days."""
RATE_SHAPE = 0.7
"""Gamma shape of users' rates; below 1 most users are quiet and a few very active."""
SEARCHES, VIDEOS, IDLE_VIEWS = 0.30, 0.25, 0.06
"""Share of launches with a search, a video, and a concert looked at without intent."""
EPISODES_PER_YEAR = 0.9
"""Times a year that the average user wants to go to a concert."""
VIEWS_PER_EPISODE, VIEW_DAYS, PURCHASE_DAYS = 4.0, 5.0, 8.0
"""Mean views of an episode, and mean days from its start to a view and to the purchase."""
PURCHASE_LOGIT = -1.9
"""Log-odds that an episode of average strength ends in a purchase: 13 %."""
LEAVE_PER_DAY = 0.0018
"""Daily hazard of leaving for good, of a free user: half are gone after 385 days."""
UNINSTALL_SHARE = 0.55
"""Of those who leave, how many uninstall; the others fall silent."""
JOINED_BEFORE, TENURE_DAYS = 0.65, 300.0
"""Share of users from before the first day, and their mean age on it."""
UPGRADE_SHARE = 0.06
"""Share of free users who change to `plus` at some time: a trait with a history."""


@dataclass(frozen=True)
class Shared:
    """What all users of a world have in common: the calendar, the season, the weeks' shocks."""

    first_day: date
    days: int
    mass: Floats
    """(days + 1,): the integral of the common level of activity from the first midnight on."""
    purchase_shock: Floats
    """(weeks,): added to the log-odds of every purchase in that week."""


class Crowd:
    """The `size` users from number `start` on, from a stream of random numbers of their own."""

    def __init__(self, world: Shared, seed: int, start: int, size: int) -> None:
        self.world, self.seed, self.start, self.size = world, seed, start, size
        self.rng = np.random.default_rng([seed, 1, start])
        rng, days = self.rng, world.days
        self.plan = rng.choice(len(PLANS), size, p=PLAN_SHARES)
        self.city = rng.choice(len(CITIES), size, p=CITY_SHARES)
        self.platform = rng.choice(len(PLATFORMS), size, p=PLATFORM_SHARES)
        self.age = np.clip(rng.normal(34, 11, size), 16, 90).astype(np.int64)
        self.newsletter = rng.random(size) < 0.4
        before = rng.random(size) < JOINED_BEFORE
        self.joined = np.where(before, -rng.exponential(TENURE_DAYS, size), days * rng.random(size))
        upgrades = (self.plan == 0) & (rng.random(size) < UPGRADE_SHARE)
        self.upgraded = np.where(upgrades, days * rng.random(size), np.inf)
        self.upgraded[self.upgraded <= self.joined] = np.inf
        hazard = LEAVE_PER_DAY * np.exp(np.asarray(PLAN_HAZARD)[self.plan])
        self.here = np.maximum(self.joined, 0.0)
        self.gone = self.here + rng.exponential(1 / hazard)
        self.rate = rng.gamma(RATE_SHAPE, 1 / RATE_SHAPE, size) * np.exp(
            np.asarray(PLAN_RATE)[self.plan]
        )
        self.appetite = rng.gamma(RATE_SHAPE, 1 / RATE_SHAPE, size) * np.exp(
            np.asarray(CITY_INTENT)[self.city] + 0.3 * self.newsletter
        )

    def tables(self) -> tuple[pa.Table, pa.Table]:
        names = pa.array(
            [f"user-{number:08d}" for number in range(self.start, self.start + self.size)]
        )
        return self.profiles(names), self.events(names)

    def arrivals(self, per_day: Floats) -> tuple[Ints, Floats]:
        """(user, time) of a Poisson process per user that follows the common level."""
        world, days = self.world, np.arange(self.world.days + 1.0)
        low = np.interp(self.here, days, world.mass)
        high = np.interp(np.minimum(self.gone, world.days), days, world.mass)
        user = np.repeat(np.arange(self.size), self.rng.poisson(per_day * (high - low)))
        reached = low[user] + self.rng.random(len(user)) * (high - low)[user]
        return user, np.interp(reached, world.mass, days)

    def events(self, names: pa.Array) -> pa.Table:
        rng = self.rng
        made: list[tuple[int, Ints, Floats]] = []
        user, at = self.arrivals(LAUNCHES_PER_DAY * self.rate)
        made.append((LAUNCH, user, at))
        for kind, share in ((SEARCH, SEARCHES), (VIDEO, VIDEOS), (VIEW, IDLE_VIEWS)):
            does = rng.random(len(user)) < share
            # Within the quarter of an hour after the launch.
            made.append((kind, user[does], at[does] + rng.random(int(does.sum())) / 96))
        made += self.episodes()
        leaves = rng.random(self.size) < UNINSTALL_SHARE
        made.append((UNINSTALL, np.flatnonzero(leaves), self.gone[leaves]))

        kinds = np.asarray([kind for kind, _, _ in made])
        event: Ints = np.repeat(kinds, [len(who) for _, who, _ in made])
        user = np.concatenate([who for _, who, _ in made])
        time = np.concatenate([when for _, _, when in made])
        # Leaving ends everything, and the world ends for everybody.
        kept = (time < self.world.days) & ((time < self.gone[user]) | (event == UNINSTALL))
        event, user, time = event[kept], user[kept], time[kept]
        order = np.lexsort((user, time))
        return self.event_table(names, event[order], user[order], time[order])

    def episodes(self) -> list[tuple[int, Ints, Floats]]:
        """Views and purchases that come from wanting to go to a concert."""
        rng, world = self.rng, self.world
        user, begins = self.arrivals(EPISODES_PER_YEAR / 365 * self.appetite)
        strength = rng.normal(0, 1, len(user))
        looks = np.repeat(
            np.arange(len(user)), 1 + rng.poisson(VIEWS_PER_EPISODE * np.exp(0.4 * strength - 0.1))
        )
        viewed = begins[looks] + rng.exponential(VIEW_DAYS, len(looks))
        bought = begins + rng.exponential(PURCHASE_DAYS, len(user))
        week = np.minimum(bought // 7, len(world.purchase_shock) - 1).astype(np.int64)
        plan = np.where(bought >= self.upgraded[user], PLANS.index("plus"), self.plan[user])
        logit = (
            PURCHASE_LOGIT
            + 0.9 * strength
            + np.asarray(PLAN_PURCHASE)[plan]
            + np.asarray(PLATFORM_PURCHASE)[self.platform[user]]
            + world.purchase_shock[week]
        )
        buys = rng.random(len(user)) < 1 / (1 + np.exp(-logit))
        return [(VIEW, user[looks], viewed), (PURCHASE, user[buys], bought[buys])]

    def event_table(self, names: pa.Array, event: Ints, user: Ints, time: Floats) -> pa.Table:
        texts, firsts, variants = _PROPERTIES
        which = firsts[event] + self.rng.integers(0, variants[event])
        numbers = pc.cast(pa.array(np.arange(len(time))), pa.string())
        prefix = f"{self.seed}-{self.start}"
        return pa.table(
            {
                "user_id": _dictionary(user, names),
                "event": _dictionary(event, pa.array(EVENTS)),
                "ts": self.instants(time),
                "properties": _dictionary(which, texts),
                "message_id": pc.binary_join_element_wise(prefix, numbers, "-"),
            }
        )

    def profiles(self, names: pa.Array) -> pa.Table:
        """First what held from the beginning, then the upgrades."""
        later = np.flatnonzero(np.isfinite(self.upgraded))
        rows = np.concatenate([np.arange(self.size), later])
        change = np.arange(len(rows)) >= self.size
        plan = np.where(change, PLANS.index("plus"), self.plan[rows])
        since = np.where(change, self.upgraded[rows], self.joined[rows])
        day = to_day(self.world.first_day) + np.floor(since).astype(np.int32)

        def only_first(values: pa.Array) -> pa.Array:
            return pc.if_else(pa.array(~change), values, pa.scalar(None, values.type))

        return pa.table(
            {
                "user_id": _dictionary(rows, names),
                "valid_from": pa.array(day.astype(np.int32)).cast(pa.date32()),
                "plan": _strings(plan, PLANS),
                "city": only_first(_strings(self.city[rows], CITIES)),
                "platform": only_first(_strings(self.platform[rows], PLATFORMS)),
                "age": only_first(pa.array(self.age[rows])),
                "newsletter": only_first(pa.array(self.newsletter[rows])),
                "signed_up_at": only_first(self.instants(self.joined[rows])),
            }
        )

    def instants(self, time: Floats) -> pa.Array:
        midnight = to_day(self.world.first_day) * MICROS_PER_DAY
        micros = midnight + (time * MICROS_PER_DAY).astype(np.int64)
        return pa.array(micros).cast(pa.timestamp("us", tz="UTC"))


def _dictionary(indices: Any, values: pa.Array) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(indices.astype(np.int32)), values)


def _strings(indices: Ints, values: tuple[str, ...]) -> pa.Array:
    return pa.array(values).take(pa.array(indices))


def _property_texts() -> tuple[pa.Array, Ints, Ints]:
    """Every properties text there is, and per event the first of its texts and their number.

    A few hundred texts to choose from stand in for free combinations: building 15 million JSON
    texts one by one would take longer than everything else.
    """
    choices: list[list[dict[str, Any]]] = [[] for _ in EVENTS]
    choices[LAUNCH] = [{"version": version} for version in ("4.1.0", "4.2.0", "4.2.1")]
    choices[SEARCH] = [{"query": genre, "results": n} for genre in GENRES for n in (0, 3, 12, 40)]
    choices[VIDEO] = [
        {"genre": genre, "seconds": s} for genre in GENRES for s in range(15, 600, 45)
    ]
    choices[VIEW] = [{"genre": genre, "price": price} for genre in GENRES for price in PRICES]
    choices[PURCHASE] = [
        {"genre": genre, "quantity": n, "amount": round(price * n, 2), "currency": "USD"}
        for genre in GENRES
        for price in PRICES
        for n in (1, 2, 2, 4)
    ]
    choices[UNINSTALL] = [{}]
    texts = [json.dumps(choice) for of_event in choices for choice in of_event]
    counts = np.asarray([len(of_event) for of_event in choices])
    return pa.array(texts), np.concatenate([[0], np.cumsum(counts)[:-1]]), counts


_PROPERTIES = _property_texts()
