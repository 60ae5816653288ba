"""A goal's uplift and power, as a person reads them in a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from intent_segments.segments.goal_event import GoalEvent

from .console import show, show_table

Estimate = Mapping[str, float | None]


def show_uplift(found: Mapping[str, Any]) -> None:
    """The verdict, the effect for every way of looking, then by bucket and by likelihood."""
    looks = found["looks"]
    kind = "final" if found["final"] else f"so far, {found['date']}"
    of = f", {found['bucket'].replace('_', ' ')} on day 0" if found["bucket"] else ""
    nights = f"{looks} night{'' if looks == 1 else 's'}"
    show(f"{found['name']} ({found['goal_id']}){of}: {kind}, {nights}")
    if found["engagement"]:
        show(_engagement(found["engagement"]))
    show("")
    show_table(
        ("arm", "members", "did it", "rate", "95 %"), [_arm(found, "test"), _arm(found, "control")]
    )
    show("")
    show(found["sentence"])
    for line in _effects(found):
        show(line)
    show("")
    rows = [_part(part["bucket"].replace("_", " "), part) for part in found["by_bucket"]]
    show_table(
        ("bucket of day 0", "test", "rate", "control", "rate", "difference", "verdict"), rows
    )
    tenths = (found["by_likelihood"] or {}).get("tenths") or []
    if tenths:
        show("")
        rows = [_tenth(tenth) for tenth in tenths]
        show_table(("likelihood before", "test", "rate", "control", "rate", "difference"), rows)
        qini = found["by_likelihood"]["qini"]
        if qini is not None:
            show(
                f"Qini coefficient {qini['coefficient']:+.5f} (above 0: the likeliest are the "
                "easiest to persuade)"
            )
    if found["metrics"]:
        show("")
        rows = [_metric(metric) for metric in found["metrics"]]
        show_table(("also", "test", "control", "users", "per user", "difference"), rows)
    show(found["persuadables"]["sentence"])
    for shared in found["overlaps"]:
        show(_overlap(shared))
    for note in found["notes"]:
        show(note)


def show_metrics(goal: Mapping[str, Any]) -> None:
    """What is compared besides the goal's own events."""
    if not goal["metrics"]:
        show(f"{goal['id']} has no metrics")
        return
    rows = [
        (m["name"], GoalEvent.from_json(m["event"]).words, m["sum"] or "") for m in goal["metrics"]
    ]
    show_table(("metric", "event", "sum of"), rows)


def show_power(found: Mapping[str, Any]) -> None:
    """What can be seen in all, then by bucket, then with other shares of control."""
    overall = found["overall"]
    show(overall["sentence"])
    show("")
    rows = [_least("all", overall)]
    rows += [_least(part["bucket"].replace("_", " "), part) for part in found["by_bucket"]]
    show_table(("members", "users", "control", "rate", "least difference", "lift"), rows)
    show("")
    shares = [(f"{row['control_share']:.0%}", *_seen(row)) for row in overall["shares"]]
    show_table(("held back", "least difference", "lift"), shares)


def show_holdout(found: Mapping[str, Any]) -> None:
    """Everybody else against the holdout, goal by goal."""
    if found["goals"]:
        rows = [
            (*_both(goal["name"], {"test": goal["rest"], "control": goal["holdout"]}), _said(goal))
            for goal in found["goals"]
        ]
        show_table(("goal", "the rest", "did it", "held out", "did it", "difference"), rows)
    for goal_id in found["waiting"]:
        show(f"{goal_id} comes with its next night")
    show(found["note"])


def _said(part: Mapping[str, Any]) -> str:
    shown = part["repeated"] or part["difference"]
    return "-" if shown is None else f"{points(shown)}, {part['verdict']}"


def _engagement(engagement: Mapping[str, Any]) -> str:
    told = ", ".join(
        f"{users:,} {outcome.replace('_', ' ')}" for outcome, users in engagement["counts"].items()
    )
    since = f" since {engagement['starts_on']}" if engagement["starts_on"] else ""
    return f"{engagement['name']} ({engagement['id']}){since}: {told or 'nothing sent yet'}"


def _overlap(shared: Mapping[str, Any]) -> str:
    return (
        f"{shared['members']:,} members are in {shared['name']} ({shared['goal_id']}) too: "
        f"{shared['control_in_both']:,} of them are held back by both, "
        f"{shared['expected_in_both']:,.0f} would be expected"
    )


