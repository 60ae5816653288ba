"""The demo's last page: what was predicted, what came, and whether the buckets meant it.

Every figure is read from an answer of the API at this moment.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..connection import Connection
from ..console import duration, show, show_table
from .plays import Play

WORDS = {"most_likely": "Most Likely", "moderately_likely": "Moderately", "least_likely": "Least"}


def show_report(stack: Connection, play: Play, goals: list[dict[str, Any]]) -> None:
    """One page per account, a paragraph and three tables per goal."""
    show("")
    show(f"── {play.account}: {play.about}")
    for goal in goals:
        progress = stack.api.get(f"/v1/goals/{goal['id']}/progress")
        buckets = stack.api.get(f"/v1/goals/{goal['id']}/buckets")
        show("")
        _headline(goal, progress)
        _days(progress)
        _buckets(goal, buckets)


def show_times(seconds: Mapping[str, float], nights: int) -> None:
    """How long each kind of step took, in all and per night."""
    show("")
    rows = []
    for step, total in seconds.items():
        per = f"{total / nights:.1f} s each" if "night" in step and nights else ""
        rows.append((step, duration(total), per))
    show_table(("step", "time", ""), rows)


def _headline(goal: Mapping[str, Any], progress: Mapping[str, Any]) -> None:
    forecast, last = goal["forecast"], progress["days"][-1]
    low, high = forecast["intervals"]["80"]["low"], forecast["intervals"]["80"]["high"]
    way = "maximise" if goal["direction"] == "maximize" else "minimise"
    show(f"{goal['name']}  ({way} {', '.join(goal['events'])}, {goal['status']})")
    show(
        f"  forecast of {goal['as_of']} for {goal['starts_on']} to {goal['ends_on']}: "
        f"{forecast['value']:,.0f} of {goal['users']:,} users, 80 % interval {low:,.0f} to "
        f"{high:,.0f}"
    )
    inside = "inside" if low <= last["did"] <= high else "OUTSIDE"
    error = forecast["value"] / last["did"] - 1 if last["did"] else float("nan")
    if last["date"] >= goal["ends_on"]:
        show(f"  came: {last['did']:,}; the forecast was {error:+.1%} off, {inside} its interval")
    else:
        end = last["ending"]
        show(
            f"  so far: {last['did']:,}, now expected {end['value']:,.0f} in the end "
            f"(80 %: {end['low80']:,.0f} to {end['high80']:,.0f})"
        )
    target = forecast["target"]
    if target:
        word = target["verdict"].replace("_", " ")
        show(
            f"  wanted: {target['value']:,.0f} {target['metric']}, said to be {word} "
            f"({target['probability']:.0%}); how good this ranks users: "
            f"{forecast['quality']['word']} (AUC {forecast['quality']['auc']:.2f})"
        )


def _days(progress: Mapping[str, Any]) -> None:
    show("")
    rows = []
    for day in progress["days"]:
        said, end = day["predicted"], day["ending"]
        rows.append(
            (
                day["date"],
                day["did"],
                round(said["value"]) if said else None,
                f"{said['low80']:,.0f} - {said['high80']:,.0f}" if said else None,
                round(end["value"]) if end else round(day["expected_users"]),
                f"{end['low80']:,.0f} - {end['high80']:,.0f}" if end else None,
            )
        )
    head = ("night", "did it", "predicted", "80 % interval", "in the end", "80 % interval")
    show_table(head, rows)


def _buckets(goal: Mapping[str, Any], buckets: Mapping[str, Any]) -> None:
    """The buckets of day 0 and what their members did since: the proof that they mean something."""
    show("")
    planned = {entry["bucket"]: entry for entry in goal["forecast"]["buckets"]}
    rows = []
    for bucket in buckets["buckets"]:
        did, said = bucket["day0"], planned[bucket["bucket"]]
        expected = said["expected_users"] / said["users"] if said["users"] else 0.0
        rows.append(
            (
                WORDS[bucket["bucket"]],
                did["users"],
                f"{expected:.1%}",
                f"{did['rate']:.1%}" if did["rate"] is not None else "-",
                did["did"],
                bucket["users"],
            )
        )
    head = (
        "bucket on day 0",
        "users",
        "predicted to do it",
        "really did",
        "did it",
        "open tonight",
    )
    show_table(head, rows)
