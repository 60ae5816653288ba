"""`intent segments`: list, show and create segments."""

from __future__ import annotations

import argparse
from urllib.parse import quote

from ..connection import connect
from ..console import show, show_json, show_table
from .resources import add_common_arguments, read_body


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `intent segments` to the command line."""
    parser = commands.add_parser("segments", help="list, show and create segments")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    listed = actions.add_parser("list", help="every segment")
    shown = actions.add_parser("show", help="one segment")
    shown.add_argument("id")
    created = actions.add_parser("create", help="save a definition")
    created.add_argument("definition", metavar="FILE.json", help="the definition; - is stdin")
    created.add_argument("--name", required=True)
    for action in (listed, shown, created):
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
                show_table(("id", "name"), [(s["id"], s["name"]) for s in segments])
            return 0
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
