"""Whatever happens to a call of AWS while a goal is saved, the caller who repeats the request with
the same Idempotency-Key has one goal, one place taken, and a set-up that was started."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from intent_segments.lake.calendar import from_day
from tests.faults.account import Account, State, accounts
from tests.faults.wire import Fault, Wire
from tests.fixtures.charges import charges
from tests.fixtures.histories import START
from tests.unit.api.requests import Answer, ask

AS_OF = START + 90
BODY: dict[str, Any] = {
    "name": "A goal",
    "segment_id": "all-users",
    "events": ["Charged"],
    "ends_on": from_day(AS_OF + 5).isoformat(),
}


def post() -> Answer:
    return ask("POST", "/v1/goals", BODY, {"idempotency-key": "once"})


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Account, State]]:
    with accounts(tmp_path_factory.mktemp("saving")) as made:
        made.nights.load([h for h in charges(users=30, days=91) if h.day <= AS_OF])
        yield made, made.state()


@pytest.mark.parametrize("fault", Fault)
def test_one_goal_is_saved_and_started(loaded: tuple[Account, State], fault: Fault) -> None:
    account, before = loaded
    account.restore(before)
    undisturbed = Wire()
    with undisturbed.tapped():
        assert post().status == 202
    for call in undisturbed.calls:
        # Ids are drawn anew in every run, so a call is known by its number.
        number = undisturbed.calls.index(call)
        account.restore(before)
        seen: list[Any] = []

        def is_it(point: Any, number: int = number, seen: list[Any] = seen) -> bool:
            seen.append(point)
            return len(seen) == number + 1

        wire = Wire(is_it, fault, meanwhile=post)
        with wire.tapped():
            first = post_or_nothing()
        assert wire.struck
        last = Wire()
        with last.tapped():
            answer = first if first is not None and first.status == 202 else post()
        assert answer.status == 202, (call, answer.text)
        (goal,) = account.stores.goals.page(5, None)[0]
        assert answer.json["id"] == goal.id
        assert account.stores.account.find().active_goals == 1, call  # type: ignore[union-attr]
        sent = [name for name, _ in wire.calls + last.calls if name.startswith("PutEvents")]
        assert "PutEvents GoalCreated" in sent, call


def post_or_nothing() -> Answer | None:
    """The answer, or None where the process that would have given it is gone."""
    try:
        return post()
    except Exception:
        return None
