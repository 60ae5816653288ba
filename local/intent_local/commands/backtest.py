"""`intent backtest`: forecasts of earlier days beside what came, on files alone."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from intent_segments.errors import InvalidInput
from intent_segments.goals.event_rules import unknown_property
from intent_segments.lake.calendar import from_day, to_day
from intent_segments.segments.goal_event import GoalEvent, in_words

from ..arguments import EVENT_HELP, day, event, horizon, timezone
from ..console import say
from ..failures import explain
from ..plots import SUMMARY, check, draw
from ..tables import sparkline, table

if TYPE_CHECKING:
    from intent_segments.lake.tables import Tables

EVERYBODY: dict[str, Any] = {"all": []}

METHODS = {"base_rate": "base rate", "small": "small", "full": "full"}
"""The rungs of the ladder in words."""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `intent backtest` to the command line."""
    parser = commands.add_parser(
        "backtest",
        help="how good forecasts would have been on days gone by",
        description="Forecast a goal as of past days and compare with what came. A forecast never "
        "sees a row after its day.",
    )
    parser.add_argument("--events", type=Path, action="append", required=True, metavar="FILE")
    parser.add_argument("--profiles", type=Path, metavar="FILE")
    parser.add_argument("--segment", type=Path, metavar="FILE", help="default: all users")
    parser.add_argument(
        "--event", action="append", type=event, required=True, metavar="NAME|JSON", help=EVENT_HELP
    )
    parser.add_argument("--match", choices=("any", "all"), default="any")
    parser.add_argument("--direction", choices=("maximize", "minimize"), default="maximize")
    parser.add_argument("--horizon", type=horizon, required=True, metavar="DAYS")
    parser.add_argument("--as-of", type=day, action="append", required=True, metavar="DATE")
    parser.add_argument("--timezone", type=timezone, default="UTC", metavar="ZONE")
    parser.add_argument(
        "--plot",
        type=Path,
        metavar="OUT.html|OUT.png",
        help="draw forecasts, reliability, gains and lift",
    )
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the card, or JSON. Exit code 1 when no origin could be forecast, 2 for options that
    ask for what cannot be."""
    # Heavy imports belong to the command that needs them: `intent --help` stays instant.
    from intent_segments.events.open_files import open_files
    from intent_segments.propensity.backtest import backtest
    from intent_segments.propensity.question import Question
    from intent_segments.segments.definition import parse

    try:
        if args.plot is not None:
            check(args.plot, len(args.as_of))
        definition = parse(_segment(args.segment))
    except InvalidInput as wrong:
        return _wrong_usage(wrong, args)
    days = [to_day(as_of) for as_of in dict.fromkeys(args.as_of)]
    goal = tuple(GoalEvent.from_json(given) for given in args.event)
    tables = open_files(args.events, args.profiles, args.timezone)
    try:
        for wanted in goal:
            _check(tables, wanted)
    except InvalidInput as wrong:
        return _wrong_usage(wrong, args)
    question = Question(definition, goal, args.match, days[0], args.horizon)
    result = backtest(tables, question, days)
    if args.plot is not None:
        draw(result, _heading(goal, args), args.plot)
        say(f"drawn in {args.plot}")
    if args.json:
        print(json.dumps(result.to_json(), indent=2))
    else:
        print(_card(result, _heading(goal, args)))
    return 0 if any(origin.forecast for origin in result.origins) else 1


def _wrong_usage(wrong: InvalidInput, args: argparse.Namespace) -> int:
    explanation = explain(wrong)
    assert explanation is not None  # there is one of every InvalidInput
    explanation.show(as_json=args.json)
    return 2


def _segment(path: Path | None) -> Any:
    if path is None:
        return EVERYBODY
    try:
        return json.loads(path.read_text())
    except OSError as error:
        raise InvalidInput.at("--segment", f"{path} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise InvalidInput.at("--segment", f"{path} is not JSON: {error}") from None


def _check(tables: Tables, wanted: GoalEvent) -> None:
    """Refuse an event or a property that these files never have, since it can only be misspelt."""
    from intent_segments.segments.filtered_days import properties_of, property_seen

    codes = tables.event_codes()
    if wanted.event not in codes:
        raise InvalidInput.at("--event", _unknown(wanted.event, codes))
    code = codes[wanted.event]
    for condition in wanted.where:
        name = condition["property"]
        if condition.get("exists") is not False and not property_seen(tables, code, name):
            known = properties_of(tables, code)
            raise InvalidInput.at("--event", unknown_property(wanted.event, name, known))


def _unknown(name: str, known: dict[str, int]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, known, n=3, cutoff=0.5) or sorted(known)[:5]
    return f"no event is called {name!r} in these files; there are: {', '.join(near)}"


def _heading(goal: Sequence[GoalEvent], args: argparse.Namespace) -> str:
    aim = "do" if args.direction == "maximize" else "should not do"
    days = "1 day" if args.horizon == 1 else f"{args.horizon} days"
    return f"Users who {aim}: {in_words(goal, args.match)} (within {days})"


def _card(result: Any, heading: str) -> str:
    lines = [heading, ""]
    rows = []
    for origin in result.origins:
        row = [from_day(origin.as_of).isoformat(), f"{origin.users:,}"]
        if origin.forecast is None:
            rows.append([*row, "-", "-", "-", "-", "-", "no forecast"])
            continue
        spread = origin.forecast.spread
        row += [f"{spread.value:,.0f}"]
        row += [f"{b.low:,.0f} - {b.high:,.0f}" for b in (spread.interval(80), spread.interval(95))]
        actual = "-" if origin.actual is None else f"{origin.actual:,}"
        error = "-" if not origin.actual else f"{spread.value / origin.actual - 1:+.1%}"
        rows.append([*row, actual, error, METHODS[origin.forecast.method]])
    intervals = ["80 % interval", "95 % interval"]
    head = ["as of", "users", "forecast", *intervals, "actual", "error", "model"]
    lines += [table(head, rows), ""]
    lines += [f"{from_day(o.as_of)}: {o.refusal}" for o in result.origins if o.refusal]
    lines += _warned(result)
    lines += _summary(result)
    last = next((o for o in reversed(result.origins) if o.evaluation), None)
    if last is not None:
        lines += _reliability(last)
    drawn = next((o for o in reversed(result.origins) if o.forecast), None)
    if drawn is not None:
        values = [point.value for point in drawn.forecast.curve]
        lines += ["", f"forecast by day from {from_day(drawn.as_of)}: {sparkline(values)}"]
    return "\n".join(lines)


def _warned(result: Any) -> list[str]:
    """Every warning once, with the first of the days that it was given on and how many more."""
    from intent_segments.propensity.report import warnings

    days: dict[str, list[int]] = {}
    for origin in result.origins:
        for said in warnings(origin.forecast) if origin.forecast else []:
            days.setdefault(said, []).append(origin.as_of)
    lines = []
    for said, given in days.items():
        more = f" and {len(given) - 1} more" if len(given) > 1 else ""
        lines.append(f"{from_day(given[0])}{more}: {said}")
    return [*lines, ""] if lines else []


def _summary(result: Any) -> list[str]:
    found = result.summary()
    return [
        f"{SUMMARY[key][0]:<40}{'-' if value is None else SUMMARY[key][1].format(value)}"
        for key, value in found.items()
    ]


def _reliability(origin: Any) -> list[str]:
    rows = [
        [f"{b.users:,}", f"{b.predicted:.2%}", f"{b.observed:.2%}"]
        for b in origin.evaluation.reliability
    ]
    head = ["users", "likelihood said", "really did"]
    tenths = [
        [f"{d.top:.0%}", f"{d.rate:.2%}", f"{d.lift:.2f}", f"{d.gain:.1%}"]
        for d in origin.evaluation.deciles
    ]
    top = ["most likely", "really did", "lift", "of all who did"]
    return [
        "",
        f"Do likelihoods mean it? As of {from_day(origin.as_of)}:",
        table(head, rows),
        *(["", "Do they rank? By tenths of the users:", table(top, tenths)] if tenths else []),
    ]
