"""Drift: what is different today from the past that a forecast rests on.

Few and precise: an event that stopped, a break in the level of the goal, an event younger than the
past windows, members unlike those of the past. Everything is told as of the question's day.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log, sqrt
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import theilslopes

from ..lake.calendar import from_day
from .evidence import Evidence
from .features import WINDOW_EDGES
from .history import History
from .recorded import recorded_since
from .stability import COMPARED_WINDOWS, LARGE, MODERATE, Shift, shifts
from .train import training_starts, window_starts

WEEKS = 8
"""Weeks that say what is usual, before those that are looked at."""

SILENT_DAYS = 7
EXPECTED = 20.0
SILENCES = 2
"""An event has stopped when it is missing for a week or more in which at least 20 were usual, and
for twice as long as ever before. By chance alone the first has the probability e^-20; the second is
for what comes in bursts, as mailings do."""

BREAK_Z = 5.0
BREAK_FACTOR = 1.5
"""A level has broken when the latest week or two lie 5 standard errors off the trend of the weeks
before, and by half or more off both trend and median. Eight weeks estimate an error roughly, hence
so many. In 177 weeks of four goals on three retail histories it spoke of two weeks only, those
after one shop had stopped to gain customers, and of the end of the data."""

BURSTS = 0.25
"""An event comes in bursts when more than a quarter of its weeks have over twice, or under half,
the number of the week before."""

WANDER = 0.1
"""Weeks of any shop wander by 10 % without a reason (on the log scale)."""

HARDLY = 0.05
"""A level below a twentieth of the usual one is told as none."""

NAMED = 3
"""Names that a sentence lists; the others are counted."""

Counts = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Drift:
    """`warnings` for people, most important first; `largest` is the signal of today's members that
    is least like that of the past windows, None where nothing can be compared."""

    warnings: tuple[str, ...]
    largest: Shift | None

    def to_json(self) -> dict[str, Any] | None:
        """The part of the quality card."""
        if self.largest is None:
            return None
        index = self.largest.index
        word = "large" if index >= LARGE else "moderate" if index >= MODERATE else "small"
        return {
            "stability_index": round(index, 4),
            "signal": self.largest.signal,
            "word": word,
        }


def drift(evidence: Evidence) -> Drift:
    """Compare the latest weeks and today's members with the past that models learn from."""
    now = evidence.question.as_of
    stopped = _stopped(evidence, now)
    young = _young(evidence, now)
    goal = frozenset(evidence.goal_names)
    said = [_say_stopped(evidence, now, stopped)] if stopped else []
    if not goal & stopped.keys() and (found := level_break(evidence.goal_days.day, now)):
        said.append(_say_break(evidence, now, found))
    if young:
        said.append(_say_young(young, goal))
    aside = frozenset({*stopped, *young, *_bursts(evidence, now)})
    moved = shifts(evidence, now, passed_over=aside)
    if large := [shift for shift in moved if shift.large]:
        said.append(_say_shifted(large))
    return Drift(tuple(said), moved[0] if moved else None)


def level_break(days: npt.NDArray[np.int32], now: int) -> tuple[int, float] | None:
    """(weeks, factor) where the latest one or two weeks of `days` (one entry per occurrence, int32)
    differ from the trend of the WEEKS before by that factor; None where they do not.

    The trend is Theil and Sen's (Sen 1968, JASA 63) on the log of weekly counts, which one odd week
    cannot bend; the error is the median absolute residual, and never less than the count's own.
    """
    weeks = _weekly(days, now, WEEKS + 2)
    for latest in (1, 2):
        recent, before = weeks[:latest].mean(), weeks[latest : latest + WEEKS]
        if not before.all():
            continue
        age = np.arange(WEEKS) + (latest + 1) / 2  # weeks between each and the middle of the latest
        said = np.log(before)
        slope, expected, _, _ = theilslopes(said, age)
        residual = float(np.median(np.abs(said - expected - slope * age))) / 0.6745
        usual = float(np.median(before))
        scale = max(residual, WANDER, 1 / sqrt(usual))
        spread = 1 / latest + 1 / WEEKS + age.mean() ** 2 / float(((age - age.mean()) ** 2).sum())
        off = log((recent + 0.5) / (exp(expected) + 0.5))
        factor = min((recent + 0.5) / (usual + 0.5), exp(off), key=lambda f: abs(log(f)))
        clear = abs(off) >= BREAK_Z * scale * sqrt(spread)
        same_side = off * log((recent + 0.5) / (usual + 0.5)) > 0
        if clear and same_side and abs(log(factor)) >= log(BREAK_FACTOR):
            return latest, float(factor)
    return None


def _weekly(days: npt.NDArray[np.int32], now: int, weeks: int) -> Counts:
    """float64 (weeks,): occurrences in each week up to `now`, latest first."""
    age = (now - days[(days <= now) & (days > now - 7 * weeks)]) // 7
    return np.bincount(age, minlength=weeks).astype(np.float64)


