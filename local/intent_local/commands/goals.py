"""`intent goals`: list, show and create goals, follow and measure them, clone and archive them."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

from intent_segments.errors import InvalidInput

from ..arguments import share
from ..connection import Connection, connect
from ..console import say, show, show_json, show_table
from ..goal_views import left, show_places, show_progress, show_report
from ..uplift_views import show_metrics, show_power, show_uplift
from .resources import (
    GOAL_FIELDS,
    add_common_arguments,
    add_goal_arguments,
    goal_body,
    period,
    read_body,
    words,
)

BUCKETS = ("most_likely", "moderately_likely", "least_likely")
LOOK_EVERY_SECONDS = 0.5
WAIT_SECONDS = 900


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `intent goals` to the command line."""
    summary = "list, show, create, follow, clone and archive goals"
    parser = commands.add_parser("goals", help=summary)
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    actions.add_parser("list", help="every goal, newest first").set_defaults(run=list_goals)
    created = actions.add_parser("create", help="save a goal and wait until it is set up")
    created.add_argument("--name", required=True)
    created.add_argument("--forecast", dest="forecast_id", metavar="ID", help="made from it")
    add_goal_arguments(created)
    created.set_defaults(run=create_goal)
    cloned = actions.add_parser("clone", help="the same goal about the days to come")
    add_goal_arguments(cloned, of_a_clone=True)
    cloned.add_argument("--name", help="default: the old one")
    renamed = actions.add_parser("rename", help="give a goal another name")
    shown = actions.add_parser("show", help="one goal, as the API has it")
    progress = actions.add_parser("progress", help="day by day: actual beside predicted")
    progress.add_argument("--today", action="store_true", help="count also what has landed since")
    report = actions.add_parser("report", help="predicted against actual, so far or at the end")
    report.add_argument("--format", choices=("csv", "html"), help="a table, or a page to print")
    report.add_argument(
        "--out", type=Path, metavar="FILE", help="where to write it; default: stdout"
    )
    effect = actions.add_parser("uplift", help="test against control: what a campaign changed")
    effect.add_argument("--bucket", choices=BUCKETS, help="only members of this bucket of day 0")
    effect.add_argument("--engagement", metavar="ID", help="only who came into it, from then on")
    measured = actions.add_parser("metrics", help="other events to compare between the arms")
    measured.add_argument(
        "--file", metavar="FILE.json", help='{"metrics": […]} to take their place; - is stdin'
    )
    powerful = actions.add_parser("power", help="which effect the control group can show")
    powerful.add_argument("--lift", type=float, help="a change to look for: 0.1 is a tenth more")
    powerful.add_argument("--control-share", type=share, help="another one than the goal's")
    archived = actions.add_parser("archive", help="stop a goal for good and free its place")
    for action, run in (
        (cloned, clone_goal),
        (renamed, rename_goal),
        (shown, show_goal),
        (progress, follow_goal),
        (report, report_goal),
        (effect, measure_goal),
        (measured, metrics_of_goal),
        (powerful, weigh_goal),
        (archived, archive_goal),
    ):
        action.add_argument("id")
        action.set_defaults(run=run)
    renamed.add_argument("name")
    for action in actions.choices.values():
        add_common_arguments(action)


def list_goals(args: argparse.Namespace) -> int:
    """A table, or {"data": […]}. Raises ApiError."""
    with connect(args.stack) as stack:
        goals = list(stack.api.pages("/v1/goals"))
    if args.json:
        show_json({"data": goals})
        return 0
    rows = [(g["id"], g["status"], left(g), period(g), g["name"], words(g)) for g in goals]
    show_table(("id", "status", "left", "period", "name", "events"), rows)
    show_places(goals)
    return 0


def show_goal(args: argparse.Namespace) -> int:
    """The API's JSON. Raises ApiError."""
    with connect(args.stack) as stack:
        show_json(stack.api.get(_path(args.id)))
    return 0


def create_goal(args: argparse.Namespace) -> int:
    """Save a goal and wait for its set-up; 1 when that fails. Raises ApiError."""
    with connect(args.stack) as stack:
        goal = create(stack, args)
        stack.save()
    return _told(goal, args.json)


def clone_goal(args: argparse.Namespace) -> int:
    """Save a goal's clone and wait for its set-up; 1 when that fails. Raises ApiError."""
    body = read_body(args.file) if args.file else {}
    given = {name: getattr(args, name, None) for name in (*GOAL_FIELDS, "name", "segment")}
    body |= {name: value for name, value in given.items() if value is not None}
    with connect(args.stack) as stack:
        goal = _set_up(stack, stack.api.post(f"{_path(args.id)}/clone", body))
        stack.save()
    return _told(goal, args.json)


