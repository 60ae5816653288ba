"""Replaying a history through the deployed product, one night at a time.

Everything is done through the commands' own functions and the HTTP API, and every step looks first
whether it is done already: a demo that was stopped goes on where it was.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb

from intent_segments.lake.tables import literal

from ..commands.load import load
from ..commands.nightly import run_night
from ..connection import Connection
from ..console import duration, say
from .datasets import Files
from .plays import Play, Wish

WAIT_SECONDS = 300
NUDGE_AFTER_NIGHTS = 3
LOOK_EVERY_SECONDS = 0.2


class GoalFailedError(Exception):
    """A goal's set-up ended otherwise than active, or its mailing list was not written."""


@dataclass
class Replay:
    """One play on one account. `seconds` collects how long each kind of step took."""

    play: Play
    stack: Connection
    folder: Path
    seconds: dict[str, float] = field(default_factory=dict)

    def run(self) -> None:
        """Load, ask, save, and live through the nights. Raises IntentError, GoalFailedError."""
        files = self._files()
        self._history(files)
        goals = {goal["name"]: goal for goal in self.stack.api.pages("/v1/goals")}
        for wish in self.play.wishes:
            if wish.name not in goals:
                self._goal(wish)
        for wish in self.play.wishes:
            self._active(wish)
        self.stack.save()
        for n, day in enumerate(self.play.days(), start=1):
            self._night(files, day)
            if n == NUDGE_AFTER_NIGHTS:
                self._nudge()

    def goals(self) -> list[dict[str, Any]]:
        """The play's goals as the API shows them, in the play's order."""
        found = {goal["name"]: goal for goal in self.stack.api.pages("/v1/goals")}
        return [found[wish.name] for wish in self.play.wishes]

    def _files(self) -> Files:
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._timed("write the files"):
            return self.play.write(self.folder)

    def _history(self, files: Files) -> None:
        watermark = self.stack.api.get("/v1/events")["watermark"]
        if watermark is not None and date.fromisoformat(watermark) >= self.play.as_of:
            say(f"history up to {self.play.as_of} is loaded already")
            return
        until = {"until": self.play.as_of.isoformat()}
        with self._timed("load history"):
            if files.profiles is not None:
                load(self.stack, files.profiles, "profiles", until)
            report = load(self.stack, files.events, "events", until)
        self.stack.save()
        say(f"  {report['added']:,} events of {report['users']:,} users up to {self.play.as_of}")

    def _goal(self, wish: Wish) -> None:
        """Segment, forecast, goal: what a marketer does in three clicks."""
        segment = self._segment(wish)
        with self._timed("forecast"):
            forecast = self.stack.api.post(
                "/v1/forecasts",
                {
                    "segment_id": segment["id"],
                    "direction": wish.direction,
                    "events": [wish.event],
                    "as_of": self.play.as_of.isoformat(),
                    "ends_on": self.play.ends_on(wish).isoformat(),
                    "target": {"metric": "users", "value": wish.target},
                },
            )
        low, high = (forecast["intervals"]["80"][side] for side in ("low", "high"))
        say(
            f"  {wish.name}: {forecast['value']:,.0f} of {forecast['users']:,} expected "
            f"(80 % interval {low:,.0f} to {high:,.0f})"
        )
        goal = self.stack.api.post("/v1/goals", {"name": wish.name, "forecast_id": forecast["id"]})
        if wish.metrics:
            self.stack.api.patch(f"/v1/goals/{goal['id']}", {"metrics": list(wish.metrics)})

    def _segment(self, wish: Wish) -> dict[str, Any]:
        for segment in self.stack.api.pages("/v1/segments"):
            if segment["name"] == wish.segment:
                return segment
        made = {"name": wish.segment, "definition": wish.definition}
        return dict(self.stack.api.post("/v1/segments", made))

    def _active(self, wish: Wish) -> None:
        """Wait for the set-up: target group frozen, model trained, buckets cut."""
        with self._timed("set up goals"):
            end = time.monotonic() + WAIT_SECONDS
            while True:
                goal = next(g for g in self.goals() if g["name"] == wish.name)
                if goal["status"] != "preparing" or time.monotonic() > end:
                    break
                time.sleep(LOOK_EVERY_SECONDS)
        if goal["status"] not in ("active", "ended"):
            reason = goal["status_reason"] or "its set-up takes longer than it should"
            raise GoalFailedError(f"{wish.name} is {goal['status']}: {reason}")

    def _night(self, files: Files, day: date) -> None:
        watermark = self.stack.api.get("/v1/events")["watermark"]
        if date.fromisoformat(watermark) >= day:
            return
        with self._timed("load a night's events"):
            load(self.stack, self._day_file(files, day), "events", {"until": day.isoformat()})
        with self._timed("run a night"):
            night = run_night(self.stack, day)
        self.stack.save()
        told = "; ".join(f"{g['name']}: {g['day']['did']:,}" for g in night["goals"])
        say(f"  {day}  {duration(night['seconds'])}  did it so far: {told}")

    def _nudge(self) -> None:
        """A mailing list of one bucket of each goal, without its control group.

        The history knows nothing of it, so whatever uplift is shown is chance, and said to be.
        """
        for wish, goal in zip(self.play.wishes, self.goals(), strict=True):
            engagements = f"/v1/goals/{goal['id']}/engagements"
            if wish.nudge is None or goal["status"] != "active":
                continue
            if self.stack.api.get(engagements)["data"]:
                continue
            bucket, name = wish.nudge
            with self._timed("write a mailing list"):
                made = self.stack.api.post(
                    engagements,
                    {
                        "name": name,
                        "audience": {"buckets": [bucket]},
                        "destination": self._mailing_list(),
                        "schedule": {"kind": "now"},
                    },
                )
                self._sent(made["id"])

    def _mailing_list(self) -> str:
        """The id of the destination that writes files."""
        for destination in self.stack.api.pages("/v1/destinations"):
            if destination["kind"] == "file":
                return str(destination["id"])
        wanted = {"name": "Mailing list", "kind": "file", "settings": {"format": "csv"}}
        return str(self.stack.api.post("/v1/destinations", wanted)["id"])

    def _sent(self, engagement: str) -> None:
        """Wait until it is sent, so that the next night counts it in every replay."""
        end = time.monotonic() + WAIT_SECONDS
        while self.stack.api.get(f"/v1/engagements/{engagement}")["status"] == "active":
            if time.monotonic() > end:
                raise GoalFailedError(f"the mailing list {engagement} is not written")
            time.sleep(LOOK_EVERY_SECONDS)

    def _day_file(self, files: Files, day: date) -> Path:
        """The events of one day as the file that arrives that night."""
        path = self.folder / f"{day}.parquet"
        duckdb.execute(
            f"COPY (SELECT * FROM read_parquet({literal(str(files.events))})"
            f" WHERE ts >= TIMESTAMP '{day}' AND ts < TIMESTAMP '{day + timedelta(days=1)}')"
            f" TO {literal(str(path))} (FORMAT parquet)"
        )
        return path

    @contextmanager
    def _timed(self, step: str) -> Iterator[None]:
        began = time.monotonic()
        yield
        self.seconds[step] = self.seconds.get(step, 0.0) + time.monotonic() - began