def _stopped(evidence: Evidence, now: int) -> dict[str, tuple[int, float]]:
    """Name -> (last day, usual number a week) of the plan's events that are missing of late."""
    history = evidence.history
    found = {}
    for name in _missing(evidence, history, history.day > now - SILENT_DAYS):
        days = history.day[history.event == evidence.codes[name]]
        if not len(days):
            continue  # a name that is in use since later only
        last = int(days.max())
        usual = float(np.median(_weekly(days, last, WEEKS)))
        longest = int(np.diff(np.unique(days)).max(initial=1)) - 1
        if usual * (now - last) / 7 >= EXPECTED and now - last > SILENCES * longest:
            found[name] = (last, usual)
    return found


def _young(evidence: Evidence, now: int) -> dict[str, int]:
    """Name -> first day of events that began to be recorded so late that it matters: of the goal
    where windows could go back twice as far, of others after the newest window began."""
    history, starts = evidence.history, training_starts(evidence, now)
    if not starts:
        return {}
    question = evidence.question
    possible = window_starts(now, question.horizon, history.earliest_day + question.age)
    found = {}
    if now - min(possible) >= 2 * (now - min(starts)):
        known = {
            name: recorded_since(history, evidence.codes[name]) for name in evidence.goal_names
        }
        found = {name: since for name, since in known.items() if since is not None}
    learnt_from = history.first_users(evidence.sample_end)
    for name in _missing(evidence, learnt_from, learnt_from.day <= max(starts)):
        since = recorded_since(history, evidence.codes[name])
        if since is not None and since > max(starts):
            found[name] = since
    return found


def _missing(evidence: Evidence, history: History, rows: npt.NDArray[np.bool_]) -> list[str]:
    """The plan's events that none of these `rows` of `history`, bool (m,), is of."""
    codes = max(evidence.codes.values(), default=0) + 1
    seen = np.bincount(history.event[rows], minlength=codes)
    return [name for name in evidence.plan.events if not seen[evidence.codes[name]]]


def _bursts(evidence: Evidence, now: int) -> list[str]:
    """The plan's events that come in bursts, as mailings do: a window's counts tell when the last
    burst was, and nothing about its users."""
    history = evidence.history.first_users(evidence.sample_end)
    oldest = min(training_starts(evidence, now), default=now) - WINDOW_EDGES[COMPARED_WINDOWS]
    weeks = (now - max(oldest, history.earliest_day) + 1) // 7
    if weeks < 2:
        return []
    recent = history.day > now - 7 * weeks
    cell = history.event[recent] * weeks + (now - history.day[recent]) // 7
    codes = max(evidence.codes.values(), default=0) + 1
    counts = np.bincount(cell, minlength=codes * weeks).reshape(codes, weeks)
    leaps = (np.abs(np.diff(np.log(counts + 0.5), axis=1)) > log(2)).mean(axis=1)
    return [name for name in evidence.plan.events if leaps[evidence.codes[name]] > BURSTS]


def _say_stopped(evidence: Evidence, now: int, stopped: dict[str, tuple[int, float]]) -> str:
    newest = int(evidence.history.day.max())
    if now - newest >= SILENT_DAYS:
        return (
            f"No event at all has been recorded since {from_day(newest)}: load what is missing up "
            f"to {from_day(now)}, or ask as of {from_day(newest)}."
        )
    told = [
        f"'{name}' has not been recorded since {from_day(day)}, though about {usual:,.0f} a week "
        "were usual"
        for name, (day, usual) in list(stopped.items())[:NAMED]
    ]
    return f"{'; '.join(told)}{more(len(stopped))}: is tracking broken?"


def _say_break(evidence: Evidence, now: int, found: tuple[int, float]) -> str:
    weeks, factor = found
    many = f"{factor:.1f} times as often as" if factor > 1 else f"{1 - factor:.0%} less often than"
    if factor < HARDLY:
        many = "hardly or not at all, unlike what"
    when = "week" if weeks == 1 else "two weeks"
    goal = f"'{' or '.join(evidence.goal_names[:NAMED])}'{more(len(evidence.goal_names))}"
    return (
        f"In the {when} up to {from_day(now)} {goal} was recorded {many} the {WEEKS} weeks "
        "before led to expect, and the forecast follows the longer past. Check whether that is a "
        "season, a campaign or a fault of tracking."
    )


def _say_young(young: dict[str, int], goal: frozenset[str]) -> str:
    told = [
        f"'{name}' has been recorded since {from_day(day)} only"
        + (", and nothing before counts for it" if name in goal else ", so no model knows it yet")
        for name, day in list(young.items())[:NAMED]
    ]
    return f"{'; '.join(told)}{more(len(young))}."


def _say_shifted(large: list[Shift]) -> str:
    told = [f"'{shift.signal}' (stability index {shift.index:.2f})" for shift in large[:NAMED]]
    return (
        f"Members differ from those of the past windows in {', '.join(told)}{more(len(large))}: "
        f"from {LARGE} on the shift is large, and likelihoods rest on users unlike these."
    )


def more(total: int, named: int = NAMED) -> str:
    """What follows `named` names of `total`."""
    return f" and {total - named} more" if total > named else ""
