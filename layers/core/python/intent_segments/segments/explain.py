"""What each clause of a definition is answered from, and why, in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, assert_never

from . import clauses
from .clauses import Happening
from .definition import Definition
from .reads import why_single_events

Source = Literal["activity", "events", "profiles", "scores", "users"]


@dataclass(frozen=True)
class Explained:
    """One clause that asks something: its JSON path, its kind, the table that answers it, why."""

    path: str
    clause: str
    reads: Source
    why: str


def explain(definition: Definition, at: str = "definition") -> list[Explained]:
    """Every clause but `all`, `any` and `not`, which only combine others; outermost first.

    `at` is the JSON path of the definition. Segments that it refers to must be in place: one that
    is not has no clauses to explain.
    """
    return list(_explained(definition.root, at))


def _explained(clause: clauses.Clause, path: str) -> Iterator[Explained]:
    match clause:
        case clauses.AllOf() | clauses.AnyOf():
            kind = "all" if isinstance(clause, clauses.AllOf) else "any"
            for number, inner in enumerate(clauses.children(clause)):
                yield from _explained(inner, f"{path}.{kind}[{number}]")
        case clauses.Not():
            yield from _explained(clause.not_, f"{path}.not")
        case clauses.DidClause():
            yield _happening(clause.did, "did", path)
        case clauses.DidNotClause():
            yield _happening(clause.did_not, "did_not", path)
        case clauses.SequenceClause():
            why = "The order of the steps is in single events alone."
            yield Explained(f"{path}.sequence", "sequence", "events", why)
        case clauses.ProfileClause():
            name = clause.profile.property
            why = f"The value that the trait {name} had at the end of the day."
            yield Explained(f"{path}.profile", "profile", "profiles", why)
        case clauses.BucketClause():
            yield _scored(clause.bucket.goal, "bucket", path)
        case clauses.LikelihoodClause():
            yield _scored(clause.likelihood.goal, "likelihood", path)
        case clauses.UsersClause():
            why = "The ids are looked up among the users of the day."
            yield Explained(f"{path}.users", "users", "users", why)
        case clauses.SegmentClause():
            pass
        case _:
            assert_never(clause)


def _happening(happening: Happening, kind: str, path: str) -> Explained:
    reasons = why_single_events(happening)
    if not reasons:
        why = "The daily counts of activity say how often, and on which days."
        return Explained(f"{path}.{kind}", kind, "activity", why)
    listed = " and ".join([", ".join(reasons[:-1]), reasons[-1]] if reasons[1:] else reasons)
    why = f"Single events are read: {listed}, which daily counts do not have."
    return Explained(f"{path}.{kind}", kind, "events", why)


def _scored(goal: str, kind: str, path: str) -> Explained:
    why = f"The newest scores that {goal} had published by the end of the day."
    return Explained(f"{path}.{kind}", kind, "scores", why)
