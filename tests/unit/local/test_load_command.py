"""What `intent load` refuses before it asks a stack for anything."""

from __future__ import annotations

import pytest

from intent_local.cli import parse
from intent_local.commands.load import run
from intent_segments.errors import InvalidFile, InvalidInput


@pytest.mark.parametrize(
    ("options", "error", "told"),
    [
        ((), InvalidInput, "nothing to load"),
        (("missing.csv",), InvalidFile, "missing.csv is no file"),
        (("--calls", "1.gz", "--since", "2026-10-01"), InvalidInput, "taken whole"),
        (("--calls", "s3://logs/", "--mapping", "ga4"), InvalidInput, "names of Segment"),
        (("s3://lake/", "--since", "soon"), InvalidInput, "--since"),
    ],
)
def test_what_cannot_be_loaded_is_refused(options, error, told):
    with pytest.raises(error, match=told):
        run(parse(["load", *options]))
