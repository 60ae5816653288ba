from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from intent_local.stack.home import Home
from intent_local.stack.running import running_stack
from tests.fixtures.accounts import AS_OF, ENDS_ON, LAUNCHED, account
from tests.fixtures.toy_project import toy_project

NIGHTS = 3


@pytest.fixture(scope="session")
def toy_stack(tmp_path_factory):
    """template.yaml around toy functions; its API asks for tokens."""
    root = tmp_path_factory.mktemp("stack")
    project, home = toy_project(root / "project"), Home(root / "home")
    with running_stack(project, home, signs_in=True) as running:
        yield running


@pytest.fixture(scope="session")
def job(tmp_path_factory):
    """A goal saved from a forecast, and three nights after it."""
    root: Path = tmp_path_factory.mktemp("job")
    with account(root / "world", Home(root / "home")) as made:
        api = made.stack.api
        segment = api.post("/v1/segments", {"name": "Active", "definition": LAUNCHED})
        forecast = api.post(
            "/v1/forecasts",
            {
                "segment_id": segment["id"],
                "events": ["Concert Viewed"],
                "ends_on": ENDS_ON.isoformat(),
                "target": {"metric": "users", "value": 500},
            },
        )
        saved = {"forecast_id": forecast["id"], "name": "Look at concerts", "control_share": 0.1}
        goal = made.saved(saved)
        assert goal["status"] == "active", goal["status_reason"]
        nights = [made.night(AS_OF + timedelta(days=n + 1)) for n in range(NIGHTS)]
        yield made, segment, forecast, goal, nights
