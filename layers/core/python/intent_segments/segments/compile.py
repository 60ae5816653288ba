"""A definition becomes one SQL query over the tables of `lake/tables.py`.

The universe is every user whose `entry_day` is on or before as_of. Each clause is a condition on
a user's row that is true or false, never NULL, so `not` is the complement within the universe.
The SQL keeps to the portable subset: SUM(CASE WHEN), explicit COALESCE, total orders, no
approximate or order-dependent functions. JSON is taken apart in `conditions.py` alone, events are
counted in `happenings.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, assert_never

from ..errors import InvalidInput, NotFound
from ..lake.calendar import to_day
from . import clauses, limits
from .binds import Binds
from .comparisons import TraitCondition
from .conditions import trait_holds
from .definition import ALL_USERS, EVERYBODY, Definition, references
from .happenings import FALSE, TRUE, Happenings, joined
from .passes import EventPass, TraitPass
from .scored import ScorePass
from .sequences import Sequences
from .windows import Clock

Lookup = Callable[[str], Definition | None]
"""Segment id -> its definition; None, or NotFound raised, when there is none."""


@dataclass(frozen=True)
class Compiled:
    """`SELECT uh, user_id` of the members, in no order, and the values its placeholders need."""

    sql: str
    params: Mapping[str, Any]


def compile_members(
    definition: Definition,
    as_of: date,
    *,
    event_codes: Mapping[str, int],
    timezone: str = "UTC",
    shift_days: int = 0,
    lookup: Lookup | None = None,
) -> Compiled:
    """The query for the members of a definition at the end of `as_of`, a local day of `timezone`.

    `shift_days` is added to the definition's absolute dates (-28 for a cut-off 28 days back).
    An event that `event_codes` does not name has happened to nobody. Raises NotFound for an
    unknown segment, InvalidInput for segments that refer to each other in a circle.
    """
    clock = Clock(to_day(as_of), timezone, shift_days)
    return _Compiler(clock, event_codes, lookup).query(definition)


def compile_on_days(
    definition: Definition,
    days: Sequence[int],
    as_of: int,
    *,
    event_codes: Mapping[str, int],
    timezone: str = "UTC",
    lookup: Lookup | None = None,
) -> Compiled:
    """`SELECT uh, m0, m1, …` in ascending order of uh: whether a user was a member at the end of
    each of `days`, for everybody who belonged to the universe by the last of them.

    The definition's absolute dates are meant as of `as_of` and move along with each day. All days
    are answered by the same passes over the tables. Raises as `compile_members` does.
    """
    compiler = _Compiler(Clock(as_of, timezone), event_codes, lookup)
    return compiler.query_days(definition, days)


def needs_single_events(definition: Definition) -> bool:
    """Whether any clause asks for properties, hours or an order, which daily counts do not have.

    References to other segments must be resolved before.
    """
    compiler = _Compiler(Clock(0, "UTC", 0), dict.fromkeys(references(definition).events, 0), None)
    compiler.query(definition)
    return compiler.single.used() or bool(compiler.sequences.passes)


@dataclass
class _Compiler:
    clock: Clock
    event_codes: Mapping[str, int]
    lookup: Lookup | None
    binds: Binds = field(default_factory=Binds)
    daily: EventPass = field(default_factory=lambda: EventPass("daily", table="activity"))
    single: EventPass = field(default_factory=lambda: EventPass("single", table="events"))
    traits: TraitPass = field(default_factory=lambda: TraitPass("traits"))
    scores: ScorePass = field(default_factory=lambda: ScorePass("standing"))
    sequences: Sequences = field(init=False)
    within: list[str] = field(default_factory=list)
    """The ids of the segments being put in place, outermost first."""
    seen: int = 0

    def __post_init__(self) -> None:
        self.sequences = Sequences(self.event_codes, self.binds)

    @property
    def happenings(self) -> Happenings:
        """How `did` and `did_not` are asked of the passes over events."""
        return Happenings(self.event_codes, self.binds, self.daily, self.single)

    def query(self, definition: Definition) -> Compiled:
        condition = self.universe(self.clause(definition.root))
        return self.compiled("users.uh AS uh, users.user_id AS user_id", condition)

    def query_days(self, definition: Definition, days: Sequence[int]) -> Compiled:
        origin, columns = self.clock, []
        for number, day in enumerate(days):
            self.clock = Clock(day, origin.timezone, day - origin.as_of)
            self.seen = 0  # the limit is one of the definition, however often it is asked
            condition = self.universe(self.clause(definition.root))
            columns.append(f"({condition}) AS m{number}")
        self.clock = Clock(max(days), origin.timezone)
        listed = ", ".join(["users.uh AS uh", *columns])
        return self.compiled(listed, self.universe(TRUE), " ORDER BY users.uh")

    def universe(self, condition: str) -> str:
        """Of the users who belonged to the universe by the clock's day."""
        return f"users.entry_day <= {self.binds.bind(self.clock.as_of)} AND {condition}"

    def compiled(self, columns: str, condition: str, order: str = "") -> Compiled:
        """The query over users and all passes in use."""
        used: dict[str, str] = {}
        for source in (self.daily, self.single):
            if source.used():
                used[source.name] = source.query(source.rows(self.binds))
        for chains in self.sequences.passes.values():
            used[chains.name] = chains.query(chains.rows(self.event_codes, self.binds))
        if self.traits.used():
            rows = self.traits.rows(self.clock.as_of, self.binds)
            used[self.traits.name] = self.traits.query(rows)
        if self.scores.used():
            used[self.scores.name] = self.scores.query(self.scores.rows(self.binds))
        prefix = f"WITH {', '.join(used.values())} " if used else ""
        joins = "".join(f" LEFT JOIN {name} ON {name}.uh = users.uh" for name in used)
        sql = f"{prefix}SELECT {columns} FROM users{joins} WHERE {condition}{order}"
        return Compiled(sql, self.binds.used_in(sql))

    def clause(self, clause: clauses.Clause) -> str:
        """The condition of one clause on a row of users and the passes joined to it."""
        self.seen += 1
        if self.seen > limits.MAX_EXPANDED_CLAUSES:
            raise InvalidInput(
                f"with every referenced segment in place the definition has more than "
                f"{limits.MAX_EXPANDED_CLAUSES:,} clauses; refer to fewer or smaller segments"
            )
        match clause:
            case clauses.AllOf():
                return joined(" AND ", [self.clause(inner) for inner in clause.all], TRUE)
            case clauses.AnyOf():
                return joined(" OR ", [self.clause(inner) for inner in clause.any], FALSE)
            case clauses.Not():
                return f"(NOT {self.clause(clause.not_)})"
            case clauses.DidClause():
                return self.happenings.did(clause.did, self.clock)
            case clauses.DidNotClause():
                return self.happenings.did_not(clause.did_not, self.clock)
            case clauses.SequenceClause():
                return self.sequence(clause)
            case clauses.BucketClause():
                return self.scores.holds(clause.bucket, self.clock.as_of, self.binds)
            case clauses.LikelihoodClause():
                return self.scores.holds(clause.likelihood, self.clock.as_of, self.binds)
            case clauses.ProfileClause():
                return self.profile(clause.profile)
            case clauses.SegmentClause():
                return self.segment(clause.segment)
            case clauses.UsersClause():
                ids = self.binds.bind_list(list(clause.users))
                return f"(users.user_id IN (SELECT unnest({ids})))"
            case _:
                assert_never(clause)

    def profile(self, condition: TraitCondition) -> str:
        if condition.exists is False:
            # A trait that is missing has no row to look at: negate the one that is there.
            if condition.model_fields_set != {"property", "exists"}:
                return FALSE
            return f"(NOT {self.profile(condition.model_copy(update={'exists': True}))})"
        here = self.traits.of(condition.property, self.clock.as_of, self.binds)
        holds = f"{here} AND {trait_holds(condition, self.binds, self.clock)}"
        return (
            f"(COALESCE({self.traits.column(f'MAX(CASE WHEN {holds} THEN 1 ELSE 0 END)')}, 0) = 1)"
        )

    def sequence(self, clause: clauses.SequenceClause) -> str:
        window = self.clock.window(clauses.window_of(clause))
        condition = self.sequences.holds(clause.sequence, window, self.clock)
        if len(self.sequences.passes) > limits.MAX_SEQUENCES:
            raise InvalidInput.at(
                "sequence",
                f"with every referenced segment in place the definition has more than "
                f"{limits.MAX_SEQUENCES} different sequences; split it into several segments",
            )
        return FALSE if condition is None else condition

    def segment(self, name: str) -> str:
        if name == ALL_USERS:
            return self.clause(EVERYBODY.root)
        if name in self.within:
            circle = " -> ".join([*self.within[self.within.index(name) :], name])
            raise InvalidInput.at(
                "segment", f"segments must not refer to themselves, but {circle}; cut one reference"
            )
        if len(self.within) >= limits.MAX_REFERENCE_DEPTH:
            raise InvalidInput.at(
                "segment",
                f"segments refer to segments more than {limits.MAX_REFERENCE_DEPTH} levels deep "
                f"({' -> '.join(self.within)}); write inner ones out",
            )
        found = self.lookup(name) if self.lookup else None
        if found is None:
            raise NotFound.at(
                "segment",
                f"there is no segment {name!r}; {ALL_USERS!r} is built in, others are saved first",
            )
        self.within.append(name)
        condition = self.clause(found.root)
        self.within.pop()
        return condition
