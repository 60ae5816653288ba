"""The drawings of a goal's report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from .svg import Chart, percent
from .whiskers import Whisker, drawn
from .wording import BUCKETS, points, share

Found = Mapping[str, Any]
Key = tuple[str, str]
"""A class of the page, and what a line of that colour is."""


def by_day(curve: Sequence[Found]) -> str:
    """Members who did it by each day, beside those predicted; empty without days."""
    if not curve:
        return ""
    said = [(place, day["predicted"]) for place, day in enumerate(curve, 1) if day["predicted"]]
    came = [
        (float(place), float(day["did"]))
        for place, day in enumerate(curve, 1)
        if day["did"] is not None
    ]
    top = max([*(p["high80"] for _, p in said), *(y for _, y in came), 1.0])
    chart = Chart(
        "Predicted and came",
        "Members who did it by the end of each day, with the 80 % interval of the forecast.",
        float(len(curve)),
        top,
        f"days from {curve[0]['date']}",
        "members who did it",
    )
    if said:
        chart.band(
            [(float(place), p["low80"]) for place, p in said],
            [(float(place), p["high80"]) for place, p in said],
            "band",
        )
        chart.line([(float(place), p["value"]) for place, p in said], "said")
    if came:
        chart.line([(0.0, 0.0), *came], "came")
        chart.dot(came[-1], "came", f"{came[-1][1]:,.0f} did it")
    keys = [("said", "forecast of day 0, 80 % band"), ("came", "what came")]
    return figure(chart.name, chart.drawn(), keys)


def three_lines(lines: Sequence[Found]) -> str:
    """Forecast, what the control group implies, what came, in members of the test arm."""
    if not lines:
        return ""
    places = [float(place) for place in range(1, len(lines) + 1)]
    base = [
        (x, line["baseline"]) for x, line in zip(places, lines, strict=True) if line["baseline"]
    ]
    came = [(x, float(line["actual"])) for x, line in zip(places, lines, strict=True)]
    said = [
        (x, line["forecast"])
        for x, line in zip(places, lines, strict=True)
        if line["forecast"] is not None
    ]
    tops = [y for _, y in came] + [b["high95"] for _, b in base] + [y for _, y in said]
    chart = Chart(
        "Organic or campaign?",
        "Members of the test arm who did it by each day: forecast, as the control group implies it "
        "with its 95 % interval, and actual.",
        places[-1],
        max([*tops, 1.0]),
        f"days from {lines[0]['date']}",
        "members of the test arm",
    )
    if base:
        chart.band(
            [(x, b["low95"]) for x, b in base], [(x, b["high95"]) for x, b in base], "baseband"
        )
        chart.line([(x, b["value"]) for x, b in base], "base")
    if said:
        chart.line(said, "said")
    chart.line(came, "came")
    chart.dot(came[-1], "came", f"{came[-1][1]:,.0f} did it")
    keys: list[Key] = [("said", "forecast"), ("base", "as control implies"), ("came", "what came")]
    return figure(chart.name, chart.drawn(), keys if said else keys[1:])


def effects(uplift: Found) -> str:
    """The effect in all, by bucket, and of each engagement."""
    rows = [_whisker("all members", uplift)]
    rows += [_whisker(BUCKETS[part["bucket"]], part) for part in uplift["by_bucket"]]
    rows += [_whisker(part["engagement"]["name"], part) for part in uplift["engagements"]]
    return figure(
        "Effect by part",
        drawn(
            "Effect by part",
            "Test less control with the 95 % interval that may be looked at every night.",
            rows,
            "points, test less control",
            _points,
        ),
        [],
        "Right of the line more of the test arm did it. Grey: chance explains it.",
    )


def by_likelihood(tenths: Sequence[Found]) -> str:
    """The effect by tenths of the likelihood of day 0; empty without any."""
    if not tenths:
        return ""
    rows = [
        Whisker(
            share(tenth["likelihood"], 1),
            *_ends(tenth["difference"]),
            points(tenth["difference"]),
        )
        for tenth in tenths
    ]
    return figure(
        "Effect by likelihood",
        drawn(
            "Effect by likelihood",
            "Test less control by tenths of the likelihood before, the likeliest first.",
            rows,
            "points, test less control",
            _points,
        ),
        [],
        "By the mean likelihood of day 0 of each tenth, the likeliest first.",
    )


def reliability(rows: Sequence[Found]) -> str:
    """Likelihoods of day 0 against what came; empty without any."""
    if not rows:
        return ""
    top = max([max(row["predicted"], row["rate"] or 0.0) for row in rows]) or 1.0
    chart = Chart(
        "Did likelihoods mean it?",
        "Mean likelihood of day 0 against the share that did it, by tenths of the members.",
        top * 1.02,
        top * 1.02,
        "likelihood of day 0",
        "really did it",
        percent,
        percent,
    )
    chart.line([(0, 0), (top, top)], "even")
    dots = [(row["predicted"], row["rate"] or 0.0) for row in rows]
    chart.line(dots, "said")
    for row, dot in zip(rows, dots, strict=True):
        chart.dot(dot, "said", f"{row['users']:,} members: said {dot[0]:.2%}, did {dot[1]:.2%}")
    return figure(chart.name, chart.drawn(), [], "On the dashed line they are what they say.")


def figure(name: str, drawing: str, keys: Sequence[Key], caption: str = "") -> str:
    """A drawing with its name above and its colours explained below."""
    told = "".join(f'<i class="{style}"></i>{escape(words)}' for style, words in keys)
    return (
        f"<figure><h3>{escape(name)}</h3>{drawing}"
        f"<figcaption>{told}{escape(caption)}</figcaption></figure>"
    )


def _whisker(label: str, found: Found) -> Whisker:
    shown = found["repeated"] or found["always_valid"] or found["difference"]
    return Whisker(_short(label), *_ends(shown), f"{label}: {points(shown)}")


def _ends(estimate: Found | None) -> tuple[float | None, float | None, float | None]:
    if estimate is None:
        return None, None, None
    return estimate["value"], estimate["low95"], estimate["high95"]


def _short(label: str) -> str:
    return label if len(label) <= 18 else f"{label[:17]}…"


def _points(value: float) -> str:
    return f"{100 * value:+.3g}" if value else "0"
