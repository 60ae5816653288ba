"""`intent preview`: how many users are in a segment as of a day, and who, on files alone."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from intent_segments.errors import InvalidInput
from intent_segments.lake.calendar import from_day

from ..arguments import day
from ..console import say, show, show_json, show_table

if TYPE_CHECKING:
    from intent_segments.lake.tables import Tables
    from intent_segments.segments.definition import Definition


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `intent preview` to the command line."""
    parser = commands.add_parser(
        "preview",
        help="the size and the members of segments, on files alone",
        description="Count the users of segments as of the end of a day. Nothing after that day "
        "matters. docs/segments.md has the language of the segment files.",
    )
    parser.add_argument("--events", type=Path, action="append", required=True, metavar="FILE")
    parser.add_argument("--profiles", type=Path, metavar="FILE")
    parser.add_argument("--segment", action="append", required=True, metavar="FILE.json")
    parser.add_argument("--as-of", type=day, required=True, metavar="DATE")
    parser.add_argument(
        "--members",
        type=Path,
        metavar="FOLDER",
        help="write the user ids of each segment to FOLDER/<name of its file>.parquet",
    )
    parser.add_argument("--timezone", default="UTC", metavar="ZONE", help="default: UTC")
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print a table, or JSON: {"segments": [{"segment": <file as given>, "users": n}]}.

    Everything that was typed is checked before the events are read. Raises InvalidInput for a
    segment file that cannot be read or says nothing the language knows, InvalidFile for data.
    """
    # Heavy imports belong to the command that needs them: `intent --help` stays instant.
    from intent_segments.events.open_files import open_files
    from intent_segments.segments import evaluate
    from intent_segments.segments.definition import parse, references

    definitions = [(given, parse(_document(given), at=given)) for given in args.segment]
    for given, definition in definitions:
        if goals := references(definition).goals:
            raise InvalidInput.at(
                "--segment",
                f"{given} asks for scores of {', '.join(goals)}, which files do not hold; preview "
                "it on a stack, with POST /v1/previews",
            )
    targets = _targets(args.segment, args.members)
    tables = open_files(args.events, args.profiles, args.timezone)
    _warn(tables, definitions, args.as_of)
    counted = []
    for given, definition in definitions:
        if args.members:
            ids = evaluate.member_ids(tables, definition, args.as_of)
            _write(targets[given], ids)
            users = len(ids)
        else:
            users = evaluate.size(tables, definition, args.as_of)
        counted.append({"segment": given, "users": users})
    if args.json:
        show_json({"segments": counted})
    else:
        show(f"As of the end of {args.as_of} ({args.timezone}):")
        show_table(["segment", "users"], [[row["segment"], row["users"]] for row in counted])
    return 0


def _document(given: str) -> Any:
    try:
        return json.loads(Path(given).read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidInput.at(
            "--segment", f"the segment file {given} cannot be read: {error.strerror}; mend the path"
        ) from None
    except (ValueError, RecursionError) as error:
        raise InvalidInput.at(
            "--segment", f"the segment file {given} is not JSON: {error}; mend the file"
        ) from None


def _targets(segments: Sequence[str], folder: Path | None) -> dict[str, Path]:
    """Where the members of each segment file go; two files must not share a name."""
    if folder is None:
        return {}
    targets: dict[str, Path] = {}
    for given in segments:
        target = folder / f"{Path(given).stem}.parquet"
        if target in targets.values() and given not in targets:
            raise InvalidInput.at(
                "--members",
                f"two segment files would both write {target}; give them different names",
            )
        targets[given] = target
    return targets


def _warn(tables: Tables, definitions: Sequence[tuple[str, Definition]], as_of: date) -> None:
    """Say on stderr what makes a segment emptier than it looks."""
    from intent_segments.segments.complaints import nearest
    from intent_segments.segments.definition import references

    known = tables.event_codes()
    for given, definition in definitions:
        for name in references(definition).events:
            if name not in known:
                near = nearest(name, list(known))
                meant = f"did you mean {near!r}?" if near else f"there are: {_few(known)}"
                say(f"warning: {given}: no event in these files is called {name!r}; {meant}")
    last = tables.con.execute("SELECT MAX(day) FROM activity").fetchall()[0][0]
    if last is not None and as_of > from_day(last):
        say(f"warning: the events end on {from_day(last)}, before --as-of {as_of}")


def _few(known: Any) -> str:
    names = sorted(known)
    return ", ".join(names[:8]) + (", …" if len(names) > 8 else "")


def _write(path: Path, ids: Any) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({"user_id": pa.array(ids, pa.string())}), path)
