"""What `intent segments`, `intent goals` and `intent forecast` share: thin clients of the API."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from intent_segments.errors import InvalidInput
from intent_segments.segments.goal_event import GoalEvent, in_words

from ..arguments import BUCKETS_HELP, EVENT_HELP, buckets, event, rolling
from ..connection import add_stack_argument


def add_common_arguments(parser: argparse.ArgumentParser) -> None:
    add_stack_argument(parser)
    parser.add_argument("--json", action="store_true", help="print the API's answer as it is")


def read_body(file: str) -> dict[str, Any]:
    """The JSON object in a file, or on stdin for `-`. Raises InvalidInput."""
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text()
        body = json.loads(text)
    except OSError as error:
        raise InvalidInput(f"{file} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise InvalidInput(f"{file} is not JSON: {error}") from None
    if not isinstance(body, dict):
        raise InvalidInput(f"{file} must hold a JSON object, not {type(body).__name__}")
    return body


def add_goal_arguments(parser: argparse.ArgumentParser, of_a_clone: bool = False) -> None:
    """The fields of an unsaved goal, as options; `--file` may hold them instead. A clone has them
    from the goal it is made from, and says only whether its segment is read anew."""
    parser.add_argument("--file", metavar="FILE.json", help="the request body; - is stdin")
    if of_a_clone:
        parser.add_argument(
            "--segment",
            choices=("frozen", "current"),
            help="the definition the goal was made with (default), or what its segment says now",
        )
    else:
        parser.add_argument("--segment", dest="segment_id", metavar="ID", help="default: all-users")
    parser.add_argument(
        "--event", dest="events", action="append", type=event, metavar="NAME|JSON", help=EVENT_HELP
    )
    parser.add_argument("--ends-on", metavar="DATE", help="the last day that counts")
    parser.add_argument(
        "--rolling-days",
        type=rolling,
        metavar="DAYS",
        help="instead of --ends-on: a goal without end that looks so far ahead every night",
    )
    parser.add_argument("--starts-on", metavar="DATE")
    parser.add_argument("--as-of", metavar="DATE")
    parser.add_argument("--direction", choices=("maximize", "minimize"))
    parser.add_argument("--match", choices=("any", "all"))
    parser.add_argument("--buckets", type=buckets, metavar="POLICY", help=BUCKETS_HELP)


GOAL_FIELDS = (
    *("segment_id", "events", "ends_on", "rolling_days"),
    *("starts_on", "as_of", "direction", "match", "buckets"),
)


def goal_body(args: argparse.Namespace) -> dict[str, Any]:
    """The request body of a forecast or goal: the file's, then the options over it."""
    body = read_body(args.file) if args.file else {}
    given = {name: value for name in GOAL_FIELDS if (value := getattr(args, name)) is not None}
    body |= given
    if not {"segment_id", "definition", "forecast_id"} & body.keys():
        body["segment_id"] = "all-users"
    return body


def words(goal: dict[str, Any]) -> str:
    """What a goal or forecast of the API is about: `Order or Charged where amount >= 50`."""
    return in_words([GoalEvent.from_json(entry) for entry in goal["events"]], goal["match"])


def period(goal: dict[str, Any]) -> str:
    """Until when a goal counts: `by 2026-10-28`, or `in the 7 days after every night`."""
    days = goal["rolling_days"]
    if days is None:
        return f"by {goal['ends_on']}"
    return f"in the {days} day{'s' if days > 1 else ''} after every night"
