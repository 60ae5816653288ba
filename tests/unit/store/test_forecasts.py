from __future__ import annotations

from datetime import timedelta

import pytest

from intent_segments.errors import NotFound
from intent_segments.store.stores import Stores
from tests.unit.store.stack import NOW


def test_a_forecast_is_kept_for_a_day(stores: Stores) -> None:
    kept = stores.forecasts.put({"id": "fc_1", "value": 4.5}, NOW)
    assert kept["expires_at"] == "2026-11-23T12:00:00+00:00"
    assert stores.forecasts.get("fc_1", NOW + timedelta(hours=23)) == kept


def test_a_forecast_is_gone_after_a_day_though_dynamodb_still_has_it(stores: Stores) -> None:
    stores.forecasts.put({"id": "fc_1"}, NOW)
    with pytest.raises(NotFound, match="24 hours"):
        stores.forecasts.get("fc_1", NOW + timedelta(hours=24))
