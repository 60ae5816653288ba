"""A segment definition: read from JSON, checked, and written back in its normal form."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import ConfigDict, RootModel, ValidationError

from ..errors import InvalidInput
from . import clauses, complaints, limits
from .clauses import Clause

ALL_USERS = "all-users"
"""The built-in segment that holds everybody."""


class Definition(RootModel[Clause]):
    """A checked definition. Use `parse` to make one from JSON: it also knows the limits."""

    model_config = ConfigDict(frozen=True)

    def to_json(self) -> dict[str, Any]:
        """The normal form: fields in one order, ISO dates, nothing that is the default.

        `parse(definition.to_json()) == definition`, and equal definitions have equal JSON.
        """
        written: dict[str, Any] = self.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        return written

    def walk(self) -> Iterator[Any]:
        """Every clause, outermost first."""
        waiting = [self.root]
        while waiting:
            clause = waiting.pop()
            yield clause
            waiting.extend(reversed(clauses.children(clause)))


EVERYBODY = Definition(clauses.AllOf(all=()))
"""The definition of `all-users`."""


@dataclass(frozen=True)
class References:
    """What a definition names, each list sorted and without repeats."""

    events: tuple[str, ...]
    segments: tuple[str, ...]
    goals: tuple[str, ...]
    """Goals whose scores it asks for."""
    traits: tuple[str, ...]
    has_user_ids: bool
    """Whether it lists user ids, which cannot be evaluated as of a past day in earnest."""


def parse(document: Any, at: str = "definition") -> Definition:
    """The definition that a JSON value spells.

    `at` is the JSON path of the document, the start of every path in `errors`.
    Raises InvalidInput with one FieldError per broken rule.
    """
    _check_size(document, at)
    try:
        return Definition.model_validate(document)
    except ValidationError as error:
        raise complaints.refuse(error.errors(include_url=False), at) from None


def references(definition: Definition) -> References:
    """What a definition names itself; referenced segments stay closed."""
    events: set[str] = set()
    segments: set[str] = set()
    goals: set[str] = set()
    traits: set[str] = set()
    has_user_ids = False
    for clause in definition.walk():
        match clause:
            case clauses.DidClause(did=happening) | clauses.DidNotClause(did_not=happening):
                events.add(happening.event)
            case clauses.SequenceClause(sequence=steps):
                events.update(step.event for step in steps)
            case clauses.BucketClause(bucket=asked) | clauses.LikelihoodClause(likelihood=asked):
                goals.add(asked.goal)
            case clauses.SegmentClause(segment=name) if name != ALL_USERS:
                segments.add(name)
            case clauses.ProfileClause(profile=condition):
                traits.add(condition.property)
            case clauses.UsersClause():
                has_user_ids = True
    return References(
        tuple(sorted(events)),
        tuple(sorted(segments)),
        tuple(sorted(goals)),
        tuple(sorted(traits)),
        has_user_ids,
    )


def _check_size(document: Any, at: str) -> None:
    """Refuses what is too deep or too large before any recursive code sees it."""
    count = values = 0
    waiting: list[tuple[Any, str, int]] = [(document, at, 1)]
    while waiting:
        clause, path, depth = waiting.pop()
        if not isinstance(clause, dict):
            continue
        count += 1
        if depth > limits.MAX_DEPTH:
            raise InvalidInput.at(
                path,
                f"{path}: clauses nest deeper than {limits.MAX_DEPTH} levels; "
                "save an inner part as a segment and refer to it",
            )
        for kind in ("all", "any"):
            inner = clause.get(kind)
            if isinstance(inner, list | tuple):
                waiting += [(c, f"{path}.{kind}[{i}]", depth + 1) for i, c in enumerate(inner)]
        if "not" in clause:
            waiting.append((clause["not"], f"{path}.not", depth + 1))
        values += _listed(clause)
        # Checked inside the loop so that a huge document is left early.
        for number, most, what in (
            (count + len(waiting), limits.MAX_CLAUSES, "clauses"),
            (values, limits.MAX_VALUES, "listed values (users and in)"),
        ):
            if number > most:
                raise InvalidInput.at(
                    at, f"{at} has more than {most:,} {what}; split it into several segments"
                )


def _listed(clause: dict[str, Any]) -> int:
    """How many ids and values of `in` one clause lists, its inner clauses left out."""
    listed = [clause.get("users")]
    steps = clause.get("sequence")
    bodies = [clause.get(kind) for kind in ("profile", "did", "did_not", "bucket")]
    bodies += steps[: limits.MAX_STEPS] if isinstance(steps, list | tuple) else []
    for body in bodies:
        if isinstance(body, dict):
            conditions = body.get("where")
            listed.append(body.get("in"))
            if isinstance(conditions, list | tuple):
                listed += [c.get("in") for c in conditions if isinstance(c, dict)]
    return sum(len(values) for values in listed if isinstance(values, list | tuple))
