"""`intent status`: what is up, what is loaded, which goals there are."""

from __future__ import annotations

import argparse
from typing import Any

from ..connection import add_stack_argument, connect
from ..console import show, show_json, show_table
from ..stack.home import Home
from ..stack.running import what_was_lost
from ..stack.server import find


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `intent status` to the command line."""
    parser = commands.add_parser(
        "status",
        help="what is up, what is loaded, which goals there are",
        description="Whether the local stack is up, its last closed day, events and goals. A "
        "stack that is not up is not started for this.",
    )
    add_stack_argument(parser)
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """JSON: {"up", "url", "watermark", "events", "goals"}; the last three are null when not up."""
    home = Home.default()
    if args.stack is None and find(home) is None:
        if args.json:
            show_json({"up": False, "url": None, "watermark": None, "events": None, "goals": None})
            return 0
        show("the local stack is not up; `intent up` starts it")
        show(what_was_lost(home) or f"its data are kept in {home.root}")
        return 0
    with connect(args.stack) as stack:
        watermark = stack.api.get("/v1/events", limit=1)["watermark"]
        events = list(stack.api.pages("/v1/events", limit=100))
        goals = list(stack.api.pages("/v1/goals"))
        status = {
            "up": True,
            "url": stack.api.url,
            "watermark": watermark,
            "events": events,
            "goals": [{key: goal[key] for key in ("id", "name", "status")} for goal in goals],
        }
    if args.json:
        show_json(status)
    else:
        show_status(status)
    return 0


def show_status(status: dict[str, Any]) -> None:
    show(f"up at {status['url']}/v1, docs at {status['url']}/docs")
    if status["watermark"] is None:
        show("nothing is loaded yet: `intent load FILE`")
        return
    show(f"last closed day {status['watermark']}, {len(status['events'])} kinds of events")
    if status["goals"]:
        rows = [(goal["id"], goal["status"], goal["name"]) for goal in status["goals"]]
        show_table(("goal", "status", "name"), rows)
    else:
        show("no goals yet")
