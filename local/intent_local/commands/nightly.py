"""`intent nightly`: close a day, or several in order, and show what each night published."""

from __future__ import annotations

import argparse
import json
import time
import uuid
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from intent_segments.errors import IntentError, InvalidInput
from intent_segments.lake.calendar import parse_date

from ..connection import Connection, add_stack_argument, connect
from ..console import duration, say, show, show_json
from ..invoke import message_of

LOOK_EVERY_SECONDS = 0.2


class NightFailedError(IntentError):
    """The run of a night ended without publishing; the message says why."""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `intent nightly` to the command line."""
    parser = commands.add_parser(
        "nightly",
        help="run the nightly work for one date or several",
        description="Close days in order: score every goal's users anew and publish progress and "
        "buckets. A night that was published before changes nothing.",
    )
    parser.add_argument("--date", required=True, metavar="DATE", help="the day to close")
    parser.add_argument("--through", metavar="DATE", help="the last day to close; default: --date")
    add_stack_argument(parser)
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """JSON: {"nights": [{"date", "seconds", "goals": [{"id", "name", "day", "completed"}]}]}, days
    as in `/v1/goals/{id}/progress`; `completed` is the day of a rolling goal whose window ended
    with this night, null without one. Raises InvalidInput, and NightFailedError at the first
    failure."""
    first = parse_date(args.date, "--date")
    last = parse_date(args.through, "--through") if args.through else first
    if last < first:
        raise InvalidInput.at("--through", f"--through {last} lies before --date {first}")
    nights = []
    with connect(args.stack) as stack:
        erase_pending(stack)
        for day in days(first, last):
            night = run_night(stack, day)
            stack.save()
            nights.append(night)
            if not args.json:
                show_night(night)
    if args.json:
        show_json({"nights": nights})
    return 0


def days(first: date, last: date) -> Iterator[date]:
    for offset in range((last - first).days + 1):
        yield first + timedelta(days=offset)


def run_night(stack: Connection, day: date) -> dict[str, Any]:
    """Run one night and wait for it: {"date", "seconds", "goals"}. Raises NightFailedError."""
    began = time.monotonic()
    failure = run_machine(stack, f"night-{day}", {"kind": "night", "date": day.isoformat()})
    if failure is not None:
        raise NightFailedError(f"the night of {day} failed: {failure}")
    return {
        "date": day.isoformat(),
        "seconds": round(time.monotonic() - began, 2),
        "goals": goals_of_night(stack, day.isoformat()),
    }


def erase_pending(stack: Connection) -> int:
    """Run the erasures that are pending, as the schedule does before the night; how many were.
    One that fails stops no night: its users are hidden all the same."""
    waiting = 0
    for erasure in stack.api.pages("/v1/erasures"):
        waiting += erasure["status"] == "pending"
    if waiting:
        say(f"{waiting} erasures are carried out first")
        failure = run_machine(stack, "erasure", {"kind": "erasure"})
        if failure is not None:
            say(f"warning: erasures failed: {failure}")
        stack.save()
    return waiting


def run_machine(stack: Connection, name: str, request: dict[str, str]) -> str | None:
    """Run the state machine and wait for it; why it failed, None where it did not."""
    machine = stack.client("stepfunctions")
    execution = machine.start_execution(
        stateMachineArn=stack.state_machine,
        name=f"{name}-{uuid.uuid4().hex[:8]}",
        input=json.dumps(request),
    )["executionArn"]
    while (ended := machine.describe_execution(executionArn=execution))["status"] == "RUNNING":
        time.sleep(LOOK_EVERY_SECONDS)
    return None if ended["status"] == "SUCCEEDED" else reason(machine, ended)


def reason(machine: Any, ended: dict[str, Any]) -> str:
    """Why an execution failed. The failure of a map hides that of its children: ask them first."""
    for map_run in machine.list_map_runs(executionArn=ended["executionArn"])["mapRuns"]:
        children = machine.list_executions(
            mapRunArn=map_run["mapRunArn"], statusFilter="FAILED", maxResults=1
        )["executions"]
        for child in children:
            failed = machine.describe_execution(executionArn=child["executionArn"])
            return message_of(failed.get("cause", ""))
    return message_of(ended.get("cause") or ended["status"])


def goals_of_night(stack: Connection, day: str) -> list[dict[str, Any]]:
    """What the night published, goal by goal, read from the API."""
    found = []
    for goal in stack.api.pages("/v1/goals"):
        if goal["last_night"] is None or goal["last_night"] < day:
            continue
        days = stack.api.get(f"/v1/goals/{goal['id']}/progress")["days"]
        over = [d for d in days if d["window"] is not None and d["window"]["ends_on"] == day]
        found += [
            {
                "id": goal["id"],
                "name": goal["name"],
                "day": published,
                "completed": over[0] if over else None,
            }
            for published in days
            if published["date"] == day
        ]
    return found


def show_night(night: dict[str, Any]) -> None:
    """`2026-10-31  2.1 s  Buy again: 1,204 of 18,377, predicted 1,190 …`"""
    goals = [f"{goal['name']}: {told(goal['day'], goal['completed'])}" for goal in night["goals"]]
    counts = "; ".join(goals) or "no goals at work"
    show(f"{night['date']}  {duration(night['seconds'])}  {counts}")


def told(day: dict[str, Any], completed: dict[str, Any] | None) -> str:
    """A goal's night in one line; of a rolling goal, what it predicts and what just came."""
    if day["window"] is not None:
        return f"{_ahead(day)}{_came(completed)}; {_buckets(day)}"
    members = day["open"] + day["achieved"] + day["lost"]
    predicted = day.get("predicted")
    expected = f", predicted {predicted['value']:,.0f}" if predicted else ""
    return f"{day['did']:,} of {members:,} did it{expected}; open: {_buckets(day)}"


def _ahead(day: dict[str, Any]) -> str:
    predicted, window = day["predicted"], day["window"]
    return (
        f"{predicted['value']:,.0f} of {day['open']:,} expected from {window['starts_on']} to "
        f"{window['ends_on']} (80 %: {predicted['low80']:,.0f} to {predicted['high80']:,.0f})"
    )


def _came(completed: dict[str, Any] | None) -> str:
    if completed is None:
        return ""
    window, expected = completed["window"], completed["predicted"]["value"]
    since = window["starts_on"]
    return f"; {window['did']:,} did it since {since}, {expected:,.0f} were expected"


def _buckets(day: dict[str, Any]) -> str:
    counts = day["open_by_bucket"]
    return (
        f"{counts['most_likely']:,} most, {counts['moderately_likely']:,} moderately, "
        f"{counts['least_likely']:,} least likely"
    )
