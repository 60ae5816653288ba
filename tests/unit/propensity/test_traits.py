"""Traits as they are read from the profiles."""

import numpy as np
import pytest

from intent_segments.propensity.history import load_history
from intent_segments.propensity.traits import TraitColumn, choose, load_traits
from tests.fixtures.histories import START, shop

LAST = START + 30
PLUS, NOTHING = TraitColumn("tier", "plus"), TraitColumn("tier", "")


@pytest.fixture
def tables():
    opened = shop(40)
    opened.con.execute("DELETE FROM profiles")
    opened.con.execute("UPDATE users SET entry_day = $1", [START])
    return opened


def say(tables, *rows):
    """(position of the user, property, kind, text, number, valid_from)."""
    hashes = [uh for (uh,) in tables.con.execute("SELECT uh FROM users ORDER BY uh").fetchall()]
    for user, *row in rows:
        tables.con.execute(
            "INSERT INTO profiles VALUES ($1, $2, $3, $4, $5, $6, true)", [hashes[user], *row]
        )


def column(tables, wanted, cutoff=LAST):
    history = load_history(tables, LAST)
    users = np.arange(len(history.uh), dtype=np.int32)
    return load_traits(tables, history).columns((wanted,), users, cutoff)[:, 0]


def test_the_latest_value_holds_in_whatever_order_rows_come(tables):
    rows = [(user, "tier", "string", "free", None, START) for user in range(20)]
    rows += [(user, "tier", "string", "plus", None, START + 5) for user in range(0, 20, 3)]
    say(tables, *rows[::-1])
    assert np.flatnonzero(column(tables, PLUS)).tolist() == list(range(0, 20, 3))
    assert not column(tables, PLUS, START + 4).any()


def test_a_text_that_is_null_is_the_empty_text(tables):
    say(
        tables,
        (3, "tier", "string", None, None, START),
        (4, "tier", "string", "", None, START),
        (5, "tier", "string", "plus", None, START),
    )
    assert np.flatnonzero(column(tables, NOTHING)).tolist() == [3, 4]


def test_a_text_that_another_property_has_too_keeps_its_meaning(tables):
    rows = [(user, "city", "string", text, None, START) for user, text in enumerate("zab")]
    rows += [(user, "tier", "string", text, None, START) for user, text in enumerate("bzc")]
    say(tables, *rows)
    found = load_traits(tables, load_history(tables, LAST))
    assert {name: list(rows.codes) for name, rows in found.rows.items()} == {
        "city": ["a", "b", "z"],
        "tier": ["b", "c", "z"],
    }
    assert choose(found)[:3] == tuple(TraitColumn("city", text) for text in "abz")
    assert np.flatnonzero(column(tables, TraitColumn("tier", "z"))).tolist() == [1]


def test_a_property_of_several_kinds_takes_part_with_its_most_frequent_one(tables):
    say(
        tables,
        *[(user, "tier", "number", None, 2.0, START) for user in range(5)],
        *[(user, "tier", "string", "plus", None, START) for user in range(5, 8)],
        *[(user, "tier", "string", "late", None, LAST + 1) for user in range(8, 20)],
    )
    known = column(tables, TraitColumn("tier", known=True))
    assert np.flatnonzero(known).tolist() == list(range(5))


def test_profiles_of_users_who_are_not_in_the_history_are_passed_over(tables):
    say(tables, (0, "tier", "string", "plus", None, START))
    tables.con.execute("INSERT INTO profiles VALUES (-1, 'tier', 'string', 'plus', NULL, 0, true)")
    tables.con.execute(
        "INSERT INTO profiles VALUES ($1, 'tier', 'string', 'plus', NULL, 0, true)", [2**63 - 1]
    )
    assert column(tables, PLUS).sum() == 1


def test_no_profiles_make_no_traits(tables):
    assert load_traits(tables, load_history(tables, LAST)).rows == {}
