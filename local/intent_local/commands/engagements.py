"""`intent engagements`: what was engaged, delivered and not delivered."""

from __future__ import annotations

import argparse
from typing import Any
from urllib.parse import quote

from ..connection import connect
from ..console import show, show_json, show_table
from .engage import in_words
from .resources import add_common_arguments


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `intent engagements` to the command line."""
    summary = "list, show and stop engagements, what they delivered"
    parser = commands.add_parser("engagements", help=summary)
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    listed = actions.add_parser("list", help="every engagement, newest first")
    listed.add_argument("--goal", metavar="ID", help="those of one goal")
    listed.set_defaults(run=list_engagements)
    replayed = actions.add_parser("replay", help="send failed batches again")
    for action, run in (
        (actions.add_parser("show", help="one engagement, as the API has it"), show_one),
        (actions.add_parser("stop", help="send nothing more"), stop),
        (actions.add_parser("deliveries", help="its sends, with counts of users"), deliveries),
        (actions.add_parser("failures", help="batches that failed or are in doubt"), failures),
        (replayed, replay),
    ):
        action.add_argument("id")
        action.set_defaults(run=run)
    replayed.add_argument("batches", nargs="+", metavar="BATCH", help="as `failures` names them")
    for action in actions.choices.values():
        add_common_arguments(action)


def list_engagements(args: argparse.Namespace) -> int:
    """A table, or {"data": […]}. Raises ApiError."""
    path = "/v1/engagements"
    if args.goal is not None:
        path = f"/v1/goals/{quote(args.goal, safe='')}/engagements"
    with connect(args.stack) as stack:
        found = list(stack.api.pages(path))
    if args.json:
        show_json({"data": found})
        return 0
    rows = [
        (
            e["id"],
            e["status"],
            e["schedule"]["kind"],
            e["sends"],
            e["destination"]["name"],
            e["name"],
        )
        for e in found
    ]
    show_table(("id", "status", "when", "sends", "destination", "name"), rows)
    return 0


def show_one(args: argparse.Namespace) -> int:
    """The API's JSON. Raises ApiError."""
    with connect(args.stack) as stack:
        show_json(stack.api.get(_path(args)))
    return 0


def stop(args: argparse.Namespace) -> int:
    """Raises ApiError."""
    with connect(args.stack) as stack:
        stopped = stack.api.post(f"{_path(args)}/stop")
        stack.save()
    if args.json:
        show_json(stopped)
    else:
        show(f"{stopped['id']} is {stopped['status']}; {stopped['sends']} sends were made")
    return 0


def deliveries(args: argparse.Namespace) -> int:
    """A table of sends, or {"data": […]}. Raises ApiError."""
    with connect(args.stack) as stack:
        found = list(stack.api.pages(f"{_path(args)}/deliveries"))
    if args.json:
        show_json({"data": found})
    else:
        rows = [(d["id"], d["date"], d["status"], d["reason"] or _users(d)) for d in found]
        show_table(("send", "as of", "status", "users"), rows)
    return 0


def _users(sent: dict[str, Any]) -> str:
    """`12 entered, 3 left: 15 delivered`; of a stream only, who crossed."""
    crossed = sent["crossings"]
    if not crossed:
        return in_words(sent)
    return f"{crossed['entered']:,} entered, {crossed['left']:,} left: {in_words(sent)}"


def failures(args: argparse.Namespace) -> int:
    """A table of batches, or {"data": […]}. Raises ApiError."""
    with connect(args.stack) as stack:
        found = list(stack.api.pages(f"{_path(args)}/failures"))
    if args.json:
        show_json({"data": found})
    else:
        rows = [(f["id"], f["status"], f["users"], f["last_status"], f["reason"]) for f in found]
        show_table(("batch", "status", "users", "last answer", "reason"), rows)
    return 0


def replay(args: argparse.Namespace) -> int:
    """Raises ApiError."""
    with connect(args.stack) as stack:
        asked = stack.api.post(f"{_path(args)}/replay", {"batches": args.batches})
        stack.save()
    if args.json:
        show_json(asked)
    else:
        show(f"{asked['users']:,} users of {len(asked['batches'])} batches: {asked['run_id']}")
    return 0


def _path(args: argparse.Namespace) -> str:
    return f"/v1/engagements/{quote(args.id, safe='')}"
