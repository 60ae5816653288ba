"""What reaches out of the account: one group of users of a send, and tests of destinations."""

from __future__ import annotations

import os
import random
import time
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from tempfile import gettempdir
from typing import Any
from uuid import uuid4

from intent_segments.api import destination_tests
from intent_segments.api.app import Api
from intent_segments.delivery.backoff import Backoff
from intent_segments.delivery.outbound import Outbound
from intent_segments.delivery.senders import Tools
from intent_segments.services.after_steps import after_job
from intent_segments.services.destinations import rules
from intent_segments.services.measured import measured
from intent_segments.services.sending import Machine, send_group
from intent_segments.settings import Settings
from intent_segments.store.stores import Stores

CACHE = Path(gettempdir()) / "lake"

api = Api([destination_tests.router], clock=lambda: datetime.now(UTC), random=os.urandom)


@cache
def stores() -> Stores:
    """Made once per container, on its first run."""
    return Stores.of(Settings.from_env()).watched()


@cache
def machine() -> Machine:
    """The clock, the dice and the network."""
    now = partial(datetime.now, UTC)
    outbound = Outbound(rules(stores()), time.monotonic)
    backoff = Backoff(time.sleep, random.SystemRandom().random)
    return Machine(Tools(outbound, backoff, now), time.monotonic, lambda: uuid4().hex)


@measured("Deliver", stores, partial(datetime.now, UTC), after_job)
def job(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """From {"plan_key", "group", …} to the same with {"unfinished"}; results lie in the bucket."""
    return send_group(stores(), event, CACHE, machine())


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Do the job of a group, or answer one HTTP API event."""
    return api(event, context) if "requestContext" in event else job(event, context)
