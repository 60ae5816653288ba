"""Profile traits as model columns, as each stood on the cut-off day.

Strings become one column per frequent value, numbers and timestamps a value and a flag, booleans
themselves (ClearBrain's published transformations). Text that names a person (an e-mail, an id:
nearly as many values as users) never becomes a column, because no value is frequent enough.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ..lake.calendar import MICROS_PER_DAY
from ..lake.tables import ALWAYS, Tables
from .history import History, Ints, span

MIN_SHARE = 0.01
"""A string value gets a column when at least 1 % of the users who have the trait carry it."""
MAX_VALUES = 10
MAX_TRAITS = 24
"""At most 10 values of a trait and 24 traits: beyond that columns cost more than they tell."""


class TraitColumn(NamedTuple):
    """One model column: a value of a string trait, or `value` None for number and timestamp.

    `known` asks only whether the user has the trait at all.
    """

    property: str
    value: str | None = None
    known: bool = False

    @property
    def name(self) -> str:
        """How drivers call it: `city = Berlin`, `age`, `age (known)`."""
        if self.value is not None:
            return f"{self.property} = {self.value}"
        return f"{self.property} (known)" if self.known else self.property


@dataclass(frozen=True)
class TraitTable:
    """Every trait row of the tables. Arrays per property, sorted by (user, valid_from)."""

    rows: dict[str, _Rows] = field(default_factory=dict)
    n_users: int = 0

    def undated(self) -> tuple[str, ...]:
        """Traits with any row without a date: what they say of the past may not have held then."""
        return tuple(name for name, rows in self.rows.items() if not rows.dated.all())

    def columns(
        self, wanted: tuple[TraitColumn, ...], users: Ints, cutoff: int
    ) -> npt.NDArray[np.float32]:
        """float32 (len(users), len(wanted)): as of `cutoff`; 0 where a user lacks the trait.
        `users` ascend."""
        out = np.zeros((len(users), len(wanted)), np.float32)
        held: dict[str, tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]] = {}
        for at, column in enumerate(wanted):
            rows = self.rows.get(column.property)
            if rows is None or not len(rows.user) or not len(users):
                continue
            if column.property not in held:
                index = rows.held_on(cutoff, users)
                held[column.property] = index, index >= 0
            index, has = held[column.property]
            if column.known:
                out[:, at] = has
            elif column.value is not None:
                out[:, at] = has & (rows.code[index] == rows.codes.get(column.value, -1))
            else:
                out[:, at] = np.where(has, rows.scaled(index, cutoff), 0.0)
        return out


@dataclass(frozen=True)
class _Rows:
    """One property: `user` ascending then `valid_from`; strings as `code`, the rest as `number`."""

    user: Ints
    valid_from: Ints
    kind: str
    code: Ints
    codes: dict[str, int]
    number: npt.NDArray[np.float64]
    dated: npt.NDArray[np.bool_]

    @classmethod
    def of(
        cls,
        found: Mapping[str, npt.NDArray[Any]],
        user: npt.NDArray[np.int64],
        which: npt.NDArray[np.int64],
        kind: str,
        codes: dict[str, int],
    ) -> _Rows:
        """Some of the rows found; put in order where they are not."""
        key = (user[which] << 24) + found["valid_from"][which] - ALWAYS
        if not bool(np.all(key[1:] > key[:-1])):
            order = np.lexsort((found["number"][which], found["code"][which], key))
            which = which[order]
        return cls(
            user=user[which].astype(np.int32),
            valid_from=found["valid_from"][which],
            kind=kind,
            code=found["code"][which],
            codes=codes,
            number=found["number"][which],
            dated=found["dated"][which],
        )

    def held_on(self, cutoff: int, users: Ints) -> npt.NDArray[np.int64]:
        """int64 (len(users),): the row that holds on `cutoff`, -1 for none. `users` ascend."""
        first, last = int(users[0]), int(users[-1])
        low, high = span(self.user, first, last)
        known = low + np.flatnonzero(self.valid_from[low:high] <= cutoff)
        held = np.full(last - first + 1, -1, np.int64)
        held[self.user[known] - first] = known  # sorted by valid_from: the latest is assigned last
        return held[users - first]

    def scaled(self, index: npt.NDArray[np.int64], cutoff: int) -> npt.NDArray[np.float64]:
        """Signed log of a number; signed log of days since a timestamp; a boolean as it is."""
        number = self.number[index]
        if self.kind == "timestamp":
            number = cutoff + 1 - number / MICROS_PER_DAY
        if self.kind == "boolean":
            return number
        return np.sign(number) * np.log1p(np.abs(number))


_VALUES = """CREATE OR REPLACE TEMP TABLE trait_values AS
WITH said AS (
    SELECT property, kind, CASE WHEN kind = 'string' THEN COALESCE(text, '') ELSE '' END AS value,
        COUNT(*) AS n
    FROM profiles WHERE valid_from <= $last GROUP BY ALL),
