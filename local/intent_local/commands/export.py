"""`intent export`: members of a segment, or of a goal's buckets, as files in a folder."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ..arguments import day
from ..client import fetch
from ..connection import Connection, connect
from ..console import say, show, show_json
from .resources import add_common_arguments

LOOK_EVERY_SECONDS = 0.5
WAIT_SECONDS = 900

BUCKETS = ("most_likely", "moderately_likely", "least_likely")


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `intent export` to the command line."""
    parser = commands.add_parser("export", help="users of a segment or a goal as files")
    whom = parser.add_mutually_exclusive_group(required=True)
    whom.add_argument("--segment", metavar="ID", help="members of a segment; or all-users")
    whom.add_argument("--goal", metavar="ID", help="open members of a goal, by its newest night")
    parser.add_argument("--format", choices=("csv", "parquet"), default="csv")
    parser.add_argument("--out", type=Path, metavar="FOLDER", required=True)
    parser.add_argument("--trait", dest="traits", action="append", metavar="NAME", default=[])
    parser.add_argument("--as-of", type=day, metavar="DATE", help="of a segment")
    parser.add_argument("--bucket", dest="buckets", action="append", choices=BUCKETS)
    parser.add_argument(
        "--include-control",
        action="store_true",
        help="of a goal: its control group too, which must not be reached, with its arm",
    )
    add_common_arguments(parser)
    parser.set_defaults(run=run, parser=parser)


def run(args: argparse.Namespace) -> int:
    """What was written, or the API's JSON with the files' paths; 1 when the export failed. Raises
    ApiError."""
    path, body = request(args)
    with connect(args.stack) as stack:
        export = ready(stack, stack.api.post(path, body))
        files = download(stack, export, args.out) if export["status"] == "ready" else []
        stack.save()
    if args.json:
        show_json(export | {"paths": [str(file) for file in files]})
    elif files:
        told = f"{export['rows']:,} users as of {export['as_of']} in {len(files)} files: {args.out}"
        show(f"{told}\n{export['note']}" if export["note"] else told)
    if files:
        return 0
    say(f"error: {export['reason'] or 'the export is still being written; see GET /v1/exports'}")
    return 1


def request(args: argparse.Namespace) -> tuple[str, dict[str, Any]]:
    """The path and the body of the request; options of the other kind are wrong usage."""
    body: dict[str, Any] = {"format": args.format, "traits": args.traits}
    if args.segment is not None:
        if args.buckets or args.include_control:
            args.parser.error("--bucket and --include-control go with --goal")
        if args.as_of is not None:
            body["as_of"] = args.as_of.isoformat()
        return f"/v1/segments/{quote(args.segment, safe='')}/exports", body
    if args.as_of is not None:
        args.parser.error("--as-of goes with --segment; a goal is exported by its newest night")
    if args.buckets:
        body["buckets"] = args.buckets
    body["include_control"] = args.include_control
    return f"/v1/goals/{quote(args.goal, safe='')}/exports", body


def ready(stack: Connection, export: dict[str, Any]) -> dict[str, Any]:
    """The export once its files are written, or as it is when that takes too long."""
    say(f"{export['id']} is being written")
    end = time.monotonic() + WAIT_SECONDS
    while export["status"] == "preparing" and time.monotonic() < end:
        time.sleep(LOOK_EVERY_SECONDS)
        export = stack.api.get(f"/v1/exports/{export['id']}")
    return export


def download(stack: Connection, export: dict[str, Any], folder: Path) -> list[Path]:
    """Every file, under the name that its number gives it."""
    folder.mkdir(parents=True, exist_ok=True)
    ending = "csv.gz" if export["format"] == "csv" else "parquet"
    paths = []
    for file in export["files"]:
        path = folder / f"{export['id']}-{file['number']:04d}.{ending}"
        fetch(stack.api.redirect(file["href"]), path, file["bytes"])
        paths.append(path)
    return paths
