from __future__ import annotations

from dataclasses import replace

import pytest

from intent_segments.errors import CorruptObject
from intent_segments.goals.buckets import Bucket
from intent_segments.goals.changes import FROM, TO, Changes, Standing
from intent_segments.goals.progress import GoalTally
from tests.unit.store.stack import tally

LEAST, MODERATELY, MOST, ACHIEVED, LOST, OUTSIDE = Standing
SOME = Changes({(OUTSIDE, MOST): 3, (MOST, MOST): 4, (MOST, ACHIEVED): 2, (LEAST, MODERATELY): 1})


def test_the_first_three_standings_are_the_buckets() -> None:
    assert [(int(s), s.label) for s in (LEAST, MODERATELY, MOST)] == [
        (int(bucket), bucket.label) for bucket in Bucket
    ]


def test_groups_add_up_in_any_order() -> None:
    other = Changes({(MOST, MOST): 1, (OUTSIDE, LOST): 5})
    assert SOME + other == other + SOME
    assert (SOME + other).moves[MOST, MOST] == 5
    assert SOME + Changes() == SOME


def test_who_stayed_is_a_member_and_not_a_change() -> None:
    assert (SOME.members, SOME.changed) == (10, 6)
    assert [SOME.now(standing) for standing in TO] == [0, 1, 7, 2, 0]


def test_it_survives_json_and_leaves_out_what_nobody_did() -> None:
    told = Changes({**SOME.moves, (LOST, LOST): 0}).to_json()
    assert "lost" not in told and told["most_likely"] == {"most_likely": 4, "achieved": 2}
    assert Changes.from_json(told) == SOME


def test_what_is_published_has_every_pair() -> None:
    told = SOME.told()
    assert told["changed"] == 6
    assert list(told["matrix"]) == [standing.label for standing in FROM]
    assert {tuple(row) for row in told["matrix"].values()} == {tuple(s.label for s in TO)}
    assert sum(n for row in told["matrix"].values() for n in row.values()) == SOME.members


@pytest.mark.parametrize(
    ("moves", "fits"),
    [
        pytest.param({(MOST, MOST): 2, (LEAST, LEAST): 1, (MOST, ACHIEVED): 1}, True, id="fits"),
        pytest.param({(MOST, MOST): 3, (LEAST, LEAST): 1}, False, id="one achieved too few"),
        pytest.param({(MOST, MOST): 2, (LEAST, LEAST): 1}, False, id="a member is missing"),
        pytest.param({}, False, id="there are none"),
    ],
)
def test_a_tally_whose_changes_do_not_lead_to_its_counts_is_refused(
    moves: dict[tuple[Standing, Standing], int], fits: bool
) -> None:
    counted = replace(tally(did=1), changes=Changes(moves))
    assert GoalTally.from_json(counted.to_json()) == counted
    if fits:
        counted.check()
    else:
        with pytest.raises(CorruptObject, match="columns of changes"):
            counted.check()
