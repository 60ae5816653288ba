"""Nothing that happens after a cut-off may change what is said as of it."""

import numpy as np
import pytest

from intent_segments.propensity.evidence import Evidence
from intent_segments.propensity.forecast import forecast
from intent_segments.propensity.question import Question
from intent_segments.segments.definition import parse
from tests.fixtures.histories import START, shop

AS_OF = START + 180


def question(definition=None, horizon=30):
    document = definition or {"did": {"event": "visit"}}
    return Question(parse(document), ("buy",), "any", AS_OF, horizon)


def future_rewritten(tables):
    """The same past; every later event and trait replaced by a flood of purchases."""
    tables.con.execute("DELETE FROM activity WHERE day > $1", [AS_OF])
    tables.con.execute("DELETE FROM profiles WHERE valid_from > $1", [AS_OF])
    tables.con.execute("DELETE FROM users WHERE entry_day > $1", [AS_OF])
    buy = tables.event_codes()["buy"]
    tables.con.execute("INSERT INTO activity SELECT uh, $1, $2 + 1, 50 FROM users", [buy, AS_OF])
    tables.con.execute(
        "INSERT INTO profiles SELECT uh, 'plan', 'string', 'bought', NULL, $1 + 1, TRUE FROM users",
        [AS_OF],
    )
    tables.con.execute(
        "INSERT INTO users SELECT 5000000 + i, 'later' || i, $1 + 1, $1 + 1 FROM range(100) t(i)",
        [AS_OF],
    )
    return tables


@pytest.mark.parametrize(
    "definition",
    [
        {"did": {"event": "visit"}},
        {"did_not": {"event": "buy", "within": {"days": 60}}},
        {"profile": {"property": "plan", "eq": "pro"}},
    ],
)
def test_a_rewritten_future_changes_no_number_of_a_forecast(definition):
    before = forecast(Evidence.gather(shop(), question(definition)))
    after = forecast(Evidence.gather(future_rewritten(shop()), question(definition)))
    assert after.value == before.value
    assert after.spread == before.spread
    assert after.curve == before.curve
    assert np.array_equal(after.likelihood, before.likelihood)


def test_past_cutoffs_of_a_forecast_see_no_day_after_them():
    """Training rows of an earlier start, built from all history, equal those from a history that
    ends on that start."""
    start = AS_OF - 35
    whole = Evidence.gather(shop(), question())
    earlier = Evidence.gather(shop(), Question(**{**vars(question()), "as_of": start}))
    members = whole.members(start)
    assert np.array_equal(whole.history.uh[members], earlier.history.uh[earlier.members(start)])
    seen = whole.rows(whole.plan, members, start, 30)
    known = earlier.rows(whole.plan, earlier.members(start), start, 30)
    assert np.array_equal(seen.features, known.features)
    assert np.array_equal(seen.beat.repeats, known.beat.repeats)


def test_absolute_dates_of_a_segment_move_along_with_the_cutoff():
    tables = shop()
    dated = {"did": {"event": "buy", "between": {"from": "2025-03-01", "to": "2025-03-31"}}}
    rolling = {"did": {"event": "buy", "within": {"days": 31}}}
    from datetime import date

    from intent_segments.lake.calendar import to_day

    end = to_day(date(2025, 3, 31))
    for definition in (dated, rolling):
        tables.con.execute("UPDATE activity SET day = day + $1", [end - AS_OF])
        tables.con.execute("UPDATE users SET entry_day = entry_day + $1", [end - AS_OF])
        asked = Question(parse(definition), ("buy",), "any", end, 30)
        members = Evidence.gather(tables, asked).members(end - 28)
        tables.con.execute("UPDATE activity SET day = day - $1", [end - AS_OF])
        tables.con.execute("UPDATE users SET entry_day = entry_day - $1", [end - AS_OF])
        if definition is dated:
            expected = members
    assert np.array_equal(members, expected)
