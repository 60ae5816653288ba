"""Do intervals of an effect hold what they promise? By draws, and on a randomised experiment."""

from __future__ import annotations

from math import sqrt
from pathlib import Path

import numpy as np

from intent_segments.campaigns.sample_ratio import ALPHA, sample_ratio
from intent_segments.propensity.question import Question
from intent_segments.segments.definition import parse

from .blocks import BLOCKS, open_source
from .hillstrom import Hillstrom, thinned
from .looking import CONTROL, DAYS, FORECAST_OFF, Campaign, Errors, looked_at
from .page import number, percent, table, write_section
from .saving import Saving, generated, of_forecast, split
from .verdicts import Called, Watched, watched
from .worlds import AS_OF, HORIZON, world

SECTION = "Uplift: effects of campaigns"

TRIALS = 2_000
THINNINGS = 500
SPLITS = 1_000
NULL_DRAWS = 100_000
SEED = 20_261_122

NOTHING = (
    Campaign(2_000, 0.006),
    Campaign(2_000, 0.01),
    Campaign(10_000, 0.01),
    Campaign(100_000, 0.003),
    Campaign(100_000, 0.05),
    Campaign(10_000, 0.1, path="early"),
    Campaign(20_000, 0.05, path="late"),
)
SOMETHING = (
    Campaign(2_000, 0.01, 1.0),
    Campaign(10_000, 0.01, 0.5),
    Campaign(10_000, 0.1, 0.3),
    Campaign(100_000, 0.01, 0.2),
    Campaign(50_000, 0.05, -0.2, path="early"),
)

WATCHED = (
    Watched(1_200, 14, 0.2, 0.9, 0.09),
    Watched(6_000, 14, 0.05, 1.0, 0.1),
    Watched(20_000, 30, 0.05, 0.6, 0.01),
    Watched(6_000, 60, 0.05, 1.0, 0.02),
    Watched(40_000, 60, 0.05, 0.6, 0.003),
    Watched(20_000, 60, 0.2, 0.6, 0.01),
    Watched(6_000, 14, 0.05, 1.0, 0.1, 0.15),
    Watched(20_000, 30, 0.05, 0.6, 0.01, 0.2),
)
WATCHES, EFFECTS_WATCHED = 2_000, 300
"""Goals that are drawn without an effect, and with one, where nearly every night is looked into."""

SPLIT_SIZES = (500, 2_000, 20_000, 1_000_000)
WORLDS = (8, 17)
"""Seeds of worlds in which purchases are common."""

WORLD_USERS = 20_000
IN_WORLDS = Question(parse({"did": {"event": "visit"}}), ("buy",), "any", AS_OF, HORIZON)


def run(data: Path | None, write: Path | None) -> None:
    """Draw, measure, print; `data` holds hillstrom/, `write` names the page to update."""
    looked = []
    for campaign in NOTHING + SOMETHING:
        print(f"{campaign.name}, {percent(campaign.lift, signed=True)} …", flush=True)
        looked.append((campaign, looked_at(campaign, TRIALS, SEED)))
    called = []
    for goal in WATCHED:
        print(f"{goal.name}, nightly …", flush=True)
        called.append((goal, watched(goal, EFFECTS_WATCHED if goal.lift else WATCHES, SEED)))
    alarms = [(users, false_alarms(users)) for users in SPLIT_SIZES]
    print("likelihoods before exposure …", flush=True)
    saved = savings()
    hillstrom = None
    if data is not None:
        print("hillstrom …", flush=True)
        hillstrom = Hillstrom.read(data / "hillstrom")
        likelihood = hillstrom.likelihood()
        visited = hillstrom.outcomes["visit"] > 0
        # The e-mail's own effect is part of who visited; splits are drawn within one arm.
        one = ~hillstrom.test
        saved.append(
            ("Hillstrom, no e-mail *", split(likelihood[one], visited[one], 0.2, SPLITS, SEED))
        )
    text = report(looked, called, alarms, saved, hillstrom)
    print(f"\n{text}")
    if write:
        write_section(write, SECTION, text)


def false_alarms(users: int, draws: int = NULL_DRAWS) -> float:
    """How often the check of the split fires on Bernoulli draws at the share it was told."""
    held = np.random.default_rng(SEED).binomial(users, CONTROL, draws)
    sizes, times = np.unique(held, return_counts=True)
    fired = [not sample_ratio(users - int(n), int(n), CONTROL).ok for n in sizes]
    return float(times[fired].sum() / draws)


def savings() -> list[tuple[str, Saving]]:
    """Generated users, generated worlds, and CDNOW under the product's own likelihoods."""
    found = [
        ("generated, no effect", generated(20_000, CONTROL, 0.0, TRIALS, SEED)),
        ("generated, an effect", generated(20_000, CONTROL, 0.3, TRIALS, SEED)),
    ]
    for seed in WORLDS:
        likelihood, did = of_forecast(world(seed, WORLD_USERS), IN_WORLDS)
        found.append((f"world {seed}", split(likelihood, did, CONTROL, SPLITS, SEED)))
    block = next(block for block in BLOCKS if block.name == "cdnow_full" and block.horizon == 90)
    tables = open_source(block.source, None)
    assert tables is not None  # CDNOW needs no folder
    likelihood, did = of_forecast(tables, block.question(block.origins[0]))
    found.append(("CDNOW, 90 days", split(likelihood, did, 0.2, SPLITS, SEED)))
    return found


