"""`intent goals` against the API in process: following, reporting, cloning, archiving."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from functions.api import handler as api_function
from functions.query import handler as query_function
from intent_local.cli import main
from intent_local.client import ApiClient, ApiError
from intent_local.commands import account as account_command
from intent_local.commands import goals as command
from intent_local.connection import Connection
from intent_local.goal_views import show_progress
from intent_segments.services.planning import RunRequest, plan_run
from intent_segments.services.publishing import record_progress
from intent_segments.store.event_bus import EventBus
from intent_segments.store.stores import Stores
from tests.unit.api.requests import ask
from tests.unit.api.test_goals import GOAL
from tests.unit.store.stack import NOW, loaded_stack, work


class InProcess(ApiClient):
    """The API without a network."""

    def _send(self, method: str, path: str, body: Any = None) -> Any:
        with redirect_stdout(StringIO()):  # the function's log is not the command's output
            answer = ask(method, path, body)
        if answer.status >= 400:
            raise ApiError(answer.status, answer.json)
        return answer.json

    def text(self, path: str, **query: object) -> str:
        with redirect_stdout(StringIO()):
            return ask("GET", path + "?" + "&".join(f"{k}={v}" for k, v in query.items())).text


@pytest.fixture
def stores(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stores]:
    """A goal's set-up runs the moment it is saved, as on a stack that is up."""

    @contextmanager
    def connected(_: str | None) -> Iterator[Connection]:
        nothing: Any = lambda *_: None  # noqa: E731
        yield Connection(InProcess(""), "lake", "", "", "UTC", nothing, nothing, "")

    with loaded_stack() as made:
        api_function.api.stores = query_function.api.stores = None

        def set_up(_: EventBus, goal_id: str) -> None:
            plan_run(made, RunRequest("goal_setup", goal_id), NOW)
            work(made, f"setup-{goal_id}")
            record_progress(made, {"run_id": f"setup-{goal_id}"}, NOW)

        monkeypatch.setattr(EventBus, "goal_created", set_up)
        monkeypatch.setattr(command, "connect", connected)
        monkeypatch.setattr(command, "LOOK_EVERY_SECONDS", 0)
        yield made


def goal() -> str:
    made: str = ask("POST", "/v1/goals", GOAL | {"ends_on": "2026-11-21"}).json["id"]
    return made


def night(stores: Stores, day: date) -> None:
    event = plan_run(stores, RunRequest("night", date=day), NOW)
    work(stores, event["run_id"], did=1)
    record_progress(stores, event, NOW)


