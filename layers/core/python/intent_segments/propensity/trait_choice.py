"""Which traits take part in a model, as which columns, and which are left out and why."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from ..lake.personal import ABOVE_IDS, LEAST_ID, identifies, is_personal
from .traits import TraitColumn, TraitRows, TraitTable

MIN_SHARE = 0.01
"""A string value gets a column when at least 1 % of the users who have the trait carry it, and so
do all others together."""
MAX_VALUES = 10
MAX_TRAITS = 24
"""At most 10 values of a trait, and the 24 traits that most users have: beyond that columns cost
more than they tell."""
LOOKED_AT = 100
"""Values of a trait by which an id is told from a word, beside those that would have columns."""
PERSONAL_SHARE = 0.5
"""Of those values; of values that would have columns a single one is enough."""


class LeftOut(StrEnum):
    """Why a trait is in no column: it names or identifies a person; no value is frequent enough;
    it has no date and tells the outcome by itself; others are known of more users."""

    PERSONAL = "personal"
    MANY_VALUES = "many_values"
    OUTCOME = "outcome"
    BEYOND_LIMIT = "beyond_limit"


@dataclass(frozen=True)
class Considered:
    """A trait, how many users of the tables have it, and its columns or why it has none."""

    property: str
    kind: str
    users: int
    columns: tuple[TraitColumn, ...] = ()
    left_out: LeftOut | None = None


def choose(traits: TraitTable, outcomes: Collection[str] = ()) -> tuple[TraitColumn, ...]:
    """The columns a model gets from these traits, frequent values first."""
    return tuple(column for found in consider(traits, outcomes) for column in found.columns)


def consider(traits: TraitTable, outcomes: Collection[str] = ()) -> tuple[Considered, ...]:
    """Every trait by name; `outcomes` are those to leave out as records of the outcome."""
    found = [_considered(name, rows, outcomes) for name, rows in traits.rows.items()]
    usable = [entry for entry in found if entry.left_out is None]
    ranked = sorted(usable, key=lambda entry: (-entry.users, entry.property))
    kept = {entry.property for entry in ranked[:MAX_TRAITS]}
    return tuple(
        entry
        if entry.left_out is not None or entry.property in kept
        else Considered(entry.property, entry.kind, entry.users, (), LeftOut.BEYOND_LIMIT)
        for entry in found
    )


def _considered(name: str, rows: TraitRows, outcomes: Collection[str]) -> Considered:
    users = int(np.count_nonzero(np.diff(rows.user))) + 1 if len(rows.user) else 0
    columns: tuple[TraitColumn, ...] = ()
    left_out = None
    if is_personal(name, of_trait=True) or _is_identifying(rows):
        left_out = LeftOut.PERSONAL
    elif name in outcomes:
        left_out = LeftOut.OUTCOME
    else:
        columns = _columns(name, rows)
        left_out = None if columns else LeftOut.MANY_VALUES
    return Considered(name, rows.kind, users, columns, left_out)


def _columns(name: str, rows: TraitRows) -> tuple[TraitColumn, ...]:
    if not len(rows.user):
        return ()
    if rows.kind != "string":
        return TraitColumn(name), TraitColumn(name, known=True)
    own = _frequent(rows)
    if not own:
        return ()
    values = list(rows.codes)
    pivot = tuple(TraitColumn(name, values[code]) for code in own)
    others = len(rows.code) - int(np.isin(rows.code, own).sum())
    if others < MIN_SHARE * len(rows.user):
        return pivot
    return *pivot, TraitColumn(name, other=True)


def _frequent(rows: TraitRows) -> list[int]:
    """Codes of the values that get columns, the most frequent first."""
    counts = np.bincount(rows.code, minlength=len(rows.codes))
    first = np.argsort(-counts, kind="stable")[:MAX_VALUES]
    return [int(code) for code in first if counts[code] >= MIN_SHARE * len(rows.user)]


def _is_identifying(rows: TraitRows) -> bool:
    """Whether values look like ids, e-mail addresses or phone numbers."""
    if rows.kind == "number":
        number = np.abs(rows.number)
        like_ids = (number >= LEAST_ID) & (number < ABOVE_IDS) & (number == np.floor(number))
        return bool(len(number)) and float(like_ids.mean()) > PERSONAL_SHARE
    if rows.kind != "string":
        return False
    values = list(rows.codes)
    if any(identifies(values[code]) for code in _frequent(rows)):
        return True
    some = values[:: max(1, len(values) // LOOKED_AT)]
    return sum(map(identifies, some)) > PERSONAL_SHARE * len(some)
