"""The benchmarks' own parts, on inputs small enough to work out by hand."""

from __future__ import annotations

import pickle
from dataclasses import replace
from datetime import date
from math import exp, sqrt
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import t as student

from bench import forecast, simulation, worlds
from bench.__main__ import BENCHMARKS, OPTIONS
from bench.blocks import BLOCKS, Block, month_ends, open_source
from bench.outcome import Figures, Outcome, naive_bounds, outcome_of
from bench.page import table, write_section
from bench.peers import PEERS
from bench.peers.buy_till_you_die import Purchases, at_least_one
from bench.peers.classifiers import WEEKS, features
from bench.peers.past import Past
from bench.peers.persistence import persist_2grp, persistence
from bench.peers.plain_mean import geometric_mean, t_interval
from intent_segments.lake.calendar import from_day, to_day
from intent_segments.propensity.question import Question
from intent_segments.segments.definition import parse
from tests.fixtures.histories import START, shop, tables_of

NOW = START + 59


def past_of(rows: list[tuple[int, str, int, int]], event: str = "buy", seen: str = "visit") -> Past:
    """A question of ten days as of NOW, asked of everybody who did `seen`."""
    question = Question(parse({"did": {"event": seen}}), (event,), "any", NOW, 10)
    return Past.of(tables_of(rows), question)


def four_users() -> Past:
    """All four visit on the first day. User 1 bought in both windows before NOW, 2 in the earlier
    one, 3 in the later one, 4 never."""
    visits = [(user, "visit", START, 1) for user in (1, 2, 3, 4)]
    buys = [(1, NOW - 15), (1, NOW - 5), (2, NOW - 15), (3, NOW - 5)]
    return past_of(visits + [(user, "buy", day, 1) for user, day in buys])


def test_persistence_carries_the_share_of_the_last_window():
    assert persistence(four_users()) == pytest.approx([0.5] * 4)


def test_in_two_groups_those_who_did_it_lately_have_their_own_share():
    """Of the earlier window's buyers (1 and 2) one came back; of the others (3 and 4) one came."""
    past = four_users()
    assert persist_2grp(past) == pytest.approx([0.5] * 4)
    loyal = past_of(
        [(user, "visit", START, 1) for user in (1, 2, 3, 4)]
        + [(user, "buy", NOW - ago, 1) for user in (1, 2) for ago in (5, 15)]
    )
    assert persist_2grp(loyal) == pytest.approx([1, 1, 0, 0])


def test_peers_without_a_past_window_say_nothing():
    past = past_of([(1, "visit", NOW - 3, 1), (1, "buy", NOW - 2, 1)])
    assert [
        PEERS[name](past) for name in ("persistence", "persist_2grp", "logreg", "hgb_pool")
    ] == ([None] * 4)


def test_classifiers_see_days_per_week_totals_recency_and_tenure():
    """User 1 bought twice in the last week, once 10 days ago and visited on the first day."""
    past = past_of(
        [
            *((1, "buy", NOW - ago, 3) for ago in (0, 6, 10)),
            (1, "visit", START, 1),
            (2, "visit", START + 50, 1),
        ]
    )
    row = features(past, past.members(NOW), NOW)[0]
    buys, visits, rest = row[:WEEKS], row[WEEKS : 2 * WEEKS], row[2 * WEEKS :]
    assert buys == pytest.approx(np.log1p([2, 1] + [0] * (WEEKS - 2)))
    assert not visits.any()  # 59 days ago is before the eight weeks
    assert rest == pytest.approx([np.log(4), np.log(2), 0, 59])


def test_classifiers_see_nothing_after_the_cut_off():
    """Rows added after the cut-off change no column."""
    rows = [(1, "visit", START, 1), (1, "buy", START + 20, 1), (2, "visit", START + 5, 1)]
    users = np.array([0, 1], np.int32)
    later = [(1, "buy", START + 31, 1), (2, "visit", START + 40, 1)]
    seen, more = past_of(rows), past_of(rows + later)
    cutoff = START + 30
    assert features(seen, users, cutoff) == pytest.approx(features(more, users, cutoff))


def test_purchases_are_days_and_equal_histories_are_one_row():
    buys = [(1, START, 2), (1, START + 9, 1), (2, START, 1), (2, START + 9, 5), (3, START + 4, 1)]
    bought = Purchases.of(past_of([(u, "buy", day, n) for u, day, n in buys], seen="buy"))
    assert bought is not None
    found = np.column_stack([bought.frequency, bought.recency, bought.age, bought.users])
    assert found.tolist() == [[0, 0, 55, 1], [1, 9, 59, 2]]
    assert bought.row.tolist() == [1, 1, 0]


def test_buy_till_you_die_has_no_answer_where_somebody_never_did_it():
    assert PEERS["bg_nbd"](four_users()) is None


def test_the_chance_of_another_purchase_by_hand():
    """Half alive, no repeat in 10 days, r = 1, alpha = 10: 0.5 x (1 - 20 / 40)."""
    found = at_least_one(np.array([0.5]), np.array([0.0]), np.array([10.0]), 20, 1.0, 10.0)
    assert found == pytest.approx([0.25])


def test_buy_till_you_die_counts_are_near_what_comes():
    tables = shop(users=400, days=200)
    origin = START + 150
    question = Question(parse({"did": {"event": "buy"}}), ("buy",), "any", origin, 30)
    past = Past.of(tables, question)
    later = Past.of(tables, replace(question, as_of=origin + 30))
    members = later.history.index_of(past.history.uh[past.members(origin)])
    came = later.did(members, origin).sum()
    counts = [PEERS[name](past).sum() for name in ("bg_nbd", "mbg_nbd")]
    assert counts == pytest.approx([came] * 2, rel=0.3)


