"""What goals had published of their members by a day: where their score files lie."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from ..errors import InvalidInput
from ..goals.goal import Goal, ScoreFiles
from ..goals.retention import SHOWN_DAYS, is_shown
from ..store.runs import night_id
from ..store.stores import Stores
from .segments import known_goal


def published_scores(
    stores: Stores, goal_ids: Iterable[str], day: date
) -> dict[str, ScoreFiles | None]:
    """Goal -> the newest scores it had published by the end of `day`; None before its first.

    Raises InvalidInput for a goal that does not exist, and for scores that are kept no longer.
    """
    found: dict[str, ScoreFiles | None] = {}
    for goal_id in goal_ids:
        goal = known_goal(stores, goal_id)
        files = _newest(stores, goal, day)
        if files is not None and files != goal.scores:
            _require_shown(stores, goal, files)
        found[goal_id] = files
    return found


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


def shown_nights(stores: Stores, goal: Goal) -> list[ScoreFiles]:
    """All scores of a goal that can be asked for, in the order of their dates."""
    closed = stores.head.read().watermark
    if goal.scores is None or goal.day0_scores is None or closed is None:
        return []
    first = max(oldest_shown(closed), goal.day0_scores.date + timedelta(days=1))
    nights = [night["date"] for night in stores.runs.nights_of(goal.id, first, goal.scores.date)]
    found = [scores_of_night(stores, goal, date.fromisoformat(night)) for night in nights]
    ends = [one for one in (goal.day0_scores, goal.scores) if one not in found]
    return sorted([*ends, *found], key=lambda one: one.date)


def oldest_shown(closed: date) -> date:
    """The first of the nights whose scores can be asked for, by the last closed day."""
    return closed - timedelta(days=SHOWN_DAYS - 1)


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


def _require_shown(stores: Stores, goal: Goal, files: ScoreFiles) -> None:
    closed = stores.head.read().watermark
    assert closed is not None  # there are scores
    if not is_shown(goal, files.date, closed):
        raise InvalidInput.at(
            "as_of",
            f"The scores that {goal.id} had on {files.date} are no longer there: those of the last "
            f"{SHOWN_DAYS} nights are kept, of day 0 and of the last night. Ask about "
            f"{oldest_shown(closed)} or a later day.",
        )


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
