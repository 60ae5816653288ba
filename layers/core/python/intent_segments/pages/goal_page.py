"""A goal's report as one HTML page that needs nothing else, made to be printed."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from . import goal_charts
from .goal_style import STYLE
from .wording import (
    BUCKETS,
    NOTHING,
    amount,
    each,
    points,
    range_of,
    share,
    signed_share,
    table,
    users,
    whole,
)

Found = Mapping[str, Any]

VERDICTS = {"better": "Better", "worse": "Worse", "inconclusive": "Inconclusive"}


def page(report: Found) -> str:
    """The document. Everything that came from outside is escaped; nothing is fetched or run."""
    title = escape(report["name"])
    parts = [
        _header(report),
        _lead(report),
        _tiles(report),
        _pictures(report),
        _uplift(report["uplift"]),
        _metrics(report["uplift"]["metrics"]),
        _engagements(report["uplift"]["engagements"]),
        _buckets(report["buckets"]),
        _ranking(report["ranking"]),
        _days(report),
        _notes(report["uplift"]),
    ]
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}: report</title>
<style>{STYLE}</style>
</head>
<body>
{"".join(part for part in parts if part)}
<footer>{escape(report["goal_id"])}, as of the night of {report["date"]}. Intervals are 95 % unless
said otherwise.</footer>
</body>
</html>
"""


def _header(report: Found) -> str:
    kind = "Final report" if report["final"] else f"Report so far, {report['date']}"
    until = report["ends_on"] or f"{report['rolling_days']} days after every night"
    way = "maximise" if report["direction"] == "maximize" else "minimise"
    return (
        f'<header><p class="kind">{kind}</p><h1>{escape(report["name"])}</h1>'
        f'<p class="about">A goal to {way}, {report["starts_on"]} to {until}, on '
        f"{report['users']:,} members as of {report['as_of']}; {escape(report['status'])}.</p>"
        "</header>"
    )


def _lead(report: Found) -> str:
    told = "".join(f"<p>{escape(sentence)}</p>" for sentence in report["summary"])
    return f'<div class="lead">{told}</div>'


def _tiles(report: Found) -> str:
    outcome, uplift = report["outcome"], report["uplift"]
    tiles = []
    if outcome is not None:
        tiles.append(_tile(whole(outcome["actual"]), "members did it", "", "came"))
        bounds = outcome["intervals"].get("80")
        inside = "" if bounds is None else f"80 %: {bounds['low']:,.0f} to {bounds['high']:,.0f}"
        tiles.append(_tile(whole(outcome["predicted"]), "were predicted", inside, "said"))
    verdict = uplift["verdict"]
    effect = uplift["repeated"] or uplift["difference"]
    if effect is not None:
        value = f"{100 * effect['value']:+.2f} points"
        tiles.append(_tile(value, "test less control", VERDICTS[verdict], verdict))
        incremental = uplift["incremental_users"]
        low, high = incremental["low95"], incremental["high95"]
        tiles.append(
            _tile(
                f"{incremental['value']:+,.0f}",
                "members by the campaign",
                f"{low:+,.0f} to {high:+,.0f}",
                verdict,
            )
        )
    return f'<ul class="tiles">{"".join(tiles)}</ul>' if tiles else ""


def _tile(value: str, words: str, more: str, tone: str) -> str:
    told = f"<span>{escape(more)}</span>" if more else ""
    styles = {"came": ' style="--tone:var(--came)"', "said": ""}
    marked = styles.get(tone, f' class="{tone}"')
    return f"<li{marked}><b>{escape(value)}</b><span>{escape(words)}</span>{told}</li>"


def _pictures(report: Found) -> str:
    drawn = [
        goal_charts.by_day(report["curve"]),
        goal_charts.three_lines(report["uplift"]["by_day"]),
    ]
    shown = "".join(drawing for drawing in drawn if drawing)
    return (
        f'<section><h2>Day by day</h2><div class="charts">{shown}</div></section>' if shown else ""
    )


def _uplift(uplift: Found) -> str:
    arms = [
        (
            arm,
            whole(uplift[arm]["users"]),
            whole(uplift[arm]["did"]),
            share(uplift[arm]["rate"]),
            range_of(uplift[arm]["low95"], uplift[arm]["high95"]),
        )
        for arm in ("test", "control")
    ]
    relative = uplift["relative"]
    lift = NOTHING if relative is None else signed_share(relative["value"])
    if relative is not None and relative["low95"] is not None:
        high = relative["high95"]
        above = "without bound" if high is None else signed_share(high)
        lift = f"{lift} ({signed_share(relative['low95'])} to {above})"
    ways = [
        ("looked at every night up to the end", points(uplift["repeated"])),
        ("however often and long it is looked at", points(uplift["always_valid"])),
        ("one look, when it is over", points(uplift["difference"])),
        ("as a part of the control's rate", lift),
        ("in members of the test arm", users(uplift["incremental_users"])),
    ]
    adjusted = uplift["adjusted"]
    if adjusted is not None:
        saved = adjusted["variance_saved"]
        how = (
            "within buckets of day 0"
            if saved is None
            else f"between equally likely members, {share(saved, 0)} of the variance saved"
        )
        ways.insert(1, (how, points(adjusted["repeated"] or adjusted["difference"])))
    split = uplift["srm"]
    checked = (
        ""
        if split is None
        else f"<p>The split is {'as it was meant to be' if split['ok'] else 'broken'} "
        f"(p = {split['p_value']:.2g}).</p>"
    )
    tenths = (uplift["by_likelihood"] or {}).get("tenths") or []
    pictures = goal_charts.effects(uplift) + goal_charts.by_likelihood(tenths)
    return (
        "<section><h2>Test against control</h2>"
        + table(("arm", "members", "did it", "rate", "95 %"), arms)
        + table(("test less control", "effect"), ways)
        + checked
        + f'<div class="charts">{pictures}</div>'
        + f"<p>{escape(uplift['persuadables']['sentence'])}</p>{_qini(uplift)}</section>"
    )


