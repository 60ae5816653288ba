"""Nothing that happens after a cut-off may change what is said as of it.

Two worlds share their past and differ in everything that comes after one day. What is said as of
that day is held side by side. So that the guard itself is guarded, the same check also runs on
versions of the code that let one day of the future in, each through one door: it has to report
every one of them.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import pytest

from intent_segments.lake.calendar import to_day
from intent_segments.lake.tables import Tables
from intent_segments.propensity import evidence as seams
from intent_segments.propensity.evidence import Evidence
from intent_segments.propensity.features import FeaturePlan
from intent_segments.propensity.forecast import forecast
from intent_segments.propensity.labels import GoalDays
from intent_segments.propensity.level import combine, expectations
from intent_segments.propensity.question import Question
from intent_segments.propensity.report import report
from intent_segments.propensity.train import gather, train, training_ages, training_starts
from intent_segments.propensity.traits import TraitTable
from intent_segments.segments.definition import parse
from tests.fixtures.histories import START, shop

CUTOFF = START + 180
HORIZON = 28
"""Whole weeks: the newest window that training may know ends on the cut-off itself."""

LATELY = {"did": {"event": "visit", "within": {"days": 60}}}
"""Not everybody is a member, and many become one by a single visit on the day after."""

SEGMENTS = [
    LATELY,
    {"did_not": {"event": "buy", "within": {"days": 60}}},
    {"profile": {"property": "plan", "eq": "pro"}},
]


def question(definition: Any = LATELY, as_of: int = CUTOFF) -> Question:
    return Question(parse(definition), ("buy",), "any", as_of, HORIZON)


def future_rewritten(tables: Tables) -> Tables:
    """The same past. On the day after the cut-off everybody visits, buys 50 times and changes
    plan, and users come whom nobody knew; after that nothing ever happens."""
    tables.con.execute("DELETE FROM activity WHERE day > $1", [CUTOFF])
    tables.con.execute("DELETE FROM profiles WHERE valid_from > $1", [CUTOFF])
    tables.con.execute("DELETE FROM users WHERE entry_day > $1", [CUTOFF])
    for code in tables.event_codes().values():
        tables.con.execute(
            "INSERT INTO activity SELECT uh, $1, $2 + 1, 50 FROM users", [code, CUTOFF]
        )
    tables.con.execute(
        "INSERT INTO profiles SELECT uh, 'plan', 'string', 'bought', NULL, $1 + 1, TRUE FROM users",
        [CUTOFF],
    )
    tables.con.execute(
        "INSERT INTO users SELECT 5000000 + i, 'later' || i, $1 + 1, $1 + 1 FROM range(100) t(i)",
        [CUTOFF],
    )
    return tables


@dataclass(frozen=True)
class Worlds:
    """The same past with its own future, and with another one."""

    told: Tables
    rewritten: Tables


@pytest.fixture(scope="module")
def worlds() -> Worlds:
    return Worlds(shop(), future_rewritten(shop()))


# ---- The check ---------------------------------------------------------------------------------


def seen_as_of_the_cutoff(tables: Tables, plan: FeaturePlan) -> dict[str, np.ndarray]:
    """What training and past forecasts know as of CUTOFF, from evidence that goes on after it.

    One entry per channel by which the future could come in, and what comes of them all: the
    likelihoods. `plan` is given, since columns are chosen on the day of the question.
    """
    evidence = Evidence.gather(tables, question(as_of=CUTOFF + HORIZON))
    vars(evidence)["plan"] = plan
    somebody = np.arange(300, dtype=np.int32)  # the same users in any world
    rows = evidence.rows(plan, somebody, CUTOFF, HORIZON)
    events = len(plan.names) - len(plan.traits)
    windows = training_starts(evidence, CUTOFF)
    model = train(evidence, CUTOFF, running=False)
    level = combine(expectations(evidence, model, rows, CUTOFF), len(somebody), {})
    return {
        "features": rows.features[:, :events],
        "rhythm": np.stack([*vars(rows.beat).values()], axis=1),
        "profiles": rows.features[:, events:],
        "population": evidence.history.uh[evidence.members(CUTOFF)],
        "labels": gather(evidence, windows, training_ages(HORIZON, running=True)).did,
        "likelihood": model.at_level(rows, level.value).likelihood(rows),
    }


def leaks_found(worlds: Worlds) -> set[str]:
    """The channels in which what is known as of the cut-off depends on what comes after it."""
    plan = Evidence.gather(worlds.told, question()).plan
    told = seen_as_of_the_cutoff(worlds.told, plan)
    rewritten = seen_as_of_the_cutoff(worlds.rewritten, plan)
    return {name for name in told if not np.array_equal(told[name], rewritten[name])}


def answers_differ(worlds: Worlds, definition: Any) -> bool:
    """Whether a forecast, its report or anybody's likelihood depends on what comes after it."""
    told, rewritten = (
        forecast(Evidence.gather(tables, question(definition)))
        for tables in (worlds.told, worlds.rewritten)
    )
    return report(told) != report(rewritten) or not np.array_equal(
        told.likelihood, rewritten.likelihood
    )