def told(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """What a command prints; it must succeed."""
    capsys.readouterr()
    assert main(["goals", *words]) == 0
    return capsys.readouterr().out


def test_a_goal_is_listed_with_what_is_left_of_it_and_of_the_places(
    stores: Stores, capsys: pytest.CaptureFixture[str]
) -> None:
    goal_id = goal()
    text = told(capsys, "list")
    assert f"{goal_id}  active  1 day" in text and "1 of 5 places used" in text
    assert json.loads(told(capsys, "show", goal_id))["id"] == goal_id


def test_progress_and_report_are_told_in_words(
    stores: Stores, capsys: pytest.CaptureFixture[str]
) -> None:
    goal_id = goal()
    assert "so far, 2026-11-20" in told(capsys, "report", goal_id)
    night(stores, date(2026, 11, 21))
    report = told(capsys, "report", goal_id)
    assert f"Sell more ({goal_id}): ended, final report" in report
    assert "- 2 of 8 members did it; 4 were predicted" in report
    assert "most likely" in report and "33.3 %" in report
    progress = told(capsys, "progress", goal_id, "--today")
    assert "2026-11-21" in progress and "0 to 2" in progress
    assert json.loads(told(capsys, "report", goal_id, "--json"))["final"] is True
    assert json.loads(told(capsys, "progress", goal_id, "--json"))["today"] is None


def test_today_so_far_is_told_as_what_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    today = {
        "date": "2026-11-23",
        "did": 1_412,
        "new": 88,
        "landed_until": "2026-11-23T14:05:00+00:00",
    }
    show_progress({"days": [], "today": today})
    assert "today so far, 2026-11-23: 1,412 did it, 88 of them new" in capsys.readouterr().out


def test_what_later_nights_know_of_a_day_stands_in_brackets(
    capsys: pytest.CaptureFixture[str],
) -> None:
    dated = {"date": "2026-11-21", "did": 1_200, "predicted": None, "window": None}
    window = {"did": 88, "did_restated": 90}
    rolling = dated | {"date": "2026-11-22", "did_restated": None, "window": window}
    shown = [dated | {"did_restated": 1_204}, dated | {"did_restated": None}, rolling]
    show_progress({"days": shown, "today": None})
    told = capsys.readouterr().out
    assert "1,200 (1,204)" in told and "88 (90)" in told and told.count("(") == 2
    assert "in brackets: as known now" in told
    show_progress({"days": shown[1:2], "today": None})
    assert "brackets" not in capsys.readouterr().out


def test_the_uplift_is_told_in_words_and_tables(
    stores: Stores, capsys: pytest.CaptureFixture[str]
) -> None:
    goal_id = goal()
    night(stores, date(2026, 11, 21))
    text = told(capsys, "uplift", goal_id)
    assert f"Sell more ({goal_id}): final, 1 night" in text
    assert "Inconclusive: test less control is +33.33 points" in text
    nightly = r"difference: \+33\.33 points \(-\d+\.\d\d to \+\d+\.\d\d\), looked at every night"
    assert re.search(nightly, text)
    assert "users:      +2 of the 6 in test" in text
    assert re.search(r"most likely +6 +33\.33 % +0 +- +- +inconclusive", text)
    assert "is untested here" in text and "Nothing was engaged" in text
    shown = json.loads(told(capsys, "uplift", goal_id, "--bucket", "least_likely", "--json"))
    assert (shown["bucket"], shown["test"]["users"]) == ("least_likely", 0)
    assert "One of the arms is empty" in told(capsys, "uplift", goal_id, "--bucket", "most_likely")


def test_power_is_told_with_other_shares_of_control(
    stores: Stores, capsys: pytest.CaptureFixture[str]
) -> None:
    goal_id = goal()
    text = told(capsys, "power", goal_id, "--lift", "0.5", "--control-share", "0.2")
    assert "With 20% of 8 users held back (2) no effect would be seen reliably." in text
    assert re.search(r"^20% +- +-$", text, re.MULTILINE)
    shown = json.loads(told(capsys, "power", goal_id, "--json"))
    assert shown["lift"] is None and shown["control_share"] == 0.05


def test_a_goal_is_cloned_renamed_and_archived(
    stores: Stores, capsys: pytest.CaptureFixture[str]
) -> None:
    goal_id = goal()
    words = ["clone", goal_id, "--name", "Again", "--ends-on", "2026-11-25", "--match", "all"]
    clone = json.loads(told(capsys, *words, "--segment", "frozen", "--json"))
    assert (clone["name"], clone["ends_on"], clone["match"]) == ("Again", "2026-11-25", "all")
    assert (clone["cloned_from"], clone["status"]) == (goal_id, "active")
    assert "is called Once more" in told(capsys, "rename", clone["id"], "Once more")
    assert told(capsys, "archive", goal_id) == f"{goal_id} is archived; 1 of 5 places used\n"


def test_what_the_api_refuses_is_told_with_exit_code_1(
    stores: Stores, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["goals", "archive", "goal_nope"]) == 1
    assert "There is no goal 'goal_nope'" in capsys.readouterr().err
    assert main(["goals", "clone", goal(), "--ends-on", "2026-11-01"]) == 1
    assert "is in the past" in capsys.readouterr().err


def test_metrics_of_a_goal_are_shown_and_put_in_place(
    stores: Stores, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    goal_id = goal()
    assert told(capsys, "metrics", goal_id) == f"{goal_id} has no metrics\n"
    wanted = [
        {"name": "Launches", "event": "App Launched"},
        {"name": "Revenue", "event": "purchase", "sum": "amount"},
    ]
    file = tmp_path / "metrics.json"
    file.write_text(json.dumps({"metrics": wanted}))
    text = told(capsys, "metrics", goal_id, "--file", str(file))
    assert re.search(r"Revenue +purchase +amount", text)
    assert "The next night counts the first time: Launches, Revenue." in told(
        capsys, "uplift", goal_id
    )
    file.write_text('{"metrics": [{"name": "a", "event": "purchse"}]}')
    assert main(["goals", "metrics", goal_id, "--file", str(file)]) == 1
    assert "Did you mean 'purchase'?" in capsys.readouterr().err
    clone = json.loads(told(capsys, "clone", goal_id, "--ends-on", "2026-11-25", "--json"))
    assert [metric["name"] for metric in clone["metrics"]] == ["Launches", "Revenue"]
    told(capsys, "archive", goal_id)
    file.write_text('{"metrics": []}')
    assert main(["goals", "metrics", goal_id, "--file", str(file)]) == 1
    assert "no night counts metrics" in capsys.readouterr().err


def test_the_report_is_written_as_a_page_and_as_a_table(
    stores: Stores, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    goal_id = goal()
    page = tmp_path / "report.html"
    assert told(capsys, "report", goal_id, "--format", "html", "--out", str(page)) == ""
    assert page.read_text("utf-8").startswith("<!doctype html>")
    assert told(capsys, "report", goal_id, "--format", "csv").startswith("part,of,date,measure")
    assert main(["goals", "report", goal_id, "--out", str(page)]) == 1
    assert "say --format html" in capsys.readouterr().err
    nowhere = str(tmp_path / "no folder" / "report.csv")
    assert main(["goals", "report", goal_id, "--format", "csv", "--out", nowhere]) == 1
    assert "cannot be written" in capsys.readouterr().err


def test_the_holdout_is_switched_on_and_told(
    stores: Stores, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(account_command, "connect", command.connect)

    def said(*words: str) -> str:
        capsys.readouterr()
        assert main(["account", *words]) == 0
        return capsys.readouterr().out

    goal()
    assert "Nobody is held out." in said("holdout")
    assert "5.0% of all users are held out since" in said("holdout", "--share", "0.05")
    assert json.loads(said("show"))["holdout_share"] == 0.05
    assert "comes with its next night" in said("holdout")
    assert json.loads(said("holdout", "--json"))["share"] == 0.05
    assert said("holdout", "--share", "0") == "nobody is held out any more\n"
