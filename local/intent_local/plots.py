"""A backtest drawn: one HTML page that needs nothing else, or (`pictures`) one PNG."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from intent_segments.errors import InvalidInput
from intent_segments.lake.calendar import from_day
from intent_segments.pages.svg import Chart, percent

if TYPE_CHECKING:
    from intent_segments.propensity.backtest import Backtest, OriginResult
    from intent_segments.propensity.evaluate import Evaluation
    from intent_segments.propensity.forecast import Forecast

STYLE = """
:root { color-scheme: light dark; --ground: #fff; --ink: #1c2430; --soft: #5b6674; --grid: #e3e7ec;
  --said: #1f6feb; --came: #c2410c; --fill: #1f6feb33; }
@media (prefers-color-scheme: dark) { :root { --ground: #12161c; --ink: #e6eaf0; --soft: #9aa5b3;
  --grid: #2a323d; --said: #6aa7ff; --came: #ff9a62; --fill: #6aa7ff3d; } }
body { background: var(--ground); color: var(--ink); margin: 2rem auto; max-width: 72rem;
  padding: 0 1rem; font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2.5rem; } h3 { font-size: 1rem; }
.charts { display: grid; gap: 1.5rem; grid-template-columns: repeat(auto-fit, minmax(24rem, 1fr)); }
figure { margin: 0; } figcaption { color: var(--soft); font-size: 0.85rem; }
svg { width: 100%; height: auto; } svg text { fill: var(--soft); font-size: 11px; }
svg .label { fill: var(--ink); } .grid { stroke: var(--grid); fill: none; }
.said { stroke: var(--said); fill: none; stroke-width: 2; }
.came { stroke: var(--came); fill: none; stroke-width: 2; }
.even { stroke: var(--soft); fill: none; stroke-dasharray: 4 4; }
.band, .bar { fill: var(--fill); } circle.said { fill: var(--said); stroke: var(--ground); }
circle.came { fill: var(--came); stroke: var(--ground); } .bar { stroke: var(--said); }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 0.15rem 0.8rem 0.15rem 0; text-align: right; font-weight: 400; }
th { color: var(--soft); } th:first-child, td:first-child { text-align: left; }
summary { cursor: pointer; color: var(--soft); margin-top: 0.8rem; }
"""

SUMMARY = {
    "mape": ("mean absolute error of the count", "{:.1%}"),
    "bias": ("mean error of the count", "{:+.1%}"),
    "coverage80": ("80 % intervals that held the actual", "{:.0%}"),
    "coverage95": ("95 % intervals that held the actual", "{:.0%}"),
    "auc": ("AUC (0.5 chance, 1 perfect)", "{:.3f}"),
    "brier": ("Brier score (0 perfect)", "{:.4f}"),
    "ece": ("calibration error", "{:.4f}"),
}
"""Key of `Backtest.summary` -> (what it is called, how it is written)."""

FORMS = (".html", ".htm", ".png")

MOST_DAYS = 100
"""Days in one PNG: each takes 400 pixels, and no drawing may be higher than 65,536."""


def check(path: Path, days: int = 1) -> None:
    """Raises InvalidInput, before any work is done, for a file that could not be drawn with so many
    days."""
    form = path.suffix.lower()
    if form not in FORMS:
        raise InvalidInput.at(
            "--plot",
            f"--plot writes HTML or PNG, not {path.name!r}. Name it OUT.html (one page, sharp at "
            "any size) or OUT.png.",
        )
    if form == ".png" and days > MOST_DAYS:
        raise InvalidInput.at(
            "--plot",
            f"A PNG has room for {MOST_DAYS} days, and {days} were asked for. Name it OUT.html, or "
            "ask for fewer days.",
        )
    if not path.absolute().parent.is_dir():
        raise InvalidInput.at(
            "--plot", f"There is no folder {path.parent} to write {path.name} into; make it first."
        )


def draw(result: Backtest, heading: str, path: Path) -> None:
    """Write the page or the picture, whichever the file's name asks for."""
    if path.suffix.lower() == ".png":
        from .pictures import picture  # loads matplotlib, which takes a second

        picture(result, heading, path)
    else:
        path.write_text(page(result, heading), "utf-8")


def subtitle(origin: OriginResult) -> str:
    """The numbers of a day in one line, or why it has none."""
    if origin.forecast is None:
        return origin.refusal or ""
    bounds = origin.forecast.spread.interval(80)
    came = "not in the data" if origin.actual is None else f"{origin.actual:,}"
    return (
        f"{origin.users:,} users; forecast {origin.forecast.value:,.0f} "
        f"(80 %: {bounds.low:,.0f} to {bounds.high:,.0f}); actual {came}"
    )


def page(result: Backtest, heading: str) -> str:
    """The HTML document. `heading` says what was asked."""
    sections = [_section(origin) for origin in result.origins]
    undated = ", ".join(result.undated_traits)
    note = f"<p>Traits used without dates: {escape(undated)}.</p>" if undated else ""
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(heading)}</title>
<style>{STYLE}</style>
</head>
<body>
<h1>{escape(heading)}</h1>
{_summary(result)}
{note}
{"".join(sections)}
</body>
</html>
"""


def _summary(result: Backtest) -> str:
    rows = [
        (name, "-" if value is None else written.format(value))
        for key, value in result.summary().items()
        for name, written in [SUMMARY[key]]
    ]
    return _table(("all days together", ""), rows)


def _section(origin: OriginResult) -> str:
    day = from_day(origin.as_of)
    said = escape(subtitle(origin))
    if origin.forecast is None:
        return f"<section><h2>As of {day}</h2><p>{said}</p></section>"
    drawings = [_fan(origin, origin.forecast)]
    tables = ""
    if origin.evaluation is not None:
        drawings += _judged(origin.evaluation)
        tables = _numbers(origin.evaluation)
    return (
        f'<section><h2>As of {day}</h2><p>{said}</p><div class="charts">{"".join(drawings)}</div>'
        f"{tables}</section>"
    )


def _fan(origin: OriginResult, forecast: Forecast) -> str:
    value = [(0.0, 0.0), *((float(d), p.value) for d, p in enumerate(forecast.curve, 1))]
    low = [(0.0, 0.0), *((float(d), p.low80) for d, p in enumerate(forecast.curve, 1))]
    high = [(0.0, 0.0), *((float(d), p.high80) for d, p in enumerate(forecast.curve, 1))]
    came = [(float(d), float(n)) for d, n in enumerate((0, *(origin.actual_by_day or ())))]
    top = max(point[1] for point in [*high, *came])
    chart = Chart(
        "Forecast and what came",
        f"Users who did it by each day: forecast {forecast.value:,.0f} at the end"
        + ("." if origin.actual is None else f", actual {origin.actual:,}."),
        float(len(forecast.curve)),
        top,
        "days after as of",
        "users who did it",
    )
    chart.band(low, high, "band")
    chart.line(value, "said")
    end = value[-1]
    chart.dot(end, "said", f"forecast: {end[1]:,.1f}")
    if origin.actual_by_day:
        chart.line(came, "came")
        chart.dot(came[-1], "came", f"actual: {came[-1][1]:,.0f}")
    return _figure(chart, "blue: forecast with its 80 % band; orange: what came")


def _judged(found: Evaluation) -> list[str]:
    """The reliability diagram, and gains and lift by decile."""
    bins = found.reliability
    top = max([max(b.predicted, b.observed) for b in bins], default=0.0) or 1.0
    reliability = Chart(
        "Do likelihoods mean it?",
        f"Mean likelihood against the share that did it, in {len(bins)} groups of equal size.",
        top * 1.02,
        top * 1.02,
        "likelihood said",
        "really did",
        percent,
        percent,
    )
    reliability.line([(0, 0), (top, top)], "even")
    reliability.line([(b.predicted, b.observed) for b in bins], "said")
    for b in bins:
        said = f"{b.users:,} users: said {b.predicted:.2%}, did {b.observed:.2%}"
        reliability.dot((b.predicted, b.observed), "said", said)
    drawn = [_figure(reliability, "on the dashed line likelihoods are what they say")]
    if found.deciles:
        drawn += [_gains(found), _lift(found)]
    return drawn


def _gains(found: Evaluation) -> str:
    chart = Chart(
        "Gains",
        "Share of all who did it that are among the most likely users.",
        1.0,
        1.0,
        "most likely users",
        "of all who did it",
        percent,
        percent,
    )
    chart.line([(0, 0), (1, 1)], "even")
    chart.line([(0, 0), *((d.top, d.gain) for d in found.deciles)], "said")
    for decile in found.deciles:
        said = f"top {decile.top:.0%}: {decile.gain:.1%} of those who did it"
        chart.dot((decile.top, decile.gain), "said", said)
    return _figure(chart, "dashed: users in random order")


def _lift(found: Evaluation) -> str:
    chart = Chart(
        "Lift",
        "Rate of each tenth of the users over the rate of all.",
        10.0,
        max(d.lift for d in found.deciles),
        "tenth of the users, most likely first",
        "times the average rate",
    )
    for place, decile in enumerate(found.deciles):
        said = f"tenth {place + 1}: {decile.lift:.2f} times, {decile.rate:.2%} did it"
        chart.bar(place, place + 1, decile.lift, "bar", said)
    chart.line([(0, 1), (10, 1)], "even")
    return _figure(chart, "dashed: the rate of all users")


def _figure(chart: Chart, caption: str) -> str:
    head = f"<h3>{escape(chart.name)}</h3>"
    return f"<figure>{head}{chart.drawn()}<figcaption>{escape(caption)}</figcaption></figure>"


def _numbers(found: Evaluation) -> str:
    bins = [(f"{b.users:,}", f"{b.predicted:.2%}", f"{b.observed:.2%}") for b in found.reliability]
    tenths = [
        (f"{d.top:.0%}", f"{d.rate:.2%}", f"{d.lift:.2f}", f"{d.gain:.1%}") for d in found.deciles
    ]
    return (
        "<details><summary>The numbers</summary>"
        + _table(("users", "likelihood said", "really did"), bins)
        + _table(("top", "did it", "lift", "gain"), tenths)
        + "</details>"
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    titles = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in head)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<table><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table>"
