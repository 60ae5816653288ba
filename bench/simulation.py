"""Do the intervals hold what they promise? Two hundred generated worlds, one forecast each.

Real histories have few origins, and neighbouring ones share their months. Worlds are independent,
and there can be as many as the answer needs.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from math import exp, log, sqrt
from pathlib import Path

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit, logit

from intent_segments.propensity.backtest import truth
from intent_segments.propensity.evaluate import evaluate
from intent_segments.propensity.evidence import Evidence
from intent_segments.propensity.forecast import forecast
from intent_segments.propensity.question import Question
from intent_segments.segments.definition import parse

from .outcome import naive_bounds
from .page import number, percent, table, write_section
from .peers.past import Bools, Floats
from .worlds import AS_OF, DAYS, HORIZON, Kind, kind_of, world

SECTION = "Intervals and chances in generated worlds"

LEVELS = (50, 80, 95)
TARGETS = (0.8, 1.0, 1.2)
"""Wanted numbers, as parts of the forecast's value."""

CHANCE_EDGES = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0)
FLOOR_DRAWS = 20

Bounds = tuple[float, float]


@dataclass(frozen=True)
class WorldResult:
    """One world's forecast beside what came.

    `ece_at_level` is the ECE once the likelihoods add up to what came: the users' part of the
    error, without the period's. `ece_floor` is what perfect likelihoods would have by chance.
    """

    kind: Kind
    value: float
    even: float
    actual: int
    bounds: dict[int, Bounds]
    naive: dict[int, Bounds]
    chances: tuple[tuple[float, bool], ...]
    ece: float
    ece_at_level: float
    ece_floor: float

    def held(self, bounds: dict[int, Bounds], level: int) -> bool:
        low, high = bounds[level]
        return low <= self.actual <= high

    def width(self, bounds: dict[int, Bounds]) -> float:
        """Of the 80 % interval, as a part of the forecast."""
        return (bounds[80][1] - bounds[80][0]) / self.value


def run(worlds: int, jobs: int, write: Path | None) -> None:
    """Generate, forecast, print. The first `worlds` seeds are used, always the same."""
    results = []
    with ProcessPoolExecutor(jobs) as pool:
        for result in pool.map(one_world, range(worlds)):
            results.append(result)
            if len(results) % 20 == 0:
                print(f"{len(results)} of {worlds} worlds", flush=True)
    text = report(results)
    print(f"\n{text}")
    if write:
        write_section(write, SECTION, text)


def one_world(seed: int, users: int | None = None) -> WorldResult:
    """Generate world `seed`, forecast its last HORIZON days, look them up."""
    tables = world(seed, users)
    segment = parse({"did": {"event": "visit"}})
    question = Question(segment, ("buy",), "any", AS_OF, HORIZON)
    evidence = Evidence.gather(tables, question)
    found = forecast(evidence)
    did = truth(tables, question, evidence.history.uh[found.rows.users])
    assert did is not None, "worlds reach to the end of the period"
    actual, likelihood = int(did.sum()), found.likelihood
    spread = found.spread
    wanted = [part * found.value for part in TARGETS]
    return WorldResult(
        kind=kind_of(seed),
        value=found.value,
        even=spread.even,
        actual=actual,
        bounds={
            level: (spread.interval(level).low, spread.interval(level).high) for level in LEVELS
        },
        naive={level: naive_bounds(likelihood, level) for level in LEVELS},
        chances=tuple((spread.reached(number), actual >= number) for number in wanted),
        ece=ece(likelihood, did),
        ece_at_level=ece(at_level(likelihood, actual), did),
        ece_floor=noise_floor(likelihood, np.random.default_rng(seed)),
    )


def ece(likelihood: Floats, did: Bools) -> float:
    return evaluate(likelihood, did).ece or 0.0


def at_level(likelihood: Floats, total: float) -> Floats:
    """The likelihoods, shifted on the logit scale until they add up to `total`."""
    total = float(np.clip(total, 0.5, len(likelihood) - 0.5))
    raw = logit(likelihood)
    shift = brentq(lambda by: float(expit(raw + by).sum()) - total, -40, 40)
    return expit(raw + shift)


def noise_floor(likelihood: Floats, random: np.random.Generator) -> float:
    """Mean ECE of outcomes drawn from the likelihoods themselves."""
    draws = [
        ece(likelihood, random.random(len(likelihood)) < likelihood) for _ in range(FLOOR_DRAWS)
    ]
    return float(np.mean(draws))


