"""Whatever happens to a call of AWS in an import, its events are in the lake once."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from intent_segments.lake.calendar import from_day
from tests.faults.account import Account, accounts
from tests.faults.counted import COUNTED
from tests.faults.wire import Fault, Point, Wire
from tests.fixtures.charges import charges
from tests.fixtures.histories import START

AS_OF = START + 60
HAPPENED = charges(users=40, days=63)


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    with accounts(tmp_path_factory.mktemp("imports")) as made:
        made.nights.load([h for h in HAPPENED if h.day <= AS_OF])
        yield made


def load(account: Account) -> None:
    account.nights.load([h for h in HAPPENED if h.day == AS_OF + 1], "next")


@pytest.mark.parametrize("fault", Fault)
def test_no_fault_in_an_import_loses_or_doubles_an_event(account: Account, fault: Fault) -> None:
    before = account.state()
    wire = Wire()
    with wire.tapped():
        load(account)
    wanted = account.state()
    assert account.stores.head.read().watermark == from_day(AS_OF + 1)
    lost = {}
    for point in wire.calls:
        account.restore(before)
        load_with(account, point, fault, meanwhile=lambda: load(account))
        differences = account.state().differs_from(wanted)
        if differences:
            lost[point] = differences
    account.restore(before)
    COUNTED.tell("import", len(wire.calls), len(lost))
    assert lost == {}


def load_with(
    account: Account, point: Point, fault: Fault, meanwhile: Callable[[], object]
) -> None:
    """An import with one call gone wrong, repeated where that made it fail."""
    wire = Wire(point.__eq__, fault, meanwhile)
    with wire.tapped():
        try:
            load(account)
        except Exception:
            assert wire.struck, "the import failed of itself"
        else:
            assert wire.struck, f"the import did not come to {point} again"
            return
    load(account)
