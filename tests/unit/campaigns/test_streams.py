"""What a stream may be."""

from __future__ import annotations

import pytest

from intent_segments.campaigns.engagement import STREAM, agree_stream
from intent_segments.errors import InvalidInput

WRONG = [
    (("entered",), False, "now", "webhook", "audience.stream", "a stream goes on"),
    (("entered",), False, "nightly", "email", "audience.stream", "people keep no list"),
    (("left",), False, "nightly", "meta_audience", "audience.stream", "files of whole audiences"),
    (None, True, "nightly", "webhook", "audience.initial", "nothing is streamed"),
    (("left",), True, "nightly", "webhook", "audience.initial", "nobody is told as entered"),
]


@pytest.mark.parametrize(("stream", "initial", "kind", "to", "field", "why"), WRONG)
def test_a_stream_that_cannot_be_is_refused(stream, initial, kind, to, field, why) -> None:
    with pytest.raises(InvalidInput) as refused:
        agree_stream(stream, initial, kind, to)
    assert [error.field for error in refused.value.errors] == [field], why


def test_a_stream_that_can_be() -> None:
    assert agree_stream(None, False, "now", "email") == ()
    assert agree_stream(["left", "entered", "left"], True, "nightly", "sqs") == STREAM
