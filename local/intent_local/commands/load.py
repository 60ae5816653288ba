"""`intent load`: files of events and profiles, through the landing folder into the lake."""

from __future__ import annotations

import argparse
import json
import time
import uuid
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from intent_segments.errors import InvalidFile, InvalidInput
from intent_segments.events.files import FORMS
from intent_segments.events.known_mappings import KNOWN
from intent_segments.events.mapping import FieldMapping
from intent_segments.events.partitions import day_of, partitions_of
from intent_segments.lake.calendar import parse_date

from ..connection import Connection, add_stack_argument, connect
from ..console import duration, say, show, show_json
from ..invoke import invoke

S3 = "s3://"


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `intent load` to the command line."""
    parser = commands.add_parser(
        "load",
        help="load events and profiles from files",
        description="Load events (columns user_id, event, ts; optionally properties and "
        "message_id) and profiles from Parquet, CSV or JSON lines. Loading a file twice adds "
        "nothing.",
    )
    parser.add_argument(
        "files",
        nargs="*",
        metavar="FILE",
        help="files of events, or s3://bucket/prefix/ to read what lies there in place",
    )
    parser.add_argument(
        "--calls",
        action="store_true",
        help="FILEs are raw logs of Segment, a call in each line; they are rolled up at once",
    )
    parser.add_argument("--profiles", type=Path, action="append", default=[], metavar="FILE")
    parser.add_argument(
        "--valid-from", metavar="DATE", help="the day from which undated traits of profiles hold"
    )
    parser.add_argument("--since", metavar="DATE", help="only events from this day on")
    parser.add_argument(
        "--until",
        metavar="DATE",
        help="only events up to this day, which is then closed; default: the last day in the "
        "file, at most yesterday in the account's time zone",
    )
    parser.add_argument(
        "--mapping",
        metavar="NAME|FILE.json",
        help="how files of events with other column names are to be read: "
        f"{', '.join(sorted(KNOWN))}, or a file (docs/connectors.md)",
    )
    add_stack_argument(parser)
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """JSON: {"imports": [{"file", "kind", "report"}]}, the report as `import_events` returns it.

    Every file and date is checked before the first is loaded. Raises InvalidInput, InvalidFile.
    """
    named = [name for name in args.files if not name.startswith(S3)]
    places = [name for name in args.files if name.startswith(S3)]
    kind = "calls" if args.calls else "events"
    if args.calls and (args.mapping or args.since or args.until):
        raise InvalidInput(
            "--mapping, --since and --until are for files of events: calls have the names of "
            "Segment, and are taken whole"
        )
    files = [(path, "profiles") for path in args.profiles] + [(Path(n), kind) for n in named]
    if not files and not places:
        raise InvalidInput("nothing to load: name files of events, or --profiles FILE")
    for path, _ in files:
        if not path.is_file():
            raise InvalidFile(f"{path} is no file; give the path of a Parquet, CSV or JSONL file")
    days = {
        name: parse_date(value, f"--{name.replace('_', '-')}").isoformat()
        for name in ("since", "until", "valid_from")
        if (value := getattr(args, name))
    }
    reports = []
    with connect(args.stack) as stack:
        request: dict[str, Any] = days | {"closes_until": "until" in days}
        mapping = read_mapping(args.mapping)
        request.setdefault("until", yesterday(stack.timezone).isoformat())
        for path, kind in files:
            began = time.monotonic()
            of_kind = {"mapping": mapping} if kind == "events" and mapping is not None else {}
            report = load(stack, path, kind, request | of_kind)
            reports.append({"file": str(path), "kind": kind, "report": report})
            if not args.json:
                show_report(path.name, report, time.monotonic() - began)
        for place in places:
            reports += in_place(stack, place, kind, mapping, request, tell=not args.json)
        if args.calls:
            say("rolling up")
            invoke(stack.client("lambda"), stack.roll_up_function, {"kind": "calls"})
        stack.save()
    if args.json:
        show_json({"imports": reports})
    return 0


def load(stack: Connection, path: Path, kind: str, how: Mapping[str, Any]) -> dict[str, Any]:
    """Land one file and import it; the import report. `how` holds ISO dates `since`, `until`,
    `valid_from` and the flag `closes_until` (services/importing.py), each of which may be missing.
    Raises InvalidFile and what `invoke` raises."""
    say(f"loading {path.name} ({path.stat().st_size / 1e6:,.1f} MB)")
    key = f"landing/{uuid.uuid4().hex}/{path.name}"
    stack.client("s3").upload_file(str(path), stack.bucket, key)
    request = {"key": key, "kind": kind, **how}
    answer = invoke(stack.client("lambda"), stack.import_function, request)
    return dict(answer)


def in_place(
    stack: Connection, place: str, kind: str, mapping: Any, how: Mapping[str, Any], tell: bool
) -> list[dict[str, Any]]:
    """Have the stack read every file of that kind below `s3://bucket/prefix`, in the order of their
    keys; what it reported of each. Files of days that `how` leaves out are not read. Raises
    InvalidInput where nothing lies there."""
    bucket, _, prefix = place.removeprefix(S3).partition("/")
    pages = stack.client("s3").get_paginator("list_objects_v2")
    keys = [
        found["Key"]
        for page in pages.paginate(Bucket=bucket, Prefix=prefix)
        for found in page.get("Contents", ())
        if _is_data(found["Key"].removeprefix(prefix), kind) and found["Size"]
    ]
    if not keys:
        raise InvalidInput(f"{place}: there are no files of {kind}; is the prefix right?")
    reports = []
    for key in sorted(keys):
        if not _may_have(day_of(partitions_of(key)), how):
            continue
        say(f"reading {S3}{bucket}/{key}")
        began = time.monotonic()
        request = {"bucket": bucket, "key": key, "kind": kind, **how}
        if mapping is not None:
            request["mapping"] = mapping
        report = invoke(stack.client("lambda"), stack.import_function, request)
        reports.append({"file": f"{S3}{bucket}/{key}", "kind": kind, "report": report})
        if tell:
            show_report(key, report, time.monotonic() - began)
    return reports


def _is_data(key: str, kind: str) -> bool:
    """Names that begin with _ or . are marks of whoever wrote the files, such as `_SUCCESS`. Files
    of calls have any name."""
    parts = key.split("/")
    if any(part.startswith(("_", ".")) for part in parts):
        return False
    name = parts[-1].lower().removesuffix(".gz")
    return kind == "calls" or name.endswith(tuple(FORMS))


def _may_have(day: date | None, how: Mapping[str, Any]) -> bool:
    """Whether a file of such a day may hold events of the days asked for: in another time zone they
    are those of the day before or after."""
    if day is None:
        return True
    since, until = (how.get(name) for name in ("since", "until"))
    margin = timedelta(days=1)
    early = since is not None and day < date.fromisoformat(since) - margin
    return not early and (until is None or day <= date.fromisoformat(until) + margin)


def read_mapping(given: str | None) -> Any:
    """The name of a known mapping, or what the file of that name says, checked. Raises
    InvalidInput, InvalidFile."""
    if given is None or given in KNOWN:
        return given
    path = Path(given)
    if not path.is_file():
        raise InvalidInput(
            f"--mapping {given}: neither a file nor one of {', '.join(sorted(KNOWN))}"
        )
    try:
        document = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise InvalidFile(f"{path} is not JSON: {error}") from None
    if not isinstance(document, dict):
        raise InvalidFile(f"{path} must hold a JSON object: see docs/connectors.md")
    FieldMapping.parse(document)
    return document


def yesterday(timezone: str) -> date:
    """The last whole day in the account's time zone."""
    return datetime.now(ZoneInfo(timezone)).date() - timedelta(days=1)


def show_report(name: str, report: Mapping[str, Any], seconds: float) -> None:
    """One line per number of the report; reasons for rows that were set aside below them."""
    show(f"{name}: loaded in {duration(seconds)}")
    for name, value in report.items():
        if isinstance(value, bool) or value is None:
            continue
        if isinstance(value, int):
            show(f"  {name.replace('_', ' ')}: {value:,}")
        elif isinstance(value, str):
            show(f"  {name.replace('_', ' ')}: {value}")
        elif isinstance(value, Mapping | list) and value:
            show(f"  {name.replace('_', ' ')}:")
            entries = value.items() if isinstance(value, Mapping) else enumerate(value, start=1)
            for entry, told in entries:
                show(f"    {entry}: {in_words(told)}")


def in_words(told: Any) -> str:
    """A reason for setting rows aside reads `2 (ts cannot be read as a time, such as …)`."""
    if not isinstance(told, Mapping):
        return f"{told:,}" if isinstance(told, int) else str(told)
    return f"{told['count']:,} ({told['meaning']}, {told['example']})"
