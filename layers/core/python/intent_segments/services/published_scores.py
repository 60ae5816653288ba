"""What goals had published of their members by a day: where their score files lie."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from ..goals.goal import Goal, ScoreFiles
from ..store.runs import night_id
from ..store.stores import Stores
from .segments import known_goal


def published_scores(
    stores: Stores, goal_ids: Iterable[str], day: date
) -> dict[str, ScoreFiles | None]:
    """Goal -> the newest scores it had published by the end of `day`; None before its first.

    Raises InvalidInput for a goal that does not exist.
    """
    return {goal_id: _newest(stores, known_goal(stores, goal_id), day) for goal_id in goal_ids}


def published_between(
    stores: Stores, goal_ids: Iterable[str], first: date, last: date
) -> dict[str, list[ScoreFiles]]:
    """Goal -> all scores that were the newest ones at the end of a day from `first` to `last`, in
    the order of their dates; none for a goal without scores by `first`.

    Raises InvalidInput for a goal that does not exist.
    """
    found: dict[str, list[ScoreFiles]] = {}
    for goal_id in goal_ids:
        goal = known_goal(stores, goal_id)
        start = _newest(stores, goal, first)
        if start is None:
            found[goal_id] = []
            continue
        nights = stores.runs.nights_of(goal_id, start.date + timedelta(days=1), last)
        dates = [date.fromisoformat(night["date"]) for night in nights]
        found[goal_id] = [start, *(scores_of_night(stores, goal, night) for night in dates)]
    return found


def score_warnings(published: Mapping[str, ScoreFiles | None], day: date) -> list[str]:
    """What is sound but probably not meant: goals without scores by then, or with old ones."""
    said = []
    for goal_id, files in published.items():
        if files is None:
            said.append(
                f"{goal_id} had no scores yet at the end of {day}, so nobody is in its buckets."
            )
        elif files.date < day:
            said.append(
                f"{goal_id} was last scored on {files.date}: its scores of then stand for {day}."
            )
    return said


def _newest(stores: Stores, goal: Goal, day: date) -> ScoreFiles | None:
    if goal.scores is None or goal.day0_scores is None or day < goal.day0_scores.date:
        return None
    if goal.scores.date <= day:
        return goal.scores
    first = goal.day0_scores.date + timedelta(days=1)
    published = [night["date"] for night in stores.runs.nights_of(goal.id, first, day)]
    if not published:
        return goal.day0_scores
    return scores_of_night(stores, goal, date.fromisoformat(published[-1]))


def scores_of_night(stores: Stores, goal: Goal, night: date) -> ScoreFiles:
    """Where the scores lie that a published night made of a goal."""
    run = stores.runs.get(night_id(night))
    # Every night that published a goal read a version of the lake and left it with scores.
    assert run.attempt is not None and goal.scores is not None
    return ScoreFiles(night, run.attempt, goal.scores.groups)
