"""Profile traits as model columns, as each stood on the cut-off day.

Strings become one column per frequent value, numbers and timestamps a value and a flag, booleans
themselves (ClearBrain's published transformations). Text that names a person (an e-mail, an id:
nearly as many values as users) never becomes a column, because no value is frequent enough.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..lake.calendar import MICROS_PER_DAY
from ..lake.tables import Tables
from .history import Hashes, History, Ints

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
        """float32 (len(users), len(wanted)): as of `cutoff`; 0 where a user lacks the trait."""
        out = np.zeros((len(users), len(wanted)), np.float32)
        held: dict[str, npt.NDArray[np.int64]] = {}
        for at, column in enumerate(wanted):
            rows = self.rows.get(column.property)
            if rows is None or not len(rows.user):
                continue
            if column.property not in held:
                held[column.property] = rows.held_on(cutoff, self.n_users)
            index = held[column.property][users]
            has = index >= 0
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

    def held_on(self, cutoff: int, n_users: int) -> npt.NDArray[np.int64]:
        """int64 (n_users,): the row that holds on `cutoff`, -1 for none."""
        known = np.flatnonzero(self.valid_from <= cutoff)
        held = np.full(n_users, -1, np.int64)
        held[self.user[known]] = known  # sorted by valid_from: the latest is assigned last
        return held

    def scaled(self, index: npt.NDArray[np.int64], cutoff: int) -> npt.NDArray[np.float64]:
        """Signed log of a number; signed log of days since a timestamp; a boolean as it is."""
        number = self.number[index]
        if self.kind == "timestamp":
            number = cutoff + 1 - number / MICROS_PER_DAY
        if self.kind == "boolean":
            return number
        return np.sign(number) * np.log1p(np.abs(number))


def load_traits(tables: Tables, history: History) -> TraitTable:
    """Read the profiles of the users in `history`; rows that begin after its last day are left out.

    A property whose values have several kinds takes part with its most frequent kind alone.
    """
    names = tables.con.execute(
        "SELECT property, kind, COUNT(*) AS n FROM profiles WHERE valid_from <= $last"
        " GROUP BY property, kind ORDER BY n DESC, property, kind",
        {"last": history.last_day},
    ).fetchall()
    kinds: dict[str, str] = {}
    for name, kind, _ in names:
        kinds.setdefault(name, kind)
    rows = {
        name: _load_property(tables, history.uh, name, kind, history.last_day)
        for name, kind in sorted(kinds.items())
    }
    return TraitTable(rows, len(history.uh))


def _load_property(tables: Tables, uh: Hashes, name: str, kind: str, last_day: int) -> _Rows:
    found = tables.con.execute(
        "SELECT p.uh, p.valid_from, COALESCE(p.text, '') AS text,"
        " COALESCE(p.number, 0) AS number, p.dated FROM profiles p"
        " JOIN users u ON u.uh = p.uh AND u.entry_day <= $last"
        " WHERE p.property = $name AND p.kind = $kind AND p.valid_from <= $last"
        " ORDER BY p.uh, p.valid_from, text, number",
        {"name": name, "kind": kind, "last": last_day},
    ).fetchnumpy()
    text = np.asarray(found["text"], dtype=object).astype(str)
    values, code = np.unique(text, return_inverse=True)
    return _Rows(
        user=np.searchsorted(uh, np.asarray(found["uh"], np.int64)).astype(np.int32),
        valid_from=np.asarray(found["valid_from"], np.int32),
        kind=kind,
        code=code.astype(np.int32),
        codes={str(value): i for i, value in enumerate(values)},
        number=np.asarray(found["number"], np.float64),
        dated=np.asarray(found["dated"], bool),
    )


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
