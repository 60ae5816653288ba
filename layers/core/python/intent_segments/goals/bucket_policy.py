"""What the cuts between intent buckets go by: expected achievement, ranks, or fixed likelihoods.

In JSON it is `{"by": "achievement"}`, `{"by": "percentile", "most": 20, "moderate": 30}` or
`{"by": "likelihood", "most": 0.5, "moderate": 0.2}`. `agree_buckets` checks what a caller wrote;
`from_json` reads what was stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import FieldError

MOST_PERCENT = 98
"""The largest share of one bucket: each of the others keeps a percent of the open members."""

DECIMALS = 6
"""Of a likelihood at a cut: scores are kept in millionths, and finer cuts would fall together."""

EXAMPLES = {
    "achievement": '{"by": "achievement"}',
    "percentile": '{"by": "percentile", "most": 20, "moderate": 30}',
    "likelihood": '{"by": "likelihood", "most": 0.5, "moderate": 0.2}',
}
"""Every policy, as a caller writes it."""


@dataclass(frozen=True)
class ByAchievement:
    """Day 0 cuts by shares of the expected achievement; the shares of open members then stay."""

    def to_json(self) -> dict[str, Any]:
        return {"by": "achievement"}


@dataclass(frozen=True)
class ByPercentile:
    """Every night the `most` percent of open members with the highest likelihoods are most likely,
    the next `moderate` percent moderately likely. Whole numbers, together 99 at most."""

    most: int
    moderate: int

    def to_json(self) -> dict[str, Any]:
        return {"by": "percentile", **vars(self)}


@dataclass(frozen=True)
class ByLikelihood:
    """Every night who achieves the goal with a likelihood of `most` or more is most likely, from
    `moderate` on moderately likely. 0 < moderate < most < 1, six decimals."""

    most: float
    moderate: float

    def to_json(self) -> dict[str, Any]:
        return {"by": "likelihood", **vars(self)}


BucketPolicy = ByAchievement | ByPercentile | ByLikelihood

BY_ACHIEVEMENT = ByAchievement()
"""The policy of a goal that names none."""


def from_json(document: Mapping[str, Any] | None) -> BucketPolicy:
    """The inverse of `to_json`, unchecked. None is the default: goals once had no policy."""
    if document is None or document["by"] == "achievement":
        return BY_ACHIEVEMENT
    if document["by"] == "percentile":
        return ByPercentile(int(document["most"]), int(document["moderate"]))
    return ByLikelihood(float(document["most"]), float(document["moderate"]))


def agree_buckets(given: Any) -> tuple[BucketPolicy, list[FieldError]]:
    """The policy that a JSON value spells, and what is wrong with it; None spells the default."""
    if given is None:
        return BY_ACHIEVEMENT, []
    broken = _shape_rules(given)
    if not broken and given["by"] != "achievement":
        broken = _CUT_RULES[given["by"]](given["most"], given["moderate"])
    return (BY_ACHIEVEMENT, broken) if broken else (from_json(given), [])


def _shape_rules(given: Any) -> list[FieldError]:
    """An object with `by`, and with the two cuts where the policy has any."""
    from ..segments.complaints import nearest, shown

    ways = ", ".join(EXAMPLES.values())
    if not isinstance(given, Mapping):
        return [FieldError("buckets", f"buckets must be one of {ways}; got {shown(given)}")]
    by = given.get("by")
    if not isinstance(by, str) or by not in EXAMPLES:
        if "by" not in given:
            what = "is missing: buckets must be one of"
        else:
            near = nearest(by, tuple(EXAMPLES)) if isinstance(by, str) else None
            meant = f"did you mean {near!r}? " if near else ""
            what = f"{shown(by)} is not known; {meant}buckets must be one of"
        return [FieldError("buckets.by", f"buckets.by {what} {ways}")]
    known = ("by",) if by == "achievement" else ("by", "most", "moderate")
    missing = [
        FieldError(f"buckets.{name}", f"buckets.{name} is missing; write {EXAMPLES[by]}")
        for name in known
        if name not in given
    ]
    unknown = [
        FieldError(
            f"buckets.{name}",
            f"buckets by {by} have no {str(name)!r}: leave it out, as in {EXAMPLES[by]}",
        )
        for name in given
        if name not in known
    ]
    return [*missing, *unknown]


def _percents(most: Any, moderate: Any) -> list[FieldError]:
    from ..segments.complaints import shown

    broken = [
        FieldError(
            f"buckets.{name}",
            f"buckets.{name} must be a whole percent from 1 to {MOST_PERCENT}; got {shown(value)}"
            + (f" ({value * 100:g} % is written {value * 100:.0f})" if _a_share(value) else ""),
        )
        for name, value in (("most", most), ("moderate", moderate))
        if not _a_number(value) or not 1 <= value <= MOST_PERCENT or value != int(value)
    ]
    if not broken and most + moderate > MOST_PERCENT + 1:
        broken.append(
            FieldError(
                "buckets",
                f"buckets.most {most:.0f} and buckets.moderate {moderate:.0f} make "
                f"{most + moderate:.0f} percent, at most {MOST_PERCENT + 1} are possible: the rest "
                "are least likely. Lower one of them.",
            )
        )
    return broken


def _likelihoods(most: Any, moderate: Any) -> list[FieldError]:
    from ..segments.complaints import shown

    broken = [
        FieldError(
            f"buckets.{name}",
            f"buckets.{name} must be a likelihood between 0 and 1, both excluded, with at most "
            f"{DECIMALS} decimals; got {shown(value)}"
            + (f" ({value} % is written {value / 100:g})" if _a_percent(value) else ""),
        )
        for name, value in (("most", most), ("moderate", moderate))
        if not _a_number(value) or not 0 < value < 1 or round(value, DECIMALS) != value
    ]
    if not broken and moderate >= most:
        broken.append(
            FieldError(
                "buckets.moderate",
                f"buckets.moderate {moderate} must be lower than buckets.most {most}: moderately "
                f"likely are those from moderate up to most. Choose one below {most}.",
            )
        )
    return broken


_CUT_RULES = {"percentile": _percents, "likelihood": _likelihoods}


def _a_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _a_share(value: Any) -> bool:
    return _a_number(value) and 0.01 <= value < 1


def _a_percent(value: Any) -> bool:
    return _a_number(value) and 1 < value < 100