def report(results: Sequence[WorldResult]) -> str:
    """The section's text."""
    chances = [pair for result in results for pair in result.chances]
    doubt = sqrt(0.8 * 0.2 / len(results))
    return f"""\
```sh
python -m bench simulation --worlds {len(results)} --write docs/benchmarks.md
```

{len(results)} worlds of 3,000 to 5,000 users and {DAYS - HORIZON} days, one forecast of {HORIZON}
days each. Users buy at gamma paces, join and leave; the market's level wanders from week to week,
in some worlds around a season; how much, and how often users buy, is drawn per world. The naive
interval is that of independent users, from the same likelihoods. Chance alone moves the coverage of
{len(results)} worlds by {100 * doubt:.1f} points (one standard deviation) at 80 %, and by more in
the parts. Below and above: what came lay there, outside our 80 % interval. Widths are of the 80 %
intervals, as parts of the forecast; MAPE and bias are of the count, a part of what came. A mean of
such parts lies above zero even where forecasts are right on average, because too high by a factor
weighs more than too low by it: the bias of the middle is that of the number which is as likely to
be reached as not, on the log scale, where errors of either side weigh the same.

{_coverage(results)}

How often a number was reached, beside the chance that was given to it; the numbers are 0.8, 1.0 and
1.2 times the forecast, three per world.

{_chances(chances)}

ECE of the users' likelihoods; once they add up to what came, which leaves the period's shock out;
and its floor: what perfect likelihoods would have by chance.

{_calibration(results)}"""


def _coverage(results: Sequence[WorldResult]) -> str:
    rows = []
    for name, part in _parts(results):
        held = [
            percent(float(np.mean([r.held(bounds(r), level) for r in part])))
            for bounds, levels in ((_own, LEVELS), (_naive, (80,)))
            for level in levels
        ]
        errors = [(r.value - r.actual) / r.actual for r in part if r.actual]
        rows.append(
            [
                name,
                str(len(part)),
                *held,
                percent(float(np.mean([r.actual < r.bounds[80][0] for r in part]))),
                percent(float(np.mean([r.actual > r.bounds[80][1] for r in part]))),
                percent(float(np.mean([r.width(r.bounds) for r in part]))),
                percent(float(np.mean([r.width(r.naive) for r in part]))),
                percent(float(np.mean(np.abs(errors))), 1),
                percent(float(np.mean(errors)), 1, signed=True),
                percent(_bias_of_the_middle(part), 1, signed=True),
            ]
        )
    head = ("worlds", "n", "in 50 %", "in 80 %", "in 95 %", "in naive 80 %", "below 80 %")
    return table(
        (*head, "above 80 %", "width", "naive width", "MAPE", "bias", "of the middle"), rows
    )


def _bias_of_the_middle(results: Sequence[WorldResult]) -> float:
    logs = [log((r.even + 0.5) / (r.actual + 0.5)) for r in results]
    return exp(float(np.mean(logs))) - 1


def _own(result: WorldResult) -> dict[int, Bounds]:
    return result.bounds


def _naive(result: WorldResult) -> dict[int, Bounds]:
    return result.naive


def _chances(chances: Sequence[tuple[float, bool]]) -> str:
    given = np.array([chance for chance, _ in chances])
    reached = np.array([came for _, came in chances])
    at = np.clip(np.searchsorted(CHANCE_EDGES, given, side="right") - 1, 0, len(CHANCE_EDGES) - 2)
    rows = []
    for index, (low, high) in enumerate(pairwise(CHANCE_EDGES)):
        inside = at == index
        if inside.any():
            shown = percent(float(given[inside].mean())), percent(float(reached[inside].mean()))
            rows.append([f"{100 * low:.0f} to {percent(high)}", str(int(inside.sum())), *shown])
    return table(("chance given", "n", "mean chance", "reached"), rows)


def _calibration(results: Sequence[WorldResult]) -> str:
    rows = []
    for name, part in _parts(results):
        figures = [
            float(np.mean([figure(r) for r in part]))
            for figure in (lambda r: r.ece, lambda r: r.ece_at_level, lambda r: r.ece_floor)
        ]
        rows.append([name, *(number(value, 4) for value in figures)])
    return table(("worlds", "ECE", "at the level that came", "floor"), rows)


def _parts(results: Sequence[WorldResult]) -> list[tuple[str, list[WorldResult]]]:
    """All, then by every name that a kind can have, in the order of first appearance."""
    fields = zip(*(result.kind.names() for result in results), strict=True)
    names = [name for field in fields for name in dict.fromkeys(field)]
    parts = [(name, [r for r in results if name in r.kind.names()]) for name in names]
    return [("all", list(results)), *parts]
