from __future__ import annotations

import pytest

from intent_segments.errors import Misconfigured
from intent_segments.settings import Settings

WHOLE = {"TABLE": "t", "BUCKET": "b", "EVENT_BUS": "e", "GROUPS": "8", "TIMEZONE": "Europe/Berlin"}


def test_settings_come_from_the_environment() -> None:
    assert Settings.from_env(WHOLE) == Settings("t", "b", "e", 8, "Europe/Berlin")


def test_every_missing_variable_is_named() -> None:
    with pytest.raises(Misconfigured, match="lacks TABLE, GROUPS"):
        Settings.from_env({**WHOLE, "TABLE": "", "GROUPS": ""})


@pytest.mark.parametrize(("name", "value"), [("GROUPS", "0"), ("GROUPS", "x"), ("TIMEZONE", "x")])
def test_an_unusable_value_is_named(name: str, value: str) -> None:
    with pytest.raises(Misconfigured, match=f"{name}.*'{value}'"):
        Settings.from_env({**WHOLE, name: value})
