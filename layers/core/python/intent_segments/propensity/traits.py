"""Profile traits as model columns, as each stood on the cut-off day.

Strings become one column per frequent value and one for all others, numbers and timestamps a value
and a flag, booleans themselves (ClearBrain's published transformations). Which traits take part:
`trait_choice.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ..lake.calendar import MICROS_PER_DAY
from ..lake.tables import ALWAYS, Tables
from .history import History, Ints, positions, span


class TraitColumn(NamedTuple):
    """One model column: a value of a string trait, or `value` None for number and timestamp.

    `known` asks only whether the user has the trait at all, `other` whether its value is none of
    those that have columns of their own.
    """

    property: str
    value: str | None = None
    known: bool = False
    other: bool = False

    @property
    def name(self) -> str:
        """How the catalogue calls it: `city = Berlin`, `city (another)`, `age`, `age (known)`."""
        if self.value is not None:
            return f"{self.property} = {self.value}"
        if self.other:
            return f"{self.property} (another)"
        return f"{self.property} (known)" if self.known else self.property


@dataclass(frozen=True)
class TraitTable:
    """Every trait row of the tables. Arrays per property, sorted by (user, valid_from)."""

    rows: dict[str, TraitRows] = field(default_factory=dict)
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
            elif column.other:
                own = {c.value for c in wanted if c.property == column.property}
                codes = [code for value, code in rows.codes.items() if value in own]
                out[:, at] = has & ~np.isin(rows.code[index], codes)
            elif column.value is not None:
                out[:, at] = has & (rows.code[index] == rows.codes.get(column.value, -1))
            else:
                out[:, at] = np.where(has, rows.scaled(index, cutoff), 0.0)
        return out


@dataclass(frozen=True)
class TraitRows:
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
        which: npt.NDArray[np.int64],
        kind: str,
        numbers: Mapping[str, int],
    ) -> TraitRows:
        """Some of the rows found, put in order where they are not. `numbers` are those of the
        property's texts, in their order; its codes count from 0."""
        user, valid_from = found["user"][which], found["valid_from"][which]
        number, dated = found["number"][which], found["dated"][which]
        code = np.zeros(len(which), np.int32)
        if kind == "string":
            text = found["text"][which]
            text[text < 0] = numbers.get("", 0)  # NULL is the empty text
            code_of = np.zeros(max(numbers.values(), default=0) + 1, np.int32)
            code_of[list(numbers.values())] = np.arange(len(numbers))
            code = code_of[text]
        codes = {value: code for code, value in enumerate(numbers)} or {"": 0}
        key = (user.astype(np.int64) << 24) + valid_from - ALWAYS
        if not bool(np.all(key[1:] > key[:-1])):
            order = np.lexsort((number, code, key))
            user, valid_from, dated = user[order], valid_from[order], dated[order]
            code, number = code[order], number[order]
        return cls(user, valid_from, kind, code, codes, number, dated)

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


_SAID = """CREATE OR REPLACE TEMP TABLE trait_values AS
SELECT property, kind, CASE WHEN kind = 'string' THEN COALESCE(text, '') END AS value, COUNT(*) AS n
FROM profiles WHERE valid_from <= $last GROUP BY ALL"""

_NUMBERED = (
    """CREATE OR REPLACE TEMP TYPE trait_property AS ENUM (
    SELECT DISTINCT property FROM trait_values ORDER BY property)""",
    """CREATE OR REPLACE TEMP TYPE trait_text AS ENUM (
    SELECT DISTINCT value FROM trait_values WHERE value IS NOT NULL ORDER BY value)""",
)
"""Properties and texts, numbered in their own order: numbers cross to numpy faster than text. The
lake's files number their texts too, and a cast of the bare column to an enum (anything around it
would spoil that) looks each of these numbers up once, not each row."""

_KINDS = """SELECT property, kind FROM trait_values GROUP BY property, kind
QUALIFY row_number() OVER (PARTITION BY property ORDER BY SUM(n) DESC, kind) = 1
ORDER BY property"""

_VALUES = """SELECT property, kind, value, enum_code(value::trait_text) AS number FROM trait_values
WHERE value IS NOT NULL ORDER BY value"""

_HELD = """SELECT uh, CAST(enum_code(property::trait_property) AS SMALLINT) AS place,
    CAST(list_position($kinds, kind) AS TINYINT) AS kind, valid_from,
    COALESCE(CAST(enum_code(text::trait_text) AS INTEGER), -1) AS text,
    COALESCE(number, 0) AS number, dated
FROM profiles WHERE valid_from <= $last"""


def load_traits(tables: Tables, history: History) -> TraitTable:
    """Read the profiles of the users in `history`; rows that begin after its last day are left out.

    A property whose values have several kinds takes part with its most frequent kind alone.
    """
    con, last = tables.con, {"last": history.last_day}
    con.execute(_SAID, last)
    for numbered in _NUMBERED:
        con.execute(numbered)
    kinds = dict(con.execute(_KINDS).fetchall())
    numbers: dict[str, dict[str, int]] = {name: {} for name in kinds}
    for name, kind, value, number in con.execute(_VALUES).fetchall():
        if kind == kinds[name]:
            numbers[name][value] = number
    known = sorted(set(kinds.values()))
    found = con.execute(_HELD, last | {"kinds": known}).fetchnumpy()
    found["user"] = positions(history.uh, found["uh"])
    wanted = np.array([known.index(kind) + 1 for kind in kinds.values()], np.int8)
    here = np.flatnonzero((found["user"] >= 0) & (found["kind"] == wanted[found["place"]]))
    place = found["place"][here]
    by_place = here[np.argsort(place, kind="stable")]
    ends = np.cumsum(np.bincount(place, minlength=len(kinds)))
    rows = {
        name: TraitRows.of(found, which, kind, numbers[name])
        for (name, kind), which in zip(kinds.items(), np.split(by_place, ends), strict=False)
    }
    return TraitTable(rows, len(history.uh))
