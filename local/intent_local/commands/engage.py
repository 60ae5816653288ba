"""`intent engage`: reach the members of a goal, or of a segment, through a destination."""

from __future__ import annotations

import argparse
import time
from typing import Any
from urllib.parse import quote

from ..connection import Connection, connect
from ..console import say, show, show_json
from .resources import add_common_arguments, read_body

LOOK_EVERY_SECONDS = 0.5
WAIT_SECONDS = 900

BUCKETS = ("most_likely", "moderately_likely", "least_likely")


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `intent engage` to the command line."""
    summary = "reach members of a goal or a segment through a destination"
    parser = commands.add_parser("engage", help=summary)
    of = parser.add_mutually_exclusive_group(required=True)
    of.add_argument(
        "--goal", metavar="ID", help="open members of a goal, without its control group"
    )
    of.add_argument("--segment", metavar="ID", help="members of a segment; or all-users")
    parser.add_argument("--destination", metavar="ID", required=True)
    parser.add_argument("--name", required=True)
    whom = parser.add_mutually_exclusive_group()
    whom.add_argument("--bucket", dest="buckets", action="append", choices=BUCKETS)
    whom.add_argument("--everyone", action="store_true", help="all open members")
    when = parser.add_mutually_exclusive_group()
    when.add_argument("--nightly", action="store_true", help="whoever comes in, every night")
    when.add_argument("--at", metavar="INSTANT", help="such as 2026-12-01T09:00:00+01:00")
    when.add_argument(
        "--stream",
        choices=("entered", "left", "both"),
        help="not the members of a segment, but who crossed into or out of it, every night",
    )
    parser.add_argument(
        "--initial", action="store_true", help="the members of a stream's first night have entered"
    )
    parser.add_argument(
        "--until", metavar="DATE", help="the last day on which --nightly or --stream sends"
    )
    parser.add_argument("--message", metavar="FILE.json", help="what is written to people")
    parser.add_argument("--reference", metavar="TEXT", help="a word that messages carry")
    add_common_arguments(parser)
    parser.set_defaults(run=run, parser=parser)


def run(args: argparse.Namespace) -> int:
    """What came of it, or the API's JSON; 1 when something was not delivered. Raises ApiError."""
    body = request(args)
    with connect(args.stack) as stack:
        path = f"/v1/goals/{quote(args.goal, safe='')}" if args.goal else "/v1"
        made = stack.api.post(f"{path}/engagements", body)
        nightly = made["schedule"]["kind"] == "nightly"
        later = nightly or args.at is not None
        sent = None if later else delivered(stack, made)
        stack.save()
    if args.json:
        show_json(made | {"delivery": sent})
    elif nightly:
        until = made["schedule"]["until"] or "it is stopped"
        show(f"{made['id']} sends after every night until {until}")
    elif args.at:
        show(f"{made['id']} sends at {made['schedule']['at']}")
    elif sent is not None:
        show(f"{made['id']}: {in_words(sent)}")
    if later:
        return 0
    if sent is None or sent["status"] != "published":
        reason = sent["reason"] if sent else None
        say(f"error: {reason or 'it is still being sent; see intent engagements deliveries'}")
        return 1
    return 0 if not (sent["counts"]["failed"] or sent["counts"]["unknown"]) else 1


def request(args: argparse.Namespace) -> dict[str, Any]:
    """The body of the request; what does not go together is wrong usage."""
    if args.until and not (args.nightly or args.stream):
        args.parser.error("--until goes with --nightly or --stream")
    if args.stream and not args.segment:
        args.parser.error("--stream goes with --segment")
    if args.initial and not args.stream:
        args.parser.error("--initial goes with --stream")
    if args.goal and not (args.everyone or args.buckets):
        args.parser.error("--goal goes with --bucket or --everyone")
    if args.segment and (args.everyone or args.buckets):
        args.parser.error("--bucket and --everyone go with --goal")
    audience: dict[str, Any] = {"segment": args.segment}
    if args.goal:
        audience = {"everyone": True} if args.everyone else {"buckets": args.buckets}
    if args.stream:
        audience["stream"] = ["entered", "left"] if args.stream == "both" else [args.stream]
        audience["initial"] = args.initial
    nightly = args.nightly or args.stream
    schedule: dict[str, Any] = {"kind": "nightly" if nightly else "now"}
    if args.at:
        schedule = {"kind": "at", "at": args.at}
    if args.until:
        schedule["until"] = args.until
    body = {
        "name": args.name,
        "audience": audience,
        "destination": args.destination,
        "schedule": schedule,
        "message": read_body(args.message) if args.message else None,
        "reference": args.reference,
    }
    return {name: value for name, value in body.items() if value is not None}


def delivered(stack: Connection, made: dict[str, Any]) -> dict[str, Any] | None:
    """The send once it has ended; None when it has not begun in time."""
    say(f"{made['id']} is being sent")
    path, end = f"/v1/engagements/{made['id']}/deliveries", time.monotonic() + WAIT_SECONDS
    while time.monotonic() < end:
        sends = stack.api.get(path)["data"]
        if sends and sends[0]["status"] != "running":
            return dict(sends[0])
        time.sleep(LOOK_EVERY_SECONDS)
    return None


def in_words(sent: dict[str, Any]) -> str:
    """`31 delivered, 6 held back`: everything that is not nought."""
    if sent["counts"] is None:
        return str(sent["status"])
    told = [f"{n:,} {name.replace('_', ' ')}" for name, n in sent["counts"].items() if n]
    return ", ".join(told) or "nobody was to be reached"
