"""The questions that definitions are compiled for: members on a day, on many days, of several
definitions at once; and which files they are found in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from ..lake.calendar import to_day
from ..lake.reader import SingleEvents
from .compiler import Compiled as Compiled
from .compiler import Compiler
from .compiler import Lookup as Lookup
from .definition import Definition, references
from .windows import Clock


def compile_members(
    definition: Definition,
    as_of: date,
    *,
    event_codes: Mapping[str, int],
    timezone: str = "UTC",
    shift_days: int = 0,
    lookup: Lookup | None = None,
    user_ids: bool = False,
    added_up: bool = True,
) -> Compiled:
    """The query for the members of a definition at the end of `as_of`, a local day of `timezone`:
    `SELECT uh`, with `user_ids` also user_id, in no order.

    `shift_days` is added to the definition's absolute dates (-28 for a cut-off 28 days back).
    An event that `event_codes` does not name has happened to nobody. `added_up` is that of the
    tables. Raises NotFound for an unknown segment, InvalidInput for segments that refer to each
    other in a circle.
    """
    clock = Clock(to_day(as_of), timezone, shift_days)
    compiler = Compiler(clock, event_codes, lookup, added_up)
    return compiler.twice(lambda again: again.query(definition, user_ids))


def compile_on_days(
    definition: Definition,
    days: Sequence[int],
    as_of: int,
    *,
    event_codes: Mapping[str, int],
    timezone: str = "UTC",
    lookup: Lookup | None = None,
    added_up: bool = True,
) -> Compiled:
    """`SELECT uh, m0, m1, …` in ascending order of uh: whether a user was a member at the end of
    each of `days`, for everybody who belonged to the universe by the last of them.

    The definition's absolute dates are meant as of `as_of` and move along with each day. All days
    are answered by the same passes over the tables. Raises as `compile_members` does.
    """
    at = [(definition, Clock(day, timezone, day - as_of)) for day in days]
    compiler = Compiler(at[0][1], event_codes, lookup, added_up)
    return compiler.twice(lambda again: again.query_each(at))


def compile_each(
    asked: Sequence[tuple[Definition, date]],
    *,
    event_codes: Mapping[str, int],
    timezone: str = "UTC",
    lookup: Lookup | None = None,
    added_up: bool = True,
) -> Compiled:
    """`SELECT uh, m0, m1, …` in ascending order of uh: whether a user was a member of each
    definition at the end of the day beside it, for everybody who belonged to the universe by the
    last of these days.

    Unlike in `compile_on_days`, absolute dates stay where they are. Everything is answered by the
    same passes over the tables. Raises as `compile_members` does.
    """
    at = [(definition, Clock(to_day(day), timezone)) for definition, day in asked]
    compiler = Compiler(at[0][1], event_codes, lookup, added_up)
    return compiler.twice(lambda again: again.query_each(at))


def needs_single_events(definition: Definition) -> bool:
    """Whether any clause asks for properties, hours or an order, which daily counts do not have.

    References to other segments must be resolved before.
    """
    return "events" in reads([definition], None).tables


@dataclass(frozen=True)
class Reads:
    """What definitions are answered from: tables of the lake, and of `events` which ones."""

    tables: frozenset[str]
    single: SingleEvents


def reads(definitions: Sequence[Definition], as_of: date | None) -> Reads:
    """What the members of definitions at the end of `as_of` are found in; None stands for any day.

    References to other segments must be resolved before.
    """
    tables: set[str] = set()
    names: set[str] = set()
    first: int | None = None
    day = 0 if as_of is None else to_day(as_of)
    for definition in definitions:
        events = references(definition).events
        compiler = Compiler(
            Clock(day, "UTC"), {name: code for code, name in enumerate(events)}, None
        )
        tables |= compiler.query(definition, user_ids=False).tables
        asked = [(set(compiler.single.scope.days), compiler.single.scope.first)]
        asked += [
            ({compiler.event_codes[step.event] for step in chain.steps}, chain.first)
            for chain in compiler.sequences.passes.values()
        ]
        for codes, begin in asked:
            names |= {events[code] for code in codes}
            if codes:
                first = begin if first is None else min(first, begin)
    if as_of is None or first is None:
        return Reads(frozenset(tables), SingleEvents(names))
    return Reads(frozenset(tables), SingleEvents(names, (first, day)))
