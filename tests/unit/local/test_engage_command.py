"""What `intent engage` and `intent destinations` send to the API, and what is wrong usage."""

from __future__ import annotations

from typing import Any

import pytest

from intent_local.cli import parse
from intent_local.commands.engage import in_words, request

COMMON = ["engage", "--name", "Nudge", "--destination", "dst_1"]
GOAL = [*COMMON, "--goal", "goal_1"]


@pytest.mark.parametrize(
    ("words", "audience", "schedule"),
    [
        (
            [*GOAL, "--bucket", "most_likely", "--bucket", "least_likely"],
            {"buckets": ["most_likely", "least_likely"]},
            {"kind": "now"},
        ),
        (
            [*GOAL, "--everyone", "--nightly", "--until", "2026-12-31"],
            {"everyone": True},
            {"kind": "nightly", "until": "2026-12-31"},
        ),
        (
            [*COMMON, "--segment", "seg_1", "--at", "2026-12-01T09:00:00+01:00"],
            {"segment": "seg_1"},
            {"kind": "at", "at": "2026-12-01T09:00:00+01:00"},
        ),
        (
            [*COMMON, "--segment", "seg_1", "--stream", "both", "--until", "2026-12-31"],
            {"segment": "seg_1", "stream": ["entered", "left"], "initial": False},
            {"kind": "nightly", "until": "2026-12-31"},
        ),
        (
            [*COMMON, "--segment", "seg_1", "--stream", "entered", "--initial"],
            {"segment": "seg_1", "stream": ["entered"], "initial": True},
            {"kind": "nightly"},
        ),
    ],
)
def test_an_engagement_is_said_in_options(
    words: list[str], audience: dict[str, Any], schedule: dict[str, Any]
) -> None:
    assert request(parse([*words, "--reference", "r"])) == {
        "name": "Nudge",
        "audience": audience,
        "destination": "dst_1",
        "schedule": schedule,
        "reference": "r",
    }


@pytest.mark.parametrize(
    "words",
    [
        GOAL,
        [*COMMON, "--segment", "seg_1", "--everyone"],
        [*GOAL, "--everyone", "--until", "2026-12-31"],
        [*GOAL, "--everyone", "--stream", "both"],
        [*COMMON, "--segment", "seg_1", "--initial"],
        [*COMMON, "--segment", "seg_1", "--stream", "both", "--nightly"],
    ],
)
def test_what_does_not_go_together_is_wrong_usage(words: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        request(parse(words))
    assert ended.value.code == 2


def test_settings_of_a_destination_are_json_or_text() -> None:
    words = ["destinations", "create", "--name", "x", "--kind", "webhook"]
    args = parse([*words, "--set", "url=https://a.example/?b=c", "--set", "most_users=7"])
    assert dict(args.settings) == {"url": "https://a.example/?b=c", "most_users": 7}


def test_counts_are_told_without_the_noughts() -> None:
    counts = {"delivered": 1200, "failed": 0, "held_back": 60}
    assert in_words({"status": "published", "counts": counts}) == "1,200 delivered, 60 held back"
    assert in_words({"status": "failed", "counts": None}) == "failed"
