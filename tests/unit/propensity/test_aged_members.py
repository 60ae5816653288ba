"""A question about those who were members some time ago, as a frozen target group was."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np

from intent_segments.lake.tables import Tables
from intent_segments.propensity.evidence import Evidence
from intent_segments.propensity.forecast import forecast
from intent_segments.propensity.question import Question
from intent_segments.propensity.train import training_starts
from intent_segments.segments.definition import parse
from tests.fixtures.histories import START, shop, tables_of

AS_OF, AGE = START + 150, 40
BUYERS = parse({"did": {"event": "buy", "within": {"days": 28}}})
FRESH = Question(BUYERS, ("buy",), "any", AS_OF, 14)
AGED = replace(FRESH, as_of=AS_OF + AGE, age=AGE)


def test_the_members_are_those_of_the_day_the_group_was_frozen() -> None:
    tables = shop()
    frozen, later = Evidence.gather(tables, FRESH), Evidence.gather(tables, AGED)
    expected = frozen.history.uh[frozen.members(AS_OF)]
    assert len(expected)
    assert np.array_equal(later.history.uh[later.members(AS_OF + AGE)], expected)


def test_many_threads_may_ask_for_members_at_once() -> None:
    evidence, one_by_one = (Evidence.gather(shop(), FRESH) for _ in range(2))
    days = range(AS_OF - 60, AS_OF)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(evidence.members, days))
    for day, members in zip(days, found, strict=True):
        assert np.array_equal(members, one_by_one.members(day))


def test_past_cut_offs_have_members_of_the_same_age() -> None:
    tables = shop()
    later = Evidence.gather(tables, AGED)
    for start in training_starts(later, AGED.as_of):
        asked = replace(FRESH, as_of=start - AGE)
        then = Evidence.gather(tables, asked)
        members = then.history.uh[then.members(start - AGE)]
        assert np.array_equal(later.history.uh[later.members(start)], members)
        assert start - AGE >= later.history.earliest_day


def test_absolute_dates_of_the_segment_stay_where_they_were_for_the_group_itself() -> None:
    tables = shop()
    between = {"from": "2025-02-01", "to": "2025-02-28"}
    dated = parse({"did": {"event": "buy", "between": between}})
    frozen = Evidence.gather(tables, replace(FRESH, definition=dated))
    later = Evidence.gather(tables, replace(AGED, definition=dated))
    expected = frozen.history.uh[frozen.members(AS_OF)]
    assert len(expected)
    assert np.array_equal(later.history.uh[later.members(AGED.as_of)], expected)


def fading(users: int = 1_500, days: int = 220) -> Tables:
    """Users join day by day, buy often at first, and less and less from then on."""
    random = np.random.default_rng(5)
    joined = random.integers(0, days, users)
    rows = []
    for user in range(users):
        age = np.arange(days - joined[user])
        buys = np.flatnonzero((random.random(len(age)) < 0.3 * np.exp(-age / 25)) | (age == 0))
        rows += [(user, "buy", START + int(joined[user] + at), 1) for at in buys]
    return tables_of(rows)


def test_a_group_that_has_gone_quiet_is_expected_to_do_what_groups_of_its_age_did() -> None:
    tables = fading()
    evidence = Evidence.gather(tables, AGED)
    quiet, fresh = forecast(evidence), forecast(Evidence.gather(tables, replace(AGED, age=0)))
    assert quiet.value / quiet.users < 0.7 * fresh.value / fresh.users
    later = Evidence.gather(tables, replace(AGED, as_of=AGED.as_of + AGED.horizon, age=AGE + 14))
    did = later.goal.within(later.members(later.question.as_of), AGED.as_of, AGED.horizon).sum()
    low, high = quiet.intervals()["95"].low, quiet.intervals()["95"].high
    assert low <= did <= high
