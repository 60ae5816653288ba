from __future__ import annotations

from collections.abc import Iterator

import pytest

from intent_segments.store.stores import Stores
from tests.unit.store.stack import loaded_stack


@pytest.fixture
def stores() -> Iterator[Stores]:
    with loaded_stack() as made:
        yield made
