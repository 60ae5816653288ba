"""`intent tracking`: write keys of the tracking API, roll-ups of what it took, and what it could
not use."""

from __future__ import annotations

import argparse
from itertools import islice
from urllib.parse import quote

from ..arguments import day
from ..connection import Connection, connect
from ..console import say, show, show_json, show_table
from ..invoke import invoke
from .resources import add_common_arguments


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `intent tracking` to the command line."""
    parser = commands.add_parser("tracking", help="write keys, and the roll-up of calls")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    created = actions.add_parser("create-key", help="make a write key; it is shown once")
    created.add_argument("name", help="what it is for")
    listed = actions.add_parser("keys", help="every write key that stands")
    revoked = actions.add_parser("revoke-key", help="refuse a key from now on")
    revoked.add_argument("id")
    rolled = actions.add_parser("roll-up", help="put calls that have landed into the lake now")
    reports = actions.add_parser("roll-ups", help="what roll-ups did, newest first")
    refused = actions.add_parser("refused", help="calls of a day that could not be used")
    refused.add_argument("--date", type=day, metavar="DATE", help="UTC; default: the newest")
    for action in (reports, refused):
        action.add_argument("--limit", type=int, default=20, help="default: 20")
    for action in (created, listed, revoked, rolled, reports, refused):
        add_common_arguments(action)
        action.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """What the API or the roll-up answers. Raises ApiError with the API's words."""
    with connect(args.stack) as stack:
        if args.action == "keys":
            keys = list(stack.api.pages("/v1/write-keys"))
            if args.json:
                show_json({"data": keys})
            else:
                show_table(
                    ("id", "made", "name"), [(k["id"], k["created_at"], k["name"]) for k in keys]
                )
            return 0
        if args.action in ("roll-ups", "refused"):
            return list_calls(stack, args)
        if args.action == "create-key":
            made = stack.api.post("/v1/write-keys", {"name": args.name})
        elif args.action == "revoke-key":
            stack.api.delete(f"/v1/write-keys/{quote(args.id, safe='')}")
            made = {"id": args.id, "revoked": True}
        else:
            made = invoke(stack.client("lambda"), stack.roll_up_function, {"kind": "calls"})
        stack.save()
    if args.json:
        show_json(made)
    elif args.action == "create-key":
        say(f"{made['id']}; the key itself is shown this once")
        show(made["write_key"])
    elif args.action == "roll-up":
        show(
            f"{made['files']:,} files: {made['added']:,} events added, "
            f"{made['duplicates']:,} known already, {made['left']:,} files left"
        )
    return 0


def list_calls(stack: Connection, args: argparse.Namespace) -> int:
    """Roll-ups or refused calls, the newest ones."""
    if args.action == "roll-ups":
        pages = stack.api.pages("/v1/roll-ups")
    else:
        given = {} if args.date is None else {"date": args.date.isoformat()}
        pages = stack.api.pages("/v1/refused-calls", **given)
    found = list(islice(pages, args.limit))
    if args.json:
        show_json({"data": found})
    elif args.action == "roll-ups":
        show_table(
            ("ended", "files", "rows", "added", "known already", "left"),
            [
                (r["ended_at"], r["files"], r["rows_read"], r["added"], r["duplicates"], r["left"])
                for r in found
            ],
        )
    else:
        show_table(
            ("came", "field", "reason"), [(c["at"], c["field"], c["message"]) for c in found]
        )
    return 0
