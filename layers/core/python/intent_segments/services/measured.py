"""What every step of a run and every import has around it: one line in the log, with metrics, and a
record of what it took. Measuring never makes a step fail, and no value of a user leaves with an
error."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import wraps
from typing import Any

from ..store.stores import Stores
from ..telemetry.journal import Metric, tell, where
from ..telemetry.redacted import named, redacted
from ..telemetry.work import StepWork, step_work

RUN_ID = re.compile(
    r"(night|sizes)-\d{4}-\d\d-\d\d|(setup|export)-\w+|erasure-\d+"
    r"|send-eng_\w+-[0-9TZ-]+(again-\d+|announce)?"
)
"""What a run may be called in the log: an event from outside may hold anything."""

DEFAULT_MEMORY_MB = 512
"""Where nobody says how much memory a function has: in tests."""

Event = Mapping[str, Any]
Answer = dict[str, Any]
Handler = Callable[[dict[str, Any], Any], Answer]


@dataclass(frozen=True)
class Done:
    """A job that went well: what it was asked, what it answered, and what it took."""

    run_id: str | None
    event: Event
    answer: Event
    work: StepWork


@dataclass(frozen=True)
class Told:
    """What the line says besides."""

    fields: Mapping[str, Any] = field(default_factory=dict)
    metrics: tuple[Metric, ...] = ()


def measured(
    step: str,
    stores: Callable[[], Stores],
    clock: Callable[[], datetime],
    after: Callable[[Stores, Done], Told],
) -> Callable[[Handler], Handler]:
    """Decorate the handler of a step. `clock()` gives the present UTC instant; `after` keeps the
    record of the work and says what to tell."""

    def around(work: Handler) -> Handler:
        @wraps(work)
        def handler(event: dict[str, Any], context: Any) -> Answer:
            began = clock()
            try:
                stores().meter.taken()
                answer = work(event, context)
            except Exception as error:
                _tell_failure(step, event, error, began, clock())
                raise redacted(error) from None
            ended = clock()
            memory = int(getattr(context, "memory_limit_in_mb", DEFAULT_MEMORY_MB))
            took = step_work(step, began, ended, memory, stores().meter.taken())
            done = Done(_run_id(answer) or _run_id(event), event, answer, took)
            _tell_success(done, stores(), after, ended)
            return answer

        return handler

    return around


def _tell_success(
    done: Done, stores: Stores, after: Callable[[Stores, Done], Told], at: datetime
) -> None:
    try:
        told = after(stores, done)
    except Exception as error:  # the work is done, only its record is not
        failure = {**named(error), "where": where(error)}
        tell("work not recorded", at, _named(done.work.step, done.event) | failure, (), "WARNING")
        return
    fields = {
        **_named(done.work.step, done.event),
        "run_id": done.run_id,
        "milliseconds": done.work.milliseconds,
        "peak_mb": done.work.peak_mb,
        "users": done.work.counts.users,
        "rows": done.work.counts.rows,
        **told.fields,
    }
    seconds = Metric("StepSeconds", done.work.milliseconds / 1000, "Seconds", ("step",))
    tell("step", at, fields, (seconds, *told.metrics))


def _tell_failure(
    step: str, event: Event, error: Exception, began: datetime, ended: datetime
) -> None:
    fields = {
        **_named(step, event),
        "run_id": _run_id(event),
        "milliseconds": round((ended - began).total_seconds() * 1000),
        **named(error),
        "where": where(error),
    }
    tell("step failed", ended, fields, (), "ERROR")


def _named(step: str, event: Event) -> dict[str, Any]:
    group = event.get("group") if isinstance(event, Mapping) else None
    return {"step": step, "group": group if isinstance(group, int) else None}


def _run_id(event: Event) -> str | None:
    found = event.get("run_id") if isinstance(event, Mapping) else None
    return found if isinstance(found, str) and RUN_ID.fullmatch(found) else None
