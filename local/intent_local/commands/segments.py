"""`intent segments`: list, show and create segments, and how their sizes went."""

from __future__ import annotations

import argparse
from typing import Any
from urllib.parse import quote

from ..arguments import day
from ..connection import Connection, connect
from ..console import say, show, show_json, show_table
from .resources import add_common_arguments, read_body


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `intent segments` to the command line."""
    parser = commands.add_parser("segments", help="list, show and create segments, their trend")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    listed = actions.add_parser("list", help="every segment")
    shown = actions.add_parser("show", help="one segment")
    shown.add_argument("id")
    created = actions.add_parser("create", help="save a definition")
    created.add_argument("definition", metavar="FILE.json", help="the definition; - is stdin")
    created.add_argument("--name", required=True)
    trend = actions.add_parser("trend", help="how many members it had, day by day")
    trend.add_argument("id")
    trend.add_argument("--from", dest="since", type=day, metavar="DATE", help="default: 30 days")
    trend.add_argument("--to", dest="until", type=day, metavar="DATE")
    for action in (listed, shown, created, trend):
        add_common_arguments(action)
        action.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """A table or the API's JSON. Raises ApiError with the API's words."""
    with connect(args.stack) as stack:
        if args.action == "list":
            segments = list(stack.api.pages("/v1/segments"))
            if args.json:
                show_json({"data": segments})
            else:
                show_table(("id", "users", "as of", "goals", "name"), [row(s) for s in segments])
            return 0
        if args.action == "trend":
            return show_trend(stack, args)
        if args.action == "show":
            segment = stack.api.get(f"/v1/segments/{quote(args.id, safe='')}")
        else:
            body = {"name": args.name, "definition": read_body(args.definition)}
            segment = stack.api.post("/v1/segments", body)
            stack.save()
    if args.json or args.action == "show":
        show_json(segment)
    else:
        show(segment["id"])
    return 0


def row(segment: dict[str, Any]) -> tuple[object, ...]:
    """A line of the table: the newest size that is known, and how many goals are at work on it."""
    size = segment["size"] or {"users": None, "date": None}
    return segment["id"], size["users"], size["date"], len(segment["goals"]), segment["name"]


def show_trend(stack: Connection, args: argparse.Namespace) -> int:
    """A table of days, or the API's JSON; asked for again until no day is missing."""
    path = f"/v1/segments/{quote(args.id, safe='')}/trend"
    while True:
        trend = stack.api.get(path, **{"from": args.since, "to": args.until})
        if not trend["missing"]:
            break
        say(f"{len(trend['missing'])} days to go")
    stack.save()
    if args.json:
        show_json(trend)
        return 0
    points = [(p["date"], p["users"], "about" if p["estimated"] else "") for p in trend["points"]]
    show_table(("date", "users", ""), points)
    for warning in trend["warnings"]:
        say(f"warning: {warning}")
    return 0
