"""`intent forecast`: how many users will do it by a date, before anything is saved."""

from __future__ import annotations

import argparse
from typing import Any

from ..connection import connect
from ..console import show, show_json
from .resources import add_common_arguments, add_goal_arguments, goal_body, words


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `intent forecast` to the command line."""
    parser = commands.add_parser(
        "forecast",
        help="how many users will do it by a date, before anything is saved",
        description="Forecast an unsaved goal: how many users of a segment will do any of the "
        "events by the end date. Nothing is kept but the answer, for 24 hours.",
    )
    add_goal_arguments(parser)
    add_common_arguments(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """The number with its interval, or the API's JSON. Raises ApiError with the API's words."""
    with connect(args.stack) as stack:
        forecast = stack.api.post("/v1/forecasts", goal_body(args))
        stack.save()
    if args.json:
        show_json(forecast)
        return 0
    interval = forecast["intervals"]["80"]
    days = forecast["rolling_days"]
    when = f"by {forecast['ends_on']}" if days is None else f"in the coming {days} days"
    show(
        f"{forecast['value']:,.0f} users (80 %: {interval['low']:,.0f} to {interval['high']:,.0f})"
        f" for {words(forecast)} {when}"
    )
    show(f"buckets: {in_buckets(forecast['buckets'])}")
    if forecast["power"] is not None:
        show(f"control: {forecast['power']['sentence']}")
    show(f"{forecast['id']} can become a goal within 24 hours: `intent goals create --forecast`")
    return 0


def in_buckets(expected: list[dict[str, Any]]) -> str:
    """`120 most likely (61 will do it), …`: the buckets that day 0 would have."""
    return ", ".join(
        f"{bucket['users']:,} {bucket['bucket'].replace('_', ' ')} "
        f"({bucket['expected_users']:,.0f} will do it)"
        for bucket in expected
    )
