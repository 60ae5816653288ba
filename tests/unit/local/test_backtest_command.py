"""`intent backtest` on goals whose events are filtered by properties."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from intent_local.cli import main
from intent_segments.lake.calendar import from_day
from tests.fixtures.charges import Happened, charges
from tests.fixtures.histories import START

AS_OF = START + 160
LARGE = {"event": "Charged", "where": [{"property": "amount", "gte": 60}]}


@pytest.fixture(scope="module")
def happened() -> list[Happened]:
    return charges(users=500)


@pytest.fixture(scope="module")
def file(happened: list[Happened], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("files") / "events.jsonl"
    rows = [
        {
            "user_id": f"user {h.uh}",
            "event": h.event,
            "ts": f"{from_day(h.day)}T12:00:00Z",
            "properties": h.properties,
        }
        for h in happened
    ]
    path.write_text("\n".join(map(json.dumps, rows)))
    return path


def intent(file: Path, event: Any, *more: str) -> int:
    given = event if isinstance(event, str) else json.dumps(event)
    as_of = from_day(AS_OF).isoformat()
    asked = ["--events", str(file), "--event", given, "--horizon", "14", "--as-of", as_of]
    return main(["backtest", *asked, *more])


def test_the_actual_is_the_number_of_users_whose_events_fitted(
    happened: list[Happened], file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert intent(file, LARGE, "--json") == 0
    [origin] = json.loads(capsys.readouterr().out)["origins"]
    later = {
        h.uh
        for h in happened
        if AS_OF < h.day <= AS_OF + 14 and h.event == "Charged" and h.properties["amount"] >= 60
    }
    assert origin["actual"] == len(later)
    assert (
        origin["forecast"]["low95"] <= origin["forecast"]["value"] <= origin["forecast"]["high95"]
    )


def test_the_card_says_what_was_asked_in_words(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert intent(file, LARGE, "--event", "Visit") == 0
    card = capsys.readouterr().out
    assert "Users who do: Charged where amount >= 60 or Visit (within 14 days)" in card
    assert from_day(AS_OF).isoformat() in card


@pytest.mark.parametrize(
    ("event", "code", "says"),
    [
        ('{"event": "Charged", "where"', 2, "is not JSON"),
        ({"event": "Charged", "where": [{"property": "amount"}]}, 2, "needs one of eq"),
        ({"event": "Chraged", "where": [{"property": "amount", "gte": 1}]}, 2, "Charged"),
        (
            {"event": "Charged", "where": [{"property": "amuont", "gte": 1}]},
            2,
            "Did you mean 'amount'?",
        ),
    ],
)
def test_a_filter_that_can_only_be_misspelt_is_refused(
    file: Path, event: Any, code: int, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        ended = intent(file, event)
    except SystemExit as stopped:
        ended = int(str(stopped.code))
    assert ended == code
    assert says in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "says"), [(("--timezone", "Mars/Base"), "Mars/Base"), (("--plot", "out.txt"), "PNG")]
)
def test_an_option_that_cannot_be_is_wrong_usage(
    file: Path, option: tuple[str, str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        ended = intent(file, "Visit", *option)
    except SystemExit as stopped:
        ended = int(str(stopped.code))
    assert ended == 2
    assert says in capsys.readouterr().err


def test_one_day_is_said_as_one(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert intent(file, "Visit", "--horizon", "1") == 0
    assert "(within 1 day)" in capsys.readouterr().out
