"""The questions of `questions.py` in Polars: lazy scans of the same files, as its users do it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl

from intent_segments.lake.calendar import MICROS_PER_DAY, to_day

from .questions import AS_OF, Files

NOW = to_day(AS_OF)
HOUR = 3_600_000_000
uh, day, event = pl.col("uh"), pl.col("day"), pl.col("event")


class Asked:
    """Each method but `scan` is a question; the answer is a frame with the column uh."""

    def __init__(self, files: Files) -> None:
        self.files = files
        self.codes = {name: code for code, name in enumerate(files.manifest.event_names)}

    def scan(self, table: str, days_back: int | None = None) -> pl.LazyFrame:
        since = None if days_back is None else NOW - days_back
        return pl.scan_parquet(self.files.of(table, since))

    def did(self, name: str, days_back: int | None = None) -> pl.Expr:
        first = pl.lit(True) if days_back is None else day >= NOW - days_back
        return (event == self.codes[name]) & first & (day <= NOW)

    def number(self, name: str) -> pl.Expr:
        return pl.col("properties").str.json_path_match(f"$.{name}").cast(pl.Float64, strict=False)

    def held(self, name: str) -> pl.LazyFrame:
        rows = self.scan("profiles").filter(
            (pl.col("property") == name) & (pl.col("valid_from") <= NOW)
        )
        return rows.group_by("uh").agg(pl.col("text").sort_by("valid_from").last().alias("value"))

    def everybody(self) -> pl.LazyFrame:
        users = self.scan("users").group_by("uh").agg(pl.col("first_day", "profile_day").min())
        entered = pl.min_horizontal("first_day", "profile_day").fill_null(0)
        return users.filter(entered <= NOW)

    def launched_lately(self) -> pl.LazyFrame:
        rows = self.scan("activity").filter(self.did("App Launched", 29))
        return rows.group_by("uh").agg(pl.col("n").sum()).filter(pl.col("n") >= 3)

    def lapsed(self) -> pl.LazyFrame:
        rows = self.scan("activity").filter(self.did("App Launched"))
        days = rows.group_by("uh").agg(pl.len().alias("days"), day.max())
        return days.filter((pl.col("days") >= 5) & (day <= NOW - 60))

    def window_shoppers(self) -> pl.LazyFrame:
        looked, bought = self.did("Front Row Viewed", 89), self.did("Ticket Purchased")
        rows = self.scan("activity").filter(looked | bought)
        found = rows.group_by("uh").agg(
            pl.col("n").filter(event == self.codes["Front Row Viewed"]).sum().alias("looked"),
            (event == self.codes["Ticket Purchased"]).sum().alias("bought"),
        )
        return found.filter((pl.col("looked") >= 2) & (pl.col("bought") == 0))

    def new_buyers(self) -> pl.LazyFrame:
        rows = self.scan("activity").filter(self.did("Ticket Purchased"))
        return rows.group_by("uh").agg(day.min()).filter(day >= NOW - 29)

    def premium_in_the_bay(self) -> pl.LazyFrame:
        near = self.held("city").filter(pl.col("value").is_in(["San Francisco", "Oakland"]))
        paying = self.held("plan").filter(pl.col("value") != "free")
        launched = self.scan("activity").filter(self.did("App Launched", 29))
        who = launched.select("uh").unique()
        return who.join(near, on="uh", how="semi").join(paying, on="uh", how="semi")

    def rock_fans(self) -> pl.LazyFrame:
        rows = self.scan("events", 6).filter(self.did("Video Watched: rock", 6))
        return rows.filter(self.number("seconds") >= 300).select("uh").unique()

    def evening_people(self) -> pl.LazyFrame:
        rows = self.scan("events", 59).filter(self.did("App Launched", 59))
        time = pl.col("ts") % MICROS_PER_DAY
        evening = (time >= 18 * HOUR) & (time < 23 * HOUR) & ((day + 3) % 7).is_in([5, 6])
        return rows.filter(evening).group_by("uh").len().filter(pl.col("len") >= 2)

    def big_spenders(self) -> pl.LazyFrame:
        rows = self.scan("events", 179).filter(self.did("Ticket Purchased", 179))
        cents = (self.number("amount") * 100).round().cast(pl.Int64).alias("cents")
        return rows.group_by("uh").agg(cents.sum()).filter(pl.col("cents") >= 20_000)

    def looked_then_bought(self) -> pl.LazyFrame:
        events = self.scan("events", 89)
        looked = events.filter(self.did("Front Row Viewed", 89)).select(
            "uh", "ts", pl.col("ts").alias("looked")
        )
        bought = events.filter(self.did("Ticket Purchased", 89)).select("uh", "ts")
        chained = bought.sort("ts").join_asof(
            looked.sort("ts"), on="ts", by="uh", allow_exact_matches=False, check_sortedness=False
        )
        soon = chained.filter(pl.col("ts") - pl.col("looked") <= 7 * MICROS_PER_DAY)
        activity = self.scan("activity")
        lately = activity.filter(self.did("App Launched", 29)).select("uh").unique()
        gone = activity.filter(self.did("App Uninstalled")).select("uh").unique()
        premium = self.held("plan").filter(pl.col("value") == "premium")
        return (
            soon.select("uh")
            .unique()
            .join(lately, on="uh", how="semi")
            .join(gone, on="uh", how="anti")
            .join(premium, on="uh", how="anti")
        )


def ask(files: Files, question: str) -> np.ndarray[Any, np.dtype[np.int64]]:
    """User hashes of the members, ascending."""
    answer: Callable[[], pl.LazyFrame] = getattr(Asked(files), question)
    return answer().select(uh.sort()).collect(engine="streaming")["uh"].to_numpy()
