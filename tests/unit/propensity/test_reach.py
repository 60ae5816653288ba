"""Young accounts: what can be learnt in short windows is carried on to the goal's period."""

import numpy as np
import pytest

from intent_segments.errors import InsufficientHistory
from intent_segments.lake.calendar import from_day
from intent_segments.propensity.evidence import Evidence
from intent_segments.propensity.forecast import forecast, running_model
from intent_segments.propensity.question import Question
from intent_segments.propensity.report import report
from intent_segments.propensity.train import MIN_HISTORY_DAYS
from intent_segments.segments.definition import parse
from tests.fixtures.histories import START, tables_of

USERS, DAYS = 2_000, 200


@pytest.fixture(scope="module")
def shop():
    """Everybody visits daily at first; a gamma-spread pace of buying, from the first day on."""
    random = np.random.default_rng(8)
    pace = random.gamma(0.8, 0.012, USERS)
    buys = random.random((USERS, DAYS)) < pace[:, None]
    visits = random.random((USERS, DAYS)) < 0.2
    visits[:, 0] = True
    rows = [
        (int(user), name, START + int(day), 1)
        for name, found in (("visit", visits), ("buy", buys))
        for user, day in zip(*np.nonzero(found), strict=True)
    ]
    return tables_of(rows), buys


def asked(day, horizon):
    return Question(parse({"did": {"event": "visit"}}), ("buy",), "any", START + day, horizon)


@pytest.mark.parametrize(("day", "horizon"), [(30, 30), (30, 60), (45, 90)])
def test_a_young_account_gets_a_wider_forecast_that_holds_what_came(shop, day, horizon):
    tables, buys = shop
    found = forecast(Evidence.gather(tables, asked(day, horizon)))
    came = int(buys[:, day + 1 : day + 1 + horizon].any(axis=1).sum())
    assert found.model.learned < horizon
    bounds = found.intervals()["95"]
    assert bounds.low <= came <= bounds.high
    assert abs(found.value - came) / came < 0.25
    older = forecast(Evidence.gather(tables, asked(109, horizon)))
    assert found.spread.scale > older.spread.scale


def test_the_report_says_what_was_learnt_and_carried_on(shop):
    found = forecast(Evidence.gather(shop[0], asked(30, 60)))
    [said] = [text for text in report(found)["warnings"] if "carried on" in text]
    assert said.startswith("History holds no past period of 60 days, so 12 days were learnt")


def test_a_long_enough_history_is_not_carried_on(shop):
    found = forecast(Evidence.gather(shop[0], asked(109, 30)))
    assert found.model.learned == found.model.horizon == 30
    assert not any("carried on" in text for text in report(found)["warnings"])


def test_the_curve_of_a_carried_on_forecast_rises_to_its_value_day_by_day(shop):
    found = forecast(Evidence.gather(shop[0], asked(30, 60)))
    values = [point.value for point in found.curve]
    assert len(values) == 60
    assert values == sorted(values)
    assert values[-1] == pytest.approx(found.value)
    steps = np.diff(values)
    assert steps.max() < 4 * np.median(steps)  # no leap where learning ends and carrying on begins


def test_a_saved_goal_starts_at_its_forecast_and_ends_on_what_was_learnt(shop):
    evidence = Evidence.gather(shop[0], asked(30, 60))
    model = running_model(evidence, expected=321.0)
    members = evidence.members(START + 30)
    whole = evidence.rows(model.plan, members, START + 30, 60)
    assert model.likelihood(whole).sum() == pytest.approx(321.0, rel=1e-6)
    late = [evidence.rows(model.plan, members, START + 30, days) for days in (60, 30, 12, 3, 1)]
    sums = [float(model.likelihood(rows).sum()) for rows in late]
    assert sums == sorted(sums, reverse=True)


def test_too_young_an_account_is_refused_with_the_longest_possible_date(shop):
    with pytest.raises(InsufficientHistory) as refused:
        forecast(Evidence.gather(shop[0], asked(20, 90)))
    longest = from_day(START + 20 + 6 * 7)
    assert f"choose an end date on or before {longest}" in refused.value.message
    assert refused.value.extras["longest_end_date"] == longest.isoformat()


def test_the_longest_possible_date_is_possible(shop):
    assert forecast(Evidence.gather(shop[0], asked(20, 6 * 7))).value > 0
    with pytest.raises(InsufficientHistory):
        forecast(Evidence.gather(shop[0], asked(20, 6 * 7 + 1)))


def test_the_days_of_history_that_a_refusal_asks_for_are_enough(shop):
    with pytest.raises(InsufficientHistory) as refused:
        forecast(Evidence.gather(shop[0], asked(9, 20)))
    missing = refused.value.extras["missing"]["history_days"]
    assert missing == {"needed": MIN_HISTORY_DAYS + 2 * 4, "known": 10}
    forecast(Evidence.gather(shop[0], asked(9 + missing["needed"] - missing["known"], 20)))


def test_a_single_day_of_history_is_told_as_one(shop):
    with pytest.raises(InsufficientHistory, match=f"there is one, {from_day(START)}"):
        forecast(
            Evidence.gather(tables_of([(1, "visit", START, 1), (1, "buy", START, 1)]), asked(0, 30))
        )
