"""Comparisons of event properties and traits as SQL.

Each fragment is only ever used as the condition of a CASE, where NULL counts as false; that is how
a missing value makes every comparison false, `ne` included.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from ..lake.calendar import MICROS_PER_DAY, MICROS_PER_SECOND, to_day
from .binds import Binds
from .comparisons import VERSIONS, Condition, TraitCondition
from .values import FIRST_DATE, LAST_DATE, VERSION_DIGITS, VERSION_PARTS, VERSION_PATTERN
from .windows import Clock

_SQL = {"eq": "=", "ne": "<>", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}([T ].+)?")
"""Narrower than fromisoformat, which also takes week dates and dates without hyphens."""

Compare = Callable[[str, Any], str]
"""Operator name and value -> SQL of the comparison."""


def json_path(name: str, binds: Binds) -> str:
    """A bound JSON pointer to a top-level property; a pointer, because any name can be one."""
    return binds.bind("/" + name.replace("~", "~0").replace("/", "~1"))


def json_number(path: str, sql_type: str) -> str:
    """The numeric value of an event property as `sql_type`; NULL for anything else: the JSON text
    of text begins with a quotation mark, and no other kind of value reads as a number."""
    return f"TRY_CAST(CAST(json_extract(properties, {path}) AS VARCHAR) AS {sql_type})"


def property_holds(condition: Condition, binds: Binds) -> str:
    """A condition on the column `properties` of an events row."""
    path = json_path(condition.property, binds)
    kind = f"json_type(properties, {path})"
    value = f"json_extract_string(properties, {path})"

    def compare(operator: str, wanted: Any) -> str:
        if isinstance(wanted, bool):
            return f"({kind} = 'BOOLEAN' AND {value} {_SQL[operator]} '{str(wanted).lower()}')"
        if isinstance(wanted, str):
            return f"({kind} = 'VARCHAR' AND {_text(value, operator, wanted, binds)})"
        bound = binds.bind(float(wanted))
        return f"({json_number(path, 'DOUBLE')} {_SQL[operator]} {bound})"

    versions = [f"({kind} = 'VARCHAR' AND {held})" for held in _versions(condition, value, binds)]
    present = f"COALESCE({kind}, 'NULL') <> 'NULL'"
    return " AND ".join([*_comparisons(condition, compare, present), *versions])


def trait_holds(condition: TraitCondition, binds: Binds, clock: Clock) -> str:
    """A condition on a row of traits as of a day: kind, text, number. `exists` false is left
    out, since a trait that is missing has no row (`compiler.py` negates)."""

    def compare(operator: str, wanted: Any) -> str:
        if isinstance(wanted, bool):
            return f"(kind = 'boolean' AND number {_SQL[operator]} {int(wanted)})"
        if isinstance(wanted, str):
            as_text = f"(kind = 'string' AND {_text('text', operator, wanted, binds)})"
            instants = _instants(wanted, clock)
            if instants is None or operator not in _SQL:
                return as_text
            return f"({as_text} OR (kind = 'timestamp' AND {_time(operator, *instants, binds)}))"
        return f"(kind = 'number' AND number {_SQL[operator]} {binds.bind(float(wanted))})"

    versions = [f"(kind = 'string' AND {held})" for held in _versions(condition, "text", binds)]
    near = [
        f"(kind = 'timestamp' AND {_time('eq', *instants, binds)})"
        for instants in _near(condition, clock)
    ]
    compared = _comparisons(condition, compare, "kind IS NOT NULL")
    return " AND ".join([*compared, *versions, *near])


def _comparisons(condition: Condition, compare: Compare, present: str) -> Iterator[str]:
    for operator in ("eq", "ne", "gt", "gte", "lt", "lte", "contains", "starts_with"):
        wanted = getattr(condition, operator)
        if wanted is not None:
            yield compare(operator, wanted)
    if condition.in_ is not None:
        yield "(" + " OR ".join(compare("eq", wanted) for wanted in condition.in_) + ")"
    if condition.exists is not None:
        yield present if condition.exists else f"NOT ({present})"


def _versions(condition: Condition, value: str, binds: Binds) -> Iterator[str]:
    """Comparisons of versions; text that is none makes them false, or NULL where it is missing."""
    for name, operator in VERSIONS.items():
        wanted = getattr(condition, name)
        if wanted is not None:
            parts = (wanted.split(".") + [""] * VERSION_PARTS)[:VERSION_PARTS]
            bound = binds.bind("".join(part.zfill(VERSION_DIGITS) for part in parts))
            yield (
                f"regexp_full_match({value}, '{VERSION_PATTERN}') "
                f"AND {_sortable(value)} {_SQL[operator]} {bound}"
            )


def _sortable(version: str) -> str:
    """A version as text of one length that sorts by its numbers, part by part."""
    # split_part gives '' for a part that is missing, which becomes 0.
    return " || ".join(
        f"lpad(split_part({version}, '.', {part}), {VERSION_DIGITS}, '0')"
        for part in range(1, VERSION_PARTS + 1)
    )


def _near(condition: TraitCondition, clock: Clock) -> Iterator[tuple[int, int]]:
    """Epoch µs [start, end) of `within_last`, which ends with as_of, and of `within_next`, which
    begins after it."""
    tomorrow = clock.as_of + 1
    if condition.within_last is not None:
        first = tomorrow - condition.within_last.days
        yield clock.day_start(first), clock.day_start(tomorrow)
    if condition.within_next is not None:
        last = tomorrow + condition.within_next.days
        yield clock.day_start(tomorrow), clock.day_start(last)


def _text(value: str, operator: str, wanted: str, binds: Binds) -> str:
    """A comparison of two strings, by code point."""
    bound = binds.bind(wanted)
    if operator == "contains":
        return f"instr({value}, {bound}) > 0"
    if operator == "starts_with":
        return f"instr({value}, {bound}) = 1"
    return f"{value} {_SQL[operator]} {bound}"


def _instants(wanted: str, clock: Clock) -> tuple[int, int] | None:
    """Epoch µs [start, end) that an ISO date (its whole local day) or date-time stands for.

    A date-time without an offset is UTC. None when the string is neither, or out of range.
    """
    if not _ISO.fullmatch(wanted):
        return None
    try:
        moment = datetime.fromisoformat(wanted)
    except ValueError:
        return None
    if not FIRST_DATE <= moment.date() <= LAST_DATE:
        return None
    if len(wanted) == len("2026-10-31"):
        day = to_day(moment.date()) + clock.shift_days
        return clock.day_start(day), clock.day_start(day + 1)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    since_epoch = moment - datetime(1970, 1, 1, tzinfo=UTC)
    whole = (since_epoch.days * 86_400 + since_epoch.seconds) * MICROS_PER_SECOND
    start = whole + since_epoch.microseconds + clock.shift_days * MICROS_PER_DAY
    return start, start + 1


def _time(operator: str, start: int, end: int, binds: Binds) -> str:
    """A comparison of `number` (epoch µs) with the stretch of time [start, end)."""
    # Microseconds of this era are whole numbers below 2^53, so DOUBLE holds them exactly.
    low, high = binds.bind(float(start)), binds.bind(float(end))
    return {
        "eq": f"number >= {low} AND number < {high}",
        "ne": f"(number < {low} OR number >= {high})",
        "gt": f"number >= {high}",
        "gte": f"number >= {low}",
        "lt": f"number < {low}",
        "lte": f"number < {high}",
    }[operator]
