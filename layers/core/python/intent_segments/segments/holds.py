"""The condition of a clause, and which passes a user must have a row of for it to hold.

A definition that only somebody who did something can fulfil is answered from what was done alone:
users without any such event, and the table of users, need not be looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Holds:
    """`sql` is true or false, never NULL, on a row of users and passes joined by user. Where it is
    true the user has a row in every pass of `certain`."""

    sql: str
    certain: frozenset[str] = frozenset()


EVERYBODY = Holds("(1 = 1)")
NOBODY = Holds("(1 = 0)")


def all_of(conditions: Sequence[Holds]) -> Holds:
    """Every one of them; without any, everybody."""
    if not conditions:
        return EVERYBODY
    listed = " AND ".join(condition.sql for condition in conditions)
    return Holds(f"({listed})", frozenset().union(*(each.certain for each in conditions)))


def any_of(conditions: Sequence[Holds]) -> Holds:
    """At least one of them; without any, nobody."""
    if not conditions:
        return NOBODY
    listed = " OR ".join(condition.sql for condition in conditions)
    possible = [each.certain for each in conditions if each != NOBODY]
    return Holds(f"({listed})", frozenset.intersection(*possible) if possible else frozenset())
