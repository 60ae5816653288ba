"""What surrounds every step: a line, a record, and no way out for values."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from intent_segments.errors import CorruptObject, InvalidInput, Raced
from intent_segments.services.after_steps import after_import, after_job, after_plan
from intent_segments.services.measured import Done, Told, measured
from intent_segments.services.refusals import refusals_as_answers
from intent_segments.services.run_work import work_key
from intent_segments.store.stores import Stores
from tests.unit.store.stack import empty_stack

ADA = "ada.lovelace@mail.example"
NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
JOB: dict[str, Any] = {
    "run_id": "night-2026-11-21",
    "group": 1,
    "plan_key": "runs/night-2026-11-21/plan.json",
}


@pytest.fixture
def stores() -> Iterator[Stores]:
    with empty_stack() as made:
        yield made.watched()


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Callable[[], list[dict[str, Any]]]:
    return lambda: [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def clock() -> Callable[[], datetime]:
    """Two seconds pass between two looks."""
    looks = iter(range(0, 100, 2))
    return lambda: NOW + timedelta(seconds=next(looks))


def step(
    stores: Stores, work: Any, after: Callable[[Stores, Done], Told] = after_job
) -> Callable[[Any], Any]:
    handler = measured("ScoreUsers", lambda: stores, clock(), after)(lambda event, _: work(event))
    return lambda event: handler(event, SimpleNamespace(memory_limit_in_mb="3008"))


def test_a_step_tells_how_it_went_and_leaves_its_record(stores: Stores, lines: Any) -> None:
    def work(event: Any) -> Any:
        stores.meter.add(rows=70, users=7)
        stores.objects.put("scores/x", b"123")
        return {"group": 1}

    assert step(stores, work)(JOB) == {"group": 1}
    [line] = lines()
    told = ("message", "step", "run_id", "group", "milliseconds", "users", "rows", "StepSeconds")
    assert [line[name] for name in told] == [
        *("step", "ScoreUsers", "night-2026-11-21", 1, 2000, 7, 70, 2.0)
    ]
    record = stores.objects.get_json(work_key(JOB["plan_key"], "ScoreUsers", 1))
    assert (record["memory_mb"], record["rows"], record["bytes_written"]) == (3008, 70, 3)
    assert record["started_at"] == NOW.isoformat()


def test_a_step_that_is_repeated_leaves_one_record(stores: Stores) -> None:
    job = step(stores, lambda event: {"group": 1})
    job(JOB)
    job(JOB)
    assert len(stores.objects.keys("runs/")) == 1


def test_what_one_job_does_is_not_counted_for_the_next(stores: Stores) -> None:
    def failing(event: Any) -> Any:
        stores.meter.add(rows=1000)
        raise Raced("again")

    with pytest.raises(Raced):
        step(stores, failing)(JOB)
    step(stores, lambda event: {})(JOB)
    record = stores.objects.get_json(work_key(JOB["plan_key"], "ScoreUsers", 1))
    assert record["rows"] == 0


def test_a_record_that_cannot_be_kept_fails_nothing(stores: Stores, lines: Any) -> None:
    def broken(stores: Stores, done: Done) -> Told:
        raise OSError(ADA)

    assert step(stores, lambda event: {"group": 1}, broken)(JOB) == {"group": 1}
    [line] = lines()
    assert (line["level"], line["message"]) == ("WARNING", "work not recorded")
    assert ADA not in json.dumps(line)


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (KeyError(ADA), "KeyError"),
        (RuntimeError(f"cannot convert {ADA}"), "RuntimeError"),
        (InvalidInput.at("date", f"date must be an ISO date, not {ADA!r}"), "InvalidInput"),
    ],
)
def test_an_error_leaves_under_its_name_without_its_values(
    stores: Stores, lines: Any, error: Exception, name: str
) -> None:
    def work(event: Any) -> Any:
        raise error

    with pytest.raises(Exception) as found:
        step(stores, work)(JOB | {"date": ADA})
    assert type(found.value).__name__ == name
    assert found.value.__cause__ is None and found.value.__suppress_context__
    [line] = lines()
    assert (line["level"], line["error"], line["milliseconds"]) == ("ERROR", name, 2000)
    assert "raise error" in line["where"]
    assert ADA not in json.dumps(line) + str(found.value)


def test_an_error_of_aws_is_told_with_the_operation_and_its_code(
    stores: Stores, lines: Any
) -> None:
    def work(event: Any) -> Any:
        stores.table.client.get_item(TableName="gone", Key={"pk": {"S": ADA}})

    with pytest.raises(Exception, match="values are not repeated"):
        step(stores, work)(JOB)
    assert lines()[0]["aws"] == "GetItem: ResourceNotFoundException"


def test_a_message_written_for_the_owner_reaches_the_run(stores: Stores) -> None:
    def work(event: Any) -> Any:
        raise CorruptObject("The tallies of 2 of 64 groups are missing.")

    with pytest.raises(CorruptObject, match="2 of 64 groups"):
        step(stores, work)(JOB)


def test_the_log_names_a_run_only_if_it_is_one(stores: Stores, lines: Any) -> None:
    step(stores, lambda event: {}, lambda stores, done: Told())({"run_id": ADA, "group": ADA})
    [line] = lines()
    assert (line["run_id"], line["group"]) == (None, None)


def test_a_night_without_a_day_to_close_is_in_time(stores: Stores, lines: Any) -> None:
    """RunLate looks for this: a night that has nothing to do is not late."""
    step(stores, lambda event: {"run_id": None, "idle": True}, after_plan)({"kind": "night"})
    [line] = lines()
    assert line["RunLag"] == 0
    step(stores, lambda event: {"run_id": "night-2026-11-21"}, after_plan)({"kind": "night"})
    [line] = lines()
    assert "RunLag" not in line


def test_an_import_tells_rows_and_never_an_example(stores: Stores, lines: Any) -> None:
    aside = {"bad_ts": {"count": 3, "meaning": "…", "example": ADA}}
    report = {"kind": "events", "rows_read": 10, "set_aside": aside}
    step(stores, lambda event: report, after_import)({"key": f"landing/{ADA}"})
    [line] = lines()
    assert (line["ImportedRows"], line["RejectedRows"], line["kind"]) == (10, 3, "events")
    assert ADA not in json.dumps(line)


def test_a_refused_file_is_an_answer_that_is_counted(stores: Stores, lines: Any) -> None:
    @refusals_as_answers
    def work(event: Any, context: Any) -> Any:
        raise InvalidInput(f"no such kind: {ADA}")

    answer = step(stores, lambda event: work(event, None), after_import)({})
    assert answer["failed"] == {
        "errorType": "InvalidInput",
        "errorMessage": f"no such kind: {ADA}",
    }
    [line] = lines()
    assert (line["ImportsRefused"], line["refused"]) == (1, "InvalidInput")
    assert ADA not in json.dumps(line)


def test_what_trying_again_may_mend_is_no_refusal() -> None:
    @refusals_as_answers
    def work(event: Any, context: Any) -> Any:
        raise Raced("again")

    with pytest.raises(Raced):
        work({}, None)
