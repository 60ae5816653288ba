"""What is different today is told: few warnings, and none of a regular month."""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import partial
from time import perf_counter

import numpy as np
import pytest

from intent_local.demo.datasets import write_cdnow, write_grocer
from intent_local.demo.plays import CDNOW, GROCER
from intent_segments.events.open_files import open_files
from intent_segments.lake.calendar import from_day, to_day
from intent_segments.lake.tables import Tables
from intent_segments.propensity.drift import drift, level_break
from intent_segments.propensity.evidence import Evidence
from intent_segments.propensity.forecast import forecast
from intent_segments.propensity.question import Question
from intent_segments.propensity.report import report
from intent_segments.propensity.stability import binned, stability_index
from intent_segments.segments.definition import parse
from tests.fixtures.histories import START, shop, tables_of

AS_OF = START + 200
EVERYBODY = {"all": []}


def evidence_of(tables: Tables, event="buy", as_of=AS_OF, segment=EVERYBODY, horizon=28):
    return Evidence.gather(tables, Question(parse(segment), (event,), "any", as_of, horizon))


def warnings_of(tables: Tables, **asked) -> tuple[str, ...]:
    return drift(evidence_of(tables, **asked)).warnings


def forgetting(tables: Tables, event: str, after: int, until: int | None = None) -> Tables:
    """The same, with nothing of an event recorded on the days after+1 .. until."""
    tables.con.execute(
        "DELETE FROM activity WHERE event = $1 AND day > $2 AND day <= $3",
        [tables.event_codes()[event], after, until or 10**6],
    )
    return tables


# ---- Nothing to say ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def world() -> Tables:
    return shop()


def test_a_steady_account_has_no_warning(world):
    for as_of in range(START + 100, START + 240, 10):
        assert warnings_of(world, as_of=as_of) == ()


