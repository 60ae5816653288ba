"""Rows to learn from: many of those who did it, few of those who did not, with their weights."""

import numpy as np
import pytest

from intent_segments.propensity.cases import thinned
from intent_segments.propensity.evidence import Evidence
from intent_segments.propensity.question import Question
from intent_segments.segments.definition import parse
from tests.fixtures.histories import START, tables_of

NOW = START + 199


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    rows = [
        (user, name, START + day, 1)
        for user in range(400)
        for name, every in (("visit", 5), ("buy", 40 + user % 60))
        for day in range(user % every, 200, every)
    ]
    asked = Question(parse({"did": {"event": "visit"}}), ("buy",), "any", NOW, 14)
    return Evidence.gather(tables_of(rows), asked)


def test_both_kinds_are_kept_evenly_and_stand_for_all():
    did = np.arange(1_000) % 10 == 3
    kept, weight = thinned(did, 50, 90)
    assert did[kept].sum() == 50
    assert weight[did[kept]].sum() == pytest.approx(100)
    assert weight[~did[kept]].sum() == pytest.approx(900)
    assert np.diff(kept[did[kept]]).max() == np.diff(kept[did[kept]]).min()
    assert kept.mean() == pytest.approx(500, abs=3)


def test_where_there_are_few_all_are_kept():
    did = np.array([True, False, True, False, False])
    kept, weight = thinned(did, 10, 10)
    assert kept.tolist() == [0, 1, 2, 3, 4]
    assert (weight == 1).all()


def test_chosen_rows_are_those_of_the_whole_sample(evidence):
    """Whether picked user by user, cut out of rows that are there, or with everybody in between."""
    start = NOW - 28
    for which in (np.array([3, 90, 200, 377]), np.arange(5, 300)):
        alone = evidence.over(14).chosen(start, 0, which)
        whole = evidence.sampled(start)
        cut = evidence.chosen(start, 0, which)
        assert np.array_equal(alone.columns, whole.columns[which])
        assert np.array_equal(cut.columns, alone.columns)
        assert np.array_equal(alone.users, whole.users[which])


def test_cases_carry_the_answers_of_their_users(evidence):
    start = NOW - 28
    cases = evidence.cases(start, 0, 30, 40)
    assert (cases.did.sum(), (~cases.did).sum()) == (30, 40)
    rate = evidence.answers(start).mean()
    assert np.average(cases.did, weights=cases.weight) == pytest.approx(rate)
    assert evidence.cases(start, 0, 30, 40) is cases


def test_of_days_of_past_forecasts_the_sample_alone_is_asked(evidence, monkeypatch):
    fewer = evidence.over(14)
    vars(fewer)["sample_end"] = 100
    day = NOW - 91
    fewer.foresee_sample([day])
    assert day not in fewer._members
    members = evidence.members(day)
    assert fewer.sample(day).tolist() == members[members < 100].tolist()
    assert fewer.known(day, NOW - 30).tolist() == fewer.sample(day).tolist()
    assert len(fewer.known(day, NOW)) == len(members)


def test_who_was_active_on_some_days(evidence):
    users = np.arange(50, dtype=np.int32)
    active = evidence.history.active(users, NOW - 3, NOW)
    seen = {
        int(user)
        for user, day in zip(evidence.history.user, evidence.history.day, strict=True)
        if NOW - 3 < day <= NOW
    }
    assert active.tolist() == [user in seen for user in range(50)]