def _qini(uplift: Found) -> str:
    qini = (uplift["by_likelihood"] or {}).get("qini")
    if qini is None:
        return ""
    return (
        f"<p>Qini coefficient {qini['coefficient']:+.5f}: above 0 where the likeliest are the "
        "easiest to persuade.</p>"
    )


def _metrics(metrics: list[Found]) -> str:
    if not metrics:
        return ""
    rows = []
    for metric in metrics:
        who, amounts = metric["users"], metric["amounts"]
        rows.append(
            (
                metric["name"],
                share(who["test"]["rate"]),
                share(who["control"]["rate"]),
                points(who["repeated"] or who["difference"]),
                each(amounts["test"]["per_user"]),
                each(amounts["control"]["per_user"]),
                amount(amounts["repeated"] or amounts["difference"]),
            )
        )
    head = (
        *("metric", "test", "control", "test less control"),
        *("test, per member", "control", "test less control"),
    )
    return f"<section><h2>Other events and amounts</h2>{table(head, rows)}</section>"


def _engagements(engagements: list[Found]) -> str:
    if not engagements:
        return ""
    rows = []
    for part in engagements:
        about = part["engagement"]
        rows.append(
            (
                about["name"],
                about["starts_on"] or NOTHING,
                whole(about["counts"].get("delivered", 0)),
                whole(part["control"]["users"]),
                share(part["test"]["rate"]),
                share(part["control"]["rate"]),
                points(part["repeated"] or part["always_valid"] or part["difference"]),
                part["verdict"],
            )
        )
    head = (
        *("engagement", "from", "delivered to", "held back"),
        *("test", "control", "test less control", "verdict"),
    )
    return f"<section><h2>Engagements</h2>{table(head, rows)}</section>"


def _buckets(buckets: list[Found]) -> str:
    rows = [
        (
            BUCKETS[bucket["bucket"]],
            whole(bucket["users"]),
            share(bucket["predicted_rate"]),
            share(bucket["rate"]),
            range_of(bucket["low95"], bucket["high95"]),
        )
        for bucket in buckets
    ]
    head = ("bucket of day 0", "members", "predicted", "did it", "95 %")
    return f"<section><h2>Buckets of day 0</h2>{table(head, rows)}</section>"


def _ranking(ranking: Found | None) -> str:
    if ranking is None:
        return ""
    auc = NOTHING if ranking["auc"] is None else f"{ranking['auc']:.3f}"
    told = (
        f"<p>AUC {auc} (0.5 is chance, 1 perfect), Brier score {ranking['brier']:.4f}, calibration "
        f"error {ranking['ece']:.4f}.</p>"
    )
    picture = goal_charts.reliability(ranking["reliability"])
    return (
        "<section><h2>How well day 0 told the members apart</h2>"
        f'{told}<div class="charts">{picture}</div></section>'
    )


def _days(report: Found) -> str:
    lines = {line["date"]: line for line in report["uplift"]["by_day"]}
    rows = []
    for day in report["curve"]:
        said, line = day["predicted"], lines.get(day["date"])
        baseline = None if line is None else line["baseline"]
        rows.append(
            (
                day["date"],
                whole(day["did"]),
                NOTHING if said is None else whole(said["value"]),
                NOTHING if said is None else f"{said['low80']:,.0f} to {said['high80']:,.0f}",
                NOTHING if line is None else whole(line["actual"]),
                NOTHING if baseline is None else whole(baseline["value"]),
                NOTHING if line is None else users(line["incremental"]),
            )
        )
    if not rows:
        return ""
    head = (
        *("by the end of", "did it", "predicted", "80 %"),
        *("test did it", "control implies", "by the campaign"),
    )
    return f'<section class="days"><h2>Every day</h2>{table(head, rows)}</section>'


def _notes(uplift: Found) -> str:
    told = "".join(f"<p>{escape(note)}</p>" for note in uplift["notes"])
    return f'<section class="notes"><h2>To be read with it</h2>{told}</section>' if told else ""
