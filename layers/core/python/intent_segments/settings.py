"""What a function is told about its stack, from the environment that template.yaml sets."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from .errors import InvalidInput, Misconfigured
from .lake.calendar import parse_timezone
from .lake.layout import SLOTS

ERASURE_DELAY = 16
"""Minutes: no function runs longer than 15 (a limit of Lambda), so after these whatever was at work
when a user was hidden has ended, and what began since knows of it."""


@dataclass(frozen=True)
class Settings:
    """Names of the stack's resources and the choices made at deployment.

    `groups` is the number of user groups of the lake (1..4096); `timezone` is the IANA zone whose
    local days the account counts in; `allowed_hosts` names, as `host:port` with commas between
    them, receivers on private addresses that webhooks may reach. `calls_queue` is the URL of the
    queue of the tracking API, where a function sends to it. `erasure_delay` are the minutes after
    which a request to erase a user is carried out at the earliest. `job_memory` is the MB that the
    functions have which forecast, train and score, None where nobody says so.
    """

    table: str
    bucket: str
    event_bus: str
    groups: int
    timezone: str
    allowed_hosts: str = ""
    calls_queue: str | None = None
    erasure_delay: int = ERASURE_DELAY
    job_memory: int | None = None

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Settings from TABLE, BUCKET, EVENT_BUS, GROUPS and TIMEZONE, and ALLOWED_HOSTS,
        CALLS_QUEUE, ERASURE_DELAY and JOB_MEMORY where they are set.

        Raises Misconfigured that names every variable that is missing or unusable.
        """
        env = os.environ if environ is None else environ
        names = ("TABLE", "BUCKET", "EVENT_BUS", "GROUPS", "TIMEZONE")
        missing = [name for name in names if not env.get(name)]
        if missing:
            raise Misconfigured(
                f"The environment lacks {', '.join(missing)}. template.yaml sets them for every "
                "function; on a laptop `intent up` does."
            )
        return cls(
            table=env["TABLE"],
            bucket=env["BUCKET"],
            event_bus=env["EVENT_BUS"],
            groups=_groups(env["GROUPS"]),
            timezone=_timezone(env["TIMEZONE"]),
            allowed_hosts=env.get("ALLOWED_HOSTS", ""),
            calls_queue=env.get("CALLS_QUEUE") or None,
            erasure_delay=_minutes(env.get("ERASURE_DELAY", str(ERASURE_DELAY))),
            job_memory=_megabytes(env.get("JOB_MEMORY")),
        )


@dataclass(frozen=True)
class Starts:
    """What a one-time start of the state machine needs: a group of schedules by name, and the ARNs
    of the machine, of the role that starts it, and of the queue for what could not be started."""

    group: str
    state_machine: str
    role: str
    undelivered: str

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Starts:
        """Starts from SCHEDULE_GROUP, STATE_MACHINE, START_ROLE and UNDELIVERED_STARTS, which the
        function of the API has. Raises Misconfigured."""
        env = os.environ if environ is None else environ
        names = ("SCHEDULE_GROUP", "STATE_MACHINE", "START_ROLE", "UNDELIVERED_STARTS")
        missing = [name for name in names if not env.get(name)]
        if missing:
            raise Misconfigured(
                f"The environment lacks {', '.join(missing)}. template.yaml sets them for the "
                "function of the API."
            )
        return cls(*(env[name] for name in names))


@dataclass(frozen=True)
class Access:
    """How callers of the API are known: `authorization` is AWS_IAM, JWT or NONE, the template's
    parameter ApiAuthorization; `roles_claim` is the claim of a token that holds roles."""

    authorization: str
    roles_claim: str

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Access:
        """Access from API_AUTHORIZATION and ROLES_CLAIM. Raises Misconfigured: what is missing
        never opens the API."""
        env = os.environ if environ is None else environ
        authorization = env.get("API_AUTHORIZATION", "")
        if authorization not in ("AWS_IAM", "JWT", "NONE"):
            raise Misconfigured.at(
                "API_AUTHORIZATION",
                f"API_AUTHORIZATION must be AWS_IAM, JWT or NONE, not {authorization!r}. "
                "template.yaml sets it for every function behind the API.",
            )
        return cls(authorization, env.get("ROLES_CLAIM") or "cognito:groups")


def origin_secrets(environ: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """What CloudFront may tell the API with a request, from ORIGIN_SECRET and OTHER_ORIGIN_SECRET:
    the one that it sends and the one from before. Empty where the API is reached at its own
    address."""
    env = os.environ if environ is None else environ
    told = (env.get("ORIGIN_SECRET"), env.get("OTHER_ORIGIN_SECRET"))
    return tuple(secret for secret in told if secret)


def _minutes(text: str) -> int:
    if not text.isdecimal():
        raise Misconfigured.at(
            "ERASURE_DELAY", f"ERASURE_DELAY must be a whole number of minutes, not {text!r}"
        )
    return int(text)


def _groups(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= SLOTS:
        raise Misconfigured.at(
            "GROUPS", f"GROUPS must be a whole number from 1 to {SLOTS}, not {text!r}"
        )
    return int(text)


def _megabytes(text: str | None) -> int | None:
    if not text:
        return None
    if not text.isdecimal():
        raise Misconfigured.at("JOB_MEMORY", f"JOB_MEMORY must be a number of MB, not {text!r}")
    return int(text)


def _timezone(text: str) -> str:
    try:
        return parse_timezone(text, "TIMEZONE")
    except InvalidInput as wrong:
        raise Misconfigured(wrong.message, wrong.errors) from None
