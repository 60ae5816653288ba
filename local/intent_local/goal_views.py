"""A goal's progress and its report, as a person reads them in a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .console import show, show_table


def show_places(goals: list[dict[str, Any]]) -> None:
    """How many of the account's places are used; nothing without goals."""
    if goals:
        places = goals[0]["places"]
        show(f"{places['used']} of {places['limit']} places used")


def left(goal: Mapping[str, Any]) -> str:
    """`12 days`, or `-` for a goal that has none left, or no end."""
    days = goal["days_left"]
    return f"{days} day{'' if days == 1 else 's'}" if days else "-"


def show_progress(progress: Mapping[str, Any]) -> None:
    """Day by day, and today so far where it was asked for."""
    rows = [_day(day) for day in progress["days"]]
    show_table(("day", "did it", "predicted", "80 %"), rows)
    if any(_restated(day) is not None for day in progress["days"]):
        show("in brackets: as known now, with events that came in late")
    today = progress["today"]
    if today is not None:
        show(
            f"today so far, {today['date']}: {today['did']:,} did it, {today['new']:,} of them new "
            f"since the last night (data up to {today['landed_until']}; more may come)"
        )


def show_report(report: Mapping[str, Any]) -> None:
    """The sentences, then the day-0 buckets, then how good the ranking was."""
    kind = "final report" if report["final"] else f"so far, {report['date']}"
    show(f"{report['name']} ({report['goal_id']}): {report['status']}, {kind}")
    for sentence in report["summary"]:
        show(f"- {sentence}")
    rows = [
        (
            bucket["bucket"].replace("_", " "),
            bucket["users"],
            _percent(bucket["predicted_rate"]),
            _percent(bucket["rate"]),
            _range(bucket["low95"], bucket["high95"]),
        )
        for bucket in report["buckets"]
    ]
    show_table(("bucket of day 0", "members", "predicted", "did it", "95 %"), rows)
    ranking = report["ranking"]
    if ranking is not None:
        auc = "-" if ranking["auc"] is None else f"{ranking['auc']:.3f}"
        show(f"ranking of day 0: AUC {auc}, Brier {ranking['brier']:.4f}, ECE {ranking['ece']:.4f}")


def _day(day: Mapping[str, Any]) -> tuple[object, ...]:
    """Of a rolling goal what came in the window that began after the day."""
    did = day["did"] if day["window"] is None else day["window"]["did"]
    if (restated := _restated(day)) is not None:
        did = f"{did:,} ({restated:,})"
    said = day["predicted"]
    if said is None:
        return day["date"], did, "-", "-"
    bounds = f"{said['low80']:,.0f} to {said['high80']:,.0f}"
    return day["date"], did, f"{said['value']:,.0f}", bounds


def _restated(day: Mapping[str, Any]) -> int | None:
    counted: Mapping[str, Any] = day if day["window"] is None else day["window"]
    return counted["did_restated"]


def _percent(rate: float | None) -> str:
    return "-" if rate is None else f"{100 * rate:.1f} %"


def _range(low: float | None, high: float | None) -> str:
    return "-" if low is None or high is None else f"{100 * low:.1f} to {100 * high:.1f} %"
