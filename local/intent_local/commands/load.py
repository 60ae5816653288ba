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
from intent_segments.events.known_mappings import KNOWN
from intent_segments.events.mapping import FieldMapping
from intent_segments.lake.calendar import parse_date

from ..connection import Connection, add_stack_argument, connect
from ..console import duration, say, show, show_json
from ..invoke import invoke


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `intent load` to the command line."""
    parser = commands.add_parser(
        "load",
        help="load events and profiles from files",
        description="Load events (columns user_id, event, ts; optionally properties and "
        "message_id) and profiles from Parquet, CSV or JSON lines. Loading a file twice adds "
        "nothing.",
    )
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="files of events")
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
    files = [(path, "profiles") for path in args.profiles] + [(p, "events") for p in args.files]
    if not files:
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
                show_report(path, report, time.monotonic() - began)
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


def show_report(path: Path, report: Mapping[str, Any], seconds: float) -> None:
    """One line per number of the report; reasons for rows that were set aside below them."""
    show(f"{path.name}: loaded in {duration(seconds)}")
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
