"""`intent goals`: list, show and create goals."""

from __future__ import annotations

import argparse
import time
from typing import Any
from urllib.parse import quote

from ..connection import Connection, connect
from ..console import say, show, show_json, show_table
from .resources import add_common_arguments, add_goal_arguments, goal_body, period, words

LOOK_EVERY_SECONDS = 0.5
WAIT_SECONDS = 900


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `intent goals` to the command line."""
    parser = commands.add_parser("goals", help="list, show and create goals")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    listed = actions.add_parser("list", help="every goal, newest first")
    shown = actions.add_parser("show", help="one goal")
    shown.add_argument("id")
    created = actions.add_parser("create", help="save a goal and wait until it is set up")
    created.add_argument("--name", required=True)
    created.add_argument("--forecast", dest="forecast_id", metavar="ID", help="made from it")
    add_goal_arguments(created)
    for action in (listed, shown, created):
        add_common_arguments(action)
        action.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """A table or the API's JSON; 1 when a new goal's set-up fails. Raises ApiError."""
    with connect(args.stack) as stack:
        if args.action == "list":
            goals = list(stack.api.pages("/v1/goals"))
            if args.json:
                show_json({"data": goals})
            else:
                rows = [(g["id"], g["status"], period(g), g["name"], words(g)) for g in goals]
                show_table(("id", "status", "period", "name", "events"), rows)
            return 0
        if args.action == "show":
            show_json(stack.api.get(f"/v1/goals/{quote(args.id, safe='')}"))
            return 0
        goal = create(stack, args)
        stack.save()
    if args.json:
        show_json(goal)
    else:
        show(f"{goal['id']} is {goal['status']}: {words(goal)} {period(goal)}")
    if goal["status"] == "active":
        return 0
    say(f"error: {goal['status_reason']}")
    return 1


def create(stack: Connection, args: argparse.Namespace) -> dict[str, Any]:
    """Save a goal and wait while it is preparing; the goal as it is then."""
    body = {"forecast_id": args.forecast_id} if args.forecast_id else goal_body(args)
    goal = stack.api.post("/v1/goals", {"name": args.name, **body})
    say(f"{goal['id']} is being set up")
    end = time.monotonic() + WAIT_SECONDS
    while goal["status"] == "preparing" and time.monotonic() < end:
        time.sleep(LOOK_EVERY_SECONDS)
        goal = stack.api.get(f"/v1/goals/{goal['id']}")
    return dict(goal)
