"""`intent uplift`: did those who were reached do it more often than those held back?"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from intent_segments.errors import InvalidFile, InvalidInput

from ..arguments import day, share
from ..console import show, show_json
from ..failures import explain
from ..tables import table

if TYPE_CHECKING:
    from intent_segments.campaigns.arms import Estimate
    from intent_segments.campaigns.uplift import Uplift

    from ..experiment.counts import Experiment

CHANCE = "Inconclusive: test and control differ by no more than chance would have them differ."


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `intent uplift` to the command line."""
    parser = commands.add_parser(
        "uplift",
        help="test against control: what a campaign changed, on files alone",
        description="Compare the users of two arms, everybody as assigned. docs/uplift.md says "
        "what the figures mean.",
    )
    parser.add_argument(
        "--assignments", type=Path, required=True, metavar="FILE", help="user_id, arm"
    )
    parser.add_argument("--events", type=Path, action="append", required=True, metavar="FILE")
    parser.add_argument("--event", required=True, metavar="NAME", help="what should happen, or not")
    parser.add_argument("--from", dest="since", type=day, required=True, metavar="DATE")
    parser.add_argument("--to", dest="until", type=day, required=True, metavar="DATE")
    parser.add_argument(
        "--scores", type=Path, metavar="FILE", help="user_id, likelihood before exposure"
    )
    parser.add_argument(
        "--control-share", type=share, metavar="SHARE", help="what was to be held back, as 0.05"
    )
    parser.add_argument(
        "--expected-rate",
        type=share,
        metavar="RATE",
        help="what part of all users was to do it by --to, as said before: sharpens daily looks",
    )
    parser.add_argument("--direction", choices=("maximize", "minimize"), default="maximize")
    parser.add_argument("--timezone", default="UTC", metavar="ZONE", help="default: UTC")
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the verdict, or JSON. Exit code 2 for files or dates that are no experiment's."""
    # Heavy imports belong to the command that needs them: `intent --help` stays instant.
    from intent_segments.campaigns.uplift import measure

    from ..experiment.counts import read_experiment

    try:
        found = read_experiment(
            args.assignments,
            args.events,
            args.event,
            args.since,
            args.until,
            args.timezone,
            args.scores,
        )
        uplift = measure(
            found.test,
            found.control,
            found.by_day,
            args.direction,
            args.control_share,
            found.moments,
            args.expected_rate,
        )
    except (InvalidFile, InvalidInput) as error:
        explanation = explain(error)
        assert explanation is not None  # every IntentError has one
        explanation.show(as_json=args.json)
        return 2
    if args.json:
        show_json(uplift.to_json())
    else:
        show(_card(uplift, found, args))
    return 0


def _card(uplift: Uplift, found: Experiment, args: argparse.Namespace) -> str:
    rows = [
        [name, f"{arm.users:,}", f"{arm.converted:,}", f"{arm.rate:.2%}"]
        for name, arm in (("test", uplift.test), ("control", uplift.control))
    ]
    lines = [
        f"{args.event}, {args.since} to {args.until} ({args.timezone})",
        "",
        table(["arm", "users", "did it", "rate"], rows),
        "",
        *(_effects(uplift) if uplift.difference else _broken(uplift, args.control_share)),
    ]
    if args.scores:
        lines += _with_scores(uplift, found, args.direction)
    return "\n".join(lines)


def _effects(uplift: Uplift) -> list[str]:
    assert uplift.difference and uplift.incremental and uplift.always_valid and uplift.relative
    effect, users = uplift.difference, uplift.incremental
    lines = [
        _sentence(uplift),
        f"difference: {_points(effect)}, one look at the end",
        f"            {_points(uplift.always_valid)}, however often it is looked at",
    ]
    if uplift.relative.value is not None:
        lines.append(
            f"relative:   {uplift.relative.value:+.1%} "
            f"({_part(uplift.relative.low)} to {_part(uplift.relative.high)})"
        )
    lines.append(
        f"users:      {users.value:+,.0f} of the {uplift.test.users:,} in test "
        f"({users.low:+,.0f} to {users.high:+,.0f})"
    )
    if uplift.sample_ratio:
        lines.append(f"the split is as it was meant to be ({_chance(uplift.sample_ratio.p_value)})")
    return lines


def _sentence(uplift: Uplift) -> str:
    """The verdict, and which way it went: to minimise, fewer is better."""
    if uplift.verdict == "inconclusive":
        return CHANCE
    more = "more" if uplift.test.rate > uplift.control.rate else "fewer"
    return (
        f"{uplift.verdict.capitalize()}: {more} users of the test arm did it than would have "
        f"without the campaign ({uplift.test.rate:.2%}, not {uplift.control.rate:.2%})."
    )


def _chance(p_value: float) -> str:
    return "p < 0.0001" if p_value < 1e-4 else f"p = {p_value:.2g}"


def _broken(uplift: Uplift, meant: float) -> list[str]:
    assert uplift.sample_ratio
    held = uplift.control.users / (uplift.test.users + uplift.control.users)
    return [
        f"The split is broken: {held:.2%} are in control, {meant:.2%} were to be "
        f"({_chance(uplift.sample_ratio.p_value)} by chance alone).",
        "No effect is shown, since what bent the split may be what the arms differ by. Find out "
        "who is missing or was added, and assign anew.",
    ]


def _with_scores(uplift: Uplift, found: Experiment, direction: str) -> list[str]:
    from intent_segments.campaigns.by_likelihood import (
        by_likelihood,
        qini_coefficient,
        qini_curve,
    )
    from intent_segments.campaigns.cuped import FEWEST_CONVERTED

    if not uplift.difference:
        return []
    lines = []
    if uplift.cuped:
        lines.append(
            f"adjusted for the likelihood before: {_points(uplift.cuped.difference)}, "
            f"{uplift.cuped.variance_saved:.1%} of the variance saved"
        )
    elif uplift.control.converted < FEWEST_CONVERTED:
        lines.append(
            f"not adjusted for the likelihood before: {uplift.control.converted:,} in control did "
            f"it, {FEWEST_CONVERTED} are needed"
        )
    pairs = [(part.test, part.control) for part in found.parts]
    rows = [
        [
            f"{part.lowest:.2%} - {part.highest:.2%}",
            f"{part.test.users:,}",
            f"{part.test.rate:.2%}",
            f"{part.control.users:,}",
            f"{part.control.rate:.2%}",
            _points(tenth.effect) if tenth.effect else "-",
        ]
        for part, tenth in zip(found.parts, by_likelihood(pairs), strict=True)
    ]
    head = ["likelihood before", "test", "did it", "control", "did it", "difference"]
    lines += ["", table(head, rows)]
    curve = qini_curve(pairs)
    if curve:
        lines.append(
            f"Qini coefficient {qini_coefficient(curve):+.5f} (0: all alike; above 0: the likely "
            "ones are easier to persuade)"
        )
    return lines


def _points(estimate: Estimate) -> str:
    """`+4.52 points (+3.89 to +5.16)`."""
    parts = (estimate.value, estimate.low, estimate.high)
    value, low, high = (0.0 if part is None else 100 * part for part in parts)
    return f"{value:+.2f} points ({low:+.2f} to {high:+.2f})"


def _part(value: float | None) -> str:
    return "without bound" if value is None else f"{value:+.1%}"
