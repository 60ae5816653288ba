from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from intent_segments.errors import CorruptObject
from intent_segments.goals.recount import Recount, changed, recounted_nights, restated
from tests.unit.store.stack import tally

AS_OF = date(2026, 11, 20)


def day(number: int) -> date:
    return AS_OF + timedelta(days=number)


def test_groups_add_up_and_survive_json() -> None:
    one, other = Recount({1: 3, 4: 2}, {0: 5}), Recount({2: 1, 4: 7}, {0: 1, 1: 2})
    assert one + other == other + one == Recount({1: 3, 2: 1, 4: 9}, {0: 6, 1: 2})
    assert one + Recount() == one
    assert Recount.from_json(one.to_json()) == one


def test_first_days_restate_the_whole_curve() -> None:
    told = Recount({1: 3, 2: 1, 4: 9}).told(AS_OF, day(5))
    assert told == {"first_days": [3, 1, 0, 9, 0]}
    known = restated(told["first_days"], day(1))
    assert known == {str(day(n)): did for n, did in ((1, 3), (2, 4), (3, 4), (4, 13), (5, 13))}
    assert Recount().told(AS_OF, AS_OF) == {"first_days": []}


def test_windows_are_told_by_the_night_they_began_after() -> None:
    told = Recount(windows={0: 5, 3: 7}).told_of_windows(AS_OF)
    assert told == {"late_windows": {"2026-11-20": 5, "2026-11-23": 7}}


def test_the_seven_windows_before_the_one_that_is_judged_are_counted_again() -> None:
    assert recounted_nights(AS_OF, day(9)) == [day(number) for number in range(2, 9)]
    assert recounted_nights(AS_OF, day(2)) == [day(0), day(1)]
    assert recounted_nights(AS_OF, AS_OF) == []


@pytest.mark.parametrize(
    ("published", "known", "shown"),
    [
        pytest.param(10, 10, None, id="nothing came late"),
        pytest.param(10, 12, 12, id="two came late"),
        pytest.param(10, 9, 9, id="a user was erased"),
        pytest.param(10, None, None, id="nobody counted it again"),
        pytest.param(0, 0, None, id="nobody did it"),
    ],
)
def test_a_count_is_restated_where_it_is_another_one(
    published: int, known: int | None, shown: int | None
) -> None:
    assert changed(published, known) == shown


def test_a_tally_whose_first_days_are_not_those_who_did_it_is_refused() -> None:
    counted = tally(did=2)
    counted.check()
    with pytest.raises(CorruptObject, match="sum of first_days"):
        replace(counted, recount=Recount({1: 1})).check()
