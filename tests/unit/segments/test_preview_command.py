"""`intent preview` on files alone."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from intent_local.commands import preview
from intent_segments.errors import InvalidInput

EVENTS = """user_id,event,ts
ann,buy,2026-10-30T10:00:00Z
bob,buy,2026-10-01T10:00:00Z
bob,view,2026-10-31T10:00:00Z
eve,buy,2026-11-01T10:00:00Z
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "events.csv").write_text(EVENTS)
    (tmp_path / "profiles.csv").write_text("user_id,city\nann,Berlin\nkim,Oakland\n")
    write(tmp_path, "recent", {"did": {"event": "buy", "within": {"days": 7}}})
    write(tmp_path, "oakland", {"profile": {"property": "city", "eq": "Oakland"}})
    return tmp_path


def write(folder: Path, name: str, document: Any) -> str:
    path = folder / f"{name}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(document))
    return str(path)


def intent(folder: Path, *options: str) -> int:
    parser = argparse.ArgumentParser(prog="intent")
    preview.register(parser.add_subparsers(required=True))
    files = ["--events", f"{folder}/events.csv", "--profiles", f"{folder}/profiles.csv"]
    args = parser.parse_args(["preview", *files, "--as-of", "2026-10-31", *options])
    return int(args.run(args))


def test_json_repeats_the_file_as_given_beside_its_users(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, two = f"{folder}/./recent.json", f"{folder}/oakland.json"
    assert intent(folder, "--segment", one, "--segment", two, "--json") == 0
    assert json.loads(capsys.readouterr().out) == {
        "segments": [{"segment": one, "users": 1}, {"segment": two, "users": 1}]
    }


def test_without_json_there_is_a_table(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert intent(folder, "--segment", f"{folder}/recent.json") == 0
    shown = capsys.readouterr().out
    assert "As of the end of 2026-10-31 (UTC):" in shown
    assert shown.splitlines()[-1].split()[-1] == "1"


def test_members_writes_one_file_of_user_ids_per_segment(folder: Path) -> None:
    everybody = write(folder, "everybody", {"all": []})
    target = folder / "out" / "members"
    intent(
        folder,
        *("--segment", everybody, "--segment", f"{folder}/recent.json"),
        *("--members", str(target)),
    )
    table = pq.read_table(target / "everybody.parquet")
    assert table.to_pydict() == {"user_id": ["ann", "bob", "kim"]}
    assert pq.read_table(target / "recent.parquet").to_pydict() == {"user_id": ["ann"]}


def test_two_files_of_one_name_cannot_both_be_written(folder: Path) -> None:
    other = write(folder / "other", "recent", {"all": []})
    with pytest.raises(InvalidInput, match="different names"):
        intent(
            folder,
            *("--segment", other, "--segment", f"{folder}/recent.json"),
            *("--members", str(folder / "out")),
        )


def test_an_event_that_nobody_did_is_warned_about(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    misspelt = write(folder, "misspelt", {"did": {"event": "Buy"}})
    assert intent(folder, "--segment", misspelt, "--json") == 0
    captured = capsys.readouterr()
    assert "did you mean 'buy'?" in captured.err
    assert json.loads(captured.out)["segments"][0]["users"] == 0


def test_a_bad_segment_file_is_named_with_the_place(folder: Path) -> None:
    bad = write(folder, "bad", {"did": {"evnt": "buy"}})
    with pytest.raises(InvalidInput, match=r"bad\.json\.did\.event"):
        intent(folder, "--segment", bad)
    with pytest.raises(InvalidInput, match="cannot be read"):
        intent(folder, "--segment", f"{folder}/missing.json")
    (folder / "text.json").write_text("{")
    with pytest.raises(InvalidInput, match="is not JSON"):
        intent(folder, "--segment", f"{folder}/text.json")


def test_scores_of_a_goal_are_not_in_files(folder: Path) -> None:
    likely = write(folder, "likely", {"likelihood": {"goal": "goal_1", "gte": 0.5}})
    with pytest.raises(InvalidInput, match="asks for scores of goal_1, which files do not hold"):
        intent(folder, "--segment", likely)


def test_a_wrong_day_is_wrong_usage(folder: Path) -> None:
    with pytest.raises(SystemExit) as stopped:
        intent(folder, "--segment", f"{folder}/recent.json", "--as-of", "31.10.2026")
    assert stopped.value.code == 2