def read_too_far(worlds: Worlds) -> set[str]:
    """The tables of which more is in memory than what the two worlds share."""
    told, rewritten = (
        Evidence.gather(tables, question()) for tables in (worlds.told, worlds.rewritten)
    )
    same = {
        "activity": np.array_equal(in_order(told), in_order(rewritten)),
        "users": np.array_equal(told.history.uh, rewritten.history.uh),
        "profiles": told.plan.traits == rewritten.plan.traits,
    }
    return {table for table, equal in same.items() if not equal}


def in_order(evidence: Evidence) -> np.ndarray:
    """The rows of history, sorted: of one user's rows no order is promised."""
    known = evidence.history
    rows = np.stack([known.user, known.day, known.event, known.count])
    return rows[:, np.lexsort(rows)]


# ---- The code as it is -------------------------------------------------------------------------


def test_what_is_known_as_of_a_past_day_does_not_depend_on_later_days(worlds):
    assert leaks_found(worlds) == set()


@pytest.mark.parametrize("definition", SEGMENTS)
def test_a_rewritten_future_changes_no_number_of_a_forecast(worlds, definition):
    assert not answers_differ(worlds, definition)


def test_past_cutoffs_of_a_forecast_see_no_day_after_them(worlds):
    """Training rows of an earlier start, built from all history, equal those from a history that
    ends on that start."""
    start = CUTOFF - 35
    whole = Evidence.gather(worlds.told, question())
    earlier = Evidence.gather(worlds.told, question(as_of=start))
    members = whole.members(start)
    assert np.array_equal(whole.history.uh[members], earlier.history.uh[earlier.members(start)])
    seen = whole.rows(whole.plan, members, start, HORIZON)
    known = earlier.rows(whole.plan, earlier.members(start), start, HORIZON)
    assert np.array_equal(seen.features, known.features)
    assert np.array_equal(seen.beat.repeats, known.beat.repeats)


def test_nothing_after_the_day_of_the_question_is_even_read(worlds):
    assert read_too_far(worlds) == set()


# ---- The code with one day of the future let in --------------------------------------------------


def a_day_late(function: Callable[..., Any], parameter: str) -> Callable[..., Any]:
    """The same function, told a day (or a number of days) that is one too many."""
    signature = inspect.signature(function)

    def late(*args: Any, **kwargs: Any) -> Any:
        bound = signature.bind(*args, **kwargs)
        bound.arguments[parameter] += 1
        return function(*bound.args, **bound.kwargs)

    return late


def let_in(monkeypatch: pytest.MonkeyPatch, channel: str) -> None:
    """Move the one cut-off that guards a channel by one day."""
    owner, name, parameter = {
        "features": (seams, "build", "cutoff"),
        "rhythm": (seams, "rhythm", "cutoff"),
        "profiles": (TraitTable, "columns", "cutoff"),
        "population": (seams, "segments_at", "days"),
        "labels": (GoalDays, "within", "horizon"),
    }[channel]
    monkeypatch.setattr(owner, name, a_day_late(getattr(owner, name), parameter))


@pytest.mark.parametrize(
    ("channel", "found"),
    [
        # build passes its cut-off on to the traits, and makes columns of the rhythm.
        ("features", {"features", "profiles", "likelihood"}),
        ("rhythm", {"rhythm", "features", "likelihood"}),
        ("profiles", {"profiles", "likelihood"}),
        # Who is asked about; what is learnt of them rests on everybody's past.
        ("population", {"population"}),
        ("labels", {"labels", "likelihood"}),
    ],
)
def test_one_day_of_the_future_is_reported_as_a_leak(worlds, monkeypatch, channel, found):
    let_in(monkeypatch, channel)
    assert leaks_found(worlds) == found


@pytest.mark.parametrize(
    ("loading", "found"),
    [("load_history", {"activity", "users", "profiles"}), ("load_traits", {"profiles"})],
)
def test_one_day_too_many_in_memory_is_reported(worlds, monkeypatch, loading, found):
    load = getattr(seams, loading)
    if loading == "load_history":
        late = a_day_late(load, "last_day")
    else:  # traits are read as far as history goes

        def late(tables, history):
            return load(tables, replace(history, last_day=history.last_day + 1))

    monkeypatch.setattr(seams, loading, late)
    assert read_too_far(worlds) == found


def test_members_of_the_next_day_move_the_numbers_of_a_forecast(worlds, monkeypatch):
    let_in(monkeypatch, "population")
    assert answers_differ(worlds, LATELY)


# ---- Dates of a segment ------------------------------------------------------------------------


def test_absolute_dates_of_a_segment_move_along_with_the_cutoff():
    tables = shop()
    end = to_day(date(2025, 3, 31))
    tables.con.execute("UPDATE activity SET day = day + $1", [end - CUTOFF])
    tables.con.execute("UPDATE users SET entry_day = entry_day + $1", [end - CUTOFF])
    dated = {"did": {"event": "buy", "between": {"from": "2025-03-01", "to": "2025-03-31"}}}
    rolling = {"did": {"event": "buy", "within": {"days": 31}}}
    moved, expected = (
        Evidence.gather(tables, question(definition, end)).members(end - 28)
        for definition in (dated, rolling)
    )
    assert len(moved)
    assert np.array_equal(moved, expected)
