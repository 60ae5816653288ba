"""`intent users`: erase a user, and what became of erasures."""

from __future__ import annotations

import argparse
from typing import Any

from ..connection import connect
from ..console import say, show, show_json, show_table
from .resources import add_common_arguments


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `intent users` to the command line."""
    parser = commands.add_parser("users", help="erase a user, see what became of erasures")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    erase = actions.add_parser("erase", help="hide a user at once and have everything removed")
    erase.add_argument("user_id", metavar="USER_ID")
    listed = actions.add_parser("erasures", help="every erasure, or one")
    listed.add_argument("id", nargs="?", metavar="ID")
    for action in (erase, listed):
        add_common_arguments(action)
        action.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """The erasure's id, a table, or the API's JSON. Raises ApiError with the API's words."""
    with connect(args.stack) as stack:
        if args.action == "erase":
            # In a body: not every id fits into a path.
            answer = stack.api.post("/v1/erasures", {"user_id": args.user_id})
            stack.save()
        elif args.id is not None:
            answer = stack.api.get(f"/v1/erasures/{args.id}")
        else:
            answer = {"data": list(stack.api.pages("/v1/erasures"))}
    if args.json:
        show_json(answer)
    elif args.action == "erase":
        show(answer["id"])
        say("hidden from now on; the next erasure run removes the user from everything")
    elif args.id is not None:
        show_json(answer)
    else:
        head = ("id", "status", "requested at", "done at", "rows removed")
        show_table(head, [row(erasure) for erasure in answer["data"]])
    return 0


def row(erasure: dict[str, Any]) -> tuple[object, ...]:
    """A line of the table; definitions and versions are no rows."""
    removed = erasure["removed"]
    rows = None
    if removed is not None:
        rows = sum(n for what, n in removed.items() if what not in ("definitions", "versions"))
    return erasure["id"], erasure["status"], erasure["requested_at"], erasure["done_at"], rows