def test_counts_on_cdnow_are_the_known_ones():
    """30 days from 1997-09-30, when 1,806 bought. Sums of the models' probabilities, from a
    separate implementation of the same formulas."""
    tables = open_source("cdnow", None)
    assert tables is not None
    past = Past.of(tables, BLOCKS[0].question(to_day(date(1997, 9, 30))))
    known = {"bg_nbd": 1_716, "pareto_nbd": 1_706, "persistence": 1_739}
    assert {name: round(PEERS[name](past).sum()) for name in known} == known


def test_the_naive_interval_is_that_of_independent_users():
    """100 users at 0.5: 50 plus and minus 1.2816 x 5."""
    low, high = naive_bounds(np.full(100, 0.5), 80)
    assert (low, high) == pytest.approx((50 - 6.408, 50 + 6.408), abs=0.01)


def test_the_baselines_interval_is_the_one_of_its_formula():
    scale = sqrt((4 * 0.16**2 + 0.3**2) / 5 + 1 / 100)
    reach = student.ppf(0.9, 5) * scale
    assert t_interval(100, [0.3], 80) == pytest.approx((100 * exp(-reach), 100 * exp(reach)))
    assert geometric_mean([50, 200]) == pytest.approx(100)


def test_figures_are_means_over_origins():
    wide = {80: (50.0, 150.0), 95: (0.0, 200.0)}
    narrow = {80: (79.0, 81.0), 95: (50.0, 110.0)}
    figures = Figures.of([Outcome(110, 100, wide, None), Outcome(80, 100, narrow, None)])
    assert (figures.mape, figures.bias, figures.worst) == pytest.approx((0.15, -0.05, 0.2))
    assert (figures.held80, figures.held95, figures.width) == pytest.approx((0.5, 1.0, 0.51))


def test_where_everybody_is_alike_there_is_no_ranking():
    alike = outcome_of(np.full(10, 0.3), np.arange(10) < 4)
    figures = Figures.of([alike])
    assert figures.auc is None and figures.ece == pytest.approx(0.1)


def test_months_end_on_their_last_day():
    days = [str(from_day(day)) for day in month_ends("1997-12", "1998-02")]
    assert days == ["1997-12-31", "1998-01-31", "1998-02-28"]


def test_a_block_is_answered_by_all_and_its_tables_are_printed():
    block = Block(
        "shop", "made up", "buy", {"did": {"event": "buy"}}, 20, (START + 180, START + 210)
    )
    found = forecast.answers(shop(users=300), block)
    assert set(found) == {forecast.OURS, forecast.COMBINED, *PEERS}
    assert all(len(outcomes) == 2 for outcomes in found.values())
    text = forecast.report([(block, found)], [block])
    assert "### shop, 20 days, 2 origins" in text and "Skipped" in text


def test_the_interval_of_the_combination_learns_only_from_outcomes_that_are_known():
    block = Block("two", "made up", "buy", {}, 20, (START, START + 10, START + 20))
    members = {origin: Outcome(100, 150, {}, None) for origin in block.origins}
    found = forecast.combined({**{name: {} for name in PEERS}, "logreg": members}, block)
    first, second, third = (found[origin].bounds[80] for origin in block.origins)
    assert first == pytest.approx(second) and third == pytest.approx(
        t_interval(100, [np.log(1.5)], 80)
    )


def test_a_world_follows_from_its_seed():
    def buys(seed: int) -> list[tuple[int, ...]]:
        con = worlds.world(seed, users=50).con
        return con.execute("SELECT uh, event, day, n FROM activity ORDER BY ALL").fetchall()

    assert buys(3) == buys(3) != buys(4)


def test_every_kind_of_world_comes_in_36_seeds():
    assert len({worlds.kind_of(seed) for seed in range(36)}) == 36


def test_the_next_world_of_a_kind_has_the_opposite_market():
    weekend = np.where(np.arange(worlds.DAYS) % 7 >= 5, 1.5, 1.0)
    there, opposite = (np.log(worlds.market_of(seed) / weekend) for seed in (5, 5 + worlds.KINDS))
    assert np.allclose(there, -opposite)
    assert not np.allclose(there, np.log(worlds.market_of(5 + 2 * worlds.KINDS) / weekend))


def test_two_worlds_are_simulated_and_reported():
    results = [simulation.one_world(seed, users=400) for seed in (1, 2)]
    assert all(0 < r.value < 400 and r.bounds[95][0] <= r.bounds[80][0] for r in results)
    assert pickle.loads(pickle.dumps(results)) == results  # it crosses processes
    text = simulation.report(results)
    assert "| all " in text and "chance given" in text and "floor" in text


def test_likelihoods_at_the_level_that_came_add_up_to_it():
    shifted = simulation.at_level(np.array([0.1, 0.2, 0.6]), 1.5)
    assert shifted.sum() == pytest.approx(1.5) and (np.diff(shifted) > 0).all()


def test_a_section_replaces_itself_and_leaves_the_others(tmp_path: Path):
    page = tmp_path / "benchmarks.md"
    write_section(page, "One", "first")
    write_section(page, "Two", "other")
    write_section(page, "One", "### Part\n\nsecond")
    text = page.read_text("utf-8")
    assert "first" not in text
    assert text.index("## One") < text.index("second") < text.index("## Two") < text.index("other")


def test_tables_are_aligned():
    assert table(("a", "b"), [("long", "1")]).splitlines() == [
        "| a    |   b |",
        "| :--- | --: |",
        "| long |   1 |",
    ]


def test_every_benchmark_says_which_options_it_takes():
    assert set(OPTIONS) == set(BENCHMARKS)
