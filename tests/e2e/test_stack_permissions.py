"""The whole job while the roles of template.yaml are enforced: each function may do what it must.
The API asks for tokens meanwhile, as it does where there is a console.

MiniStack checks every request of a function against its role when AUTH is set. On the laptop it is
not set, so a missing permission would first be met on AWS; here it is met at once.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from datetime import date, timedelta

from intent_local.client import ApiClient
from intent_local.commands.export import download, ready
from intent_local.commands.load import load
from intent_local.commands.nightly import run_night
from intent_local.connection import Connection
from intent_local.stack.home import Home
from intent_local.stack.project import CHECKOUT, Project
from intent_local.stack.running import running_stack
from intent_segments.events.synthetic import make_world

AS_OF = date(2025, 4, 30)
SECONDS = 120


def project_without_tls(root):
    """The project, but that its bucket takes plain HTTP, which is all there is on loopback."""
    root.mkdir()
    text = (CHECKOUT / "template.yaml").read_text()
    start, end = text.index("  BucketPolicy:\n"), text.index("  Table:\n")
    (root / "template.yaml").write_text(text[:start] + text[end:])
    for name in ("functions", "layers", "infra"):
        (root / name).symlink_to(CHECKOUT / name)
    return Project(root)


@contextmanager
def enforcing_stack(tmp_path, monkeypatch):
    monkeypatch.setenv("AUTH", "true")
    project, home = project_without_tls(tmp_path / "project"), Home(tmp_path / "home")
    with running_stack(project, home, signs_in=True) as local:
        yield Connection(
            ApiClient(local.api_url, local.signer),
            local.outputs["Bucket"],
            local.outputs["ImportFunction"],
            local.outputs["StateMachine"],
            local.outputs["TimeZone"],
            local.client,
            local.server.save,
        )


def active(api, goal):
    end = time.monotonic() + SECONDS
    while goal["status"] == "preparing":
        assert time.monotonic() < end
        time.sleep(0.2)
        goal = api.get(f"/v1/goals/{goal['id']}")
    return goal


def test_every_function_has_the_permissions_that_its_work_takes(tmp_path, monkeypatch):
    written = make_world(3_000, seed=11, days=150).write(tmp_path / "world")
    with enforcing_stack(tmp_path, monkeypatch) as stack:
        days = {"until": AS_OF.isoformat()}
        assert load(stack, written.profiles, "profiles", days)["kind"] == "profiles"
        assert load(stack, written.events, "events", days)["added"] > 0
        api = stack.api
        frequent = api.get("/v1/events")["data"][0]["event"]
        definition = {"did": {"event": frequent, "within": {"days": 60}}}
        segment = api.post("/v1/segments", {"name": "recent", "definition": definition})
        assert api.post("/v1/previews", {"segment_id": segment["id"]})["users"] > 0
        draft = {
            "segment_id": segment["id"],
            "events": [frequent],
            "ends_on": (AS_OF + timedelta(days=14)).isoformat(),
        }
        forecast = api.post("/v1/forecasts", draft)
        goal = api.post("/v1/goals", {"name": "g", "forecast_id": forecast["id"]})
        goal = active(api, goal)
        assert goal["status"] == "active", goal["status_reason"]
        next_day = AS_OF + timedelta(days=1)
        load(stack, written.events, "events", {"until": next_day.isoformat()})
        assert run_night(stack, next_day)["goals"][0]["day"]["did"] > 0
        users = api.get(f"/v1/goals/{goal['id']}/buckets/most_likely/users")["data"]
        assert users
        assert api.get(f"/v1/goals/{goal['id']}/changes")["changed"] > 0
        assert api.get(f"/v1/goals/{goal['id']}/changes/users")["data"]
        user_id = users[0]["user_id"]
        [intent] = api.get(f"/v1/users/{user_id}/intents")["data"]
        known = api.get(f"/v1/goals/{goal['id']}/drivers")["drivers"]
        assert known and intent["reasons"]
        assert api.get(f"/v1/goals/{goal['id']}/evaluation")["did"] > 0
        measured = api.get(f"/v1/goals/{goal['id']}/uplift")
        assert measured["by_likelihood"]["tenths"] and measured["looks"] == 1
        points = api.get(f"/v1/segments/{segment['id']}/trend")["points"]
        [listed] = [s for s in api.get("/v1/segments")["data"] if s["id"] == segment["id"]]
        assert (len(points), listed["size"]) == (30, points[-1])
        exported = [f"/v1/segments/{segment['id']}", f"/v1/goals/{goal['id']}"]
        for number, path in enumerate(exported):
            export = ready(stack, api.post(f"{path}/exports", {"traits": ["plan"]}))
            assert export["status"] == "ready", export["reason"]
            files = download(stack, export, tmp_path / f"export {number}")
            assert export["rows"] > 0 and len(files) == 2
        api.post(f"/v1/goals/{goal['id']}/archive")