def report(
    looked: list[tuple[Campaign, Errors]],
    called: list[tuple[Watched, Called]],
    alarms: list[tuple[int, float]],
    saved: list[tuple[str, Saving]],
    hillstrom: Hillstrom | None,
) -> str:
    """The section's text."""
    trials = looked[0][1].trials
    doubt = sqrt(0.95 * 0.05 / trials)
    return f"""\
```sh
python -m bench uplift --write docs/benchmarks.md               # draws and CDNOW
python -m bench uplift --data FOLDER --write docs/benchmarks.md # and Hillstrom's experiment
```

What [uplift.md](uplift.md) promises. Every row of the first two tables is {trials:,} campaigns of
{DAYS} days, drawn with the same seed; {percent(CONTROL)} of the users are held back by a Bernoulli
draw each, the rate is theirs at the end, without campaign. Chance alone moves a coverage of 95 % by
{100 * doubt:.1f} points (one standard deviation). Conversions come evenly, mostly early (half of
them in the first week), or ever faster (late).

How often the interval of 95 %, looked at once at the end, held the truth:

{_coverage(looked)}

How often at least one of {DAYS} daily intervals missed the truth of its day, and widths on the last
day in parts of one look's. The always valid one of a goal goes by the forecast of day 0, here off
by {percent(FORECAST_OFF)} (one standard deviation); where nothing was forecast it goes by days:

{_looks(looked)}

Members with likelihoods of their own, known before up to some noise; every night asks for the
verdict. How often any night of a goal was called an effect, by counts alone and by the verdict,
which goes by the likelihood where control had 100 conversions by half of the period. Of goals
without an effect under 5 % may be called:

{_called(called)}

How often the check of the split fires on {NULL_DRAWS:,} draws with nothing wrong, at an alpha of
{percent(ALPHA, 1)}; below 1,000 users it is the exact binomial test, which fires less often:

{table(("users", "false alarms"), [[f"{users:,}", percent(rate, 3)] for users, rate in alarms])}

CUPED with the likelihood before exposure. Splits are random; generated users are drawn anew every
time, in worlds and histories the users are as they were and nothing was done to them, so that the
effect is 0. Worlds and CDNOW: likelihoods of the product's own forecast.

{_saved(saved)}
{_hillstrom(hillstrom)}"""


def _name(campaign: Campaign) -> list[str]:
    effect = percent(campaign.lift, signed=True) if campaign.lift else "none"
    return [campaign.name, effect]


def _coverage(looked: list[tuple[Campaign, Errors]]) -> str:
    rows = [
        [*_name(c), *(percent(part, 1) for part in (e.newcombe, e.score, e.ratio))]
        for c, e in looked
    ]
    head = ("campaigns", "effect", "difference (Newcombe)", "difference (score)", "relative")
    return table(head, rows)


def _looks(looked: list[tuple[Campaign, Errors]]) -> str:
    rows = [
        [
            *_name(c),
            *(percent(part, 1) for part in (e.naive, e.repeated, e.always_valid, e.unforecast)),
            *(
                number(part, 2)
                for part in (e.repeated_width, e.always_valid_width, e.unforecast_width)
            ),
        ]
        for c, e in looked
    ]
    kinds = ("repeated", "always valid", "by days")
    missed = [f"{kind}, missed" for kind in ("one look's", *kinds)]
    return table(("campaigns", "effect", *missed, *(f"{kind}, width" for kind in kinds)), rows)


def _called(called: list[tuple[Watched, Called]]) -> str:
    rows = [
        [
            goal.name,
            percent(goal.lift, signed=True) if goal.lift else "none",
            f"{one.trials:,}",
            *(percent(part, 1) for part in (one.counts, one.verdict, one.last)),
            percent(one.by_likelihood),
        ]
        for goal, one in called
    ]
    head = ("goals", "effect", "drawn", "by counts", "verdict", "last night", "by likelihood")
    return table(head, rows)


def _saved(saved: list[tuple[str, Saving]]) -> str:
    rows = [
        [
            name,
            f"{one.users:,}",
            percent(one.rate, 1),
            number(one.auc, 3),
            f"{one.splits:,}",
            percent(one.saved, 1),
            percent(one.held, 1),
        ]
        for name, one in saved
    ]
    head = ("users", "n", "rate", "AUC", "splits", "variance saved", "effect in 95 %")
    return table(head, rows)


def _hillstrom(data: Hillstrom | None) -> str:
    if data is None:
        return "\nHillstrom's experiment was not measured: it needs `FOLDER/hillstrom`."
    rows = []
    for name, unit in (("visit", 100), ("conversion", 100), ("spend", 1)):
        full, small = data.effect(name), thinned(data, name, THINNINGS, SEED)
        rows.append(
            [
                name,
                f"{unit * full.value:+.2f}",
                f"{unit * full.low:+.2f} to {unit * full.high:+.2f}",
                f"{unit * small.value:+.2f}",
                number(unit * small.width, 2),
                percent(small.held, 1),
            ]
        )
    head = ("outcome", "effect", "95 % interval", "mean of thinned", "mean width", "held")
    return f"""
\\* the likelihood is a logistic regression on what was known of the customers before, each fifth of
them by the rest; the data hold no earlier outcome to learn from.

Hillstrom's e-mail experiment (MineThatData 2008; {data.test.sum():,} customers with the women's
e-mail, {(~data.test).sum():,} without; needs `FOLDER/hillstrom`): points for visit and conversion,
dollars per customer for spend. First the full arms, then {THINNINGS} random thinnings of the
control arm to {percent(CONTROL)}: their mean effect, the mean width of the interval, and how often
it held the effect of the full arms. The test arm is the same in all of them and a thinned control
is part of the full one, so that an interval right in 95 % of experiments holds it a little more
often (visit: 96.3 %). A thinned control has about six buyers; Welch's interval of their spend would
hold the effect in 86 %.

{table(head, rows)}"""
