"""The answer before anything is saved."""

from dataclasses import replace

import numpy as np
import pytest

from intent_segments.errors import InsufficientHistory
from intent_segments.propensity.backtest import truth
from intent_segments.propensity.evidence import Evidence
from intent_segments.propensity.forecast import forecast, running_model
from intent_segments.propensity.persistence import _apart
from intent_segments.propensity.question import Question
from intent_segments.propensity.report import LEAKS_TOLD, outlook, report, warnings
from intent_segments.segments.definition import parse
from tests.fixtures.histories import START, shop, tables_of

VISITORS = parse({"did": {"event": "visit"}})


def asked(as_of=START + 200, horizon=30, events=("buy",), match="any", segment=VISITORS):
    return Question(segment, events, match, as_of, horizon)


@pytest.fixture(scope="module")
def world():
    return shop()


@pytest.fixture(scope="module")
def found(world):
    return forecast(Evidence.gather(world, asked()))


def test_the_count_comes_near_what_really_happens(world, found):
    members = Evidence.gather(world, asked())
    did = truth(world, asked(), members.history.uh[members.members(START + 200)])
    assert found.intervals()["95"].low <= did.sum() <= found.intervals()["95"].high


def test_likelihoods_add_up_to_the_count(found):
    assert found.likelihood.sum() == pytest.approx(found.value, rel=1e-6)


def test_those_who_do_it_rank_above_those_who_do_not(found):
    assert all(origin.evaluation.auc > 0.65 for origin in found.origins)


def test_intervals_nest_around_the_count(found):
    bounds = found.intervals()
    assert bounds["95"].low <= bounds["80"].low <= bounds["50"].low <= found.value
    assert found.value <= bounds["50"].high <= bounds["80"].high <= bounds["95"].high


def test_the_interval_is_wider_than_the_binomial_one(found):
    binomial = 2 * 1.2816 * np.sqrt((found.likelihood * (1 - found.likelihood)).sum())
    bounds = found.intervals()["80"]
    assert bounds.high - bounds.low > binomial


def test_the_curve_rises_day_by_day_to_the_count(found):
    values = [point.value for point in found.curve]
    assert len(values) == 30
    assert values == sorted(values)
    assert values[-1] == pytest.approx(found.value)


def test_more_events_than_users_are_expected_where_users_buy_again(found):
    assert found.events.value > found.value


def test_the_even_chance_number_is_as_likely_as_not(found):
    card = outlook(found, "users", found.spread.even, "maximize")
    assert card["probability"] == pytest.approx(0.5, abs=0.01)
    assert card["even_chance"] == pytest.approx(found.spread.even, abs=0.01)
    assert found.value * 0.9 < found.spread.even < found.value


@pytest.mark.parametrize(
    ("factor", "direction", "verdict"),
    [
        (0.5, "maximize", "within_reach"),
        (1.1, "maximize", "a_stretch"),
        (4.0, "maximize", "not_realistic"),
        (4.0, "minimize", "within_reach"),
        (0.1, "minimize", "not_realistic"),
    ],
)
def test_a_wanted_number_gets_a_plain_word(found, factor, direction, verdict):
    assert outlook(found, "users", found.value * factor, direction)["verdict"] == verdict


def test_more_than_everybody_is_never_realistic(found):
    assert outlook(found, "users", found.users + 1, "maximize")["probability"] == 0


def test_the_saved_goals_model_tells_the_same_number_on_day_0(world):
    evidence = Evidence.gather(world, asked())
    model = running_model(evidence, expected=123.0)
    rows = evidence.rows(model.plan, evidence.members(START + 200), START + 200, 30)
    assert model.likelihood(rows).sum() == pytest.approx(123.0, rel=1e-6)


def test_a_segment_without_past_members_is_refused_with_the_reason(world):
    nobody = parse({"users": ["nobody"]})
    with pytest.raises(InsufficientHistory, match="Nobody was in this segment"):
        forecast(Evidence.gather(world, asked(segment=nobody)))


def test_a_rare_event_falls_to_the_base_rate_and_says_so():
    rows = [(user, "visit", START + day, 1) for user in range(300) for day in range(0, 120, 10)]
    rows += [(user, "uninstall", START + 20 + user, 1) for user in range(0, 60, 12)]
    found = forecast(Evidence.gather(tables_of(rows), asked(START + 110, 20, ("uninstall",))))
    assert found.method == "base_rate"
    assert np.unique(found.likelihood).size == 1
    assert any("Too few users" in warning for warning in report(found)["warnings"])
    assert found.intervals()["80"].high > found.value


def test_an_event_nobody_did_lately_has_a_small_count_with_room_above():
    rows = [(user, "visit", START + day, 1) for user in range(200) for day in range(0, 120, 10)]
    rows += [(0, "upgrade", START + 5, 1)]
    found = forecast(Evidence.gather(tables_of(rows), asked(START + 110, 20, ("upgrade",))))
    assert 0 < found.value < 2
    assert found.intervals()["95"].low == 0


def test_an_event_that_was_never_recorded_is_refused_and_says_so():
    """That it exists is known from a later day; of the days before it nothing can be learnt."""
    rows = [(user, "visit", START + day, 1) for user in range(200) for day in range(0, 120, 10)]
    rows += [(0, "upgrade", START + 119, 1)]
    with pytest.raises(InsufficientHistory, match="'upgrade' was never recorded up to"):
        forecast(Evidence.gather(tables_of(rows), asked(START + 110, 20, ("upgrade",))))


def test_several_events_that_all_must_happen_have_no_pace_of_their_own(world):
    both = asked(events=("visit", "buy"), match="all")
    parts = forecast(Evidence.gather(world, both)).level.parts
    assert "linear" in parts
    assert not {"buy_till_you_die", "paces"} & parts.keys()


def test_a_group_that_had_nobody_has_no_share_of_its_own():
    """Everybody was active before the past window; today most are not."""
    was, is_now = np.ones(1_000, bool), np.arange(1_000) < 200
    did = np.arange(1_000) < 4
    assert _apart(did, was, is_now) == pytest.approx(4, rel=0.15)


def test_a_panel_of_half_the_users_counts_for_everybody(world):
    whole = forecast(Evidence.gather(world, asked()))
    half = forecast(Evidence.gather(world, asked()), share=0.5)
    assert half.users == 2 * whole.users
    assert half.value == pytest.approx(2 * whole.value)
    assert half.spread.scale == pytest.approx(whole.spread.scale)


def test_all_of_several_events_is_rarer_than_any(world):
    any_of = forecast(Evidence.gather(world, asked(events=("buy", "visit"))))
    all_of = forecast(Evidence.gather(world, asked(events=("buy", "visit"), match="all")))
    assert all_of.value < any_of.value


def test_the_same_question_has_the_same_answer_to_the_last_bit(world):
    first, second = (forecast(Evidence.gather(world, asked())) for _ in range(2))
    assert first.value == second.value
    assert np.array_equal(first.likelihood, second.likelihood)


def test_warnings_name_a_few_of_many_and_count_the_others(found):
    many = tuple(f"'signal {number}' alone tells" for number in range(12))
    traits = tuple(f"trait {number:02d}" for number in range(2_000))
    said = warnings(replace(found, leaks=many, undated_traits=traits))
    assert sum(warning in many for warning in said) == LEAKS_TOLD
    assert any(warning.startswith("7 more signals do so") for warning in said)
    assert said[-1].endswith("trait 08, trait 09 and 1990 more.")
