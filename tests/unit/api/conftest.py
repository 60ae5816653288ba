from __future__ import annotations

from collections.abc import Iterator

import pytest

from functions.api import handler as api_function
from functions.deliver import handler as deliver_function
from functions.query import handler as query_function
from intent_segments.store.stores import Stores
from tests.unit.store.stack import loaded_stack


@pytest.fixture
def stores() -> Iterator[Stores]:
    """A loaded stack; the functions connect to it anew, as a fresh container would."""
    with loaded_stack() as made:
        for function in (api_function, query_function, deliver_function):
            function.api.stores = None
        yield made
