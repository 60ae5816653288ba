"""A backtest as one PNG: a row per day, with the charts of the page (`plots.page`).

matplotlib brings a font of its own, so that text appears on a machine without any. Nothing global
is touched: no pyplot, no settings.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from textwrap import fill, shorten
from typing import TYPE_CHECKING

from intent_segments.lake.calendar import from_day

from .plots import SUMMARY, subtitle

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from intent_segments.propensity.backtest import Backtest, OriginResult
    from intent_segments.propensity.evaluate import Evaluation
    from intent_segments.propensity.forecast import Forecast

DPI = 100
WIDTH, MARGIN, HEAD, ROW, BARE = 16.0, 0.3, 1.2, 4.0, 0.8
"""Inches: the picture's width, what it leaves free at the sides, its heading, and the row of a day
with charts and without."""

CHARTS = 4

LINE = 160
"""Characters that a line of the size of a day's numbers holds."""

INK, SOFT, GRID, SAID, CAME = "#1c2430", "#5b6674", "#e3e7ec", "#1f6feb", "#c2410c"
"""The colours of the page when it is light."""


def picture(result: Backtest, heading: str, path: Path) -> None:
    """Write the PNG: 1,600 pixels wide; 120 for the heading, 400 for every day with a forecast and
    80 for every other high."""
    from matplotlib.figure import Figure

    heights = [ROW if origin.forecast is not None else BARE for origin in result.origins]
    height = HEAD + sum(heights)
    figure = Figure(figsize=(WIDTH, height), dpi=DPI, facecolor="white")

    def write(down: float, text: str, size: int, colour: str) -> None:
        """`down` is in inches from the top. Names may hold a $, which is no formula."""
        at = (MARGIN / WIDTH, 1 - down / height)
        figure.text(*at, text, fontsize=size, color=colour, va="top", parse_math=False)

    write(0.25, shorten(heading, LINE * 2 // 3, placeholder=" …"), 17, INK)
    write(0.65, fill(_summary(result), LINE * 6 // 5), 10, SOFT)
    down = HEAD
    for origin, row in zip(result.origins, heights, strict=True):
        write(down, fill(f"As of {from_day(origin.as_of)}: {subtitle(origin)}", LINE), 12, INK)
        if origin.forecast is not None:
            shown = CHARTS if origin.evaluation is not None else 1
            charts = [_frame(figure, height, down, column) for column in range(shown)]
            _fan(charts[0], origin, origin.forecast)
            if origin.evaluation is not None:
                _judged(charts[1:], origin.evaluation)
        down += row
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")  # a box stands in its place
        figure.savefig(path, format="png", metadata={"Title": heading, "Software": None})


def _frame(figure: Figure, height: float, down: float, column: int) -> Axes:
    """An empty chart in a row that begins `down` inches from the top of a figure so high."""
    wide = (WIDTH - 2 * MARGIN) / CHARTS
    left = MARGIN + 0.5 + column * wide
    bottom = height - down - ROW + 0.75
    return figure.add_axes(
        (left / WIDTH, bottom / height, (wide - 0.7) / WIDTH, (ROW - 1.5) / height)
    )


def _summary(result: Backtest) -> str:
    said = [
        f"{name} {written.format(value)}"
        for key, value in result.summary().items()
        for name, written in [SUMMARY[key]]
        if value is not None
    ]
    return "All days together: " + ("; ".join(said) if said else "nothing to judge by")


def _fan(chart: Axes, origin: OriginResult, forecast: Forecast) -> None:
    points = forecast.curve
    days = range(len(points) + 1)
    low, high = [0.0, *(p.low80 for p in points)], [0.0, *(p.high80 for p in points)]
    chart.fill_between(days, low, high, color=SAID, alpha=0.2, linewidth=0, label="80 % interval")
    chart.plot(days, [0.0, *(p.value for p in points)], color=SAID, linewidth=2, label="forecast")
    if origin.actual_by_day is not None:
        came = [0, *origin.actual_by_day]
        chart.plot(days, came, color=CAME, linewidth=2, label="what came")
    _dressed(chart, "Forecast and what came", "day of the period", "users so far")
    chart.legend(loc="upper left", frameon=False, fontsize=9, labelcolor=SOFT)


def _judged(charts: list[Axes], found: Evaluation) -> None:
    """Reliability, gains and lift; a word where there is nothing to rank."""
    reliability, gains, lift = charts
    bins = found.reliability
    top = max([max(b.predicted, b.observed) for b in bins], default=0.0) or 1.0
    reliability.plot([0, top], [0, top], color=SOFT, linestyle="--", linewidth=1)
    reliability.plot(
        [b.predicted for b in bins], [b.observed for b in bins], color=SAID, marker="o", linewidth=2
    )
    _dressed(reliability, "Do likelihoods mean it?", "likelihood said", "really did")
    for axis in (reliability.xaxis, reliability.yaxis):
        axis.set_major_formatter(_percent)
    if not found.deciles:
        for chart, name in ((gains, "Gains"), (lift, "Lift")):
            chart.set_title(name, fontsize=11, color=INK, loc="left")
            chart.text(0, 0.9, "nobody did it, or too few users to rank", color=SOFT, fontsize=9)
            chart.set_axis_off()
        return
    tops, tenths = [d.top for d in found.deciles], range(1, len(found.deciles) + 1)
    gains.plot([0, 1], [0, 1], color=SOFT, linestyle="--", linewidth=1)
    gains.plot([0.0, *tops], [0.0, *(d.gain for d in found.deciles)], color=SAID, linewidth=2)
    _dressed(gains, "Gains", "most likely users", "of all who did it")
    for axis in (gains.xaxis, gains.yaxis):
        axis.set_major_formatter(_percent)
    lift.bar(tenths, [d.lift for d in found.deciles], width=0.9, color=SAID, alpha=0.6)
    lift.axhline(1, color=SOFT, linestyle="--", linewidth=1)
    lift.set_xticks(tenths)
    _dressed(lift, "Lift", "tenth of the users, most likely first", "times the average rate")


def _percent(value: float, _: float) -> str:
    return f"{100 * value:.3g} %"


def _dressed(chart: Axes, name: str, across: str, up: str) -> None:
    chart.set_title(name, fontsize=11, color=INK, loc="left")
    chart.set_xlabel(across, fontsize=9, color=INK)
    chart.set_ylabel(up, fontsize=9, color=INK)
    chart.set_xlim(left=0)
    chart.set_ylim(bottom=0)
    chart.grid(axis="y", color=GRID)
    chart.set_axisbelow(True)
    chart.tick_params(colors=SOFT, labelsize=9, length=0)
    chart.spines[:].set_visible(False)
