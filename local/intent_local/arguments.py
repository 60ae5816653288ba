"""Types of command-line arguments: what is wrong with them is wrong usage, exit code 2."""

from __future__ import annotations

import argparse
import json
from datetime import date
from typing import Any

from intent_segments.errors import InvalidInput
from intent_segments.goals.bucket_policy import agree_buckets
from intent_segments.goals.rules import MAX_ROLLING_DAYS
from intent_segments.lake.calendar import parse_date, parse_timezone

MAX_HORIZON_DAYS = 365

EVENT_HELP = (
    'a name, or {"event": "Charged", "where": [{"property": "amount", "gte": 50}]}; may be repeated'
)

BUCKETS_HELP = (
    "what buckets go by: achievement (default), 'percentile 20 30' (the top 20 percent of open "
    "members every night, the next 30), 'likelihood 0.5 0.2' (from fixed likelihoods on), or JSON"
)


def day(text: str) -> date:
    """An ISO date."""
    try:
        return parse_date(text, "it")
    except InvalidInput as error:
        raise argparse.ArgumentTypeError(error.message) from None


def timezone(text: str) -> str:
    """The name of a time zone."""
    try:
        return parse_timezone(text, "it")
    except InvalidInput as error:
        raise argparse.ArgumentTypeError(error.message) from None


def horizon(text: str) -> int:
    """Days from 1 to MAX_HORIZON_DAYS."""
    if not text.isdecimal() or not 1 <= int(text) <= MAX_HORIZON_DAYS:
        raise argparse.ArgumentTypeError(f"it must be 1 to {MAX_HORIZON_DAYS} days, not {text!r}")
    return int(text)


def rolling(text: str) -> int:
    """Days from 1 to MAX_ROLLING_DAYS."""
    if not text.isdecimal() or not 1 <= int(text) <= MAX_ROLLING_DAYS:
        raise argparse.ArgumentTypeError(f"it must be 1 to {MAX_ROLLING_DAYS} days, not {text!r}")
    return int(text)


def share(text: str) -> float:
    """A part of 1, strictly between 0 and 1."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError(f"it must lie between 0 and 1, as in 0.05, not {text!r}")
    return value


def event(text: str) -> str | dict[str, Any]:
    """An event's name, or {"event": NAME, "where": [...]} as the API takes it, in normal form.

    Text that begins with a brace is the object; a name that does can be written as one.
    """
    if not text.lstrip().startswith("{"):
        return text
    from intent_segments.segments.goal_event import parse

    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not JSON: {error}") from None
    try:
        return parse(document, "event").to_json()
    except InvalidInput as error:
        raise argparse.ArgumentTypeError(error.message) from None


def buckets(text: str) -> dict[str, Any]:
    """What buckets go by, as the API takes it: an object in JSON, or its values in words."""
    given: Any
    if text.lstrip().startswith("{"):
        try:
            given = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise argparse.ArgumentTypeError(f"{text!r} is not JSON: {error}") from None
    else:
        given = dict(zip(("by", "most", "moderate"), map(_value, text.split()), strict=False))
        if len(text.split()) > len(given):
            raise argparse.ArgumentTypeError(
                f"{text!r} says more than what buckets go by and two cuts, as in 'percentile 20 30'"
            )
    policy, broken = agree_buckets(given)
    if broken:
        raise argparse.ArgumentTypeError(broken[0].message)
    return policy.to_json()


def _value(word: str) -> Any:
    """A number where the word is one; the word otherwise, which the rules then refuse by name."""
    try:
        return int(word) if word.isdecimal() else float(word)
    except ValueError:
        return word
