"""How good are the forecasts? Beside nine other ways to answer, on real histories, in one run.

Every model is asked the same at each origin and knows the same: what happened up to that day.
"""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import numpy as np

from intent_segments.lake.tables import Tables
from intent_segments.propensity.backtest import backtest, truth

from .blocks import BLOCKS, Block, open_source
from .outcome import HEAD, LEVELS, Figures, Outcome, outcome_of
from .page import number, percent, table, write_section
from .peers import PEERS
from .peers.past import Past
from .peers.plain_mean import geometric_mean, t_interval

OURS, COMBINED = "intent-segments", "geometric mean"
SECTION = "Forecasts beside other models"
CONSTANT = "persistence"

Answers = dict[str, dict[int, Outcome]]
"""Model -> origin -> outcome. A model without an answer at an origin lacks it."""


def run(data: Path | None, write: Path | None) -> None:
    """Ask, compare, print; `write` names the page whose section is to be replaced."""
    answered: list[tuple[Block, Answers]] = []
    skipped = []
    opened: dict[str, Tables | None] = {}
    for block in BLOCKS:
        if block.source not in opened:
            opened[block.source] = open_source(block.source, data)
        tables = opened[block.source]
        if tables is None:
            skipped.append(block)
            continue
        print(f"{block.title} …", flush=True)
        answered.append((block, answers(tables, block)))
    text = report(answered, skipped)
    print(f"\n{text}")
    if write:
        write_section(write, SECTION, text)


def answers(tables: Tables, block: Block) -> Answers:
    """Every model's outcomes; the geometric mean is of all peers that answered an origin."""
    found: Answers = {OURS: ours(tables, block), **{name: {} for name in PEERS}}
    for origin in block.origins:
        past = Past.of(tables, block.question(origin))
        members = past.history.uh[past.members(origin)]
        did = truth(tables, past.question, members)
        assert did is not None, "blocks ask only for periods that are in their data"
        for name, peer in PEERS.items():
            likelihood = peer(past)
            if likelihood is not None:
                found[name][origin] = outcome_of(likelihood, did)
    found[COMBINED] = combined(found, block)
    return {name: outcomes for name, outcomes in found.items() if outcomes}


def ours(tables: Tables, block: Block) -> dict[int, Outcome]:
    """The product's own backtest."""
    asked = block.question(block.origins[0])
    outcomes = {}
    for origin in backtest(tables, asked, block.origins).origins:
        if origin.forecast is None or origin.actual is None:
            continue
        intervals = origin.forecast.intervals()
        bounds = {
            level: (intervals[str(level)].low, intervals[str(level)].high) for level in LEVELS
        }
        outcomes[origin.as_of] = Outcome(
            origin.forecast.value, origin.actual, bounds, origin.evaluation
        )
    return outcomes


def combined(found: Answers, block: Block) -> dict[int, Outcome]:
    """The geometric mean of the peers, origin by origin: its interval learns from its own past."""
    outcomes: dict[int, Outcome] = {}
    for origin in block.origins:
        members = [found[name][origin] for name in PEERS if origin in found[name]]
        value = geometric_mean([member.value for member in members])
        errors = [
            outcome.log_error
            for earlier, outcome in outcomes.items()
            if earlier + block.horizon <= origin
        ]
        bounds = {level: t_interval(value, errors, level) for level in LEVELS}
        outcomes[origin] = Outcome(value, members[0].actual, bounds, None)
    return outcomes


def report(answered: list[tuple[Block, Answers]], skipped: list[Block]) -> str:
    """The section's text: no dates, no machine, only what another run would say again."""
    parts = [_how_to_read()]
    for block, found in answered:
        rows = [[name, *Figures.of(list(found[name].values())).cells()] for name in found]
        needs = "" if block.source == "cdnow" else f" (needs `{block.source}`, see above)"
        parts += [f"### {block.title}{needs}", table(HEAD, rows)]
    parts += ["### Intervals, all blocks together", _pooled(answered)]
    parts += ["### At a glance", _glance(answered)]
    if skipped:
        names = ", ".join(block.title for block in skipped)
        parts.append(f"Skipped, because `--data` named no folder with their data: {names}.")
    return "\n\n".join(parts)


