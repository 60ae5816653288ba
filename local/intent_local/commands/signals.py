"""`intent signals`: what models are made from, what was left out, and what each source is worth."""

from __future__ import annotations

import argparse
from typing import Any
from urllib.parse import quote

from ..connection import connect
from ..console import show_json, show_table
from .resources import add_common_arguments

LEFT_OUT = {
    "personal": "left out: identifies a person",
    "many_values": "left out: no value is frequent",
    "outcome": "left out: may be a record of the outcome",
    "beyond_limit": "left out: more users have others",
}


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `intent signals` to the command line."""
    parser = commands.add_parser("signals", help="what the models of goals are made from")
    parser.add_argument("--goal", metavar="ID", help="of this goal alone; default: all at work")
    add_common_arguments(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """A table or the API's JSON. Raises ApiError with the API's words."""
    with connect(args.stack) as stack:
        if args.goal:
            found = stack.api.get(f"/v1/goals/{quote(args.goal, safe='')}/signals")
            rows = [_row(source, source) for source in found["signals"]]
        else:
            found = {"data": list(stack.api.pages("/v1/signals"))}
            rows = [
                (*_row(source, use), use["goal_id"])
                for source in found["data"]
                for use in source["models"]
            ]
    if args.json:
        show_json(found)
    else:
        head = ("from", "name", "signals", "importance")
        show_table(head if args.goal else (*head, "goal"), rows)
    return 0


def _row(source: dict[str, Any], use: dict[str, Any]) -> tuple[str, ...]:
    told = LEFT_OUT.get(use["left_out"]) or str(len(use["signals"]))
    weight = "" if use["importance"] is None else f"{use['importance']:.4f}"
    return source["kind"], source["name"], told, weight