@pytest.mark.parametrize(
    ("write", "play", "first", "last"),
    [(write_cdnow, CDNOW, date(1997, 5, 5), date(1998, 6, 28)),
     (write_grocer, GROCER, date(2017, 4, 1), date(2017, 12, 24))],
    ids=["CDNOW", "grocer"],
)  # fmt: skip
def test_regular_months_of_real_shops_raise_no_alarm(tmp_path, write, play, first, last):
    """Every third week of what the demo replays: at most one warning in all."""
    files = write(tmp_path)
    tables = open_files([files.events], files.profiles, "UTC")
    wish = play.wishes[0]
    days = [first + timedelta(days=21 * n) for n in range((last - first).days // 21 + 1)]
    said = [
        warnings_of(tables, event=wish.event, segment=wish.definition, as_of=to_day(day))
        for day in days
    ]
    assert len(days) > 12
    assert sum(map(len, said)) <= 1


def test_a_history_of_a_few_days_is_compared_with_nothing(world):
    found = drift(evidence_of(world, as_of=START + 3))
    assert found.warnings == () and found.to_json() is None


# ---- Events that stop and begin ------------------------------------------------------------------


def test_an_event_that_stopped_is_told_with_the_day():
    told = warnings_of(forgetting(shop(), "buy", AS_OF - 9))
    assert told[0].startswith(f"'buy' has not been recorded since {from_day(AS_OF - 9)}, though ")
    assert told[0].endswith("a week were usual: is tracking broken?")


def test_another_event_of_the_model_that_stopped_is_told_as_well():
    told = warnings_of(forgetting(shop(), "visit", AS_OF - 9))
    assert told[0].startswith("'visit' has not been recorded since")


def test_six_silent_days_are_no_stop():
    told = warnings_of(forgetting(shop(), "visit", AS_OF - 6))
    assert not any("has not been recorded" in warning for warning in told)


def test_an_event_with_long_pauses_has_not_stopped_in_another_one():
    tables = forgetting(shop(), "visit", AS_OF - 60, AS_OF - 40)
    told = warnings_of(forgetting(tables, "visit", AS_OF - 20))
    assert not any("has not been recorded" in warning for warning in told)


def test_where_everything_stopped_files_are_missing():
    tables = forgetting(forgetting(shop(), "visit", AS_OF - 9), "buy", AS_OF - 9)
    [told] = [one for one in warnings_of(tables) if "No event at all" in one]
    assert f"since {from_day(AS_OF - 9)}" in told and f"ask as of {from_day(AS_OF - 9)}" in told


def test_an_event_that_began_after_the_windows_is_told():
    tables = forgetting(shop(), "visit", START - 1, AS_OF - 21)
    told = warnings_of(tables)
    assert f"'visit' has been recorded since {from_day(AS_OF - 20)} only, so no model" in told[0]


def test_a_goal_that_began_late_is_told_to_count_from_then():
    told = warnings_of(forgetting(shop(), "buy", START - 1, AS_OF - 90))
    assert f"'buy' has been recorded since {from_day(AS_OF - 89)} only, and nothing" in told[0]


# ---- Levels --------------------------------------------------------------------------------------


def doubled(tables: Tables, days: int) -> Tables:
    """Everybody who visits in the last days buys as well: a fault of tracking, or a campaign."""
    codes = tables.event_codes()
    tables.con.execute(
        "INSERT INTO activity SELECT uh, $1, day, 1 FROM activity a WHERE event = $2 AND day > $3"
        " AND day <= $4 AND NOT EXISTS (SELECT 1 FROM activity b WHERE b.uh = a.uh AND"
        " b.event = $1 AND b.day = a.day)",
        [codes["buy"], codes["visit"], AS_OF - days, AS_OF],
    )
    return tables


@pytest.mark.parametrize("days", [7, 14])
def test_a_leap_of_the_goals_level_is_told_as_a_factor(days):
    told = " ".join(warnings_of(doubled(shop(), days)))
    assert f"up to {from_day(AS_OF)} 'buy' was recorded " in told
    assert float(re.search(r"recorded ([\d.]+) times as often", told)[1]) > 2


def test_a_level_that_halves_is_told_as_a_share():
    tables = shop()
    tables.con.execute(
        "DELETE FROM activity WHERE event = $1 AND day > $2 AND uh % 3 > 0",
        [tables.event_codes()["buy"], AS_OF - 14],
    )
    assert re.search(r"recorded \d\d% less often than", " ".join(warnings_of(tables)))


def days_of(weekly: list[int]) -> np.ndarray:
    """Occurrences spread over weeks, the latest last, ending on AS_OF."""
    ends = AS_OF - 7 * np.arange(len(weekly))[::-1]
    return np.concatenate(
        [end - np.arange(n) % 7 for end, n in zip(ends, weekly, strict=True)]
    ).astype(np.int32)


@pytest.mark.parametrize(
    ("weekly", "broken"),
    [
        ([200] * 10, False),
        ([200] * 9 + [260], False),
        ([200] * 9 + [420], True),
        ([200] * 9 + [80], True),
        ([200] * 8 + [110, 105], True),
        ([200, 900, 200, 210, 190, 200, 205, 195, 200, 200], False),  # one odd week is no level
        ([400, 360, 324, 292, 262, 236, 213, 191, 172, 155], False),  # a decline that goes on
        ([100, 115, 132, 152, 175, 201, 231, 266, 306, 352], False),  # a growth that goes on
        ([10, 14, 8, 12, 9, 11, 13, 10, 12, 18], False),  # few are chance
        ([0, 0, 200, 200, 200, 200, 200, 200, 200, 800], False),  # too young to have a level
    ],
)
def test_a_break_is_what_neither_trend_nor_chance_explains(weekly, broken):
    assert (level_break(days_of(weekly), AS_OF) is not None) == broken


# ---- Members -------------------------------------------------------------------------------------


def test_members_unlike_those_of_the_past_are_told():
    """Every visitor of the last four weeks comes every day, which none did before."""
    tables = shop()
    visit = tables.event_codes()["visit"]
    tables.con.execute(
        "DELETE FROM activity WHERE event = $1 AND day > $2 AND day <= $3",
        [visit, AS_OF - 28, AS_OF],
    )
    tables.con.execute(
        "INSERT INTO activity SELECT u.uh, $1, d.day, 1 FROM users u,"
        " (SELECT unnest(range($2 - 27, $2 + 1)) AS day) d WHERE u.uh % 2 = 0",
        [visit, AS_OF],
    )
    told = [one for one in warnings_of(tables) if one.startswith("Members differ")]
    assert len(told) == 1
    assert "'visit: count 0-6 d ago' (stability index " in told[0]


def test_the_quality_card_has_the_largest_shift(world):
    found = forecast(evidence_of(world))
    card = report(found)["quality"]["drift"]
    assert card["word"] == "small" and 0 <= card["stability_index"] < 0.1
    assert card["signal"] in found.model.plan.names


def test_drift_is_among_the_warnings_of_a_forecast():
    found = forecast(evidence_of(forgetting(shop(), "visit", AS_OF - 9)))
    assert any("is tracking broken?" in warning for warning in report(found)["warnings"])


def test_bursts_are_no_drift():
    """A mailing goes to everybody every third week or so: windows differ, users do not."""
    random = np.random.default_rng(5)
    rows = [(u, "visit", START + int(d), 1) for u in range(400) for d in range(0, 200, 9)]
    sends = np.cumsum(random.integers(10, 30, 12))
    rows += [(u, "mailing", START + int(d), 1) for d in sends for u in range(400)]
    rows += [
        (u, "buy", START + int(d), 1) for u in range(0, 400, 3) for d in random.integers(0, 200, 20)
    ]
    for as_of in range(START + 120, START + 200, 9):
        told = " ".join(warnings_of(tables_of(rows), as_of=as_of))
        assert "Members differ" not in told and "mailing" not in told


@pytest.fixture
def counts():
    random = np.random.default_rng(1)

    def of(before: np.ndarray, after: np.ndarray) -> np.ndarray:
        group = np.repeat([0, 1], [len(before), len(after)])
        return binned(np.concatenate([before, after]), group)

    return partial(of, random.normal(0, 1, 20_000))


def test_the_index_of_the_same_distribution_is_about_zero(counts):
    same = counts(np.random.default_rng(2).normal(0, 1, 1_000))
    assert stability_index(same[0], same[1], 20_000) < 0.02


def test_the_index_of_a_normal_that_moved_is_the_textbooks(counts):
    """For two normals a distance d apart the index is d^2, in the limit of fine bins."""
    moved = counts(np.random.default_rng(2).normal(0.5, 1, 20_000))
    assert stability_index(moved[0], moved[1], 20_000) == pytest.approx(0.25, abs=0.04)


def test_equal_values_share_a_bin():
    """And what is larger than all that was known has one of its own."""
    before, after = [0.0] * 90 + [1.0] * 10, [0.0] * 5 + [2.0] * 5
    found = binned(np.array(before + after), np.repeat([0, 1], [100, 10]))
    assert found.tolist() == [[90, 10, 0], [5, 0, 5]]


def test_it_takes_no_time_that_anybody_notices():
    evidence = evidence_of(shop(4_000, 120), as_of=START + 110)
    drift(evidence)  # training has made these rows already
    took = []
    for _ in range(5):
        began = perf_counter()
        drift(evidence)
        took.append(perf_counter() - began)
    assert min(took) < 0.05