def _metric(metric: Mapping[str, Any]) -> tuple[object, ...]:
    users, amounts = metric["users"], metric["amounts"]
    effect = users["repeated"] or users["difference"]
    each = amounts["repeated"] or amounts["difference"]
    return (
        metric["name"],
        _rate(users["test"]["rate"]),
        _rate(users["control"]["rate"]),
        "-" if effect is None else points(effect),
        f"{_each(amounts['test'])} / {_each(amounts['control'])}",
        "-" if each is None else _amount(each),
    )


def _each(arm: Mapping[str, Any]) -> str:
    return "-" if arm["per_user"] is None else f"{arm['per_user']:,.4g}"


def _amount(estimate: Estimate) -> str:
    value, low, high = (estimate[key] or 0.0 for key in ("value", "low95", "high95"))
    return f"{value:+,.4g} ({low:+,.4g} to {high:+,.4g})"


def _least(name: str, part: Mapping[str, Any]) -> tuple[object, ...]:
    return (name, part["users"], part["control"], _rate(part["base_rate"]), *_seen(part))


def _seen(part: Mapping[str, Any]) -> tuple[str, str]:
    if part["smallest_effect"] is None:
        return "-", "-"
    return f"{100 * part['smallest_effect']:+.2f} points", f"{part['smallest_lift']:+.1%}"


def _effects(found: Mapping[str, Any]) -> list[str]:
    if found["difference"] is None:
        return []
    said = []
    if found["repeated"] is not None:
        said.append(f"difference: {points(found['repeated'])}, looked at every night to the end")
        said.append(f"            {points(found['always_valid'])}, however long it is looked at")
    said.append(
        f"{'' if found['repeated'] else 'difference:':<12}{points(found['difference'])}, one look"
    )
    adjusted = found["adjusted"]
    if adjusted is not None:
        shown = adjusted["repeated"] or adjusted["difference"]
        saved = adjusted["variance_saved"]
        by = (
            "within buckets"
            if saved is None
            else f"by likelihood, {saved:.1%} of the variance saved"
        )
        said.append(f"adjusted:   {points(shown)}, {by}")
    relative, users = found["relative"], found["incremental_users"]
    if relative["value"] is not None:
        low, high = (_share(relative[key]) for key in ("low95", "high95"))
        said.append(f"relative:   {relative['value']:+.1%} ({low} to {high})")
    said.append(
        f"users:      {users['value']:+,.0f} of the {found['test']['users']:,} in test "
        f"({users['low95']:+,.0f} to {users['high95']:+,.0f})"
    )
    return said


def points(estimate: Estimate) -> str:
    """`+4.52 points (+3.89 to +5.16)`."""
    value, low, high = (100 * (estimate[key] or 0.0) for key in ("value", "low95", "high95"))
    return f"{value:+.2f} points ({low:+.2f} to {high:+.2f})"


def _arm(found: Mapping[str, Any], arm: str) -> tuple[object, ...]:
    rated = found[arm]
    return arm, rated["users"], rated["did"], _rate(rated["rate"]), _range(rated)


def _part(name: str, part: Mapping[str, Any]) -> tuple[object, ...]:
    shown = part["repeated"] or part["difference"]
    return (*_both(name, part), "-" if shown is None else points(shown), part["verdict"])


def _tenth(tenth: Mapping[str, Any]) -> tuple[object, ...]:
    effect = tenth["difference"]
    return (*_both(_rate(tenth["likelihood"]), tenth), "-" if effect is None else points(effect))


def _both(name: str, part: Mapping[str, Any]) -> tuple[object, ...]:
    test, control = part["test"], part["control"]
    return name, test["users"], _rate(test["rate"]), control["users"], _rate(control["rate"])


def _rate(rate: float | None) -> str:
    return "-" if rate is None else f"{100 * rate:.2f} %"


def _range(rated: Mapping[str, Any]) -> str:
    if rated["low95"] is None:
        return "-"
    return f"{100 * rated['low95']:.2f} to {100 * rated['high95']:.2f} %"


def _share(value: float | None) -> str:
    return "without bound" if value is None else f"{value:+.1%}"
