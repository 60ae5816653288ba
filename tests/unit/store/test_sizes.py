from __future__ import annotations

from datetime import date, timedelta

from intent_segments.store.sizes import Size
from intent_segments.store.stores import Stores

DAY = date(2026, 10, 30)


def days(count: int, first: int = 100) -> dict[date, Size]:
    return {DAY + timedelta(days=n): Size(first + n) for n in range(count)}


def test_sizes_are_kept_by_day_over_months(stores: Stores) -> None:
    stores.sizes.put("seg_1", "a", days(40))
    first, last = DAY + timedelta(days=1), DAY + timedelta(days=35)
    found = stores.sizes.between("seg_1", "a", first, last)
    assert list(found) == [first + timedelta(days=n) for n in range(35)]
    assert found[last] == Size(135)
    assert stores.sizes.between("seg_2", "a", first, last) == {}


def test_later_sizes_join_and_replace_those_of_the_same_days(stores: Stores) -> None:
    stores.sizes.put("seg_1", "a", {DAY: Size(5, estimated=True)})
    stores.sizes.put("seg_1", "a", {DAY: Size(6), DAY + timedelta(days=1): Size(7)})
    found = stores.sizes.between("seg_1", "a", DAY, DAY + timedelta(days=9))
    assert list(found.values()) == [Size(6), Size(7)]


def test_another_definition_starts_a_new_series(stores: Stores) -> None:
    stores.sizes.put("seg_1", "a", days(2))
    assert stores.sizes.between("seg_1", "b", DAY, DAY + timedelta(days=9)) == {}
    stores.sizes.put("seg_1", "b", {DAY: Size(1)})
    assert stores.sizes.between("seg_1", "b", DAY, DAY + timedelta(days=9)) == {DAY: Size(1)}
    assert stores.sizes.between("seg_1", "a", DAY, DAY + timedelta(days=9)) == {}


def test_the_newest_size_is_that_of_this_month_or_the_one_before(stores: Stores) -> None:
    stores.sizes.put("seg_1", "a", days(4))  # to 2 November
    stores.sizes.put("seg_2", "a", days(1))
    stores.sizes.put("seg_3", "old", days(1))
    asked = dict.fromkeys(("seg_1", "seg_2", "seg_3", "seg_4"), "a")
    assert stores.sizes.newest(asked, date(2026, 11, 1)) == {
        "seg_1": (date(2026, 11, 1), Size(102)),
        "seg_2": (DAY, Size(100)),
    }
    assert stores.sizes.newest(asked, date(2026, 12, 31)) == {
        "seg_1": (date(2026, 11, 2), Size(103))
    }
    assert stores.sizes.newest({}, DAY) == {}
