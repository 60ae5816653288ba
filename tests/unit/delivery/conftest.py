from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.delivery.aws import QUEUES, aws, messages
from tests.unit.delivery.receiver import Receiver, receiver
from tests.unit.delivery.tried import TRIED


@pytest.fixture
def here() -> Iterator[Receiver]:
    with receiver() as made:
        yield made


@pytest.fixture(scope="module")
def account() -> Iterator[None]:
    with aws():
        yield


@pytest.fixture
def in_aws(account: None) -> None:
    """An account whose queues are empty."""
    for queue in QUEUES:
        messages(queue)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How many hostile addresses were tried, and that none was contacted."""
    for line in TRIED.lines():
        terminalreporter.write_line(line)