def _how_to_read() -> str:
    packages = ("intent-segments", "lifetimes", "scikit-learn", "scipy", "numpy")
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    return f"""\
```sh
python -m bench forecast --write docs/benchmarks.md               # CDNOW, from PyPI
python -m bench forecast --data FOLDER --write docs/benchmarks.md # and Online Retail
```

Of a segment's members on a day, how many will do an event within the days that follow? Asked at the
end of each month, of {OURS} and of other models, all from the history up to that day. CDNOW
(23,570 people, everybody who ever bought) comes with the package `lifetimes`, so anybody can repeat
its rows. `online_retail` (everybody who ever ordered) and `retail_cancel` (who cancels, of those
who ordered within 180 days) need `FOLDER/online_retail/events.parquet`.

- **MAPE, bias, worst**: of the count, as a part of what came; means over origins, and the largest.
- **AUC, AP** (average precision), **Brier, ECE** (ten bins of equal count, equal likelihoods
  together): of the users' likelihoods, means over origins.
- **in 80 %, in 95 %**: how often the interval held what came. A model that gives likelihoods alone
  has the interval that follows from them if users were independent, from the sum of p (1 - p).
- **width of 80 %**: of that interval, as a part of what came, mean over origins.

`bg_nbd`, `mbg_nbd`, `pareto_nbd` are the fitters of `lifetimes` on all members; `logreg` and `hgb`
are scikit-learn on weekly counts, recency and tenure, learnt from one cut-off a horizon ago,
`_pool` from three earlier ones too; `persistence` carries the last window's share forward,
`persist_2grp` apart for those who did it in that window and those who did not. The
`{COMBINED}` is of their counts, with a Student t interval from its own past errors.
Buy-till-you-die models have no row where members need not have done the event before.

{versions}."""


def _pooled(answered: list[tuple[Block, Answers]]) -> str:
    names = dict.fromkeys(name for _, found in answered for name in found)
    rows = []
    for name in names:
        outcomes = [o for _, found in answered for o in found.get(name, {}).values()]
        figures = Figures.of(outcomes)
        held = [percent(figures.held80), percent(figures.held95), percent(figures.width)]
        rows.append([name, str(len(outcomes)), *held])
    return table(("model", "forecasts", "in 80 %", "in 95 %", "width of 80 %"), rows)


def _glance(answered: list[tuple[Block, Answers]]) -> str:
    """Ours beside the best row of each figure, which is another model in every column and block
    and which nobody knows beforehand. The mean and best MAPE leave the geometric mean out."""
    rows = []
    for block, found in answered:
        own = Figures.of(list(found[OURS].values()))
        peers = {name: Figures.of(list(found[name].values())) for name in found if name in PEERS}
        ranking = [figures for name, figures in peers.items() if name != CONSTANT]
        errors = [figures.mape for figures in peers.values()]
        combination = Figures.of(list(found[COMBINED].values()))

        def best(figure: str, of: list[Figures], most: bool = False) -> float:
            values = [getattr(figures, figure) for figures in of]
            return max(values) if most else min(values)

        rows.append(
            [
                f"{block.name}, {block.horizon} d",
                percent(own.mape, 1),
                percent(min(errors), 1),
                percent(float(np.mean(errors)), 1),
                percent(combination.mape, 1),
                f"{number(own.auc, 3)} / {number(best('auc', ranking, most=True), 3)}",
                f"{number(own.brier, 4)} / {number(best('brier', ranking), 4)}",
                f"{number(own.ece, 4)} / {number(best('ece', ranking), 4)}",
            ]
        )
    head = ("block", "MAPE", "best row", "mean of rows", COMBINED)
    return table((*head, "AUC / best", "Brier / best", "ECE / best"), rows)
