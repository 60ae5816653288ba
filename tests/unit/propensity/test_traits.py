"""Traits as they are read from the profiles."""

import numpy as np
import pytest

from intent_segments.propensity.history import load_history
from intent_segments.propensity.trait_choice import MAX_TRAITS, LeftOut, choose, consider
from intent_segments.propensity.traits import TraitColumn, load_traits
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


def considered(tables):
    """{trait: (names of its columns, or why it has none)}"""
    return {
        entry.property: entry.left_out or [column.name for column in entry.columns]
        for entry in consider(load_traits(tables, load_history(tables, LAST)))
    }


def test_what_is_beyond_the_frequent_values_has_a_column_of_its_own(tables):
    letters = "aaaaaaabbbbbbccccc" + "defghijklmnopqrst"
    say(tables, *[(user, "city", "string", c, None, START) for user, c in enumerate(letters)])
    names = considered(tables)["city"]
    assert names == [f"city = {c}" for c in "abcdefghij"] + ["city (another)"]
    wanted = choose(load_traits(tables, load_history(tables, LAST)))
    history = load_history(tables, LAST)
    users = np.arange(len(history.uh), dtype=np.int32)
    found = load_traits(tables, history).columns(wanted, users, LAST)
    # Who has the trait has it in exactly one column, whoever lacks it in none.
    assert found.sum(axis=1).tolist() == [1.0] * len(letters) + [0.0] * (40 - len(letters))
    assert found[:, -1].sum() == 10


def test_a_trait_whose_values_all_have_columns_has_no_other(tables):
    say(tables, *[(user, "tier", "string", "ab"[user % 2], None, START) for user in range(40)])
    assert considered(tables)["tier"] == ["tier = a", "tier = b"]


@pytest.mark.parametrize(
    ("name", "kind", "value"),
    [
        ("email", "string", lambda user: "info@shop.example"),
        ("First Name", "string", lambda user: "Anna"),
        ("merged_into", "string", lambda user: "u1"),
        ("birthday", "timestamp", lambda user: 1e15 + user),
        ("phone", "number", lambda user: 41790000000.0 + user),
        ("contact", "string", lambda user: "info@shop.example"),
        ("contact", "string", lambda user: f"u{user}@shop.example"),
        ("line", "string", lambda user: f"+41 79 000 {user:04d}"),
        ("session", "string", lambda user: f"{user:032x}"),
        ("line", "number", lambda user: 41790000000.0 + user),
    ],
)
def test_what_identifies_a_person_is_in_no_column(tables, name, kind, value):
    text = kind == "string"
    rows = [
        (user, name, kind, value(user) if text else None, None if text else value(user), START)
        for user in range(40)
    ]
    say(tables, *rows)
    assert considered(tables) == {name: LeftOut.PERSONAL}


def test_a_trait_with_as_many_values_as_users_is_left_out(tables, monkeypatch):
    monkeypatch.setattr("intent_segments.propensity.trait_choice.MIN_SHARE", 0.05)
    say(tables, *[(user, "slogan", "string", f"so {user}", None, START) for user in range(40)])
    assert considered(tables) == {"slogan": LeftOut.MANY_VALUES}


def test_of_too_many_traits_those_that_most_users_have_take_part(tables):
    rows = [
        (user, f"t{at:02d}", "number", None, 1.0, START)
        for at in range(MAX_TRAITS + 2)
        for user in range(1 + at)
    ]
    say(tables, *rows)
    found = considered(tables)
    assert [name for name, said in found.items() if said == LeftOut.BEYOND_LIMIT] == ["t00", "t01"]
    assert found["t02"] == ["t02", "t02 (known)"]


def test_an_instant_is_days_since_as_of_the_cut_off_and_not_known_before_it_was_told(tables):
    day = 86_400_000_000
    say(tables, (0, "renewed", "timestamp", None, float((START + 3) * day), START + 5))
    wanted = TraitColumn("renewed")
    assert column(tables, wanted, START + 4)[0] == 0
    days = [float(np.expm1(column(tables, wanted, START + cut)[0])) for cut in (5, 12)]
    assert days == pytest.approx([3, 10], rel=1e-5)


def test_nothing_of_a_later_day_decides_which_columns_there_are(tables):
    say(tables, *[(user, "tier", "string", "a", None, START) for user in range(40)])
    before = considered(tables)
    say(tables, *[(user, "tier", "string", "z", None, LAST + 1) for user in range(40)])
    say(tables, *[(user, "late", "string", "z", None, LAST + 1) for user in range(40)])
    assert considered(tables) == before
