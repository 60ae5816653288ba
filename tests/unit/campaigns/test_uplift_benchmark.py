"""The benchmark of uplift, on inputs small enough for a test."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bench.hillstrom import Hillstrom, thinned
from bench.looking import Campaign, converted, looked_at
from bench.saving import generated
from bench.uplift import report
from bench.verdicts import Watched, watched

VISIT, LATE = "2008-03-14T23:59:59Z", "2008-03-15T00:00:00Z"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """200 customers in each arm; 60 with the e-mail visited, 20 without, 5 after the two weeks."""
    users = [f"u{n:03}" for n in range(400)]
    profiles = {
        "user_id": users,
        "arm": ["womens"] * 200 + ["control"] * 200,
        **{name: [n % 7 for n in range(400)] for name in ("recency", "history", "mens", "womens")},
        "newbie": [int(n < 60 or 200 <= n < 220) for n in range(400)],
        **{name: ["a", "b"] * 200 for name in ("zip_code", "channel", "history_segment")},
    }
    visitors = [*users[:60], *users[200:220]]
    rows = [(user, "visit", VISIT, "{}") for user in visitors]
    rows += [(user, "purchase", VISIT, '{"amount": 30}') for user in visitors[::10]]
    rows += [(user, "purchase", "2007-10-01T00:00:00Z", '{"amount": 99}') for user in users]
    rows += [(user, "visit", LATE, "{}") for user in users[100:105]]
    columns = zip(*rows, strict=True)
    events = dict(zip(("user_id", "event", "ts", "properties"), columns, strict=True))
    table = pa.table({name: list(values) for name, values in events.items()})
    times = table["ts"].cast(pa.timestamp("us", "UTC"))
    pq.write_table(table.set_column(2, "ts", times), tmp_path / "events.parquet")
    pq.write_table(pa.table(profiles), tmp_path / "profiles.parquet")
    return tmp_path


def test_outcomes_are_those_of_the_two_weeks(folder: Path) -> None:
    data = Hillstrom.read(folder)
    assert data.effect("visit").value == pytest.approx(0.2)
    assert data.effect("conversion").value == pytest.approx(0.02)
    assert data.effect("spend").value == pytest.approx(0.6)


def test_a_thinned_control_has_the_full_ones_effect_on_average(folder: Path) -> None:
    found = thinned(Hillstrom.read(folder), "visit", draws=200, seed=1)
    assert found.value == pytest.approx(0.2, abs=0.03) and found.held > 0.9


def test_the_likelihood_comes_from_what_was_known_before(folder: Path) -> None:
    likelihood = Hillstrom.read(folder).likelihood()
    assert ((likelihood > 0) & (likelihood < 1)).all()
    assert likelihood[:60].mean() > 2 * likelihood[60:200].mean()  # newbies visited


def test_conversions_grow_to_the_rate_of_the_last_day() -> None:
    rates = np.linspace(0.001, 0.1, 30)
    total = converted(np.random.default_rng(2), np.full(50, 10_000), rates)
    assert (np.diff(total) >= 0).all() and total.shape == (50, 30)
    assert total[:, -1].mean() == pytest.approx(1_000, rel=0.02)
    assert total[:, 0].mean() == pytest.approx(10, rel=0.2)


def test_the_section_has_every_table(folder: Path) -> None:
    campaign = Campaign(2_000, 0.02, 0.5)
    looked = [(campaign, looked_at(campaign, 5, 3))]
    saved = [("generated", generated(4_000, 0.2, 0.0, 3, 4))]
    goal = Watched(2_000, 4, 0.2, 1.0, 0.1, 2.0)
    called = [(goal, watched(goal, 4, 5))]
    text = report(looked, called, [(2_000, 0.001)], saved, Hillstrom.read(folder))
    assert "| 2,000 users, 4 days, 20 % control | +200 % |     4 |   100.0 % | 100.0 % |" in text
    assert "| 2,000 users, 2 %, even |  +50 % |" in text and "false alarms" in text
    assert "variance saved" in text and "| spend" in text
    assert "was not measured" in report(looked, called, [(2_000, 0.001)], saved, None)
