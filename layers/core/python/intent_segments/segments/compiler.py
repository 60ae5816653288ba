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
from typing import Any, assert_never

from ..errors import InvalidInput, NotFound
from . import clauses, limits
from .binds import Binds
from .comparisons import TraitCondition
from .conditions import trait_holds
from .definition import ALL_USERS, EVERYBODY, Definition
from .happenings import Happenings
from .holds import EVERYBODY as ANYBODY
from .holds import NOBODY, Holds, all_of, any_of
from .passes import EventPass, TraitPass
from .scored import ScorePass
from .sequences import Sequences
from .windows import Clock

Lookup = Callable[[str], Definition | None]
"""Segment id -> its definition; None, or NotFound raised, when there is none."""


@dataclass(frozen=True)
class Compiled:
    """A query, the values that its placeholders need, and the tables that it reads."""

    sql: str
    params: Mapping[str, Any]
    tables: frozenset[str]


@dataclass
class Compiler:
    """One query in the making: `clock` says which day is asked about, `event_codes` what events are
    stored as, `added_up` whether activity has one row per user, event and day."""

    clock: Clock
    event_codes: Mapping[str, int]
    lookup: Lookup | None
    added_up: bool = True
    binds: Binds = field(default_factory=Binds)
    daily: EventPass = field(default_factory=lambda: EventPass("daily", table="activity"))
    single: EventPass = field(default_factory=lambda: EventPass("single", table="events"))
    traits: TraitPass = field(default_factory=lambda: TraitPass("traits"))
    scores: ScorePass = field(default_factory=lambda: ScorePass("standing"))
    sequences: Sequences = field(init=False)
    within: list[str] = field(default_factory=list)
    """The ids of the segments being put in place, outermost first."""
    seen: int = 0
    by_user_id: bool = False
    """Whether a clause lists users by their ids."""

    def __post_init__(self) -> None:
        self.sequences = Sequences(self.event_codes, self.binds)
        self.daily.added_up = self.added_up

    def twice(self, ask: Callable[[Compiler], Compiled]) -> Compiled:
        """What `ask` makes of a compiler that knows what is going to be asked."""
        clock = self.clock
        ask(self)
        again = Compiler(clock, self.event_codes, self.lookup, self.added_up)
        again.daily.known, again.single.known = self.daily.scope, self.single.scope
        again.traits.known, again.traits.last = self.traits.properties, self.traits.latest
        return ask(again)

    @property
    def happenings(self) -> Happenings:
        """How `did` and `did_not` are asked of the passes over events."""
        return Happenings(self.event_codes, self.binds, self.daily, self.single)

    def query(self, definition: Definition, user_ids: bool) -> Compiled:
        """The members on the clock's day: `SELECT uh`, with `user_ids` also user_id."""
        holds = self.clause(definition.root)
        needed = sorted(holds.certain)
        by_event = [name for name in needed if name in self.of_events()]
        if not by_event or user_ids or self.by_user_id:
            columns = "users.uh AS uh" + (", users.user_id AS user_id" if user_ids else "")
            return self.compiled(columns, "users", needed, self.universe(holds.sql))
        # Who did something by as_of belongs to the universe: nobody else has to be looked at.
        return self.compiled(f"{by_event[0]}.uh AS uh", by_event[0], needed, holds.sql)

    def of_events(self) -> set[str]:
        """The passes whose rows are of users with an event by the clock's day."""
        return {
            self.daily.name,
            self.single.name,
            *(p.name for p in self.sequences.passes.values()),
        }

    def query_each(self, asked: Sequence[tuple[Definition, Clock]]) -> Compiled:
        """`SELECT uh, m0, m1, …` of everybody who belonged to the universe by the last day."""
        columns = []
        for number, (definition, clock) in enumerate(asked):
            self.clock = clock
            self.seen = 0  # the limit is one of the definition, however often it is asked
            columns.append(f"({self.universe(self.clause(definition.root).sql)}) AS m{number}")
        self.clock = Clock(max(clock.as_of for _, clock in asked), self.clock.timezone)
        listed = ", ".join(["users.uh AS uh", *columns])
        return self.compiled(listed, "users", (), self.universe(ANYBODY.sql), " ORDER BY users.uh")

    def universe(self, condition: str) -> str:
        """Of the users who belonged to the universe by the clock's day."""
        return f"users.entry_day <= {self.binds.bind(self.clock.as_of)} AND {condition}"

    def compiled(
        self, columns: str, root: str, needed: Sequence[str], condition: str, order: str = ""
    ) -> Compiled:
        """The query over `root`, the passes in `needed`, which every member has a row of, and all
        other passes in use."""
        used: dict[str, str] = {}
        for source in (self.daily, self.single):
            if source.used():
                used[source.name] = source.query(source.rows(self.binds))
        for chains in self.sequences.passes.values():
            used[chains.name] = chains.query(chains.rows(self.event_codes, self.binds))
        if self.traits.used():
            used[self.traits.name] = self.traits.query(self.traits.rows(self.binds))
        if self.scores.used():
            used[self.scores.name] = self.scores.query(self.scores.rows(self.binds))
        prefix = f"WITH {', '.join(used.values())} " if used else ""
        first = [name for name in needed if name != root]
        joins = "".join(f" JOIN {name} ON {name}.uh = {root}.uh" for name in first)
        others = [name for name in used if name not in (root, *first)]
        joins += "".join(f" LEFT JOIN {name} ON {name}.uh = {root}.uh" for name in others)
        sql = f"{prefix}SELECT {columns} FROM {root}{joins} WHERE {condition}{order}"
        return Compiled(sql, self.binds.used_in(sql), self.tables(users="users" in (root, *needed)))

    def tables(self, users: bool) -> frozenset[str]:
        """The tables that are read."""
        read = {
            "users": users,
            "activity": self.daily.used(),
            "events": self.single.used() or bool(self.sequences.passes),
            "profiles": self.traits.used(),
            "scores": self.scores.used(),
        }
        return frozenset(name for name, used in read.items() if used)

    def clause(self, clause: clauses.Clause) -> Holds:
        """The condition of one clause on a row of the passes joined by user, and of users."""
        self.seen += 1
        if self.seen > limits.MAX_EXPANDED_CLAUSES:
            raise InvalidInput(
                f"with every referenced segment in place the definition has more than "
                f"{limits.MAX_EXPANDED_CLAUSES:,} clauses; refer to fewer or smaller segments"
            )
        match clause:
            case clauses.AllOf():
                return all_of([self.clause(inner) for inner in clause.all])
            case clauses.AnyOf():
                return any_of([self.clause(inner) for inner in clause.any])
            case clauses.Not():
                return Holds(f"(NOT {self.clause(clause.not_).sql})")
            case clauses.DidClause():
                return self.happenings.did(clause.did, self.clock)
            case clauses.DidNotClause():
                return self.happenings.did_not(clause.did_not, self.clock)
            case clauses.SequenceClause():
                return self.sequence(clause)
            case clauses.BucketClause():
                held = self.scores.holds(clause.bucket, self.clock.as_of, self.binds)
                return Holds(held, frozenset([self.scores.name]))
            case clauses.LikelihoodClause():
                held = self.scores.holds(clause.likelihood, self.clock.as_of, self.binds)
                return Holds(held, frozenset([self.scores.name]))
            case clauses.ProfileClause():
                return self.profile(clause.profile)
            case clauses.SegmentClause():
                return self.segment(clause.segment)
            case clauses.UsersClause():
                self.by_user_id = True
                ids = self.binds.bind_list(list(clause.users))
                return Holds(f"(users.user_id IN (SELECT unnest({ids})))")
            case _:
                assert_never(clause)

    def profile(self, condition: TraitCondition) -> Holds:
        if condition.exists is False:
            # A trait that is missing has no row to look at: negate the one that is there.
            if condition.model_fields_set != {"property", "exists"}:
                return NOBODY
            there = self.profile(condition.model_copy(update={"exists": True}))
            return Holds(f"(NOT {there.sql})")
        fits = trait_holds(condition, self.binds, self.clock)
        held = self.traits.holds(condition.property, fits, self.clock.as_of, self.binds)
        return Holds(held, frozenset([self.traits.name]))

    def sequence(self, clause: clauses.SequenceClause) -> Holds:
        window = self.clock.window(clauses.window_of(clause))
        condition = self.sequences.holds(clause.sequence, window, self.clock)
        if len(self.sequences.passes) > limits.MAX_SEQUENCES:
            raise InvalidInput.at(
                "sequence",
                f"with every referenced segment in place the definition has more than "
                f"{limits.MAX_SEQUENCES} different sequences; split it into several segments",
            )
        return condition

    def segment(self, name: str) -> Holds:
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
