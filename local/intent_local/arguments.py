"""Types of command-line arguments: what is wrong with them is wrong usage, exit code 2."""

from __future__ import annotations

import argparse
from datetime import date

from intent_segments.errors import InvalidInput
from intent_segments.lake.calendar import parse_date

MAX_HORIZON_DAYS = 365


def day(text: str) -> date:
    """An ISO date."""
    try:
        return parse_date(text, "it")
    except InvalidInput as error:
        raise argparse.ArgumentTypeError(error.message) from None


def horizon(text: str) -> int:
    """Days from 1 to MAX_HORIZON_DAYS."""
    if not text.isdecimal() or not 1 <= int(text) <= MAX_HORIZON_DAYS:
        raise argparse.ArgumentTypeError(f"it must be 1 to {MAX_HORIZON_DAYS} days, not {text!r}")
    return int(text)
