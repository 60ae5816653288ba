"""Tonight's likelihoods."""

import numpy as np
import pytest

from intent_segments.propensity.evidence import Evidence
from intent_segments.propensity.forecast import forecast, running_model
from intent_segments.propensity.question import Question
from intent_segments.propensity.score import CERTAIN, score
from intent_segments.segments.definition import parse
from tests.fixtures.histories import START, shop

AS_OF, HORIZON = START + 150, 30
QUESTION = Question(parse({"did": {"event": "visit"}}), ("buy",), "any", AS_OF, HORIZON)


@pytest.fixture(scope="module")
def goal():
    at_start = Evidence.gather(shop(), QUESTION)
    members = at_start.history.uh[at_start.members(AS_OF)]
    return running_model(at_start, forecast(at_start).value), members


def scored(goal, day, direction="maximize", members=None):
    model, everybody = goal
    evidence = Evidence.gather(shop(), Question(**{**vars(QUESTION), "as_of": day}))
    users = evidence.history.index_of(everybody if members is None else members)
    return score(
        evidence,
        model,
        users,
        started=AS_OF,
        cutoff=day,
        ends=AS_OF + HORIZON,
        direction=direction,
    )


def test_on_day_0_everybody_is_open_and_likelihoods_add_up_to_the_forecast(goal):
    found = scored(goal, AS_OF)
    expected = forecast(Evidence.gather(shop(), QUESTION)).value
    assert not found.did.any()
    assert found.likelihood.sum() / CERTAIN == pytest.approx(expected, abs=0.1)


def test_minimizing_turns_the_likelihood_round(goal):
    up, down = scored(goal, AS_OF), scored(goal, AS_OF, "minimize")
    assert np.array_equal(up.likelihood + down.likelihood, np.full(len(up.did), CERTAIN))


def test_expected_users_shrink_as_days_pass_without_the_event(goal):
    sums = [scored(goal, AS_OF + age).likelihood.sum() for age in (0, 10, 20, 29)]
    assert sums == sorted(sums, reverse=True)


def test_after_the_last_day_nobody_can_do_it_any_more(goal):
    found = scored(goal, AS_OF + HORIZON)
    assert not found.likelihood.any()
    later = scored(goal, AS_OF + HORIZON + 5)
    assert later.did.sum() == found.did.sum()


def test_groups_of_users_score_as_they_do_together(goal):
    """Cut anywhere, the same user has the same likelihood to the last millionth."""
    _, members = goal
    whole = scored(goal, AS_OF + 7)
    for cut in (1, 100, 777):
        parts = [scored(goal, AS_OF + 7, members=m) for m in (members[:cut], members[cut:])]
        assert np.array_equal(np.concatenate([p.likelihood for p in parts]), whole.likelihood)


def test_members_score_alike_however_many_are_worked_on_at_a_time(goal, monkeypatch):
    whole = scored(goal, AS_OF + 7)
    monkeypatch.setattr("intent_segments.propensity.score._CHUNK", 37)
    assert np.array_equal(scored(goal, AS_OF + 7).likelihood, whole.likelihood)


def test_likelihoods_of_a_running_goal_mean_it(goal):
    """Of the members still open after ten days, about as many do it as likelihoods said."""
    at_ten = scored(goal, AS_OF + 10)
    at_end = scored(goal, AS_OF + HORIZON)
    open_ = ~at_ten.did
    really = (at_end.did & open_).sum()
    assert at_ten.likelihood[open_].sum() / CERTAIN == pytest.approx(really, rel=0.35)
