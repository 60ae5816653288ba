"""Test against control of a goal, as it stands tonight: effects, checks, a verdict in words.

The headline is the repeated interval: it may be looked at every night up to the goal's end, and it
errs in under 5 % of all goals. Where the likelihood of day 0 explains part of who did it, the same
is told once more without that noise. The verdict goes by that if it was there in the first half of
the period: who changes the yardstick late has two chances to be fooled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import Any, Literal

from ..goals.wilson import Z95
from .arms import Arm, Estimate
from .cuped import FEWEST_CONVERTED, Moments, cuped
from .daily import Daily
from .effect import at_limit, difference, incremental
from .sample_ratio import SampleRatio, sample_ratio
from .score import relative_lift, stratified_difference
from .uplift import Direction, Word, verdict

Method = Literal["cuped", "stratified"]


@dataclass(frozen=True)
class Adjusted:
    """The difference between users who were alike on day 0, for one look and for all of them.

    `cuped` takes out what the likelihood explains and says which part of the variance that
    `saved`; `stratified` compares within day-0 buckets, where control converted too seldom for it.
    """

    method: Method
    difference: Estimate
    repeated: Estimate | None
    saved: float | None

    def to_json(self) -> dict[str, Any]:
        return {
            "method": self.method,
            "difference": self.difference.to_json(),
            "repeated": _json(self.repeated),
            "variance_saved": self.saved,
        }


@dataclass(frozen=True)
class Known:
    """What was known before: sums over the likelihoods of test and control, and both arms within
    each day-0 bucket."""

    moments: tuple[Moments, Moments]
    buckets: Sequence[tuple[Arm, Arm]] = ()


@dataclass(frozen=True)
class Comparison:
    """Effects are None where the split is broken, that of the whole or (`sound` is False) of what
    this is a part of, and where an arm is empty; the counts stay.

    `difference` is for one look when the period is over, `repeated` for a look every night until
    then, `always_valid` for looks without any end. `relative` and `incremental` hold for as many
    looks as `headline` does, which is `repeated`, `always_valid` where there is no end, and
    `difference` where there is a single look.
    `by_likelihood` says whether the verdict goes by what CUPED leaves.
    """

    test: Arm
    control: Arm
    direction: Direction
    split: SampleRatio | None
    difference: Estimate | None = None
    repeated: Estimate | None = None
    always_valid: Estimate | None = None
    relative: Estimate | None = None
    incremental: Estimate | None = None
    adjusted: Adjusted | None = None
    by_likelihood: bool = False
    sound: bool = True

    @property
    def broken(self) -> bool:
        return not self.sound or (self.split is not None and not self.split.ok)

    @property
    def headline(self) -> Estimate | None:
        return self.repeated or self.always_valid or self.difference

    @property
    def decisive(self) -> Estimate | None:
        """The interval that the verdict goes by."""
        if self.by_likelihood:
            assert self.adjusted is not None
            return self.adjusted.repeated or self.adjusted.difference
        return self.headline

    @property
    def verdict(self) -> Word:
        return "inconclusive" if self.decisive is None else verdict(self.decisive, self.direction)

    @property
    def sentence(self) -> str:
        """The verdict for people."""
        return self.told("the test arm", "the control arm", "test less control")

    def told(self, one: str, other: str, less: str) -> str:
        """The same with other words for both sides and for their difference."""
        if self.broken:
            return (
                "The split is not what it was meant to be, so no effect is shown: whatever bent it "
                "may be what the arms differ by. Find out who is missing or was added."
            )
        if self.decisive is None:
            return "One of the arms is empty, so there is nothing to compare."
        value, low, high = (_points(part) for part in _parts(self.decisive))
        alike = " between equally likely members" if self.by_likelihood else ""
        points = f"{value} points{alike} ({low} to {high})"
        if self.verdict == "inconclusive":
            return (
                f"Inconclusive: {less} is {points}, no more than chance would have two groups "
                "differ by that were treated alike."
            )
        more = "more" if (self.decisive.value or 0) > 0 else "fewer"
        return (
            f"{self.verdict.capitalize()}: {more} members of {one} did it than of {other}, "
            f"{100 * self.test.rate:.2f} % against {100 * self.control.rate:.2f} %; {less} is "
            f"{points}."
        )

    def to_json(self) -> dict[str, Any]:
        """Rates and differences as parts of 1."""
        return {
            "srm": None if self.split is None else self.split.to_json(),
            "difference": _json(self.difference),
            "repeated": _json(self.repeated),
            "always_valid": _json(self.always_valid),
            "relative": _json(self.relative),
            "incremental_users": _json(self.incremental),
            "adjusted": None if self.adjusted is None else self.adjusted.to_json(),
            "verdict": self.verdict,
            "verdict_by": "adjusted" if self.by_likelihood else "counts",
            "sentence": self.sentence,
        }


def compare(
    test: Arm,
    control: Arm,
    daily: Daily | None,
    direction: Direction,
    control_share: float | None = None,
    known: Known | None = None,
    sound: bool = True,
) -> Comparison:
    """The comparison as it stands after the newest of the `daily` looks; None for a single look.

    `control_share` is the meant part of control; without it the split is not checked. `sound` is
    False for a part of members whose whole has a broken split. Raises InvalidInput for an
    impossible share.
    """
    split = None
    if control_share is not None and test.users + control.users:
        split = sample_ratio(test.users, control.users, control_share)
    nothing = Comparison(test, control, direction, split, sound=sound)
    if nothing.broken or not test.users or not control.users:
        return nothing
    limit = None if daily is None else daily.limit
    mixture = None if daily is None else daily.mixture
    once = difference(test, control)
    without_end = daily is None or daily.days is None
    repeated = None if without_end or limit is None else at_limit(test, control, limit)
    always = None if mixture is None else at_limit(test, control, mixture)
    adjusted = None if known is None else _adjusted(known, daily)
    early = daily is None or daily.control_by_half() >= FEWEST_CONVERTED
    return Comparison(
        test=test,
        control=control,
        direction=direction,
        split=split,
        difference=once,
        repeated=repeated,
        always_valid=always,
        relative=relative_lift(test, control, limit or Z95),
        incremental=incremental(repeated or always or once, test),
        adjusted=adjusted,
        by_likelihood=adjusted is not None and adjusted.method == "cuped" and early,
    )


def _adjusted(known: Known, daily: Daily | None) -> Adjusted | None:
    once = cuped(*known.moments)
    if once is not None:
        limit = None if daily is None else daily.adjusted_limit(once.variance_saved)
        safe = None if limit is None else cuped(*known.moments, max(limit, Z95))
        repeated = None if safe is None else safe.difference
        return Adjusted("cuped", once.difference, repeated, once.variance_saved)
    both = [pair for pair in known.buckets if pair[0].users and pair[1].users]
    if len(both) < 2:
        return None
    limit = None if daily is None else daily.limit
    within = stratified_difference(both)
    repeated = None if limit is None else stratified_difference(both, max(limit, Z95))
    return Adjusted("stratified", within, repeated, None)


def _json(estimate: Estimate | None) -> dict[str, float | None] | None:
    return None if estimate is None else estimate.to_json()


def _parts(estimate: Estimate) -> tuple[float, float, float]:
    value = 0.0 if estimate.value is None else estimate.value
    low = -inf if estimate.low is None else estimate.low
    return value, low, inf if estimate.high is None else estimate.high


def _points(rate: float) -> str:
    return f"{100 * rate:+.2f}"