def rename_goal(args: argparse.Namespace) -> int:
    """Raises ApiError."""
    with connect(args.stack) as stack:
        goal = stack.api.patch(_path(args.id), {"name": args.name})
        stack.save()
    return _done(goal, args.json, f"{goal['id']} is called {goal['name']}")


def archive_goal(args: argparse.Namespace) -> int:
    """Raises ApiError."""
    with connect(args.stack) as stack:
        goal = stack.api.post(f"{_path(args.id)}/archive")
        stack.save()
    places = goal["places"]
    told = f"{goal['id']} is archived; {places['used']} of {places['limit']} places used"
    return _done(goal, args.json, told)


def follow_goal(args: argparse.Namespace) -> int:
    """Progress as a table, or the API's JSON. Raises ApiError."""
    with connect(args.stack) as stack:
        today = "true" if args.today else None
        progress = stack.api.get(f"{_path(args.id)}/progress", today=today)
    if args.json:
        show_json(progress)
    else:
        show_progress(progress)
    return 0


def report_goal(args: argparse.Namespace) -> int:
    """The report in words, the API's JSON, or a document as the API has it. Raises ApiError,
    InvalidInput for a file that cannot be written."""
    if args.format is None and args.out is not None:
        raise InvalidInput.at("--out", "--out takes a document: say --format html or --format csv")
    with connect(args.stack) as stack:
        path = f"{_path(args.id)}/report"
        if args.format is not None:
            return _written(stack.api.text(path, format=args.format), args.out)
        report = stack.api.get(path)
    if args.json:
        show_json(report)
    else:
        show_report(report)
    return 0


def _written(document: str, out: Path | None) -> int:
    if out is None:
        sys.stdout.write(document)
        return 0
    try:
        out.write_text(document, "utf-8", newline="")
    except OSError as error:
        raise InvalidInput.at("--out", f"{out} cannot be written: {error.strerror}") from None
    say(f"written to {out}")
    return 0


def measure_goal(args: argparse.Namespace) -> int:
    """The uplift in words and tables, or the API's JSON. Raises ApiError."""
    with connect(args.stack) as stack:
        asked = {"bucket": args.bucket, "engagement": args.engagement}
        found = stack.api.get(f"{_path(args.id)}/uplift", **asked)
    if args.json:
        show_json(found)
    else:
        show_uplift(found)
    return 0


def metrics_of_goal(args: argparse.Namespace) -> int:
    """Show the metrics of a goal, or put those of a file in their place. Raises ApiError."""
    with connect(args.stack) as stack:
        if args.file is None:
            goal = stack.api.get(_path(args.id))
        else:
            goal = stack.api.patch(_path(args.id), read_body(args.file))
            stack.save()
    if args.json:
        show_json({"metrics": goal["metrics"]})
    else:
        show_metrics(goal)
    return 0


def weigh_goal(args: argparse.Namespace) -> int:
    """What the control group can show, or the API's JSON. Raises ApiError."""
    asked = {"lift": args.lift, "control_share": args.control_share}
    with connect(args.stack) as stack:
        found = stack.api.get(f"{_path(args.id)}/power", **asked)
    if args.json:
        show_json(found)
    else:
        show_power(found)
    return 0


def create(stack: Connection, args: argparse.Namespace) -> dict[str, Any]:
    """Save a goal and wait while it is preparing; the goal as it is then."""
    body = {"forecast_id": args.forecast_id} if args.forecast_id else goal_body(args)
    return _set_up(stack, stack.api.post("/v1/goals", {"name": args.name, **body}))


def _set_up(stack: Connection, goal: dict[str, Any]) -> dict[str, Any]:
    say(f"{goal['id']} is being set up")
    end = time.monotonic() + WAIT_SECONDS
    while goal["status"] == "preparing" and time.monotonic() < end:
        time.sleep(LOOK_EVERY_SECONDS)
        goal = stack.api.get(f"/v1/goals/{goal['id']}")
    return dict(goal)


def _told(goal: dict[str, Any], as_json: bool) -> int:
    """A new goal; exit code 1 with the reason when it is not active."""
    _done(goal, as_json, f"{goal['id']} is {goal['status']}: {words(goal)} {period(goal)}")
    if goal["status"] == "active":
        return 0
    say(f"error: {goal['status_reason']}")
    return 1


def _done(goal: dict[str, Any], as_json: bool, told: str) -> int:
    if as_json:
        show_json(goal)
    else:
        show(told)
    return 0


def _path(goal_id: str) -> str:
    return f"/v1/goals/{quote(goal_id, safe='')}"
