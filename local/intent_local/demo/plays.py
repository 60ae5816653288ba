"""What the demo replays: which history, up to which day, which goals, how many nights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Literal

from .datasets import Files, write_cdnow, write_grocer

NIGHTS = 14


@dataclass(frozen=True)
class Wish:
    """A goal to set: who, what, which way, and a number the team would like to see."""

    name: str
    segment: str
    definition: dict[str, Any]
    direction: Literal["maximize", "minimize"]
    event: str
    target: int
    days_after: int = 0
    """Days from the last night of the replay to the goal's end; such a goal is still at work."""
    nudge: tuple[str, str] | None = None
    """A bucket whose members are written to a mailing list after a few nights, and its name."""
    metrics: tuple[dict[str, Any], ...] = ()
    """Other events that are compared between the arms."""


@dataclass(frozen=True)
class Play:
    """One account: history up to `as_of`, then `nights` nights of goals that end with the last of
    them unless they say otherwise."""

    account: str
    about: str
    write: Callable[[Path], Files]
    as_of: date
    wishes: tuple[Wish, ...]
    nights: int = NIGHTS

    def ends_on(self, wish: Wish) -> date:
        return self.as_of + timedelta(days=self.nights + wish.days_after)

    def days(self) -> list[date]:
        """The nights to run, in order."""
        return [self.as_of + timedelta(days=n + 1) for n in range(self.nights)]


CDNOW = Play(
    account="music",
    about="CDNOW, an online music shop: every purchase of 23,570 real customers, 1997-1998",
    write=write_cdnow,
    as_of=date(1997, 9, 30),
    wishes=(
        Wish(
            name="Sell to people who came back before",
            segment="Bought on two occasions or more",
            definition={"did": {"event": "Purchased", "days": {"gte": 2}}},
            direction="maximize",
            event="Purchased",
            target=900,
        ),
    ),
)

GROCER = Play(
    account="grocer",
    about="2,469 households at a shop through 2017, simulated data after real shopping patterns",
    write=write_grocer,
    as_of=date(2017, 9, 30),
    wishes=(
        Wish(
            name="Sell seafood to regular shoppers",
            segment="Four baskets or more in eight weeks",
            definition={
                "did": {"event": "Basket Bought", "count": {"gte": 4}, "within": {"days": 56}}
            },
            direction="maximize",
            event="Bought SEAFOOD",
            target=70,
            nudge=("moderately_likely", "A coupon for the fence-sitters"),
            metrics=(
                {"name": "Baskets", "event": "Basket Bought"},
                {"name": "Spent on seafood", "event": "Bought SEAFOOD", "sum": "amount"},
            ),
        ),
        Wish(
            name="Fewer regulars going quiet",
            segment="Came within two weeks, and spent 20 or more at once lately",
            definition={
                "all": [
                    {"did": {"event": "Basket Bought", "within": {"days": 14}}},
                    {
                        "did": {
                            "event": "Basket Bought",
                            "within": {"days": 56},
                            "where": [{"property": "amount", "gte": 20}],
                        }
                    },
                ]
            },
            direction="minimize",
            event="Went Quiet",
            target=460,
            days_after=7,
            nudge=("least_likely", "We miss you"),
            metrics=({"name": "Baskets", "event": "Basket Bought"},),
        ),
    ),
)

PLAYS = {play.account: play for play in (CDNOW, GROCER)}
