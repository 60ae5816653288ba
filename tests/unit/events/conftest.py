from __future__ import annotations

from collections.abc import Iterator

import pytest

from intent_segments.lake.objects import Bucket
from tests.unit.lake.storing import empty_bucket


@pytest.fixture
def bucket() -> Iterator[Bucket]:
    with empty_bucket() as made:
        yield made
