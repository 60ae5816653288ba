from __future__ import annotations

import pytest

from tests.faults.counted import COUNTED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What was tried and what was lost, whether or not anything failed."""
    for line in COUNTED.lines():
        terminalreporter.write_line(line)
