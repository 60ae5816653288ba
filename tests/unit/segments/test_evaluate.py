"""What segments mean, one sentence at a time; the oracle test covers their combinations."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from intent_segments.errors import InvalidInput, NotFound
from intent_segments.lake.layout import user_hash
from intent_segments.segments import evaluate
from intent_segments.segments.compile import compile_members
from intent_segments.segments.definition import parse
from tests.unit.segments.cases import cases
from tests.unit.segments.history import Event, History, Trait

AS_OF = date(2026, 10, 31)
NOON = datetime(2026, 10, 31, 12, tzinfo=UTC)


def ago(days: float, user: str = "ann", event: str = "buy", **properties: Any) -> Event:
    return Event(user, event, NOON - timedelta(days=days), properties)


def who(document: Any, history: History, **options: Any) -> list[str]:
    return list(evaluate.member_ids(history.tables(), parse(document), AS_OF, **options))


def test_a_user_with_a_profile_and_no_event_is_in_the_universe() -> None:
    history = History((ago(1),), (Trait("kim", "city", "Berlin"),))
    assert who({"all": []}, history) == ["ann", "kim"]


def test_a_user_whose_first_event_is_tomorrow_is_not_in_the_universe_yet() -> None:
    history = History((ago(1), ago(-1, "eve")), (Trait("eve", "city", "Berlin"),))
    assert who({"all": []}, history) == ["ann"]
    assert who({"did_not": {"event": "buy"}}, history) == []


def test_a_user_enters_with_a_dated_trait_before_the_first_event() -> None:
    history = History((ago(-1, "eve"),), (Trait("eve", "plan", "pro", date(2026, 10, 1)),))
    assert who({"profile": {"property": "plan", "eq": "pro"}}, history) == ["eve"]


def test_within_n_days_holds_n_days_and_no_more() -> None:
    history = History((ago(6, "ann"), ago(7, "bob")))
    assert who({"did": {"event": "buy", "within": {"days": 7}}}, history) == ["ann"]


def test_hours_end_with_the_local_day_also_when_the_clock_moves() -> None:
    # 1 November 2026 has 25 hours in Los Angeles: it ends at 08:00 UTC on the 2nd.
    end = datetime(2026, 11, 2, 8, tzinfo=UTC)
    history = History(
        (
            Event("in", "buy", end - timedelta(hours=25)),
            Event("out", "buy", end - timedelta(hours=25, microseconds=1)),
            Event("after", "buy", end),
        ),
        timezone="America/Los_Angeles",
    )
    definition = parse({"did": {"event": "buy", "within": {"hours": 25}}})
    assert list(evaluate.member_ids(history.tables(), definition, date(2026, 11, 1))) == ["in"]


def test_a_count_of_zero_includes_users_who_never_did_it() -> None:
    history = History((ago(1), ago(1, "bob", "view")))
    assert who({"did": {"event": "buy", "count": {"eq": 0}}}, history) == ["bob"]
    assert who({"did": {"event": "buy", "count": {"lte": 1}}}, history) == ["ann", "bob"]
    assert who({"did": {"event": "buy", "count": {"ne": 1}}}, history) == ["bob"]


def test_an_unknown_event_has_happened_to_nobody() -> None:
    history = History((ago(1),))
    assert who({"did": {"event": "Buy"}}, history) == []
    assert who({"did_not": {"event": "Buy"}}, history) == ["ann"]
    assert who({"did": {"event": "Buy", "count": {"lt": 1}, "days": {"eq": 0}}}, history) == ["ann"]
    assert who({"did": {"event": "Buy", "first_time": True}}, history) == []


def test_conditions_of_where_must_hold_on_the_same_event() -> None:
    history = History((ago(1, a=1, b=0), ago(2, a=0, b=1), ago(1, "bob", a=1, b=1)))
    both = [{"property": "a", "eq": 1}, {"property": "b", "eq": 1}]
    assert who({"did": {"event": "buy", "where": both}}, history) == ["bob"]


@pytest.mark.parametrize("value", ["5", True, None, [5], {"n": 5}])
def test_a_number_never_compares_with_another_type(value: Any) -> None:
    history = History((ago(1, price=value),))
    for operator in ("eq", "ne", "gt", "gte", "lt", "lte"):
        where = [{"property": "price", operator: 1}]
        assert who({"did": {"event": "buy", "where": where}}, history) == []


def test_a_property_name_may_hold_any_letter() -> None:
    for name in ("a.b", "a/b", "a~1b", '"', "$", "0", "*", "価格"):
        history = History((ago(1, **{name: "x"}), ago(1, "bob", other="x")))
        where = [{"property": name, "eq": "x"}]
        assert who({"did": {"event": "buy", "where": where}}, history) == ["ann"]


def test_text_starts_where_it_says_and_contains_anywhere() -> None:
    history = History((ago(1, genre="jazz rock"), ago(1, "bob", genre="rock"), ago(1, "eve")))

    def bought(**condition: Any) -> list[str]:
        where = [{"property": "genre", **condition}]
        return who({"did": {"event": "buy", "where": where}}, history)

    assert bought(starts_with="rock") == ["bob"]
    assert bought(contains="rock") == ["ann", "bob"]
    assert bought(contains="Rock") == []


def test_values_are_bound_and_never_become_sql() -> None:
    evil = "x' OR 1 = 1 --"
    history = History((ago(1, "ann", evil, **{evil: evil}), ago(1, "bob")), ())
    document = {"did": {"event": evil, "where": [{"property": evil, "eq": evil}]}}
    assert who(document, history) == ["ann"]
    query = compile_members(parse(document), AS_OF, event_codes={evil: 0})
    assert "x'" not in query.sql
    assert who({"users": [evil]}, history) == []


def test_money_adds_up_without_the_error_of_floating_point() -> None:
    history = History((ago(1, price=0.1), ago(2, price=0.2)))
    total = {"property": "price", "eq": 0.3}
    assert who({"did": {"event": "buy", "sum": total}}, history) == ["ann"]


def test_first_time_is_the_first_ever_and_not_the_first_in_the_window() -> None:
    history = History((ago(40), ago(1), ago(2, "bob")))
    document = {"did": {"event": "buy", "first_time": True, "within": {"days": 30}}}
    assert who(document, history) == ["bob"]


def test_a_trait_holds_until_the_next_value() -> None:
    history = History(
        (ago(60),),
        (
            Trait("ann", "plan", "free"),
            Trait("ann", "plan", "pro", date(2026, 10, 1)),
            Trait("ann", "plan", "team", date(2026, 11, 1)),
        ),
    )
    tables = history.tables()
    pro = parse({"profile": {"property": "plan", "eq": "pro"}})
    assert evaluate.size(tables, pro, date(2026, 9, 30)) == 0
    assert evaluate.size(tables, pro, date(2026, 10, 1)) == 1
    assert evaluate.size(tables, pro, date(2026, 11, 1)) == 0


def test_a_date_compared_with_a_timestamp_trait_is_a_local_day() -> None:
    # 07:30 UTC is still the 9th in Los Angeles.
    joined = datetime(2026, 10, 10, 6, 30, tzinfo=UTC)
    history = History((ago(1),), (Trait("ann", "joined", joined),), "America/Los_Angeles")
    assert who({"profile": {"property": "joined", "eq": "2026-10-09"}}, history) == ["ann"]
    assert who({"profile": {"property": "joined", "gt": "2026-10-09"}}, history) == []


def test_absolute_dates_move_with_the_cut_off() -> None:
    tables = History((ago(38), ago(10, "bob"))).tables()
    october = {"from": "2026-10-01", "to": "2026-10-31"}
    definition = parse({"did": {"event": "buy", "between": october}})
    earlier = AS_OF - timedelta(days=30)
    assert evaluate.size(tables, definition, AS_OF) == 1
    assert evaluate.size(tables, definition, earlier) == 0
    found = evaluate.members(tables, definition, earlier, shift_days=-30)
    assert found.tolist() == [user_hash("ann")]


def test_a_window_beyond_as_of_is_clipped() -> None:
    history = History((ago(1), ago(-1), ago(-1, "bob"), ago(90, "bob")))
    for window in (
        {"between": {"from": "2026-10-15", "to": "2027-01-01"}},
        {"before": "2027-01-01", "where": [{"property": "x", "exists": False}]},
    ):
        found = who({"did": {"event": "buy", "count": {"gte": 1}, **window}}, history)
        assert "ann" in found
        assert who({"did": {"event": "buy", "count": {"gte": 2}, **window}}, history) == []


def test_no_row_after_as_of_changes_any_result() -> None:
    for case in cases(seed=7, histories=4, each=10):
        history = case.history
        past = History(
            tuple(e for e in history.events if day_of(e, history) <= case.as_of),
            tuple(
                t
                for t in history.traits
                if (t.since or date.min) <= case.as_of and has_entered(t.user, history, case.as_of)
            ),
            history.timezone,
            tuple(night for night in history.nights if night.day <= case.as_of),
        )
        lookup = {name: parse(document) for name, document in case.segments.items()}.get
        definition = parse(case.definition)
        with_future, without = (
            evaluate.members(
                side.tables(), definition, case.as_of, shift_days=case.shift_days, lookup=lookup
            )
            for side in (history, past)
        )
        assert np.array_equal(with_future, without), case.definition


def day_of(event: Event, history: History) -> date:
    return event.ts.astimezone(ZoneInfo(history.timezone)).date()


def has_entered(user: str, history: History, as_of: date) -> bool:
    """A user of the future whose profile is undated is not known by as_of."""
    days = [day_of(e, history) for e in history.events if e.user == user]
    days += [t.since for t in history.traits if t.user == user and t.since and days]
    return not days or min(days) <= as_of


def test_a_referenced_segment_is_put_in_place() -> None:
    history = History((ago(1), ago(1, "bob", "view")))
    saved = {"seg_buyers": parse({"did": {"event": "buy"}})}
    assert who({"not": {"segment": "seg_buyers"}}, history, lookup=saved.get) == ["bob"]
    assert who({"segment": "all-users"}, history) == ["ann", "bob"]


def test_segments_in_a_circle_are_named() -> None:
    saved = {"a": parse({"segment": "b"}), "b": parse({"not": {"segment": "a"}})}
    with pytest.raises(InvalidInput, match="a -> b -> a"):
        who({"segment": "a"}, History((ago(1),)), lookup=saved.get)


def test_an_unknown_segment_is_not_found() -> None:
    with pytest.raises(NotFound, match="seg_9"):
        who({"segment": "seg_9"}, History((ago(1),)))


def test_references_cannot_blow_a_definition_up() -> None:
    saved = {f"s{n}": parse({"all": [{"segment": f"s{n + 1}"}] * 50}) for n in range(8)}
    saved["s8"] = parse({"did": {"event": "buy"}})
    with pytest.raises(InvalidInput, match="more than 1,000 clauses"):
        who({"segment": "s0"}, History((ago(1),)), lookup=saved.get)


def test_members_are_ascending_unique_hashes_and_agree_with_size_and_ids() -> None:
    users = [f"user {n}" for n in range(50)]
    history = History(tuple(ago(n % 9, user) for n, user in enumerate(users)))
    tables, definition = history.tables(), parse({"did": {"event": "buy", "within": {"days": 5}}})
    found = evaluate.members(tables, definition, AS_OF)
    assert found.dtype == np.int64
    assert np.all(np.diff(found) > 0)
    assert evaluate.size(tables, definition, AS_OF) == len(found)
    ids = evaluate.member_ids(tables, definition, AS_OF)
    assert sorted(user_hash(user) for user in ids) == found.tolist()


def test_nobody_is_an_empty_array_of_hashes() -> None:
    found = evaluate.members(History((ago(1),)).tables(), parse({"any": []}), AS_OF)
    assert found.dtype == np.int64
    assert len(found) == 0


def test_users_are_shown_with_their_traits_as_of_the_day() -> None:
    joined = datetime(2026, 10, 1, 6, tzinfo=UTC)
    history = History(
        (ago(60), ago(60, "bob")),
        (
            Trait("ann", "plan", "free"),
            Trait("ann", "plan", "pro", date(2026, 11, 1)),
            Trait("ann", "age", 41.0),
            Trait("ann", "score", 0.5),
            Trait("ann", "vip", True),
            Trait("ann", "joined", joined),
        ),
    )
    tables = history.tables()
    ids = evaluate.members(tables, parse({"users": ["ann"]}), AS_OF).tolist()
    (ann,) = evaluate.users_with_traits(tables, ids, AS_OF)
    assert ann.user_id == "ann"
    assert ann.traits == {
        "plan": "free",
        "age": 41,
        "score": 0.5,
        "vip": True,
        "joined": "2026-10-01T06:00:00Z",
    }
    assert evaluate.users_with_traits(tables, [], AS_OF) == []


def test_segments_need_no_pyarrow() -> None:
    program = (
        "import sys; from intent_segments.segments import evaluate; "
        "from intent_segments.segments.definition import parse; "
        "from intent_segments.lake.tables import Tables; from datetime import date; "
        "evaluate.members(Tables.empty(), parse({'all': []}), date(2026, 1, 1)); "
        "assert 'pyarrow' not in sys.modules"
    )
    subprocess.run(
        [sys.executable, "-c", program], check=True, env={"PYTHONPATH": ":".join(sys.path)}
    )
