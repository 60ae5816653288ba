"""A goal that history cannot carry is answered with what would do instead."""

from __future__ import annotations

import json

import numpy as np
import pytest

from intent_segments.api.problem import problem_of
from intent_segments.errors import InsufficientHistory
from intent_segments.lake.calendar import from_day
from intent_segments.propensity.alternatives import alternatives, rung_of
from intent_segments.propensity.evidence import Evidence
from intent_segments.propensity.forecast import Forecast, forecast
from intent_segments.propensity.question import Question
from intent_segments.propensity.report import report
from intent_segments.segments.definition import parse
from tests.fixtures.histories import START, tables_of

AS_OF = START + 149
YOUNG_SINCE = START + 138
"""'Concert Viewed' was first recorded 12 days ago; everything else from the first day on."""

EVERYBODY = parse({"all": []})


def hall(users: int = 600, seed: int = 3):
    """All users launch the app, half of them browse, a sixth listen; only listeners view concerts
    and, now and then, buy tickets."""
    random = np.random.default_rng(seed)
    listens = random.random(users) < 1 / 6
    rows = []
    for day in range(0, 150):
        here = {
            "App Launched": random.random(users) < 0.3,
            "Browsed": (random.random(users) < 0.05) & (np.arange(users) % 2 == 0),
            "Listened": listens & (random.random(users) < 0.08),
            "Concert Viewed": listens & (random.random(users) < 0.2) & (day >= 138),
            "Ticket Bought": listens & (random.random(users) < 0.0006),
        }
        rows += [
            (int(user), event, START + day, 1)
            for event, did in here.items()
            for user in np.flatnonzero(did)
        ]
    return tables_of(rows)


@pytest.fixture(scope="module")
def world():
    return hall()


def asked(event="Concert Viewed", horizon=30, as_of=AS_OF, segment=EVERYBODY, match="any"):
    events = (event,) if isinstance(event, str) else event
    return Question(segment, events, match, as_of, horizon)


def refused(tables, question) -> InsufficientHistory:
    with pytest.raises(InsufficientHistory) as raised:
        forecast(Evidence.gather(tables, question))
    return raised.value


def test_a_young_event_is_refused_with_the_day_since_when_it_is_recorded(world):
    message = refused(world, asked()).message
    assert f"'Concert Viewed' has been recorded since {from_day(YOUNG_SINCE)}, 12 days" in message
    assert f"choose an end date on or before {from_day(AS_OF + 5)}" in message


def test_the_message_names_what_would_do_instead(world):
    assert "Or ask for another event: 'Listened', which " in refused(world, asked()).message


def test_the_end_date_that_a_young_event_allows_is_possible(world):
    assert forecast(Evidence.gather(world, asked(horizon=5))).value > 0
    refused(world, asked(horizon=6))


def test_time_before_a_young_event_does_not_count_as_nobody_did_it(world):
    """Of 100 listeners about two in three view a concert within five days."""
    found = forecast(Evidence.gather(world, asked(horizon=5)))
    assert 50 < found.value < 85


def test_the_refusal_says_it_in_numbers_too(world):
    error = refused(world, asked())
    assert error.extras["rung"] == "none"
    missing = error.extras["missing"]["history_days"]
    assert missing["known"] == 12 < missing["needed"]
    assert error.extras["longest_end_date"] == from_day(AS_OF + 5).isoformat()
    [best, other] = error.extras["candidates"]
    assert (best["event"], best["rung"], best["history_days"]) == ("Listened", "full", 150)
    assert best["users"] == round(best["rate"] * 600)
    assert best["lift"] == pytest.approx(6, rel=0.25)
    assert (other["event"], other["rung"]) == ("Browsed", "full")


def test_over_http_the_numbers_are_members_of_the_problem(world):
    error = refused(world, asked())
    told = json.loads(problem_of(error).body)
    assert told["status"] == 422
    assert {name: told[name] for name in error.extras} == error.extras


def test_what_everybody_does_and_what_was_asked_are_never_offered(world):
    found = alternatives(Evidence.gather(world, asked()), AS_OF)
    assert not {"App Launched", "Concert Viewed"} & {one.event for one in found}


def test_an_alternative_reaches_the_rung_it_is_said_to_reach(world):
    for one in alternatives(Evidence.gather(world, asked()), AS_OF):
        assert forecast(Evidence.gather(world, asked(one.event))).method == one.rung


def test_a_panel_of_half_the_users_counts_for_everybody(world):
    evidence = Evidence.gather(world, asked())
    whole, half = alternatives(evidence, AS_OF), alternatives(evidence, AS_OF, share=0.5)
    assert [one.users for one in half] == [2 * one.users for one in whole]
    assert [one.rate for one in half] == [one.rate for one in whole]


def test_a_history_too_short_for_any_event_offers_the_end_date_alone(world):
    error = refused(world, asked("Listened", as_of=START + 9, horizon=60))
    assert error.extras["candidates"] == []
    assert error.message.endswith(f"on or before {from_day(START + 9 + 3)}.")


def test_a_segment_that_was_empty_is_told_how_near_an_end_it_can_have(world):
    """Members are those who viewed a concert: nobody two weeks ago."""
    viewers = parse({"did": {"event": "Concert Viewed"}})
    error = refused(world, asked("Listened", segment=viewers, horizon=60))
    assert error.extras["missing"] == {"past_members": {"needed": 1, "known": 0}}
    assert error.extras["longest_end_date"] == from_day(AS_OF + 7).isoformat()
    forecast(Evidence.gather(world, asked("Listened", segment=viewers, horizon=7)))


@pytest.fixture(scope="module")
def thin(world) -> Forecast:
    return forecast(Evidence.gather(world, asked("Ticket Bought", horizon=14)))


def test_a_forecast_on_a_low_rung_says_what_is_missing_for_the_next(thin):
    advice = report(thin)["advice"]
    assert advice["rung"] == thin.method == "base_rate"
    missing = advice["missing"]["achievements"]
    assert 0 < missing["known"] < missing["needed"] == 20
    assert advice["longest_end_date"] > from_day(AS_OF + 14).isoformat()
    assert advice["candidates"][0]["event"] == "Listened"


def test_a_forecast_on_a_low_rung_names_a_better_event_to_people(thin):
    assert any("such as 'Listened', which" in warning for warning in report(thin)["warnings"])


def test_on_the_highest_rung_there_is_nothing_to_advise(world):
    found = forecast(Evidence.gather(world, asked("Listened", horizon=14)))
    assert found.method == "full"
    assert report(found)["advice"] is None


def test_a_rare_event_is_not_taken_for_a_young_one(world):
    """Six tickets: that the first was bought late may be chance, and their silence counts."""
    evidence = Evidence.gather(world, asked("Ticket Bought"))
    assert evidence.earliest_day == START


def test_any_of_an_old_and_a_young_event_is_as_old_as_the_old_one(world):
    both = ("Concert Viewed", "Listened")
    assert Evidence.gather(world, asked(both)).earliest_day == START
    assert Evidence.gather(world, asked(both, match="all")).earliest_day == YOUNG_SINCE


@pytest.mark.parametrize(
    ("achievements", "rung"),
    [(0, "base_rate"), (19, "base_rate"), (20, "small"), (199, "small"), (200, "full")],
)
def test_the_ladder_has_its_steps_where_training_has_them(achievements, rung):
    assert rung_of(achievements) == rung
