"""Activity as arrays: what it promises, whatever order the tables have it in."""

from __future__ import annotations

import numpy as np

from intent_segments.propensity.evidence import Evidence
from intent_segments.propensity.history import NEVER, EventDays, load_history
from intent_segments.propensity.question import Question
from intent_segments.segments.definition import parse
from tests.fixtures.histories import START, shop, tables_of

AS_OF = START + 150


def shuffled(tables):
    """The same tables, rows of activity in another order."""
    tables.con.execute("CREATE TABLE other AS SELECT * FROM activity ORDER BY hash(uh, event, day)")
    tables.con.execute("DROP TABLE activity")
    tables.con.execute("ALTER TABLE other RENAME TO activity")
    return tables


def test_rows_are_sorted_by_user_whatever_order_they_are_stored_in():
    found = load_history(shuffled(shop(300)), AS_OF)
    assert (np.diff(found.user) >= 0).all()
    assert len(found.user) == len(load_history(shop(300), AS_OF).user)


def test_the_order_of_stored_rows_changes_no_signal():
    question = Question(parse({"all": []}), ("buy",), "any", AS_OF, 30)
    stored, other = (Evidence.gather(t, question) for t in (shop(300), shuffled(shop(300))))
    users = stored.members(AS_OF)
    assert stored.plan == other.plan
    for cutoff in (AS_OF, AS_OF - 33):
        one = stored.rows(stored.plan, users, cutoff, 30)
        two = other.rows(other.plan, users, cutoff, 30)
        assert np.array_equal(one.columns, two.columns)


def test_signals_of_a_user_do_not_depend_on_who_else_is_asked_about():
    question = Question(parse({"all": []}), ("buy",), "any", AS_OF, 30)
    evidence = Evidence.gather(shop(300), question)
    users = evidence.members(AS_OF)
    together = evidence.rows(evidence.plan, users, AS_OF, 30).columns
    some = np.array([3, 4, 50, 207], np.int32)
    alone = evidence.rows(evidence.plan, users[some], AS_OF, 30).columns
    assert np.array_equal(alone, together[some])


def test_reach_counts_users_not_days():
    rows = [(1, "buy", START, 1), (1, "buy", START + 1, 1), (2, "visit", START, 5)]
    tables = tables_of([*rows, (3, "visit", START + 2, 1)])
    codes = tables.event_codes()
    found = load_history(tables, START + 9).reach()
    assert (found[codes["buy"]], found[codes["visit"]]) == (1, 2)


def test_the_next_day_is_the_first_one_later():
    days = EventDays.of(np.array([2, 0, 2, 2], np.int32), np.array([9, 5, 4, 9], np.int32))
    users = np.array([0, 1, 2, 3], np.int32)
    assert days.next_after(users, 4).tolist() == [5, NEVER, 9, NEVER]
    assert days.next_after(users, 3).tolist() == [5, NEVER, 4, NEVER]
    assert days.next_after(users, 9).tolist() == [NEVER] * 4