kinds AS (
    SELECT property, kind, row_number() OVER (ORDER BY property) - 1 AS place FROM (
        SELECT property, kind,
            row_number() OVER (PARTITION BY property ORDER BY SUM(n) DESC, kind) AS rank
        FROM said GROUP BY property, kind)
    WHERE rank = 1)
SELECT property, kind, CAST(place AS SMALLINT) AS place, value,
    CAST(row_number() OVER (PARTITION BY property ORDER BY value) - 1 AS INTEGER) AS code
FROM said JOIN kinds USING (property, kind)"""
"""Every property with its most frequent kind, numbered by name, and the values of strings, numbered
in their own order: numbers cross to numpy faster than text. Other kinds have one row."""

_HELD = """SELECT uh, place, valid_from, code, COALESCE(number, 0) AS number, dated
FROM profiles JOIN trait_values v ON v.property = profiles.property AND v.kind = profiles.kind
    AND v.value = CASE WHEN profiles.kind = 'string' THEN COALESCE(text, '') ELSE '' END
WHERE valid_from <= $last"""


def load_traits(tables: Tables, history: History) -> TraitTable:
    """Read the profiles of the users in `history`; rows that begin after its last day are left out.

    A property whose values have several kinds takes part with its most frequent kind alone.
    """
    con, last = tables.con, {"last": history.last_day}
    con.execute(_VALUES, last)
    values = con.execute(
        "SELECT property, kind, value, code FROM trait_values ORDER BY place, code"
    ).fetchall()
    kinds = {name: kind for name, kind, _, _ in values}
    codes: dict[str, dict[str, int]] = {name: {} for name in kinds}
    for name, _, value, code in values:
        codes[name][value] = code
    found = con.execute(_HELD, last).fetchnumpy()
    user = np.searchsorted(history.uh, found["uh"])
    here = np.append(history.uh, 0)[user] == found["uh"]
    rows = {
        name: _Rows.of(found, user, np.flatnonzero(here & (found["place"] == place)), kind, known)
        for place, ((name, kind), known) in enumerate(
            zip(kinds.items(), codes.values(), strict=True)
        )
    }
    return TraitTable(rows, len(history.uh))


def choose(traits: TraitTable) -> tuple[TraitColumn, ...]:
    """The columns a model gets from these traits, frequent values first."""
    wanted: list[TraitColumn] = []
    for prop, rows in list(traits.rows.items())[:MAX_TRAITS]:
        if not len(rows.user):
            continue
        if rows.kind != "string":
            wanted += [TraitColumn(prop), TraitColumn(prop, known=True)]
            continue
        counts = np.bincount(rows.code, minlength=len(rows.codes))
        frequent = np.argsort(-counts, kind="stable")[:MAX_VALUES]
        values = list(rows.codes)
        wanted += [
            TraitColumn(prop, values[i])
            for i in frequent
            if counts[i] >= MIN_SHARE * len(rows.user)
        ]
    return tuple(wanted)
